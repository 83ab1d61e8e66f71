//! `migrate --yes`: commits, what they hold, and the way back.

use crate::common::{Repo, nix, snapshot};

#[test]
fn a_commit_for_the_contract_and_one_for_each_service() {
    let repo = Repo::homelab();
    let before = repo.tree();
    let run = repo.migrate(&["jellyfin", "vaultwarden", "jellyseerr"]).succeeds();
    snapshot!("cli", "migrate_yes", run);
    assert_eq!(
        repo.log(),
        [
            "refactor(server/jellyseerr): migrate to service contract",
            "refactor(server/vaultwarden): migrate to service contract",
            "refactor(server/jellyfin): migrate to service contract",
            "feat(server): add the service contract",
            "start",
        ]
    );
    assert_eq!(repo.status(), "");
    snapshot!(
        "cli",
        "commit_message_jellyfin",
        repo.git(&["log", "-1", "--format=%B", "HEAD~2"])
    );
    assert_eq!(
        repo.git(&["log", "-1", "--format=%an <%ae>, %cn"]),
        "A Person <person@example.org>, A Person\n"
    );
    let again = repo.migrate(&["jellyfin", "vaultwarden", "jellyseerr"]).succeeds();
    snapshot!("cli", "migrate_again", again);
    assert_eq!(repo.log().len(), 5);
    if nix::available() {
        let old = Repo::homelab();
        nix::assert_equal(&old.root(), &repo.root(), "three services");
    }
    for _ in 0..4 {
        repo.git(&["revert", "--no-edit", "HEAD"]);
        repo.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
        repo.git(&["commit", "--quiet", "--allow-empty", "--amend", "--no-edit"]);
    }
    assert!(repo.tree() == before, "reverting all leads back");
}

#[test]
fn reverting_a_commit_gives_the_tree_before_it() {
    let repo = Repo::with_contract();
    for service in ["jellyfin", "jellyseerr", "vaultwarden"] {
        let before = repo.tree();
        repo.migrate(&[service]).succeeds();
        assert!(repo.tree() != before);
        repo.git(&["revert", "--no-edit", "HEAD"]);
        assert!(repo.tree() == before, "{service}");
    }
}

#[test]
fn no_declaration_is_left_outside_the_module() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "jellyseerr", "vaultwarden"]).succeeds();
    for (path, bytes) in repo.tree() {
        let text = String::from_utf8_lossy(&bytes);
        for service in ["jellyfin", "jellyseerr", "vaultwarden"] {
            for namespace in ["qgroget.services", "qgroget.backups"] {
                assert!(!text.contains(&format!("{namespace}.{service}")), "{path}");
            }
        }
    }
    let settings = repo.read("hosts/Server/settings.nix");
    for service in ["jellyfin", "jellyseerr", "vaultwarden"] {
        assert!(settings.contains(&format!("{service}.enable = true;")), "{settings}");
    }
    assert!(!repo.exists("modules/server/media/video/default.nix"));
    assert!(
        repo.read("tests/jellyfin/default.nix")
            .contains("../../modules/server/media/jellyfin")
    );
}

#[test]
fn a_gain_needs_a_flag_of_its_own() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyseerr"]).succeeds();
    let module = repo.read("modules/server/media/jellyseerr/default.nix");
    assert!(
        module.contains("# Not backed up:") && module.contains("backupPaths = [];"),
        "{module}"
    );

    let gained = Repo::with_contract();
    gained.migrate(&["jellyseerr", "--accept-gains"]).succeeds();
    let module = gained.read("modules/server/media/jellyseerr/default.nix");
    assert!(
        !module.contains("# Not backed up:") && !module.contains("backupPaths = [];"),
        "{module}"
    );
    if nix::available() {
        let after = nix::configuration(&gained.root()).unwrap();
        assert_eq!(
            after["qgroget"]["backups"]["jellyseerr"]["paths"][0],
            "/var/lib/jellyseerr/config"
        );
        let before = nix::configuration(&repo.root()).unwrap();
        assert_eq!(before["qgroget"]["backups"]["jellyseerr"], serde_json::Value::Null);
    }
}

#[test]
fn in_place_leaves_the_module_where_it_is() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "--in-place"]).succeeds();
    assert!(!repo.exists("modules/server/media/jellyfin"));
    assert!(
        repo.read("modules/server/media/video/default.nix")
            .contains("qgroget.serviceModules.jellyfin")
    );
    repo.migrate(&["jellyfin", "--in-place"])
        .succeeds()
        .says("nothing to do");
    // Without the flag its place is what is open.
    repo.migrate(&["jellyfin"]).succeeds();
    assert!(repo.exists("modules/server/media/jellyfin/default.nix"));
}

#[test]
fn without_a_commit_the_changes_are_in_the_working_tree() {
    let repo = Repo::with_contract();
    let committed = Repo::with_contract();
    committed.migrate(&["jellyfin"]).succeeds();
    let run = repo.migrate(&["jellyfin", "--no-commit"]).succeeds();
    run.says("not committed");
    assert_eq!(repo.log().len(), 2);
    assert!(repo.tree() == committed.tree(), "the same files as with a commit");
    assert_ne!(repo.status(), "");
}

#[test]
fn no_commit_needs_no_git() {
    let repo = Repo::homelab_without_git();
    repo.migrate(&["jellyfin"])
        .refuses("not-a-git-repository")
        .says("git init")
        .says("--no-commit");
    repo.migrate(&["jellyfin", "--no-commit"]).succeeds();
    assert!(repo.exists("modules/server/media/jellyfin/default.nix"));
}

#[test]
fn a_service_that_is_refused_does_not_stop_the_others() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["jellyfan", "jellyfin"]).refuses("unknown-service");
    run.says("did you mean 'jellyfin'?");
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");
    assert_eq!(repo.status(), "");
}

#[test]
fn a_service_that_is_named_twice_is_migrated_once() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "jellyfin"])
        .succeeds()
        .says_not("nothing to do");
    assert_eq!(repo.log().len(), 3);
}
