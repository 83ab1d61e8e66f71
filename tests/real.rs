//! The program on a real repository, where one is at hand.
//!
//! `QGROGET_REAL` names a directory with two clones, `legacy` and `today`. `QGROGET_COMPARE` names a program that is
//! called with two directories (and the arguments in `QGROGET_COMPARE_ARGS`, split at spaces) and prints
//! `0 gained, 0 lost, 0 changed` if both mean the same machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::{Repo, checks, copy, skip};
use crate::installed;

fn variable(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name);
    if value.is_none() {
        skip(name);
    }
    value.map(PathBuf::from)
}

/// A clone with only what is committed, so that the tree that is tested is the one of a commit.
fn clone(state: &str) -> Option<Repo> {
    let origin = variable("QGROGET_REAL")?.join(state);
    let repo = Repo::bare();
    std::fs::remove_dir(repo.root()).unwrap();
    let output = repo
        .command("git")
        .current_dir(repo.home())
        .args(["-c", "safe.directory=*", "clone", "--quiet", "--no-hardlinks"])
        .args([&origin, &repo.root()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(repo)
}

fn assert_equivalent(before: &Path, after: &Path, what: &str) {
    let Some(program) = variable("QGROGET_COMPARE") else {
        return;
    };
    let arguments = std::env::var("QGROGET_COMPARE_ARGS").unwrap_or_default();
    let output = Command::new(program)
        .args([before, after])
        .args(arguments.split_whitespace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("0 gained, 0 lost, 0 changed"), "{what}: {said}{problem}");
}

/// How much `init` brings, and that its documents are true of the repository, then and at the end.
fn installs(state: &str) {
    let Some(repo) = clone(state) else { return };
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    installed::assert_small(&repo);
    installed::assert_true(&repo);
    repo.migrate(&["--all", "--accept-gains"]);
    installed::assert_true(&repo);
    let run = repo.run(&["cleanup", "--yes", "--no-verify"]);
    installed::assert_true(&repo);
    // Where something refuses to migrate, there is nothing to clean up yet.
    if run.code == 0 {
        assert!(!repo.read("docs/migration-guide.md").contains("qgroget.services"));
    }
}

#[test]
fn what_init_brings_to_each_state() {
    for state in ["legacy", "today"] {
        installs(state);
    }
}

fn nix_files(tree: &BTreeMap<String, Vec<u8>>) -> impl Iterator<Item = (&String, String)> {
    let nix = tree.iter().filter(|(path, _)| path.ends_with(".nix"));
    nix.map(|(path, bytes)| (path, String::from_utf8(bytes.clone()).unwrap()))
}

/// How often each comment occurs in the whole repository.
fn comments(tree: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, usize> {
    let mut counted = BTreeMap::new();
    for (path, text) in nix_files(tree) {
        for comment in checks::comments(Some(Path::new(path)), &text) {
            *counted.entry(comment).or_default() += 1;
        }
    }
    counted
}

fn assert_kept(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>, what: &str) {
    let left = comments(after);
    for (comment, count) in comments(before) {
        let now = left.get(&comment).copied().unwrap_or(0);
        assert!(
            now >= count,
            "{what}: the comment {comment:?} was there {count} times, is {now} times"
        );
    }
    // A file that moved is compared with the one it was: by whether all were formatted before.
    let unformatted = |tree: &BTreeMap<String, Vec<u8>>| -> Vec<String> {
        let bad = nix_files(tree).filter(|(_, text)| !checks::is_formatted(text));
        bad.map(|(path, _)| path.to_owned()).collect()
    };
    let changed: BTreeMap<String, Vec<u8>> = differing(after, before);
    let originals: BTreeMap<String, Vec<u8>> = differing(before, after);
    let (now, then) = (unformatted(&changed), unformatted(&originals));
    assert!(
        now.len() <= then.len(),
        "{what}: a file is no longer formatted: of {now:?} only {then:?} were not"
    );
}

/// The files of `tree` that `other` does not have like that.
fn differing(tree: &BTreeMap<String, Vec<u8>>, other: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let differs = tree.iter().filter(|(path, bytes)| other.get(*path) != Some(bytes));
    differs.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
}

fn migrates(state: &str, services: &[&str]) {
    let Some(repo) = clone(state) else { return };
    let start: usize = repo.git(&["rev-list", "--count", "HEAD"]).trim().parse().unwrap();
    let mut steps: Vec<Vec<&str>> = vec![vec!["init", "--yes"]];
    steps.extend(services.iter().map(|service| vec!["migrate", *service, "--yes"]));
    for step in &steps {
        let what = format!("{state}: {}", step.join(" "));
        let before = repo.tree();
        let copied = tempfile::tempdir().unwrap();
        copy(&repo.root(), &copied.path().join("before"));
        repo.run(step).succeeds();
        assert_eq!(repo.status(), "", "{what}");
        let after = repo.tree();
        assert_kept(&before, &after, &what);
        assert_equivalent(&copied.path().join("before"), &repo.root(), &what);
        repo.git(&["revert", "--no-edit", "HEAD"]);
        assert!(repo.tree() == before, "{what}: reverting does not lead back");
        repo.git(&["reset", "--quiet", "--hard", "HEAD^"]);
        // A gain that was not taken stays open, and is named.
        let again = repo.run(step).succeeds().out;
        let is_done = ["nothing to do", "--accept-gains takes it"]
            .iter()
            .any(|said| again.contains(said));
        assert!(is_done, "{what}, once more:\n{again}");
    }
    let commits: usize = repo.git(&["rev-list", "--count", "HEAD"]).trim().parse().unwrap();
    assert_eq!(commits, start + steps.len());
    let legacy = |service: &str, tree: &BTreeMap<String, Vec<u8>>| {
        let declares = |text: &str| {
            text.contains(&format!("qgroget.services.{service}"))
                || text.contains(&format!("qgroget.backups.{service}"))
        };
        nix_files(tree)
            .filter(|(_, text)| declares(text))
            .map(|(path, _)| path.clone())
            .collect::<Vec<_>>()
    };
    for service in services {
        assert_eq!(
            legacy(service, &repo.tree()),
            Vec::<String>::new(),
            "{state}: {service} is left over"
        );
    }
}

#[test]
fn the_legacy_state_is_migrated_without_a_difference() {
    migrates("legacy", &["jellyfin", "vaultwarden", "jellyseerr"]);
}

#[test]
fn the_state_of_today_is_migrated_without_a_difference() {
    migrates("today", &["jellyfin", "vaultwarden", "seerr"]);
}
