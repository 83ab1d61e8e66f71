//! `qgroget` alone: how far the migration is, and the one command that comes next.

use crate::common::{Repo, snapshot};

/// The command that it names.
fn next(out: &str) -> String {
    let line = out.lines().find_map(|line| line.strip_prefix("Next: "));
    line.unwrap_or_else(|| panic!("nothing comes next:\n{out}")).to_owned()
}

#[test]
fn it_leads_from_the_first_step_to_the_last() {
    let repo = Repo::homelab();
    let run = repo.run(&[]).succeeds();
    snapshot!("cli", "dashboard_before", &run);
    assert_eq!(next(&run.out), "qgroget init");
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    let run = repo.run(&[]).succeeds();
    assert_eq!(next(&run.out), "qgroget migrate adguardhome");
    assert!(run.out.contains("0 of 30 migrated"), "{run}");
    // What it names can be done, and is not named any more afterwards.
    repo.migrate(&["adguardhome"]).succeeds();
    let run = repo.run(&[]).succeeds();
    snapshot!("cli", "dashboard_under_way", &run);
    assert_eq!(next(&run.out), "qgroget migrate file");
    repo.migrate(&["--all"]).succeeds();
    // What runs in neither pattern comes first; who leaves it goes on with the end.
    let run = repo.run(&[]).succeeds();
    let honcho = "qgroget migrate honcho --from modules/server/misc/honcho.nix";
    assert_eq!(next(&run.out), honcho);
    let why = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(why.contains("qgroget cleanup"), "{why}");
    repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    let run = repo.run(&[]).succeeds();
    assert_eq!(next(&run.out), honcho);
    run.says_not("qgroget cleanup");
}

#[test]
fn it_works_from_any_directory_below_the_root() {
    let repo = Repo::with_contract();
    let at_the_root = repo.run(&[]).succeeds().out;
    let below = |arguments: &[&str]| {
        let mut command = repo.qgroget(arguments);
        command.current_dir(repo.path("modules/server/media"));
        repo.outcome(&mut command)
    };
    assert_eq!(below(&[]).succeeds().out, at_the_root);
    below(&["migrate", "jellyfin", "--yes", "--no-verify"]).succeeds();
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");
    assert_eq!(repo.status(), "");
}

#[test]
fn where_nothing_is_it_says_so_and_what_can_be_asked_for() {
    let repo = Repo::bare();
    let run = repo.run(&[]).ends(2);
    run.says("there is no repository of NixOS modules here: no flake.nix, no hosts, no qgroget.toml")
        .says("Usage: qgroget");
}

#[test]
fn the_first_commit_is_the_persons() {
    let repo = Repo::homelab_without_git();
    repo.git(&["init", "-q", "-b", "main"]);
    let run = repo.run(&[]).succeeds();
    assert_eq!(next(&run.out), "git add -A && git commit");
    repo.commit_all("feat: begin");
    assert_eq!(next(&repo.run(&[]).succeeds().out), "qgroget init");
}

#[test]
fn an_unfinished_run_comes_first() {
    let repo = Repo::with_contract();
    let kills = "kill -9 $(cut -d' ' -f4 /proc/$PPID/stat)\nexit 1";
    repo.script(".git/hooks/pre-commit", kills);
    let ended = repo
        .qgroget(&["migrate", "jellyfin", "--yes", "--no-verify"])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), None, "it is killed");
    let run = repo.run(&[]).succeeds();
    assert!(run.out.contains("`migrate jellyfin` was interrupted"), "{run}");
    assert_eq!(next(&run.out), "qgroget migrate jellyfin");
    repo.script(".git/hooks/pre-commit", "exit 0");
    repo.migrate(&["jellyfin"]).succeeds();
    assert!(!repo.run(&[]).succeeds().out.contains("interrupted"));
}

#[test]
fn where_there_is_no_repository_it_says_what_it_can_be_asked_for() {
    let repo = Repo::bare();
    let run = repo.run(&[]);
    assert_eq!(run.code, 2, "{run}");
    assert!(run.out.contains("Usage: qgroget"), "{run}");
}
