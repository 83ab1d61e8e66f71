use std::path::PathBuf;

use super::testing::TestRepo;
use super::*;

fn dirty(repo: &TestRepo, paths: &[&str]) -> Vec<(String, DirtyState)> {
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    let dirty = repo.state().dirty(&paths).expect("status");
    dirty
        .into_iter()
        .map(|file| (file.path.display().to_string(), file.state))
        .collect()
}

fn refusal<T>(result: Result<T>) -> crate::error::Error {
    match result {
        Ok(_) => panic!("not refused"),
        Err(error) => error,
    }
}

#[test]
fn a_directory_without_git_is_no_repository() {
    let repo = TestRepo::without_git();
    assert!(
        GitState::discover_in(repo.root(), repo.environment())
            .expect("looked")
            .is_none()
    );
}

#[test]
fn a_bare_repository_is_refused() {
    let repo = TestRepo::without_git();
    repo.git(&["init", "--quiet", "--bare", "bare.git"]);
    let error = refusal(GitState::discover_in(&repo.path("bare.git"), repo.environment()));
    assert_eq!(error.code(), "git-bare");
}

#[test]
fn an_unknown_repository_format_is_refused_with_its_name() {
    let repo = TestRepo::with(&[("a.nix", "{}\n")]);
    repo.git(&["config", "core.repositoryFormatVersion", "1"]);
    repo.git(&["config", "extensions.refStorage", "moon"]);
    let error = refusal(GitState::discover_in(repo.root(), repo.environment()));
    assert_eq!(error.code(), "git-unreadable");
    assert!(
        error.reason_text().is_some_and(|reason| reason.contains("refstorage")),
        "{error:?}"
    );
}

#[test]
fn a_repository_of_another_user_is_refused_skipped_unless_root() {
    let repo = TestRepo::with(&[("a.nix", "{}\n")]);
    for path in ["", ".git"] {
        if std::os::unix::fs::chown(repo.path(path), Some(12345), Some(12345)).is_err() {
            eprintln!("skipped: only root may give files away");
            return;
        }
    }
    let error = refusal(GitState::discover_in(repo.root(), repo.environment()));
    assert_eq!(error.code(), "git-ownership");
    assert!(
        error.hints().iter().any(|hint| hint.contains("safe.directory")),
        "{error:?}"
    );
}

#[test]
fn head_is_a_branch_unborn_or_detached() {
    let repo = TestRepo::unborn();
    assert_eq!(
        repo.state().head().expect("head"),
        Head::Unborn("refs/heads/main".to_owned())
    );
    repo.commit_all("first");
    let head = repo.state().head().expect("head");
    assert!(
        matches!(&head, Head::Branch(name, _) if name == "refs/heads/main"),
        "{head:?}"
    );
    repo.git(&["switch", "--quiet", "--detach"]);
    assert_eq!(
        repo.state().head().expect("head"),
        Head::Detached(head.id().expect("a commit"))
    );
}

#[test]
fn a_root_below_the_top_has_its_own_paths() {
    let repo = TestRepo::with(&[("nixos/a.nix", "1\n"), ("other.nix", "1\n")]);
    repo.write("nixos/a.nix", "2\n");
    repo.write("other.nix", "2\n");
    let state = repo.state_at(&repo.path("nixos"));
    assert_eq!(state.workdir(), repo.root());
    assert_eq!(state.prefix(), Path::new("nixos"));
    let dirty = state
        .dirty(&[PathBuf::from("a.nix"), PathBuf::from("other.nix")])
        .expect("status");
    assert_eq!(
        dirty,
        [DirtyFile {
            path: "a.nix".into(),
            state: DirtyState::NotStaged
        }]
    );
}

#[test]
fn a_linked_working_tree_has_its_own_git_directory() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.git(&["worktree", "add", "--quiet", "../linked"]);
    let linked = repo.root().with_file_name("linked");
    let state = repo.state_at(&linked);
    assert_eq!(state.workdir(), linked);
    assert!(
        state.git_dir().ends_with(".git/worktrees/linked"),
        "{}",
        state.git_dir().display()
    );
}

