//! `--separate-moves`: the move of a module by a commit of its own, before the migration's.

use std::process::Stdio;

use crate::common::person::{End, Person};
use crate::common::{Repo, nix};

const HOME: &str = "modules/server/media/video/default.nix";
const TARGET: &str = "modules/server/media/jellyfin/default.nix";
const MOVED: &str = "refactor(server/jellyfin): move the module to its place";
const MIGRATED: &str = "refactor(server/jellyfin): migrate to service contract";

/// The commit messages' first lines, newest first.
fn titles(repo: &Repo) -> Vec<String> {
    let log = repo.git(&["log", "--format=%s"]);
    log.lines().map(str::to_owned).collect()
}

/// What a commit does to each file, renames found as git finds them by default.
fn does(repo: &Repo, commit: &str) -> Vec<String> {
    let shown = repo.git(&["show", "--format=", "--name-status", "-M", commit]);
    shown.lines().map(str::to_owned).collect()
}

/// Asserts that the last two commits are jellyfin's, and that git follows its module through them.
fn assert_in_two(repo: &Repo) {
    assert_eq!(titles(repo)[..2], [MIGRATED, MOVED]);
    let first = does(repo, "HEAD~1");
    let (renamed, mended): (Vec<_>, Vec<_>) = first.iter().partition(|line| line.starts_with('R'));
    let rename = renamed.first().expect("a rename");
    assert!(
        renamed.len() == 1 && rename.ends_with(&format!("\t{HOME}\t{TARGET}")),
        "{first:?}"
    );
    assert!(mended.iter().all(|line| line.starts_with("M\t")), "{first:?}");
    // What else changes there are paths that lead to the module, or out of it.
    let lines = repo.git(&["show", "--format=", "--unified=0", "-M", "HEAD~1"]);
    for line in lines
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---"))
    {
        assert!(line.contains("./"), "{line}");
    }
    let followed = repo.git(&["log", "--follow", "--format=%s", "--", TARGET]);
    let followed: Vec<&str> = followed.lines().collect();
    assert_eq!(followed[..2], [MIGRATED, MOVED], "{followed:?}");
    assert!(
        followed.len() > 2,
        "git follows the module to what was before: {followed:?}"
    );
    assert_eq!(repo.status(), "");
}

#[test]
fn a_module_that_moves_gets_a_commit_for_that() {
    for hook in [false, true] {
        let repo = Repo::with_contract();
        if hook {
            repo.script(".git/hooks/pre-commit", "exit 0");
        }
        let before = repo.tree();
        let run = repo.migrate(&["jellyfin", "--separate-moves"]).succeeds();
        assert!(run.out.contains(MOVED) && run.out.contains(MIGRATED), "{}", run.out);
        assert_in_two(&repo);
        // The files are those of a run that makes one commit.
        let one = Repo::with_contract();
        one.migrate(&["jellyfin"]).succeeds();
        assert_eq!(repo.tree(), one.tree(), "{hook}");
        repo.run(&["undo", "--list"]).succeeds().says(MIGRATED).says_not(MOVED);
        repo.run(&["undo", "jellyfin", "--yes"]).succeeds();
        assert_eq!((repo.tree(), repo.status()), (before, String::new()), "{hook}");
        assert!(
            !titles(&repo).iter().any(|title| title == MOVED || title == MIGRATED),
            "{hook}"
        );
    }
}

#[test]
fn a_repository_can_say_so_for_all_of_its_services() {
    let repo = Repo::with_contract();
    repo.write("qgroget.toml", "separate-moves = true\n");
    repo.commit_all("settings");
    repo.migrate(&["--all", "--accept-gains"]);
    let titles = titles(&repo);
    let moved = titles
        .iter()
        .filter(|title| title.ends_with("move the module to its place"));
    let migrated = titles
        .iter()
        .filter(|title| title.ends_with("migrate to service contract"));
    let (moved, migrated) = (moved.count(), migrated.count());
    // Some stay where they are or leave a shared file: they get one commit.
    assert!(0 < moved && moved < migrated, "{titles:?}");
    let listed = repo.run(&["undo", "--list"]).succeeds().out;
    assert_eq!(
        listed
            .lines()
            .filter(|line| line.contains("migrate to service contract"))
            .count(),
        migrated
    );
    assert!(!listed.contains("move the module to its place"), "{listed}");
    // All of it can be taken back again, one service after the other.
    let changes = listed
        .lines()
        .filter(|line| line.contains("to service contract"))
        .count();
    for _ in 0..changes {
        repo.run(&["undo", "--yes"]).succeeds();
    }
    assert!(
        !self::titles(&repo)
            .iter()
            .any(|title| title.contains("to service contract") || title.contains("move the"))
    );
}

#[test]
fn what_does_not_move_is_one_commit() {
    let repo = Repo::with_contract();
    let commits = titles(&repo).len();
    let run = repo.migrate(&["jellyfin", "--separate-moves", "--in-place"]).succeeds();
    assert!(!run.out.contains(MOVED), "{}", run.out);
    assert_eq!(
        (titles(&repo).len(), titles(&repo)[0].as_str()),
        (commits + 1, MIGRATED)
    );
    repo.run(&["migrate", "sonarr", "--separate-moves", "--no-commit"])
        .ends(2);
}

