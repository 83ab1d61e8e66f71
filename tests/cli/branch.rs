//! A branch for the commits of a run.

use std::process::{Command, Stdio};

use crate::common::Repo;
use crate::common::person::{End, Person};

/// The branch that HEAD is on.
fn on(repo: &Repo) -> String {
    repo.git(&["branch", "--show-current"]).trim().to_owned()
}

fn branches(repo: &Repo) -> Vec<String> {
    let names = repo.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
    names.lines().map(str::to_owned).collect()
}

#[test]
fn the_commits_of_a_run_go_onto_a_new_branch() {
    let repo = Repo::homelab();
    let main = repo.git(&["rev-parse", "HEAD"]);
    let run = repo
        .migrate(&["jellyfin", "obsidian", "--branch", "moves/all"])
        .succeeds();
    assert_eq!(
        run.out.matches("Switched to a new branch 'moves/all'").count(),
        1,
        "{}",
        run.out
    );
    assert_eq!(on(&repo), "moves/all");
    assert_eq!(repo.git(&["rev-parse", "main"]), main, "main stays where it was");
    assert_eq!(repo.log().len(), 4, "the contract, two services, and what was there");
    assert_eq!(repo.status(), "");
    // On the same branch a later run goes on.
    let run = repo.migrate(&["sonarr", "--branch", "moves/all"]).succeeds();
    assert!(!run.out.contains("Switched"), "{}", run.out);
    assert_eq!((on(&repo).as_str(), repo.log().len()), ("moves/all", 5));
    // Git knows the way back.
    repo.git(&["switch", "--quiet", "-"]);
    assert_eq!((on(&repo).as_str(), repo.log().len()), ("main", 1));
}

#[test]
fn init_and_new_know_it_too() {
    let repo = Repo::homelab();
    repo.run(&["init", "--yes", "--no-verify", "--branch", "contract"])
        .succeeds();
    repo.migrate(&["--all", "--accept-gains"]);
    assert_eq!(on(&repo), "contract");
    repo.run(&[
        "new",
        "cache",
        "--category",
        "misc",
        "--unexposed",
        "--yes",
        "--branch",
        "cache",
    ])
    .succeeds();
    assert_eq!(
        (
            on(&repo).as_str(),
            repo.git(&["log", "--format=%s", "contract..cache"]).lines().count()
        ),
        ("cache", 1)
    );
}

#[test]
fn nothing_is_made_where_nothing_is_committed() {
    let repo = Repo::with_contract();
    let nothing = |what: &str| {
        assert_eq!(
            (on(&repo).as_str(), branches(&repo)),
            ("main", vec!["main".to_owned()]),
            "{what}"
        );
        assert!(!repo.exists(".git/qgroget/branch.json"), "{what}");
    };
    repo.run(&["migrate", "jellyfin", "--dry-run", "--branch", "moves"])
        .succeeds();
    nothing("a dry run");
    repo.migrate(&["no-such-service", "--branch", "moves"])
        .refuses("unknown-service");
    nothing("a service that is refused");
    repo.script(".git/hooks/pre-commit", "echo no such commits >&2; exit 1");
    let (tree, status) = (repo.tree(), repo.status());
    let run = repo.migrate(&["jellyfin", "--branch", "moves"]).refuses("hook-failed");
    run.says("the new branch moves is removed again");
    nothing("a hook that refuses");
    assert!(repo.tree() == tree && repo.status() == status);
    std::fs::remove_file(repo.path(".git/hooks/pre-commit")).unwrap();
    let mut person = crate::cli::interactive::migrating(&repo, &["jellyfin", "--branch", "moves"]);
    person.selects();
    person.answers("(1/5) Take this change", "n");
    assert_eq!(person.leaves().1, End::Code(1));
    nothing("declined");
}