#[test]
fn every_kind_of_uncommitted_change_is_told() {
    let names = [
        "staged",
        "not-staged",
        "partly",
        "deleted",
        "removed",
        "hidden",
        "clean",
    ];
    let repo = TestRepo::unborn();
    for name in names {
        repo.write(name, "1\n");
    }
    repo.write(".gitignore", "ignored\n");
    repo.commit_all("first");
    for name in ["staged", "partly"] {
        repo.write(name, "2\n");
        repo.git(&["add", name]);
    }
    for name in ["partly", "not-staged", "hidden"] {
        repo.write(name, "3\n");
    }
    repo.git(&["rm", "--quiet", "--cached", "removed"]);
    std::fs::remove_file(repo.path("removed")).expect("removed");
    std::fs::remove_file(repo.path("deleted")).expect("removed");
    repo.git(&["update-index", "--assume-unchanged", "hidden"]);
    repo.write("new/untracked", "1\n");
    repo.write("ignored", "1\n");
    let paths = [
        "staged",
        "not-staged",
        "partly",
        "deleted",
        "removed",
        "hidden",
        "clean",
        "new/untracked",
        "ignored",
        "absent",
    ];
    let expected = [
        ("deleted", DirtyState::Deleted),
        ("hidden", DirtyState::Hidden),
        ("ignored", DirtyState::Ignored),
        ("new/untracked", DirtyState::Untracked),
        ("not-staged", DirtyState::NotStaged),
        ("partly", DirtyState::PartlyStaged),
        ("removed", DirtyState::Deleted),
        ("staged", DirtyState::Staged),
    ];
    assert_eq!(
        dirty(&repo, &paths),
        expected.map(|(name, state)| (name.to_owned(), state))
    );
    assert_eq!(dirty(&repo, &["clean", "absent"]), []);
    assert_eq!(dirty(&repo, &[]), []);
}

#[test]
fn a_conflict_left_by_a_merge_is_told() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.git(&["switch", "--quiet", "--create", "other"]);
    repo.write("a.nix", "2\n");
    repo.commit_all("other");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("a.nix", "3\n");
    repo.commit_all("main");
    assert!(!repo.try_git(&["merge", "other"]).0);
    assert_eq!(dirty(&repo, &["a.nix"]), [("a.nix".to_owned(), DirtyState::Conflicted)]);
    assert_eq!(repo.state().operation().expect("a merge").name, "merge");
    let error = refusal(repo.state().check_commit(&[]));
    assert_eq!(error.message(), "a merge is under way");
    assert_eq!(
        error.hints(),
        ["`git merge --continue` to finish it", "`git merge --abort` to end it"]
    );
}

#[test]
fn every_operation_under_way_is_named() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    for (file, name) in [
        ("REVERT_HEAD", "revert"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("BISECT_LOG", "bisect"),
        ("rebase-merge/interactive", "rebase"),
        ("rebase-merge/head-name", "rebase"),
        ("rebase-apply/rebasing", "rebase"),
        ("rebase-apply/applying", "mailbox apply"),
    ] {
        let path = format!(".git/{file}");
        repo.write(&path, "");
        assert_eq!(
            repo.state().operation().map(|operation| operation.name),
            Some(name),
            "{file}"
        );
        std::fs::remove_file(repo.path(&path)).expect("removed");
        let _ = std::fs::remove_dir(repo.path(&path).parent().expect("a parent"));
    }
    assert_eq!(repo.state().operation(), None);
}

#[test]
fn a_split_index_is_refused_with_the_way_out() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.git(&["update-index", "--split-index"]);
    let error = refusal(repo.state().check_commit(&["a.nix".into()]));
    assert_eq!(error.code(), "git-index-unreadable");
    assert!(error.hints().iter().any(|hint| hint.contains("--no-split-index")));
}

#[test]
fn an_index_in_use_is_refused() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.write(".git/index.lock", "");
    assert_eq!(refusal(repo.state().check_commit(&[])).code(), "git-index-locked");
}

#[test]
fn a_missing_author_is_refused_on_both_ways() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.git(&["config", "--unset", "user.email"]);
    assert_eq!(refusal(repo.state().check_commit(&[])).code(), "git-identity");
    repo.script(".git/hooks/pre-commit", "exit 0");
    let error = refusal(repo.state().check_commit(&[]));
    assert_eq!(error.code(), "git-identity");
    assert!(error.hints().iter().any(|hint| hint.contains("user.email")));
}

