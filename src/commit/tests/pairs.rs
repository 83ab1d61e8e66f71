//! Two commits that are one change: the move of a file, and what is done to it.

use super::*;

const NEW: &str = "media/jellyfin/default.nix";

fn subjects(repo: &TestRepo, arguments: &[&str]) -> Vec<String> {
    let all = [&["log", "--format=%s"], arguments].concat();
    repo.git(&all).lines().map(str::to_owned).collect()
}

/// What the first of two commits does, and what the second does: git's statuses with renames.
fn done(repo: &TestRepo) -> [String; 2] {
    ["HEAD~1", "HEAD"].map(|commit| repo.git(&["show", "--format=", "--name-status", "-M", commit]))
}

#[test]
fn the_first_only_moves_and_git_follows_the_file() {
    for hook in [false, true] {
        let repo = repo();
        if hook {
            repo.script(".git/hooks/pre-commit", "exit 0");
        }
        repo.write("other.nix", "staged\n");
        repo.git(&["add", "other.nix"]);
        let committed = run_in_two(&repo).expect("committed");
        let first = committed.first.clone().expect("two");
        assert_eq!(repo.git(&["rev-parse", "--short", "HEAD~1"]), first.short);
        assert_eq!(first.title, "refactor(server/jellyfin): move the module to its place");
        drop(committed);
        let rest = format!("A\thosts/Server/jellyfin.nix\nM\t{NEW}\nM\tsettings.nix");
        assert_eq!(
            done(&repo),
            [format!("R100\tmedia/jellyfin.nix\t{NEW}"), rest],
            "{hook}"
        );
        let followed = subjects(&repo, &["--follow", "--", NEW]);
        assert_eq!(followed.len(), 3, "{followed:?}");
        assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "3");
        // One mark, of both together.
        let marks: Vec<String> = ["HEAD~1", "HEAD"]
            .map(|commit| repo.git(&["log", "-1", "--format=%(trailers:key=Qgroget-Change,valueonly)", commit]))
            .to_vec();
        assert_eq!(marks[0], marks[1]);
        assert!(marks[0].starts_with("jellyfin "), "{marks:?}");
        assert_eq!(repo.status(), "M  other.nix");
        assert!(only_the_lock_is_left(&repo));
        assert_eq!(run_in_one_tree(), repo.git(&["rev-parse", "HEAD^{tree}"]));
    }
}

/// The tree that the same change makes as one commit.
fn run_in_one_tree() -> String {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["rev-parse", "HEAD^{tree}"])
}

#[test]
fn both_are_taken_back_together() {
    for hook in [false, true] {
        let repo = repo();
        if hook {
            repo.script(".git/hooks/pre-commit", "exit 0");
        }
        let before = everything(&repo);
        drop(run_in_two(&repo).expect("committed"));
        let entries = list(&repo.state()).expect("listed");
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].state, State::Intact);
        assert_eq!(entries[0].first, Some(repo.git(&["rev-parse", "--short", "HEAD~1"])));
        let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
        assert_eq!(undone.way, UndoWay::Remove);
        assert_eq!(undone.first, entries[0].first);
        drop(undone);
        assert_eq!(everything(&repo), before);
    }
}

#[test]
fn under_others_or_pushed_one_commit_reverts_both() {
    for pushed in [None, Some("HEAD"), Some("HEAD~1")] {
        let repo = repo();
        let before = repo.git(&["rev-parse", "HEAD^{tree}"]);
        drop(run_in_two(&repo).expect("committed"));
        match pushed {
            Some(commit) => drop(repo.git(&["update-ref", "refs/remotes/origin/main", commit])),
            None => {
                repo.write("clean.nix", "later\n");
                repo.commit_all("later");
                drop(repo.git(&["revert", "--no-commit", "HEAD"]));
                repo.commit_all("as before");
            }
        }
        let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
        let way = pushed.map_or(UndoWay::RevertLater, |_| UndoWay::RevertPushed);
        assert_eq!(undone.way, way, "{pushed:?}");
        drop(undone);
        assert_eq!(repo.git(&["rev-parse", "HEAD^{tree}"]), before, "{pushed:?}");
        let body = repo.git(&["log", "-1", "--format=%B"]);
        assert!(body.contains("and the move of its files before it"), "{body}");
        let entries = list(&repo.state()).expect("listed");
        assert_eq!(entries.len(), 1);
        assert_eq!(entries[0].state, State::Undone);
        assert!(undo_last(&repo.state()).expect("undone").is_none(), "{pushed:?}");
    }
}

