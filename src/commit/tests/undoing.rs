//! Taking commits back.

use super::*;

fn second() -> SourceChange {
    change(vec![
        modified("clean.nix", "clean\n", "cleaner\n"),
        created("second.nix", "second\n"),
    ])
}

#[test]
fn nothing_to_undo_is_no_error() {
    assert_eq!(undo(&repo().state()).expect("undone"), Undone::Nothing);
    assert_eq!(undo(&TestRepo::unborn().state()).expect("undone"), Undone::Nothing);
}

#[test]
fn the_last_commit_is_removed_and_everything_is_as_before_it() {
    let repo = repo();
    repo.mode("media/jellyfin.nix", 0o755);
    repo.commit_all("executable");
    repo.write("other.nix", "staged\n");
    repo.git(&["add", "other.nix"]);
    let before = everything(&repo);
    let committed = run(&repo, &migration()).expect("committed");
    let undone = undo(&repo.state()).expect("undone");
    let paths = [
        "hosts/Server/jellyfin.nix",
        "media/jellyfin.nix",
        "media/jellyfin/default.nix",
        "settings.nix",
    ];
    let expected = Undone::Removed {
        short: committed.short,
        title: "refactor(server/jellyfin): migrate to service contract".to_owned(),
        paths: paths.map(PathBuf::from).to_vec(),
    };
    assert_eq!(undone, expected);
    assert_eq!(everything(&repo), before);
    assert_eq!(undo(&repo.state()).expect("undone"), Undone::Nothing);
    assert!(repo.git(&["reflog", "-1", "--format=%gs"]).starts_with("qgroget undo"));
}

#[test]
fn several_undos_walk_back() {
    let repo = repo();
    let before = everything(&repo);
    run(&repo, &migration()).expect("committed");
    let between = repo.snapshot();
    assert_eq!(
        run(&repo, &second()).expect("committed").undo_ref.as_deref(),
        Some("refs/qgroget/undo/2")
    );
    undo(&repo.state()).expect("undone");
    assert_eq!(repo.snapshot(), between);
    undo(&repo.state()).expect("undone");
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_commit_under_others_is_reverted() {
    for hook in [false, true] {
        let repo = repo();
        if hook {
            repo.script(".git/hooks/pre-commit", "exit 0");
        }
        let before = repo.snapshot();
        let first = run(&repo, &migration()).expect("committed");
        repo.write("later.nix", "later\n");
        repo.commit_all("later");
        let Undone::Reverted { why, commit, paths, .. } = undo(&repo.state()).expect("undone") else {
            panic!("not reverted");
        };
        assert_eq!((why, paths.len(), commit.undo_ref), (Why::LaterCommits, 4, None));
        let text = format!(
            "Revert \"refactor(server/jellyfin): migrate to service contract\"\n\nThis reverts commit {}.\n",
            first.id
        );
        assert_eq!(commit.message, text);
        assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "4");
        assert_eq!(repo.status(), "");
        std::fs::remove_file(repo.path("later.nix")).expect("removed");
        assert_eq!(repo.snapshot(), before);
        assert_eq!(undo(&repo.state()).expect("undone"), Undone::Nothing);
    }
}

#[test]
fn a_pushed_commit_is_reverted() {
    let repo = repo();
    repo.git(&["init", "--quiet", "--bare", "../remote.git"]);
    repo.git(&["remote", "add", "origin", "../remote.git"]);
    let before = repo.snapshot();
    run(&repo, &migration()).expect("committed");
    repo.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    let undone = undo(&repo.state()).expect("undone");
    assert!(
        matches!(undone, Undone::Reverted { why: Why::Pushed, .. }),
        "{undone:?}"
    );
    assert_eq!(repo.snapshot(), before);
    assert_eq!(
        repo.git(&["status", "--short", "--branch"]),
        "## main...origin/main [ahead 1]"
    );
}

#[test]
fn later_changes_of_the_same_lines_are_a_conflict() {
    let repo = repo();
    run(&repo, &migration()).expect("committed");
    repo.write("settings.nix", "{ rewritten = true; }\n");
    repo.commit_all("later");
    let before = everything(&repo);
    let error = refusal(undo(&repo.state()));
    assert_eq!(error.code(), "undo-conflict");
    assert!(
        error
            .reason_text()
            .is_some_and(|reason| reason.contains("settings.nix")),
        "{error:?}"
    );
    assert!(error.hints()[0].starts_with("`git revert "));
    assert_eq!(everything(&repo), before);
}

#[test]
fn uncommitted_changes_in_its_files_are_refused_and_others_left() {
    let repo = repo();
    run(&repo, &migration()).expect("committed");
    repo.write("other.nix", "my work\n");
    repo.write("settings.nix", "my work\n");
    let before = everything(&repo);
    let error = refusal(undo(&repo.state()));
    assert_eq!(error.code(), "undo-dirty");
    assert!(
        error
            .reason_text()
            .is_some_and(|reason| reason.contains("settings.nix (not staged)"))
    );
    assert_eq!(everything(&repo), before);
    repo.git(&["restore", "settings.nix"]);
    undo(&repo.state()).expect("undone");
    assert_eq!(repo.read("other.nix"), "my work\n");
}

#[test]
fn a_file_in_the_way_of_one_that_comes_back_is_refused() {
    let repo = repo();
    run(&repo, &migration()).expect("committed");
    repo.write("media/jellyfin.nix", "my own\n");
    let before = everything(&repo);
    assert_eq!(refusal(undo(&repo.state())).code(), "undo-dirty");
    assert_eq!(everything(&repo), before);
}

#[test]
fn what_was_reverted_by_hand_is_passed_over() {
    let repo = repo();
    run(&repo, &migration()).expect("committed");
    run(&repo, &second()).expect("committed");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let undone = undo(&repo.state()).expect("undone");
    assert!(
        matches!(&undone, Undone::Reverted { title, .. } if title.contains("jellyfin")),
        "{undone:?}"
    );
    assert_eq!(repo.read("clean.nix"), "clean\n");
    assert_eq!(undo(&repo.state()).expect("undone"), Undone::Nothing);
}

#[test]
fn a_commit_on_another_branch_is_left_alone() {
    let repo = repo();
    repo.git(&["switch", "--quiet", "--create", "try"]);
    run(&repo, &migration()).expect("committed");
    repo.git(&["switch", "--quiet", "main"]);
    assert_eq!(undo(&repo.state()).expect("undone"), Undone::Nothing);
    repo.git(&["switch", "--quiet", "try"]);
    assert!(matches!(undo(&repo.state()).expect("undone"), Undone::Removed { .. }));
}

#[test]
fn a_merge_under_way_is_refused() {
    let repo = repo();
    run(&repo, &migration()).expect("committed");
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write(".git/MERGE_HEAD", &format!("{head}\n"));
    assert_eq!(refusal(undo(&repo.state())).code(), "git-operation");
}

#[test]
fn an_undo_that_fails_changes_nothing() {
    let repo = repo();
    run(&repo, &migration()).expect("committed");
    let before = everything(&repo);
    repo.write(".git/index.lock", "");
    assert_eq!(refusal(undo(&repo.state())).code(), "git-index-locked");
    std::fs::remove_file(repo.path(".git/index.lock")).expect("removed");
    assert_eq!(everything(&repo), before);
    repo.script(".git/hooks/pre-commit", "exit 1");
    repo.write("later.nix", "later\n");
    repo.git(&["add", "later.nix"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--message", "later"]);
    let before = everything(&repo);
    assert_eq!(refusal(undo(&repo.state())).code(), "hook-failed");
    assert_eq!(everything(&repo), before);
}
