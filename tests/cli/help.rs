//! The command line's reference.

use std::collections::BTreeMap;

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

/// How high a help is: the least terminal has 24 lines, of which one is the prompt's.
#[test]
fn help_fits_a_screen() {
    let repo = Repo::bare();
    let height = |arguments: &[&str], columns: &str| {
        let mut command = repo.qgroget(arguments);
        let run = repo.outcome(command.env("COLUMNS", columns)).succeeds();
        for line in run.out.lines() {
            assert!(line.chars().count() <= columns.parse().unwrap(), "{line}");
        }
        run.out.lines().count()
    };
    for flag in ["-h", "--help"] {
        assert!(height(&[flag], "80") <= 23, "{flag}");
    }
    for command in [
        "status",
        "map",
        "explain",
        "tested",
        "contract",
        "undo",
        "completions",
        "man",
    ] {
        assert!(height(&[command, "-h"], "80") <= 24, "{command}");
    }
    for command in ["init", "migrate", "check", "verify", "new", "cleanup"] {
        assert!(height(&[command, "-h"], "100") <= 40, "{command}");
        assert!(height(&[command, "--help"], "100") <= 60, "{command}");
    }
}

#[test]
fn the_short_help_names_the_global_options_and_the_long_one_explains_them() {
    let repo = Repo::bare();
    let short = repo.run(&["status", "-h"]).succeeds();
    assert!(short.out.contains("Global options: --repo DIR") && !short.out.contains("--no-pager  "));
    repo.run(&["status", "--help"])
        .says("Print only errors and what is asked for; twice for errors in one line");
}

#[test]
fn completions_know_every_shell() {
    let repo = Repo::bare();
    for shell in ["bash", "zsh", "fish", "nushell", "elvish", "powershell"] {
        repo.run(&["completions", shell]).succeeds().says("QGROGET_COMPLETE");
    }
}

#[test]
fn every_command_has_a_page_of_the_manual_and_what_they_refer_to_is_there() {
    let repo = Repo::bare();
    repo.run(&["man", "--all", "pages"]).succeeds();
    let pages: BTreeMap<String, String> = std::fs::read_dir(repo.path("pages"))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), text)
        })
        .collect();
    for page in [
        "qgroget.1",
        "qgroget-migrate.1",
        "qgroget-undo.1",
        "qgroget-contract-add.1",
    ] {
        assert!(pages.contains_key(page), "{page}: {:?}", pages.keys());
    }
    let mut references = 0;
    for (page, text) in &pages {
        let text = text.replace("\\-", "-");
        for (end, _) in text.match_indices("(1)") {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
            let start = text[..end].rfind(|c| !is_name(c)).map_or(0, |at| at + 1);
            let target = format!("{}.1", &text[start..end]);
            assert!(pages.contains_key(&target), "{page} refers to {target}");
            references += 1;
        }
        assert!(text.starts_with(".ie") || text.contains(".TH"), "{page}");
    }
    assert!(references >= 14, "{references}");
    let synopsis = ".SH SYNOPSIS\nqgroget migrate [OPTIONS] [SERVICE]...\n.SH DESCRIPTION\n";
    assert!(
        pages["qgroget-migrate.1"].contains(synopsis),
        "{}",
        pages["qgroget-migrate.1"]
    );
    let one = repo.run(&["man", "contract", "add"]).succeeds();
    assert_eq!(one.out, pages["qgroget-contract-add.1"]);
    assert_eq!(repo.run(&["man"]).succeeds().out, pages["qgroget.1"]);
    repo.run(&["man", "migrte"]).ends(2).says("did you mean 'migrate'?");
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
