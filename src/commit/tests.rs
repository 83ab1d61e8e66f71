use std::path::PathBuf;

use std::cell::Cell;
use std::io;

use super::recover::recover_on;
use super::*;
use crate::edit::SourceChange;
use crate::error::{Error, Kind};
use crate::repo::git::testing::{TestRepo, change, created, deleted, modified, moved};

mod files;
mod hooks;
mod kills;
mod marks;
mod pairs;
mod recovery;
mod undoing;

const SETTINGS: &str = "{ jellyfin = true; }\n";

fn repo() -> TestRepo {
    TestRepo::with(&[
        ("settings.nix", SETTINGS),
        ("media/jellyfin.nix", "old\n"),
        ("other.nix", "1\n2\n3\n"),
        ("clean.nix", "clean\n"),
    ])
}

/// A migration in small: an edit, a move with an edit, and a new file.
fn migration() -> SourceChange {
    change(vec![
        modified("settings.nix", SETTINGS, "{ }\n"),
        moved("media/jellyfin.nix", "media/jellyfin/default.nix", "old\n", "new\n"),
        created("hosts/Server/jellyfin.nix", "{ enable = true; }\n"),
    ])
}

/// The move in it alone.
fn move_first() -> MoveFirst {
    MoveFirst {
        change: change(vec![moved(
            "media/jellyfin.nix",
            "media/jellyfin/default.nix",
            "old\n",
            "old\n",
        )]),
        message: Message::new("refactor(server/jellyfin): move the module to its place", &[], &[]),
    }
}

/// The migration in two commits.
fn run_in_two(repo: &TestRepo) -> Result<Committed> {
    let (state, change) = (repo.state(), migration());
    let message = marked(&state, &change);
    commit(&state, &change, &message, Some(&move_first()), "migrate jellyfin", None)
}

fn message() -> Message {
    let title = "refactor(server/jellyfin): migrate to service contract";
    Message::new(
        title,
        &["- [x] done".to_owned()],
        &[("Qgroget-Service".to_owned(), "jellyfin".to_owned())],
    )
}

fn run(repo: &TestRepo, change: &SourceChange) -> Result<Committed> {
    run_at(repo, repo.root(), change)
}

fn run_at(repo: &TestRepo, root: &Path, change: &SourceChange) -> Result<Committed> {
    let state = repo.state_at(root);
    commit(&state, change, &marked(&state, change), None, "migrate jellyfin", None)
}

fn marked(state: &GitState, change: &SourceChange) -> Message {
    message().marked(&Mark::of("jellyfin", state, change).expect("a mark"))
}

/// Takes the last commit back; `None` if there is none.
fn undo_last(state: &GitState) -> Result<Option<Undone>> {
    match plan_undo(state, Which::Last)? {
        Some(plan) => undo(state, &plan).map(Some),
        None => Ok(None),
    }
}

/// Fails every step from the given one on: to the disk, that is a process that was killed there.
fn killed_at(step: usize) -> Disk<'static> {
    let count = Cell::new(0);
    Disk::gated(move |_| {
        count.set(count.get() + 1);
        if count.get() > step {
            Err(io::Error::other("killed"))
        } else {
            Ok(())
        }
    })
}

/// Fails the given step only.
fn failing_at(step: usize) -> Disk<'static> {
    let count = Cell::new(0);
    Disk::gated(move |_| {
        count.set(count.get() + 1);
        if count.get() == step + 1 {
            Err(io::Error::other("disk full"))
        } else {
            Ok(())
        }
    })
}

/// Whether nothing of a run is left in the git directory but the file that is locked.
fn only_the_lock_is_left(repo: &TestRepo) -> bool {
    let names: Vec<_> = std::fs::read_dir(repo.path(".git/qgroget"))
        .expect("notes")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names == ["lock"] && !repo.path(".git/index.lock").exists()
}

fn refusal<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}

/// Files, index and references, to compare before and after what must change nothing.
fn everything(repo: &TestRepo) -> (crate::repo::git::testing::Snapshot, String) {
    (repo.snapshot(), repo.git_snapshot())
}

