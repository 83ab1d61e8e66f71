//! `-q`: errors, and what was asked for.

use crate::common::{Repo, Run};

#[track_caller]
fn is_silent(run: Run) {
    let run = run.succeeds();
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""), "{run}");
}

#[test]
fn a_command_that_does_its_work_prints_nothing() {
    let repo = Repo::homelab();
    repo.run(&["-q", "check", "--no-eval"])
        .succeeds()
        .says("27 services are declared in the legacy pattern");
    for command in [
        &["init", "--yes", "--no-verify"][..],
        &["init", "--yes", "--no-verify"],
        &["migrate", "jellyfin", "vaultwarden", "--yes", "--no-verify"],
        &["migrate", "jellyfin", "--yes", "--no-verify"],
        &["tested", "jellyfin"],
        &["check", "--no-eval"],
        &["check", "--fix", "--yes"],
        &["new", "paperless", "--category", "misc", "--port", "28981", "--yes"],
        &[
            "contract",
            "add",
            "icon",
            "--type",
            "str",
            "--default",
            "\"\"",
            "--description",
            "Its icon.",
            "--yes",
        ],
        &["map", "--html", "map.html"],
        &["man", "--all", "pages"],
        &["undo", "--yes"],
    ] {
        is_silent(repo.run(&[&["-q"], command].concat()));
    }
    if crate::common::nix::available() {
        is_silent(repo.run(&["-q", "verify", "--against", "HEAD"]));
        is_silent(repo.run(&["-q", "migrate", "jellyseerr", "--yes"]));
    }
}

#[test]
fn what_is_asked_for_is_printed() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    for (command, expected) in [
        (&["status"][..], "SERVICE"),
        (&["status", "--format", "json"], "\"schema\""),
        (&["undo", "--list"], "jellyfin"),
        (&["undo", "--dry-run"], "jellyfin"),
        (&["explain", "no-host"], "no-host"),
        (&["explain"], "no-host"),
        (&["check", "--no-eval", "--format", "json"], "\"findings\""),
        (&["migrate", "vaultwarden", "--dry-run"], "vaultwarden: "),
        (
            &["migrate", "vaultwarden", "--dry-run", "--format", "json"],
            "\"groups\"",
        ),
        (
            &["migrate", "vaultwarden", "--dry-run", "--format", "patch"],
            "diff --git",
        ),
        (&["man"], ".TH"),
        (&["completions", "bash"], "complete"),
    ] {
        let run = repo.run(&[&["-q"], command].concat()).succeeds();
        assert!(run.out.contains(expected), "{command:?}: {run}");
        assert_eq!(run.err, "", "{command:?}");
        for chatter in ["Nothing was written", "To go on"] {
            assert!(!run.out.contains(chatter), "{command:?}: {run}");
        }
    }
}

#[test]
fn an_error_is_said_and_with_two_in_one_line() {
    let repo = Repo::with_contract();
    let one = repo
        .run(&["-q", "migrate", "nowhere", "--dry-run"])
        .refuses("unknown-service");
    assert!(one.err.contains("see: qgroget explain"), "{one}");
    let two = repo
        .run(&["-qq", "migrate", "nowhere", "--dry-run"])
        .refuses("unknown-service");
    assert_eq!(two.err.lines().count(), 1, "{two}");
    assert_eq!(two.out, "");
}