#[test]
fn a_dry_run_shows_both_messages_and_the_same_patch() {
    let repo = Repo::with_contract();
    let before = repo.listing();
    let run = repo
        .run(&["migrate", "jellyfin", "--dry-run", "--separate-moves"])
        .succeeds();
    for text in ["There are two commits.", MOVED, "The second does the rest:", MIGRATED] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let json = repo
        .run(&[
            "migrate",
            "jellyfin",
            "--dry-run",
            "--separate-moves",
            "--format",
            "json",
        ])
        .succeeds()
        .json();
    let commit = &json["services"][0]["commit"];
    let message = |key: &str| commit[key].as_str().expect("a message").to_owned();
    assert!(
        message("first").starts_with(MOVED) && message("message").starts_with(MIGRATED),
        "{commit}"
    );
    let mark = |text: &str| text.lines().last().map(str::to_owned);
    assert_eq!(mark(&message("first")), mark(&message("message")));
    let patch = |more: &[&str]| {
        let arguments = [&["migrate", "jellyfin", "--dry-run", "--format", "patch"], more].concat();
        repo.run(&arguments).succeeds().out
    };
    assert_eq!(patch(&["--separate-moves"]), patch(&[]));
    assert_eq!(repo.listing(), before);
    // What was shown is what is committed.
    repo.migrate(&["jellyfin", "--separate-moves"]).succeeds();
    assert_eq!(
        repo.git(&["log", "-1", "--format=%B", "HEAD~1"]).trim(),
        message("first").trim()
    );
}

#[test]
fn a_person_is_asked_once_and_sees_both() {
    let repo = Repo::with_contract();
    let mut command = repo.qgroget(&["migrate", "jellyfin", "--separate-moves", "--no-verify", "--no-pager"]);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::inherit());
    let mut person = Person::at(command);
    person.selects();
    person.answers("Take this change", "a");
    person.sees("There are two commits.");
    person.sees(MOVED);
    person.sees("The second does the rest:");
    person.sees(MIGRATED);
    person.answers("Commit with this message", "y");
    assert_eq!(person.leaves().1, End::Code(0));
    assert_in_two(&repo);
}

#[test]
fn in_the_middle_of_a_history_one_commit_reverts_both() {
    let repo = Repo::with_contract();
    let one = Repo::with_contract();
    one.migrate(&["obsidian"]).succeeds();
    repo.migrate(&["jellyfin", "obsidian", "--separate-moves"]).succeeds();
    let commits = titles(&repo).len();
    let plan = repo.run(&["undo", "jellyfin", "--dry-run"]).succeeds().out;
    assert!(plan.contains("which moved the module for it"), "{plan}");
    repo.run(&["undo", "jellyfin", "--yes"])
        .succeeds()
        .says("which moved the module for it");
    assert_eq!(titles(&repo).len(), commits + 1, "one commit reverts both");
    assert_eq!(repo.tree(), one.tree());
    repo.run(&["undo", "--list"]).succeeds().says("(taken back)");
}

#[test]
fn what_was_pushed_is_reverted_and_not_removed() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    repo.migrate(&["jellyfin", "--separate-moves"]).succeeds();
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    let commits = titles(&repo).len();
    repo.run(&["undo", "--yes"]).succeeds();
    assert_eq!((titles(&repo).len(), repo.tree()), (commits + 1, before));
}

#[test]
fn a_hook_that_refuses_the_second_leaves_neither() {
    let repo = Repo::with_contract();
    repo.script(
        ".git/hooks/commit-msg",
        "head -1 \"$1\" | grep -q migrate || exit 0\necho not today; exit 1",
    );
    let (tree, head) = (repo.tree(), repo.git(&["rev-parse", "HEAD"]));
    repo.migrate(&["jellyfin", "--separate-moves"]).refuses("hook-failed");
    assert_eq!((repo.tree(), repo.git(&["rev-parse", "HEAD"])), (tree, head));
    assert_eq!(repo.status(), "");
}

#[test]
fn an_amended_message_leaves_them_one_and_an_amended_file_does_not() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "--separate-moves"]).succeeds();
    let message = repo
        .git(&["log", "-1", "--format=%B"])
        .replace(MIGRATED, "jellyfin: contract");
    repo.git(&["commit", "--quiet", "--amend", "--message", &message]);
    let listed = repo.run(&["undo", "--list"]).succeeds().out;
    assert!(
        listed.contains("jellyfin: contract") && !listed.contains("changed since"),
        "{listed}"
    );
    let text = repo.read(TARGET);
    repo.write(TARGET, format!("{text}# mine\n"));
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    repo.run(&["undo", "--yes"]).refuses("undo-changed");
}

#[test]
fn each_of_them_evaluates_to_the_same_machine_and_verify_takes_them_for_one() {
    if !nix::available() {
        return crate::common::skip("nix-instantiate");
    }
    let repo = Repo::with_contract();
    let run = repo
        .run(&["migrate", "jellyfin", "--yes", "--separate-moves"])
        .succeeds();
    assert!(
        run.err.contains("The move by itself keeps the configuration as it is"),
        "{}",
        run.err
    );
    assert_in_two(&repo);
    let configuration = || nix::configuration(&repo.root()).expect("it evaluates");
    let after = configuration();
    for commit in ["HEAD~1", "HEAD~2"] {
        repo.git(&["checkout", "--quiet", commit]);
        assert_eq!(configuration(), after, "{commit}");
        repo.git(&["checkout", "--quiet", "main"]);
    }
    let verified = repo.run(&["verify", "--since-contract"]).succeeds().out;
    assert_eq!(verified.matches(MIGRATED).count(), 1, "{verified}");
    assert!(!verified.contains(MOVED), "{verified}");
    let first = repo.git(&["rev-parse", "--short=10", "HEAD~1"]);
    let named = format!("together with {}, which moved the module for it", first.trim());
    assert!(verified.contains(&named), "{verified}");
}