#[test]
fn a_change_becomes_one_commit() {
    let repo = repo();
    let committed = run(&repo, &migration()).expect("committed");
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), committed.id);
    assert!(committed.id.starts_with(&committed.short));
    assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "2");
    let message = marked(&repo.state(), &migration());
    assert_eq!(committed.message, message.text());
    assert_eq!(repo.git(&["log", "-1", "--format=%B"]), message.text().trim_end());
    assert_eq!(
        repo.git(&["log", "-1", "--format=%an <%ae>"]),
        "Test <test@example.org>"
    );
    assert_eq!(
        repo.git(&["log", "-1", "--format=%(trailers:key=Qgroget-Service,valueonly)"])
            .trim(),
        "jellyfin"
    );
    let files = repo.git(&["show", "--format=", "--name-status", "--no-renames"]);
    let expected =
        "A\thosts/Server/jellyfin.nix\nD\tmedia/jellyfin.nix\nA\tmedia/jellyfin/default.nix\nM\tsettings.nix";
    assert_eq!(files, expected);
    assert_eq!(repo.status(), "");
    assert!(
        repo.git(&["reflog", "-1", "--format=%gs"])
            .starts_with("commit: refactor(server/jellyfin)")
    );
    repo.git(&["fsck", "--strict"]);
    drop(committed);
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn reverting_the_commit_gives_the_previous_tree() {
    let repo = repo();
    repo.mode("media/jellyfin.nix", 0o755);
    repo.commit_all("executable");
    let before = (repo.snapshot(), repo.git(&["rev-parse", "HEAD^{tree}"]));
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!((repo.snapshot(), repo.git(&["rev-parse", "HEAD^{tree}"])), before);
}

#[test]
fn what_the_user_staged_stays_staged_and_out_of_the_commit() {
    for hook in [false, true] {
        let repo = repo();
        if hook {
            repo.script(
                ".git/hooks/pre-commit",
                "git diff --cached --name-only --no-renames > .git/seen",
            );
        }
        repo.write("other.nix", "one\n2\n3\n");
        repo.git(&["add", "other.nix"]);
        repo.write("other.nix", "one\n2\nthree\n");
        repo.write("staged-new.nix", "new\n");
        repo.git(&["add", "staged-new.nix"]);
        repo.write("intended.nix", "later\n");
        repo.git(&["add", "--intent-to-add", "intended.nix"]);
        repo.git(&["rm", "--quiet", "--cached", "clean.nix"]);
        repo.git(&["update-index", "--assume-unchanged", "other.nix"]);
        let others = |repo: &TestRepo| {
            let listing = repo.git(&["ls-files", "--stage", "-v"]);
            let ours = ["settings.nix", "jellyfin"];
            let lines: Vec<String> = listing
                .lines()
                .filter(|line| !ours.iter().any(|name| line.contains(name)))
                .map(str::to_owned)
                .collect();
            (
                lines,
                repo.git(&[
                    "diff",
                    "--cached",
                    "--",
                    "other.nix",
                    "clean.nix",
                    "staged-new.nix",
                    "intended.nix",
                ]),
            )
        };
        let before = others(&repo);
        drop(run(&repo, &migration()).expect("committed"));
        assert_eq!(others(&repo), before);
        let files = repo.git(&["show", "--format=", "--name-only", "--no-renames"]);
        assert_eq!(files.lines().count(), 4, "{files}");
        repo.git(&["update-index", "--no-assume-unchanged", "other.nix"]);
        let status = " A intended.nix\nD  clean.nix\nMM other.nix\nA  staged-new.nix\n?? clean.nix";
        let mut lines: Vec<String> = repo.status().lines().map(str::to_owned).collect();
        let mut expected: Vec<String> = status.lines().map(str::to_owned).collect();
        lines.sort();
        expected.sort();
        assert_eq!(lines, expected);
        if hook {
            assert_eq!(repo.read(".git/seen"), format!("{files}\n"));
        }
    }
}

#[test]
fn staging_that_would_be_lost_is_refused() {
    let repo = repo();
    repo.write("settings.nix", "{ staged = true; }\n");
    repo.git(&["add", "settings.nix"]);
    repo.write("settings.nix", SETTINGS);
    let before = everything(&repo);
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "staged-differs");
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_staged_file_that_is_as_on_disk_is_committed_whole() {
    let repo = repo();
    repo.write("settings.nix", "{ jellyfin = true; x = 1; }\n");
    repo.git(&["add", "settings.nix"]);
    let edit = change(vec![modified(
        "settings.nix",
        "{ jellyfin = true; x = 1; }\n",
        "{ x = 1; }\n",
    )]);
    drop(run(&repo, &edit).expect("committed"));
    assert_eq!(repo.status(), "");
}

