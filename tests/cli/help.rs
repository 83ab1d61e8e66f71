//! The command line's reference.

use crate::common::{Repo, snapshot};

#[test]
fn every_command_explains_itself() {
    let repo = Repo::bare();
    let help = repo.run(&["--help"]).succeeds();
    snapshot!("cli", "help", &help.out);
    let commands = help.out.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> = commands
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    assert!(names.contains(&"migrate"), "{names:?}");
    for name in names {
        let run = repo.run(&[name, "--help"]).succeeds();
        snapshot!("cli", format!("help_{name}"), &run.out);
    }
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let repo = Repo::bare();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        repo.run(&["completions", shell]).succeeds().says("accept-gains");
    }
    let manual = repo.run(&["man"]).succeeds();
    for section in ["QGROGET INIT", "QGROGET MIGRATE", "QGROGET UNDO"] {
        assert!(manual.out.contains(section), "{section}");
    }
}

#[test]
fn arguments_that_make_no_request_end_with_2() {
    let repo = Repo::homelab();
    for arguments in [
        &["migrate"][..],
        &["migrate", "jellyfin", "--no-such-flag"],
        &["migrate", "jellyfin", "--format", "xml", "--dry-run"],
        &["migrate", "jellyfin", "--format", "json"],
        &["migrate", "jellyfin", "--data-dir", "jellyfin"],
        &["migrate", "jellyfin", "--dry-run", "--host", "Nowhere"],
        &["--repo", "no/such/directory", "migrate", "jellyfin", "--dry-run"],
        &["migrate", "jellyfin", "--yes", "--report", "page.pdf"],
        &["migrate", "jellyfin", "--dry-run", "--report", "page.md"],
        &["frobnicate"],
    ] {
        let run = repo.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {run}");
        assert!(!run.err.is_empty(), "{arguments:?}");
    }
    repo.run(&["migrate", "jellyfin", "--dry-run", "--host", "Serve"])
        .says("did you mean 'Server'?");
}
