//! `undo`: the way back.

use crate::common::person::{End, Person};
use crate::common::{Repo, snapshot};

#[test]
fn the_last_commit_is_taken_back() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    repo.migrate(&["jellyfin"]).succeeds();
    let run = repo.run(&["undo", "--yes"]).succeeds();
    snapshot!("cli", "undo", run);
    assert!(repo.tree() == before);
    assert_eq!(repo.status(), "");
    assert_eq!(repo.log().len(), 2);
    repo.run(&["undo", "--yes"]).succeeds().says("add the service contract");
    repo.run(&["undo", "--yes"]).succeeds().says("nothing to undo");
}

#[test]
fn with_later_commits_it_is_reverted() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.write("NOTES.md", "something else\n");
    repo.commit_all("docs: notes");
    repo.run(&["undo", "--yes"])
        .succeeds()
        .says("reverted")
        .says("other commits came after it");
    std::fs::remove_file(repo.path("NOTES.md")).unwrap();
    assert!(repo.tree() == before);
    assert_eq!(repo.log().len(), 5);
}

#[test]
fn uncommitted_changes_in_its_files_are_not_overwritten() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let path = "modules/server/media/jellyfin/default.nix";
    repo.write(path, repo.read(path) + "# mine\n");
    let before = repo.tree();
    repo.run(&["undo", "--yes"]).refuses("undo-dirty").says(path);
    assert!(repo.tree() == before);
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let (tree, log) = (repo.tree(), repo.log());
    snapshot!("cli", "undo_not_asked", repo.run(&["undo"]));
    snapshot!("cli", "undo_dry_run", repo.run(&["undo", "--dry-run"]).succeeds());
    assert!(repo.tree() == tree && repo.log() == log);
}

#[test]
fn the_commits_are_listed_and_one_of_them_is_taken_back_by_its_service() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "vaultwarden", "immich"]).succeeds();
    repo.run(&["undo", "vaultwarden", "--yes"])
        .succeeds()
        .says("because other commits came after it");
    snapshot!("cli", "undo_list", repo.run(&["undo", "--list"]).succeeds());
    repo.run(&["undo", "vaultwarden", "--yes"])
        .succeeds()
        .says("nothing to undo");
    repo.run(&["undo", "nowhere", "--yes"])
        .succeeds()
        .says("no commit of qgroget for nowhere");
    repo.migrate(&["vaultwarden"]).succeeds();
    assert!(repo.exists("modules/server/password-manager/vaultwarden/default.nix"));
}

#[test]
fn lines_that_a_later_commit_has_changed_are_shown_and_nothing_is_done() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let path = "modules/server/media/jellyfin/default.nix";
    repo.write(path, repo.read(path).replace("8096", "8097"));
    repo.commit_all("fix: port");
    let (tree, log) = (repo.tree(), repo.log());
    let run = repo.run(&["undo", "jellyfin", "--yes"]).refuses("undo-conflict");
    run.says(path);
    assert!(repo.tree() == tree && repo.log() == log);
}

#[test]
fn lines_that_another_reversal_has_put_back_are_no_conflict() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    for service in ["jellyseerr", "kavita"] {
        repo.migrate(&[service]).succeeds();
    }
    for service in ["jellyseerr", "kavita"] {
        repo.run(&["undo", service, "--yes"]).succeeds();
    }
    let after = repo.tree();
    // The set that the contracts' switches stood in is left empty.
    let settings = "hosts/Server/settings.nix";
    let differ = |path: &&String| before.get(*path) != after.get(*path);
    let differing: Vec<&String> = before.keys().chain(after.keys()).filter(differ).collect();
    assert!(differing.iter().all(|path| *path == settings), "{differing:?}");
}

#[test]
fn a_conflict_with_what_was_taken_back_names_the_way_out() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let path = "modules/server/media/jellyfin/default.nix";
    repo.replace(path, "middlewares = [\"jellyfin", "middleware = [\"jellyfin");
    repo.commit_all("an alias");
    repo.run(&["check", "--fix", "--yes"]);
    let fix = repo.git(&["log", "-1", "--format=%s"]);
    assert!(fix.contains("mend the contracts"), "{fix}");
    repo.run(&["undo", "jellyfin", "--yes"]).succeeds();
    let reversal = repo.git(&["log", "-1", "--format=%h"]);
    let run = repo.run(&["undo", "check", "--yes"]).refuses("undo-conflict");
    run.says(&format!(
        "after `git revert {}`, which brings that again",
        reversal.trim()
    ));
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.run(&["undo", "check", "--yes"]).succeeds();
}

#[test]
fn outside_git_there_is_nothing_to_undo() {
    Repo::homelab_without_git()
        .run(&["undo", "--yes"])
        .refuses("not-a-git-repository");
}