#[test]
fn the_marks_on_an_entry_stay() {
    let repo = repo();
    repo.git(&["update-index", "--assume-unchanged", "settings.nix"]);
    drop(run(&repo, &migration()).expect("committed"));
    assert!(repo.git(&["ls-files", "-v", "settings.nix"]).starts_with("h "));
}

#[test]
fn the_first_commit_of_a_branch_can_be_made() {
    for hook in [false, true] {
        let repo = TestRepo::unborn();
        if hook {
            repo.script(".git/hooks/pre-commit", "exit 0");
        }
        repo.write("untracked.nix", "x\n");
        drop(run(&repo, &change(vec![created("a/b.nix", "b\n")])).expect("committed"));
        assert_eq!(repo.git(&["ls-tree", "-r", "--name-only", "HEAD"]), "a/b.nix");
        assert_eq!(repo.status(), "?? untracked.nix");
        assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "1");
        let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
        assert_eq!(undone.way, UndoWay::Remove);
        drop(undone);
        assert!(!repo.path("a").exists());
        assert_eq!(repo.git(&["ls-files"]), "");
        assert!(!repo.try_git(&["rev-parse", "--verify", "--quiet", "HEAD"]).0);
    }
}

#[test]
fn a_detached_head_moves_on() {
    for hook in [false, true] {
        let repo = repo();
        if hook {
            repo.script(".git/hooks/pre-commit", "exit 0");
        }
        repo.git(&["switch", "--quiet", "--detach"]);
        let main = repo.git(&["rev-parse", "main"]);
        let committed = run(&repo, &migration()).expect("committed");
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), committed.id);
        assert_eq!(repo.git(&["rev-parse", "main"]), main);
        drop(committed);
        drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), main);
        assert!(!repo.try_git(&["symbolic-ref", "--quiet", "HEAD"]).0);
        assert_eq!(repo.status(), "");
    }
}

#[test]
fn a_linked_working_tree_gets_the_commit() {
    for hook in [false, true] {
        let repo = repo();
        if hook {
            repo.script(".git/hooks/pre-commit", "git rev-parse --git-dir > \"$PWD/.seen\"");
        }
        repo.git(&["worktree", "add", "--quiet", "../linked"]);
        let linked = repo.root().with_file_name("linked");
        let committed = run_at(&repo, &linked, &migration()).expect("committed");
        assert_eq!(repo.git(&["rev-parse", "linked"]), committed.id);
        assert_ne!(repo.git(&["rev-parse", "main"]), committed.id);
        let status = repo.git_at(&linked, &["status", "--porcelain"]);
        assert_eq!(status, if hook { "?? .seen" } else { "" });
        assert_eq!(repo.status(), "");
        drop(committed);
        // The undo of the other working tree's branch is not ours.
        assert!(undo_last(&repo.state()).expect("undone").is_none());
        let undone = undo_last(&repo.state_at(&linked)).expect("undone").expect("a commit");
        assert_eq!(undone.way, UndoWay::Remove);
    }
}

#[test]
fn a_root_below_the_top_commits_its_files() {
    let repo = TestRepo::with(&[("nixos/a.nix", "1\n"), ("a.nix", "1\n")]);
    let edit = change(vec![modified("a.nix", "1\n", "2\n")]);
    drop(run_at(&repo, &repo.path("nixos"), &edit).expect("committed"));
    assert_eq!(repo.git(&["show", "--format=", "--name-only"]), "nixos/a.nix");
    assert_eq!(repo.status(), "");
}