#[test]
fn an_amend_a_rebase_and_a_squash_leave_them_one_change() {
    let repo = repo();
    drop(run_in_two(&repo).expect("committed"));
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let amended = message.replace("- [x] done", "- [x] really done");
    repo.git(&["commit", "--quiet", "--amend", "--message", &amended]);
    repo.git(&["checkout", "--quiet", "-b", "other", "HEAD~2"]);
    repo.write("clean.nix", "elsewhere\n");
    repo.commit_all("elsewhere");
    repo.git(&["cherry-pick", "main~1", "main"]);
    let entries = list(&repo.state()).expect("listed");
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(
        entries[0].state == State::Intact && entries[0].first.is_some(),
        "{entries:?}"
    );
    repo.git(&["reset", "--quiet", "--soft", "HEAD~2"]);
    repo.git(&["commit", "--quiet", "--message", &amended]);
    let entries = list(&repo.state()).expect("listed");
    assert_eq!(entries.len(), 1, "{entries:?}");
    assert!(
        entries[0].state == State::Intact && entries[0].first.is_none(),
        "{entries:?}"
    );
}

#[test]
fn one_of_them_alone_is_not_the_change() {
    let repo = repo();
    drop(run_in_two(&repo).expect("committed"));
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    let entries = list(&repo.state()).expect("listed");
    assert_eq!(
        entries.iter().map(|entry| entry.state.clone()).collect::<Vec<_>>(),
        [State::Changed]
    );
    assert_eq!(refusal(undo_last(&repo.state())).code(), "undo-changed");
}

#[test]
fn hooks_run_for_both_and_see_what_each_commits() {
    let repo = repo();
    repo.script(
        ".git/hooks/pre-commit",
        "git diff --cached --name-status -M >> .git/seen; echo -- >> .git/seen; echo checked",
    );
    let committed = run_in_two(&repo).expect("committed");
    assert_eq!(committed.output, "checked\nchecked\n");
    let seen = repo.read(".git/seen");
    let seen: Vec<&str> = seen.split("--\n").collect();
    assert_eq!(seen[0], format!("R100\tmedia/jellyfin.nix\t{NEW}\n"));
    assert!(
        seen[1].contains(&format!("M\t{NEW}")) && seen[1].contains("hosts/Server"),
        "{seen:?}"
    );
}