#[test]
fn a_program_gets_what_it_asks_for() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "vaultwarden"]).succeeds();
    let list = repo
        .run(&["undo", "--list", "--format", "json"])
        .succeeds()
        .follows_schema("undo-1");
    let of = |key: &str| -> Vec<String> {
        let commits = list["commits"].as_array().unwrap();
        commits
            .iter()
            .map(|commit| commit[key].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(of("service"), ["vaultwarden", "jellyfin", "init"]);
    assert_eq!(of("state"), ["intact"; 3]);
    // Nobody is asked, on a terminal neither.
    repo.run(&["undo", "--format", "json"]).ends(2).says("--yes");
    let planned = repo
        .run(&["undo", "--dry-run", "--format", "json"])
        .succeeds()
        .follows_schema("undo-1");
    assert_eq!(
        (&planned["outcome"], &planned["way"]),
        (&"planned".into(), &"removed".into())
    );
    let reverted = repo
        .run(&["undo", "jellyfin", "--yes", "--format", "json"])
        .succeeds()
        .follows_schema("undo-1");
    assert_eq!(reverted["service"], "jellyfin");
    assert_eq!(reverted["way"], "reverted");
    assert_eq!(reverted["commits"][0]["commit"], of("commit")[1].as_str());
    assert_eq!(reverted["new_commit"], repo.git(&["rev-parse", "HEAD"]).trim());
    repo.migrate(&["jellyfin"]).succeeds();
    let removed = repo
        .run(&["undo", "--yes", "--format", "json"])
        .succeeds()
        .follows_schema("undo-1");
    assert_eq!(removed["way"], "removed");
    assert_eq!(removed["new_commit"], serde_json::Value::Null);
    let nothing = repo
        .run(&["undo", "nowhere", "--yes", "--format", "json"])
        .succeeds()
        .follows_schema("undo-1");
    assert_eq!(
        (&nothing["outcome"], &nothing["service"]),
        (&"nothing".into(), &"nowhere".into())
    );
}

#[test]
fn a_person_is_asked_and_told_what_is_taken_back() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let log = repo.log();
    for (key, code) in [("n", 1), ("y", 0)] {
        let mut command = repo.qgroget(&["undo", "--no-pager"]);
        command
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .stdin(std::process::Stdio::inherit());
        let mut person = Person::at(command);
        let shown = person.sees("Take it back [y,n,d,?]?");
        assert!(shown.contains("migrate to service contract"), "{shown}");
        assert!(shown.contains("modules/server/media/jellyfin/default.nix"), "{shown}");
        person.types("?");
        person.sees("d - show what changes in the files");
        person.sees("Take it back [y,n,d,?]?");
        person.types("d");
        person.sees("modules/server/media/jellyfin/default.nix, deleted");
        person.sees("Take it back [y,n,d,?]?");
        person.types(key);
        let (rest, end) = person.leaves();
        assert_eq!(end, End::Code(code), "{rest}");
        assert_eq!(repo.log() == log, code == 1);
    }
}

/// Adds a field without anybody who says it.
fn with_a_field() -> Repo {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.run(&[&crate::common::ADD_FIELD[..], &["--yes", "--no-verify"]].concat())
        .succeeds();
    repo
}

#[test]
fn a_field_that_was_removed_is_not_called_taken_back() {
    let repo = with_a_field();
    repo.run(&["contract", "remove", "icon", "--yes", "--no-verify"])
        .succeeds();
    let removed = repo.git(&["rev-parse", "--short", "HEAD"]);
    let list = repo.run(&["undo", "--list"]).succeeds().says_not("taken back");
    assert!(
        list.out
            .contains(&format!("(nothing of it is left since [{}])", removed.trim())),
        "{list}"
    );
    let list = repo.run(&["undo", "--list", "--format", "json"]).succeeds();
    let list = list.follows_schema("undo-1");
    assert_eq!(list["commits"][1]["state"], "replaced", "{list:#}");
    // The field's own name finds its commits, the last one first.
    repo.run(&["undo", "icon", "--dry-run"])
        .succeeds()
        .says("remove icon from the service contract");
    repo.run(&["undo", "icon", "--yes"]).succeeds();
    repo.run(&["undo", "--list"])
        .succeeds()
        .says_not("nothing of it is left");
    repo.run(&["undo", "icon", "--yes"]).succeeds();
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");
}

#[test]
fn a_field_that_was_renamed_and_removed_says_which_commit_comes_first() {
    let repo = with_a_field();
    for change in [&["rename", "icon", "logo"][..], &["remove", "logo"]] {
        repo.run(&[&["contract"], change, &["--yes", "--no-verify"]].concat())
            .succeeds();
    }
    repo.run(&["undo", "--list"]).succeeds().says_not("taken back");
    let run = repo.run(&["undo", "icon", "--yes"]);
    assert_eq!(run.code, 1, "{run}");
    run.says("first `qgroget undo 'contract field logo'`");
    repo.run(&["undo", "logo", "--yes"]).succeeds();
    repo.run(&["undo", "icon", "--yes"])
        .succeeds()
        .says("rename icon to logo");
    repo.run(&["undo", "icon", "--yes"]).succeeds().says("add icon");
}

#[test]
fn what_others_have_changed_by_hand_is_still_taken_back_by_hand() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.git(&["revert", "--no-edit", "HEAD"]);
    repo.run(&["undo", "--list"]).succeeds().says("(taken back)");
}

#[test]
fn a_refusal_fits_the_screen() {
    let repo = Repo::with_contract();
    repo.migrate(&["--all"]);
    let run = repo.run(&["undo", "init", "--yes"]);
    assert_eq!(run.code, 1, "{run}");
    assert!(run.err.lines().count() < 40, "{run}");
    run.says("more, from the top of the list: `qgroget undo --list`");
}