#[test]
fn modes_and_line_endings_are_committed_as_git_would() {
    let repo = repo();
    repo.mode("media/jellyfin.nix", 0o755);
    repo.write(".gitattributes", "*.nix text eol=crlf\n");
    repo.write("clean.nix", "clean\r\n");
    repo.commit_all("attributes");
    let edit = change(vec![
        modified("clean.nix", "clean\r\n", "clean\r\nmore\r\n"),
        moved("media/jellyfin.nix", "jellyfin.nix", "old\n", "old\r\n"),
    ]);
    drop(run(&repo, &edit).expect("committed"));
    assert_eq!(repo.git(&["cat-file", "blob", "HEAD:clean.nix"]), "clean\nmore");
    assert!(repo.git(&["ls-tree", "HEAD", "jellyfin.nix"]).starts_with("100755"));
    assert_eq!(repo.status(), "");
    drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
    assert_eq!(repo.read("clean.nix"), "clean\r\n");
    assert_eq!(repo.mode_of("media/jellyfin.nix") & 0o111, 0o111);
    assert_eq!(repo.status(), "");
}

#[test]
fn modes_are_not_taken_from_disk_where_git_does_not_trust_it() {
    let repo = repo();
    repo.mode("media/jellyfin.nix", 0o755);
    repo.commit_all("executable");
    repo.git(&["config", "core.fileMode", "false"]);
    repo.mode("media/jellyfin.nix", 0o644);
    repo.mode("settings.nix", 0o755);
    drop(run(&repo, &migration()).expect("committed"));
    assert!(
        repo.git(&["ls-tree", "HEAD", "media/jellyfin/default.nix"])
            .starts_with("100755")
    );
    assert!(repo.git(&["ls-tree", "HEAD", "settings.nix"]).starts_with("100644"));
    assert_eq!(repo.status(), "");
}

#[test]
fn a_filter_stands_between_file_and_blob() {
    let repo = TestRepo::unborn();
    repo.git(&["config", "filter.crypt.clean", "tr a-z n-za-m"]);
    repo.git(&["config", "filter.crypt.smudge", "tr n-za-m a-z"]);
    repo.write(".gitattributes", "secret.nix filter=crypt\n");
    repo.write("secret.nix", "abc\n");
    repo.commit_all("first");
    drop(run(&repo, &change(vec![modified("secret.nix", "abc\n", "xyz\n")])).expect("committed"));
    assert_eq!(repo.git(&["cat-file", "blob", "HEAD:secret.nix"]), "klm");
    assert_eq!(repo.status(), "");
    drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
    assert_eq!(repo.read("secret.nix"), "abc\n");
    assert_eq!(repo.status(), "");
}

#[test]
fn nothing_to_commit_is_refused() {
    let repo = repo();
    repo.write("settings.nix", "{ }\n");
    let before = everything(&repo);
    let back = change(vec![modified("settings.nix", "{ }\n", SETTINGS)]);
    assert_eq!(refusal(run(&repo, &back)).code(), "nothing-to-commit");
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_merge_under_way_is_refused_and_the_change_taken_back() {
    let repo = repo();
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write(".git/MERGE_HEAD", &format!("{head}\n"));
    let before = everything(&repo);
    let error = refusal(run(&repo, &migration()));
    assert_eq!((error.code(), error.kind()), ("git-operation", Kind::Refused));
    assert_eq!(everything(&repo), before);
}

#[test]
fn an_index_in_use_is_refused_and_nothing_written() {
    let repo = repo();
    let before = everything(&repo);
    repo.write(".git/index.lock", "");
    assert_eq!(refusal(run(&repo, &migration())).code(), "git-index-locked");
    std::fs::remove_file(repo.path(".git/index.lock")).expect("removed");
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_branch_in_use_is_refused_and_nothing_written() {
    let repo = repo();
    let before = everything(&repo);
    repo.write(".git/refs/heads/main.lock", "");
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "git-branch-locked");
    assert!(
        error.reason_text().is_some_and(|reason| reason.contains("main.lock")),
        "{error:?}"
    );
    std::fs::remove_file(repo.path(".git/refs/heads/main.lock")).expect("removed");
    assert_eq!(everything(&repo), before);
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn a_deletion_alone_is_committed() {
    let repo = repo();
    drop(run(&repo, &change(vec![deleted("clean.nix", "clean\n")])).expect("committed"));
    assert_eq!(repo.status(), "");
}

#[test]
fn paths_are_checked_before_anything_is_written() {
    let repo = repo();
    let paths: Vec<PathBuf> = vec!["settings.nix".into(), "hosts/Server/jellyfin.nix".into()];
    repo.state().check_commit(&paths).expect("ready");
    assert_eq!(
        refusal(repo.state().check_commit(&["../x".into()])).code(),
        "outside-repository"
    );
}