#[test]
fn a_guard_of_main_is_satisfied_by_a_branch_and_its_refusal_names_the_flag() {
    let repo = Repo::with_contract();
    repo.script(
        ".git/hooks/pre-commit",
        "test \"$(git branch --show-current)\" != main || { echo not on main >&2; exit 1; }",
    );
    repo.migrate(&["jellyfin"])
        .refuses("hook-failed")
        .says("if the hook guards main: `--branch NAME` makes the commits on a new branch");
    repo.migrate(&["jellyfin", "--branch", "moves"]).succeeds();
    assert_eq!(on(&repo), "moves");
    assert_eq!(repo.status(), "");
    // `undo` has no such flag.
    repo.script(".git/hooks/pre-commit", "exit 1");
    repo.write("later.md", "later\n");
    repo.commit_all("later");
    let run = repo.run(&["undo", "--yes"]).refuses("hook-failed");
    assert!(!run.err.contains("--branch"), "{}", run.err);
}

#[test]
fn a_branch_that_there_is_is_refused() {
    let repo = Repo::with_contract();
    repo.git(&["branch", "moves"]);
    let (tree, log) = (repo.tree(), repo.log());
    let refused = |name: &str| {
        let run = repo
            .migrate(&["jellyfin", "obsidian", "--branch", name])
            .refuses("branch-exists");
        assert_eq!(run.err.matches("error[").count(), 1, "once for the run: {}", run.err);
        assert!(repo.tree() == tree && repo.log() == log && on(&repo) == "main");
        run
    };
    refused("moves").says("to go on there: `git switch moves`, then run again");
    refused("moves/all").says("there cannot be a branch moves/all beside moves");
    refused("main/x").says("there cannot be a branch main/x beside main");
    let run = repo.migrate(&["jellyfin", "--branch", "a..b"]);
    assert_eq!(run.code, 2);
    run.says("git takes no such name for a branch");
    repo.migrate(&["jellyfin", "--branch", "x", "--no-commit"])
        .says("cannot be used with");
    repo.git(&["switch", "--quiet", "moves"]);
    repo.migrate(&["jellyfin", "--branch", "moves"]).succeeds();
    assert_eq!(on(&repo), "moves");
}

#[test]
fn from_a_detached_head() {
    let repo = Repo::with_contract();
    repo.git(&["switch", "--quiet", "--detach"]);
    repo.script(".git/hooks/pre-commit", "exit 1");
    repo.migrate(&["jellyfin", "--branch", "moves"]).refuses("hook-failed");
    assert_eq!((on(&repo).as_str(), branches(&repo)), ("", vec!["main".to_owned()]));
    std::fs::remove_file(repo.path(".git/hooks/pre-commit")).unwrap();
    repo.migrate(&["jellyfin", "--branch", "moves"]).succeeds();
    assert_eq!(on(&repo), "moves");
    repo.run(&["undo", "--yes"]).succeeds();
    assert_eq!(repo.git(&["rev-parse", "moves"]), repo.git(&["rev-parse", "main"]));
}

#[test]
fn a_migration_of_everything_asks_once() {
    let repo = Repo::with_contract();
    let at = |arguments: &[&str]| -> Command {
        let mut command = repo.qgroget(&[&["migrate", "--no-verify", "--no-pager"], arguments].concat());
        command
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .stdin(Stdio::inherit());
        command
    };
    const QUESTION: &str = "Commit on main, or on a new branch [Enter for main, its name, q";
    let mut person = Person::at(at(&["--all"]));
    person.answers(QUESTION, "q");
    assert_eq!(person.leaves().1, End::Code(1));
    let mut person = Person::at(at(&["--all"]));
    person.answers(QUESTION, "a..b");
    person.sees("git takes 'a..b' for no name of a branch");
    person.answers(QUESTION, "moves");
    person.selects();
    person.answers("Take this change", "a");
    person.answers("Commit with this message", "y");
    person.sees("Switched to a new branch 'moves'");
    person.selects();
    person.answers("Take this change", "q");
    person.leaves();
    assert_eq!((on(&repo).as_str(), repo.log().len()), ("moves", 3));
    let mut person = Person::at(at(&["jellyfin"]));
    let (shown, _) = {
        person.selects();
        person.answers("Take this change", "q");
        person.leaves()
    };
    assert!(!shown.contains("new branch"), "{shown}");
}
