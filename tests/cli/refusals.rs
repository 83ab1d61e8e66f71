//! Input that cannot be migrated: what is said, where, and that nothing is written.

use crate::common::{Repo, snapshot};

/// Runs a migration that is refused; nothing may change.
#[track_caller]
fn refused(repo: &Repo, arguments: &[&str], code: &str) -> String {
    let (tree, log) = (repo.tree(), repo.log());
    let shown = repo
        .run(&[&["migrate"], arguments, &["--dry-run"]].concat())
        .refuses(code);
    repo.migrate(arguments).refuses(code);
    assert!(repo.tree() == tree && repo.log() == log, "something was written");
    shown.err
}

#[test]
fn an_unknown_service_is_answered_with_its_nearest_names() {
    let repo = Repo::with_contract();
    snapshot!(
        "cli",
        "refused_unknown_service",
        refused(&repo, &["jelyfin"], "unknown-service")
    );
}

#[test]
fn a_service_that_nothing_declares_is_answered_with_its_module() {
    let repo = Repo::with_contract();
    snapshot!(
        "cli",
        "refused_undeclared_service",
        refused(&repo, &["honcho"], "unknown-service") + &refused(&repo, &["qbitorrent"], "unknown-service")
    );
}

#[test]
fn a_repository_without_the_legacy_pattern() {
    let repo = Repo::of([
        (
            "hosts/Server/configuration.nix",
            "{ imports = [../../modules/server]; }\n",
        ),
        ("hosts/Server/settings.nix", "{ }\n"),
        ("modules/server/default.nix", "{ imports = []; }\n"),
    ]);
    snapshot!(
        "cli",
        "refused_nothing_declared",
        refused(&repo, &["jellyfin"], "nothing-declared")
    );
}

#[test]
fn a_directory_without_hosts() {
    let repo = Repo::of([("flake.nix", "{ }\n")]);
    snapshot!("cli", "refused_no_host", refused(&repo, &["jellyfin"], "no-host"));
}

#[test]
fn a_file_that_does_not_parse_is_shown_and_other_services_go_on() {
    let repo = Repo::with_contract();
    let path = "modules/server/media/video/default.nix";
    repo.replace(path, "journalctl = true;", "journalctl = true");
    repo.commit_all("a slip");
    let said = refused(&repo, &["jellyfin"], "does-not-parse");
    assert!(said.contains(&format!("{path}:64:16")), "{said}");
    snapshot!("cli", "refused_does_not_parse", said);
    let run = repo.migrate(&["jellyfin", "jellyseerr"]).refuses("does-not-parse");
    run.says("2/2  jellyseerr  not proved · ");
    assert_eq!(
        repo.log()[0],
        "refactor(server/jellyseerr): migrate to service contract"
    );
}

#[test]
fn a_value_that_cannot_be_taken_apart() {
    let repo = Repo::with_contract();
    let path = "modules/server/media/video/jellyseerr.nix";
    repo.replace(
        path,
        "qgroget.services = {\n      jellyseerr = {",
        "qgroget.services = {\n      jellyseerr = lib.recursiveUpdate {} {",
    );
    repo.commit_all("computed");
    snapshot!(
        "cli",
        "refused_unsupported_value",
        refused(&repo, &["jellyseerr"], "unsupported-value")
    );
}

#[test]
fn a_field_that_the_contract_does_not_know() {
    let repo = Repo::with_contract();
    repo.replace(
        "modules/server/media/video/jellyseerr.nix",
        "type = \"public\";",
        "type = \"public\";\n        icon = \"film\";",
    );
    repo.commit_all("an icon");
    snapshot!(
        "cli",
        "refused_unknown_field",
        refused(&repo, &["jellyseerr"], "unknown-field")
    );
}

#[test]
fn a_file_that_is_no_utf8() {
    let repo = Repo::with_contract();
    repo.write("modules/server/latin.nix", b"{ } # caf\xe9\n");
    repo.write("latin.nix", b"{ } # caf\xe9 jellyfin\n");
    repo.commit_all("latin");
    let run = repo.run(&["migrate", "jellyfin", "--dry-run"]).refuses("unreadable");
    run.says("--> latin.nix:1:10");
    repo.run(&["migrate", "jellyseerr", "--dry-run"]).succeeds();
}

#[test]
fn the_place_that_a_module_moves_to_is_taken() {
    let repo = Repo::with_contract();
    repo.write("modules/server/media/jellyfin/default.nix", "{ }\n");
    repo.commit_all("taken");
    let said = refused(&repo, &["jellyfin"], "target-exists");
    assert!(said.contains("--in-place"), "{said}");
    repo.migrate(&["jellyfin", "--in-place"]).succeeds();
}

#[test]
fn rules_of_a_repository_that_do_not_fit() {
    let repo = Repo::with_contract();
    repo.write("qgroget.toml", "[namespaces]\nservice = \"homelab.services\"\n");
    let run = repo.run(&["migrate", "jellyfin", "--dry-run"]).ends(2);
    snapshot!("cli", "refused_bad_rules", run);
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let run = repo.run(&["migrate", "jellyfin"]).ends(2);
    for flag in ["--dry-run", "--yes", "--accept-gains"] {
        assert!(run.err.contains(flag), "{run}");
    }
    snapshot!("cli", "not_interactive", run);
    assert!(repo.tree() == before);
}

/// A job's field was looked up without asking whether it is known, in `status` as well.
#[test]
fn a_field_of_a_backup_job_that_the_contract_does_not_know() {
    let repo = Repo::with_contract();
    repo.replace(
        "modules/server/misc/obsidian.nix",
        "    systemdUnits = [\"obsidian-couchdb.service\"];",
        "    systemdUnits = [\"obsidian-couchdb.service\"];\n    pruneOpts = [\"--keep-daily 7\"];",
    );
    repo.commit_all("how long backups are kept");
    let run = repo
        .run(&["migrate", "obsidian", "--dry-run"])
        .refuses("unknown-field")
        .says("modules/server/misc/obsidian.nix:29:5")
        .says("the backup job 'obsidian' has a field 'pruneOpts' that the contract does not know")
        .says("map it in qgroget.toml: [backup-fields] pruneOpts = \"…\"");
    drop(run);
    repo.run(&["status"]).succeeds().says("pruneOpts");
    repo.run(&["migrate", "--all", "--dry-run"]).says("pruneOpts");
    repo.write(
        "qgroget.toml",
        "[backup-fields]\npruneOpts = \"extraConfig.pruneOpts\"\n",
    );
    repo.commit_all("a field for it");
    repo.run(&["migrate", "obsidian", "--dry-run"])
        .succeeds()
        .says("extraConfig.pruneOpts");
}