#[test]
fn what_the_library_does_not_honour_is_found() {
    let repo = TestRepo::with(&[("a.nix", "1\n"), ("secret.nix", "1\n")]);
    let paths = ["a.nix".to_owned(), "secret.nix".to_owned()];
    let found = |repo: &TestRepo| repo.state().unhonoured(&paths).expect("read");
    assert_eq!(found(&repo), []);
    repo.write(".git/hooks/post-commit", "not executable");
    assert_eq!(found(&repo), []);
    repo.script(".git/hooks/pre-commit", "exit 0");
    assert_eq!(found(&repo), [Unhonoured::Hook("pre-commit".to_owned())]);
    repo.script(".husky/commit-msg", "exit 0");
    repo.git(&["config", "core.hooksPath", ".husky"]);
    assert_eq!(found(&repo), [Unhonoured::Hook("commit-msg".to_owned())]);
    repo.git(&["config", "core.hooksPath", "nowhere"]);
    for (key, value, expected) in [
        ("commit.gpgSign", "true", Unhonoured::Signing),
        ("gpg.format", "ssh", Unhonoured::Signing),
        ("commit.cleanup", "strip", Unhonoured::Cleanup),
        ("i18n.commitEncoding", "ISO-8859-1", Unhonoured::Encoding),
        ("author.name", "Somebody", Unhonoured::Identity),
        ("hook.lint.command", "true", Unhonoured::ConfiguredHooks),
        (
            "includeIf.hasconfig:remote.*.url:x.path",
            "x",
            Unhonoured::Configuration,
        ),
    ] {
        repo.git(&["config", key, value]);
        assert_eq!(found(&repo), [expected], "{key}");
        repo.git(&["config", "--unset", key]);
    }
    repo.write(".gitattributes", "secret.nix filter=crypt\n");
    assert_eq!(found(&repo), []);
    repo.git(&["config", "filter.crypt.clean", "tr a-z n-za-m"]);
    assert_eq!(found(&repo), [Unhonoured::Filter("crypt".to_owned())]);
}

#[test]
fn a_filtered_file_is_clean_where_git_says_so() {
    let repo = TestRepo::unborn();
    repo.git(&["config", "filter.crypt.clean", "tr a-z n-za-m"]);
    repo.git(&["config", "filter.crypt.smudge", "tr n-za-m a-z"]);
    repo.write(".gitattributes", "secret.nix filter=crypt\n");
    repo.write("secret.nix", "abc\n");
    repo.commit_all("first");
    // The index knows the file by its times; writing it again makes git look at its content.
    repo.write("secret.nix", "abc\n");
    assert_eq!(dirty(&repo, &["secret.nix"]), []);
    repo.write("secret.nix", "abd\n");
    assert_eq!(
        dirty(&repo, &["secret.nix"]),
        [("secret.nix".to_owned(), DirtyState::NotStaged)]
    );
}

#[test]
fn configuration_files_named_by_variables_are_read() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.git(&["config", "--unset", "user.email"]);
    repo.write("global", "[user]\n\temail = global@example.org\n");
    let variables = std::collections::BTreeMap::from([
        (
            "GIT_CONFIG_GLOBAL".to_owned(),
            repo.path("global").display().to_string(),
        ),
        ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
    ]);
    let state = GitState::discover_in(repo.root(), Environment::isolated(variables)).expect("discovered");
    let config = state.expect("a repository").repo().config().expect("configuration");
    assert_eq!(config.get_string("user.email").expect("set"), "global@example.org");
}

#[test]
fn looking_writes_nothing_into_the_git_directory() {
    let repo = TestRepo::with(&[("a.nix", "1\n")]);
    repo.write("a.nix", "2\n");
    let listing = || {
        let output = std::process::Command::new("find")
            .arg(repo.path(".git"))
            .args(["-printf", "%p %T@ %s\n"])
            .output();
        String::from_utf8(output.expect("find runs").stdout).expect("text")
    };
    let before = listing();
    let state = repo.state();
    state.dirty(&["a.nix".into()]).expect("status");
    state.check_commit(&["a.nix".into()]).expect("ready");
    assert!(crate::commit::pending(repo.root()).expect("looked").is_none());
    assert_eq!(listing(), before);
}