#[test]
fn a_hook_that_refuses_the_second_takes_the_first_back() {
    let repo = repo();
    repo.script(
        ".git/hooks/commit-msg",
        "if head -1 \"$1\" | grep -q migrate; then echo no contracts; exit 1; fi",
    );
    repo.write("other.nix", "staged\n");
    repo.git(&["add", "other.nix"]);
    let before = everything(&repo);
    let error = refusal(run_in_two(&repo));
    assert_eq!(error.code(), "hook-failed");
    assert_eq!(error.message(), "the commit-msg hook refused the commit");
    let taken_back = "what this run had written is taken back".to_owned();
    assert!(error.hints().contains(&taken_back), "{error:?}");
    assert_eq!(everything(&repo), before);
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn a_hook_that_commits_something_else_after_each_hinders_neither() {
    let repo = repo();
    let hook = "[ -n \"$INSIDE\" ] && exit 0; export INSIDE=1; date +%N >> log.txt; git add log.txt; \
                git commit --quiet --no-verify -m log";
    repo.script(".git/hooks/post-commit", hook);
    let committed = run_in_two(&repo).expect("committed");
    assert!(
        committed.first.is_some() && committed.left.on_top.is_some(),
        "{committed:?}"
    );
    drop(committed);
    let titles = subjects(&repo, &[]);
    assert_eq!(titles.iter().filter(|title| *title == "log").count(), 2, "{titles:?}");
    assert_eq!(repo.read(NEW), "new\n");
    assert_eq!(repo.git(&["show", &format!("HEAD:{NEW}")]), "new");
    // What came between them made two of them, and neither is taken for the whole.
    let states: Vec<State> = list(&repo.state())
        .expect("listed")
        .iter()
        .map(|entry| entry.state.clone())
        .collect();
    assert_eq!(states, [State::Changed, State::Changed]);
}

#[test]
fn a_first_that_somebody_has_built_upon_stays_and_is_named() {
    let repo = repo();
    // Between the two somebody commits another file, and the second is refused.
    let hook = "head -1 \"$1\" | grep -q migrate || exit 0; unset GIT_INDEX_FILE; echo more >> clean.nix; \
                git commit --quiet --no-verify --only -m theirs clean.nix; exit 1";
    repo.script(".git/hooks/commit-msg", hook);
    let error = refusal(run_in_two(&repo));
    let first = repo.git(&["rev-parse", "--short", "HEAD~1"]);
    let named = format!("the commit {first}, which only moves files, stays");
    assert!(error.hints().iter().any(|hint| hint.starts_with(&named)), "{error:?}");
    assert_eq!(subjects(&repo, &[])[0], "theirs");
    assert_eq!(repo.read(NEW), "new\n");
    assert_eq!(
        repo.status(),
        format!("A  hosts/Server/jellyfin.nix\nM  {NEW}\nM  settings.nix")
    );
    assert!(only_the_lock_is_left(&repo));
    assert_eq!(recover(repo.root()).expect("nothing is left"), None);
}

#[test]
fn who_only_reads_while_the_first_alone_is_made_sees_neither() {
    let repo = repo();
    repo.script(".git/hooks/pre-commit", "exit 0");
    let before = repo.snapshot();
    let (state, change) = (repo.state(), migration());
    let below = Below::of(&state, &move_first()).expect("a move");
    let message = marked(&state, &change);
    let killed = |step| {
        let targets = check::targets(state.prefix(), &change).expect("targets");
        let mut disk = killed_at(step);
        record(
            &mut disk,
            &state,
            &targets,
            &message,
            Some(&below),
            "migrate jellyfin",
            None,
        )
        .map(drop)
    };
    // All files and the index are in place, and `git commit` has not begun.
    let in_place = (0..).find(|step| {
        assert!(killed(*step).is_err());
        let placed = repo.git(&["diff", "--cached", "--name-only"]).contains("settings.nix");
        let _ = std::fs::remove_file(repo.path(".git/index.lock"));
        if !placed {
            recover(repo.root()).expect("recovered");
        }
        placed
    });
    assert!(in_place.is_some());
    // Then git makes the first commit, and no more.
    let git = state.repo();
    let head = git.head().and_then(|head| head.peel_to_commit()).expect("a commit");
    let tree = head.tree().expect("a tree");
    let moved = tree.get_path(Path::new("media/jellyfin.nix")).expect("a file").id();
    let tree = git2::build::TreeUpdateBuilder::new()
        .remove("media/jellyfin.nix")
        .upsert(NEW, moved, git2::FileMode::Blob)
        .create_updated(git, &tree)
        .and_then(|tree| git.find_tree(tree))
        .expect("a tree");
    let (author, committer) = state.signatures().expect("a person");
    let text = below.message_like(&message);
    git.commit(Some("HEAD"), &author, &committer, text.text(), &tree, &[&head])
        .expect("a commit");
    let pending = pending(repo.root()).expect("read").expect("an unfinished run");
    assert_eq!(pending.outcome, Outcome::RolledBack);
    let paths: Vec<PathBuf> = pending.change.files.iter().filter_map(|file| file.to.clone()).collect();
    assert_eq!(paths, ["media/jellyfin.nix", "settings.nix"].map(PathBuf::from));
    assert!(list(&repo.state()).expect("listed").is_empty());
    let recovered = recover(repo.root()).expect("recovered").expect("a journal");
    assert_eq!(recovered.outcome, Outcome::RolledBack);
    assert_eq!(
        (repo.snapshot(), repo.git(&["rev-list", "--count", "HEAD"])),
        (before, "1".to_owned())
    );
}
