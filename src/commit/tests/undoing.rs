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
    assert!(undo_last(&repo().state()).expect("undone").is_none());
    assert!(undo_last(&TestRepo::unborn().state()).expect("undone").is_none());
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
    let short = committed.short.clone();
    drop(committed);
    let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
    let paths = [
        "hosts/Server/jellyfin.nix",
        "media/jellyfin.nix",
        "media/jellyfin/default.nix",
        "settings.nix",
    ];
    assert_eq!((undone.short.clone(), undone.way), (short, UndoWay::Remove));
    assert_eq!(undone.title, "refactor(server/jellyfin): migrate to service contract");
    assert_eq!(undone.paths, paths.map(PathBuf::from));
    drop(undone);
    assert_eq!(everything(&repo), before);
    assert!(undo_last(&repo.state()).expect("undone").is_none());
    assert!(repo.git(&["reflog", "-1", "--format=%gs"]).starts_with("qgroget undo"));
}

#[test]
fn several_undos_walk_back() {
    let repo = repo();
    let before = everything(&repo);
    drop(run(&repo, &migration()).expect("committed"));
    let between = repo.snapshot();
    drop(run(&repo, &second()).expect("committed"));
    drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
    assert_eq!(repo.snapshot(), between);
    drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
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
        let first = run(&repo, &migration()).expect("committed").id.clone();
        repo.write("later.nix", "later\n");
        repo.commit_all("later");
        let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
        assert_eq!((undone.way, undone.paths.len()), (UndoWay::RevertLater, 4));
        let mark = Mark::of("jellyfin", &repo.state(), &migration()).expect("a mark");
        let text = format!(
            "Revert \"refactor(server/jellyfin): migrate to service contract\"\n\nThis reverts commit {first}.\n\nQgroget-Undo: jellyfin {}\n",
            mark.digest
        );
        assert_eq!(
            undone.commit.as_ref().map(|commit| commit.message.as_str()),
            Some(text.as_str())
        );
        drop(undone);
        assert_eq!(repo.git(&["rev-list", "--count", "HEAD"]), "4");
        assert_eq!(repo.status(), "");
        std::fs::remove_file(repo.path("later.nix")).expect("removed");
        assert_eq!(repo.snapshot(), before);
        assert!(undo_last(&repo.state()).expect("undone").is_none());
    }
}

#[test]
fn a_pushed_commit_is_reverted() {
    let repo = repo();
    repo.git(&["init", "--quiet", "--bare", "../remote.git"]);
    repo.git(&["remote", "add", "origin", "../remote.git"]);
    let before = repo.snapshot();
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
    assert_eq!(undone.way, UndoWay::RevertPushed);
    drop(undone);
    assert_eq!(repo.snapshot(), before);
    assert_eq!(
        repo.git(&["status", "--short", "--branch"]),
        "## main...origin/main [ahead 1]"
    );
}

#[test]
fn later_changes_of_the_same_lines_are_a_conflict() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    repo.write("settings.nix", "{ rewritten = true; }\n");
    repo.commit_all("later");
    let before = everything(&repo);
    let error = refusal(undo_last(&repo.state()));
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
    drop(run(&repo, &migration()).expect("committed"));
    repo.write("other.nix", "my work\n");
    repo.write("settings.nix", "my work\n");
    let before = everything(&repo);
    let error = refusal(undo_last(&repo.state()));
    assert_eq!(error.code(), "undo-dirty");
    assert!(
        error
            .reason_text()
            .is_some_and(|reason| reason.contains("settings.nix (not staged)"))
    );
    assert_eq!(everything(&repo), before);
    repo.git(&["restore", "settings.nix"]);
    drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
    assert_eq!(repo.read("other.nix"), "my work\n");
}

#[test]
fn a_file_in_the_way_of_one_that_comes_back_is_refused() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    repo.write("media/jellyfin.nix", "my own\n");
    let before = everything(&repo);
    assert_eq!(refusal(undo_last(&repo.state())).code(), "undo-dirty");
    assert_eq!(everything(&repo), before);
}

#[test]
fn what_was_reverted_by_hand_is_passed_over() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    drop(run(&repo, &second()).expect("committed"));
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
    assert!(
        undone.way == UndoWay::RevertLater && undone.title.contains("jellyfin"),
        "{undone:?}"
    );
    drop(undone);
    assert_eq!(repo.read("clean.nix"), "clean\n");
    assert!(undo_last(&repo.state()).expect("undone").is_none());
}

#[test]
fn a_commit_on_another_branch_is_left_alone() {
    let repo = repo();
    repo.git(&["switch", "--quiet", "--create", "try"]);
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["switch", "--quiet", "main"]);
    assert!(undo_last(&repo.state()).expect("undone").is_none());
    repo.git(&["switch", "--quiet", "try"]);
    let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
    assert_eq!(undone.way, UndoWay::Remove);
}

#[test]
fn a_merge_under_way_is_refused() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.write(".git/MERGE_HEAD", &format!("{head}\n"));
    assert_eq!(refusal(undo_last(&repo.state())).code(), "git-operation");
}

#[test]
fn an_undo_that_fails_changes_nothing() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let before = everything(&repo);
    repo.write(".git/index.lock", "");
    assert_eq!(refusal(undo_last(&repo.state())).code(), "git-index-locked");
    std::fs::remove_file(repo.path(".git/index.lock")).expect("removed");
    assert_eq!(everything(&repo), before);
    repo.script(".git/hooks/pre-commit", "exit 1");
    repo.write("later.nix", "later\n");
    repo.git(&["add", "later.nix"]);
    repo.git(&["commit", "--quiet", "--no-verify", "--message", "later"]);
    let before = everything(&repo);
    assert_eq!(refusal(undo_last(&repo.state())).code(), "hook-failed");
    assert_eq!(everything(&repo), before);
}

/// The id of the commit that HEAD names.
fn head(repo: &TestRepo) -> String {
    repo.git(&["rev-parse", "HEAD"])
}

#[test]
fn a_commit_is_known_after_an_amend_of_its_message_a_rebase_and_a_cherry_pick() {
    for rewrite in ["amend", "rebase", "cherry-pick"] {
        let repo = repo();
        drop(run(&repo, &second()).expect("committed"));
        let made = run(&repo, &migration()).expect("committed").id.clone();
        match rewrite {
            "amend" => {
                let text = repo.git(&["log", "-1", "--format=%B"]);
                repo.git(&[
                    "commit",
                    "--quiet",
                    "--amend",
                    "--message",
                    &format!("reworded\n\n{text}"),
                ]);
            }
            "rebase" => {
                repo.git(&["switch", "--quiet", "--create", "base", "HEAD~2"]);
                repo.write("other.nix", "1\n2\n3\n4\n");
                repo.commit_all("base");
                repo.git(&["rebase", "--quiet", "base", "main"]);
            }
            _ => {
                repo.git(&["switch", "--quiet", "--create", "picked", "HEAD~2"]);
                repo.git(&["cherry-pick", "main"]);
            }
        }
        assert_ne!(head(&repo), made, "{rewrite}");
        let title = repo.git(&["log", "-1", "--format=%s"]);
        let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
        assert_eq!(
            (undone.way, undone.title.clone()),
            (UndoWay::Remove, title),
            "{rewrite}"
        );
        assert_eq!(repo.read("settings.nix"), SETTINGS, "{rewrite}");
        assert_eq!(repo.status(), "", "{rewrite}");
    }
}

#[test]
fn a_commit_that_changes_something_else_by_now_is_refused_and_no_other_is_taken_for_it() {
    let repo = repo();
    drop(run(&repo, &second()).expect("committed"));
    drop(run(&repo, &migration()).expect("committed"));
    repo.write("other.nix", "amended\n");
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    let before = everything(&repo);
    let error = refusal(undo_last(&repo.state()));
    assert_eq!(error.code(), "undo-changed");
    assert!(error.hints()[0].contains("git revert"), "{error:?}");
    assert_eq!(everything(&repo), before);
    let states: Vec<State> = list(&repo.state())
        .expect("listed")
        .iter()
        .map(|entry| entry.state.clone())
        .collect();
    assert_eq!(states, [State::Changed, State::Intact]);
}

#[test]
fn a_commit_in_the_middle_is_taken_back_by_its_name() {
    let repo = repo();
    let state = repo.state();
    drop(run(&repo, &migration()).expect("committed"));
    let message = message().marked(&Mark::of("dns", &state, &second()).expect("a mark"));
    drop(commit(&state, &second(), &message, None, "migrate dns", None).expect("committed"));
    let later = change(vec![modified("other.nix", "1\n2\n3\n", "1\n2\n3\n4\n")]);
    let message = message.marked(&Mark::of("immich", &state, &later).expect("a mark"));
    drop(commit(&state, &later, &message, None, "migrate immich", None).expect("committed"));
    let plan = plan_undo(&state, Which::LastOf("dns"))
        .expect("planned")
        .expect("a commit");
    assert_eq!(plan.way, UndoWay::RevertLater);
    assert_eq!(plan.paths(), [PathBuf::from("clean.nix"), PathBuf::from("second.nix")]);
    drop(undo(&state, &plan).expect("undone"));
    assert_eq!(repo.read("clean.nix"), "clean\n");
    assert!(!repo.path("second.nix").exists());
    assert_eq!(repo.read("settings.nix"), "{ }\n");
    let states: Vec<(String, State)> = list(&state)
        .expect("listed")
        .iter()
        .map(|entry| (entry.name.clone(), entry.state.clone()))
        .collect();
    let expected = [
        ("immich", State::Intact),
        ("dns", State::Undone),
        ("jellyfin", State::Intact),
    ];
    assert_eq!(states, expected.map(|(name, state)| (name.to_owned(), state)));
    assert!(plan_undo(&state, Which::LastOf("dns")).expect("planned").is_none());
    assert!(plan_undo(&state, Which::LastOf("nowhere")).expect("planned").is_none());
}

#[test]
fn a_plan_is_not_carried_out_on_another_head() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let state = repo.state();
    let plan = plan_undo(&state, Which::Last).expect("planned").expect("a commit");
    repo.write("later.nix", "later\n");
    repo.commit_all("later");
    let before = everything(&repo);
    assert_eq!(refusal(undo(&state, &plan)).code(), "head-moved");
    assert_eq!(everything(&repo), before);
}

#[test]
fn what_has_happened_since_an_undo_was_shown_is_looked_at_again() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let state = repo.state();
    let plan = plan_undo(&state, Which::Last).expect("planned").expect("a commit");
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["bisect", "start"]);
    assert_eq!(refusal(undo(&state, &plan)).code(), "git-operation");
    repo.git(&["bisect", "reset"]);
    repo.git(&["update-ref", "refs/remotes/origin/main", &head]);
    let before = everything(&repo);
    let error = refusal(undo(&state, &plan));
    assert_eq!(
        (error.code(), error.message()),
        (
            "head-moved",
            "\"refactor(server/jellyfin): migrate to service contract\" was pushed since it was shown"
        )
    );
    assert_eq!(everything(&repo), before);
    let plan = plan_undo(&state, Which::This(plan.chosen()))
        .expect("planned")
        .expect("a commit");
    assert_eq!(plan.way, UndoWay::RevertPushed);
}

#[test]
fn what_is_removed_is_told_from_what_is_restored() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let undone = undo_last(&repo.state()).expect("undone").expect("a commit");
    let removed = ["hosts/Server/jellyfin.nix", "media/jellyfin/default.nix"];
    assert_eq!(undone.removed, removed.map(PathBuf::from));
}

#[test]
fn the_next_steps_for_hidden_and_ignored_files_are_such() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["update-index", "--assume-unchanged", "settings.nix"]);
    repo.write("settings.nix", "hidden\n");
    let error = refusal(undo_last(&repo.state()));
    assert_eq!(
        (error.code(), error.hints()),
        (
            "undo-dirty",
            &["`git update-index --no-assume-unchanged settings.nix && git update-index --no-skip-worktree settings.nix` lets git see them; then commit or stash them".to_owned()][..]
        )
    );
    repo.git(&["update-index", "--no-assume-unchanged", "settings.nix"]);
    repo.git(&["checkout", "settings.nix"]);
    repo.write(".git/info/exclude", "media/jellyfin.nix\n");
    repo.write("media/jellyfin.nix", "ignored\n");
    let error = refusal(undo_last(&repo.state()));
    assert_eq!(
        error.hints(),
        ["git ignores it, and a stash too; move it away: `mv media/jellyfin.nix media/jellyfin.nix.own`"]
    );
}

#[test]
fn permissions_that_git_does_not_know_stay_with_their_files() {
    for trusted in ["true", "false"] {
        let repo = repo();
        repo.git(&["config", "core.fileMode", trusted]);
        repo.mode("media/jellyfin.nix", 0o600);
        drop(run(&repo, &migration()).expect("committed"));
        assert_eq!(repo.mode_of("media/jellyfin/default.nix"), 0o600);
        let mode = if trusted == "true" { 0o640 } else { 0o710 };
        repo.mode("settings.nix", mode);
        drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
        assert_eq!(repo.mode_of("settings.nix"), mode, "{trusted}");
        assert_eq!(repo.mode_of("media/jellyfin.nix"), 0o600, "{trusted}");
        assert_eq!(repo.status(), "", "{trusted}");
    }
}

/// Commits `change` under `name`.
fn commit_as(repo: &TestRepo, name: &str, change: &SourceChange) {
    let state = repo.state();
    let message = message().marked(&Mark::of(name, &state, change).expect("a mark"));
    drop(commit(&state, change, &message, None, name, None).expect("committed"));
}

fn undo_of(repo: &TestRepo, name: &str) -> Result<Undone> {
    let state = repo.state();
    undo(&state, &plan_undo(&state, Which::LastOf(name))?.expect("a commit"))
}

#[test]
fn what_later_commits_build_upon_is_not_taken_away() {
    let repo = repo();
    let new = |name: &str| change(vec![created(&format!("{name}.nix"), "x\n")]);
    for name in ["init", "dns", "jellyfin", "cleanup"] {
        commit_as(&repo, name, &new(name));
    }
    let before = everything(&repo);
    for (name, first) in [("dns", &["cleanup"][..]), ("init", &["cleanup", "jellyfin", "dns"])] {
        let error = refusal(undo_of(&repo, name));
        let hints: Vec<String> = first
            .iter()
            .map(|name| format!("first `qgroget undo {name}`"))
            .collect();
        assert_eq!((error.code(), error.hints()), ("undo-needed", &hints[..]), "{name}");
    }
    assert_eq!(everything(&repo), before);
    repo.git(&["revert", "--no-edit", "HEAD"]);
    drop(undo_of(&repo, "dns").expect("undone"));
    drop(undo_of(&repo, "jellyfin").expect("undone"));
    drop(undo_of(&repo, "init").expect("undone"));
    assert!(!repo.path("init.nix").exists());
}

#[test]
fn a_block_stays_for_a_later_service_and_a_real_conflict_names_it() {
    let base = "{\n  a = 1;\n}\n";
    let repo = TestRepo::with(&[("settings.nix", base)]);
    let first = "{\n  a = 1;\n  modules = {\n    x.enable = true;\n  };\n}\n";
    let second = "{\n  a = 1;\n  modules = {\n    x.enable = true;\n    y.enable = true;\n  };\n}\n";
    commit_as(&repo, "x", &change(vec![modified("settings.nix", base, first)]));
    commit_as(&repo, "y", &change(vec![modified("settings.nix", first, second)]));
    let third = second.replace("x.enable = true", "x.enable = 1 == 1");
    drop(undo_of(&repo, "x").expect("undone"));
    let rest = "{\n  a = 1;\n  modules = {\n    y.enable = true;\n  };\n}\n";
    assert_eq!(repo.read("settings.nix"), rest);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    commit_as(&repo, "z", &change(vec![modified("settings.nix", second, &third)]));
    let error = refusal(undo_of(&repo, "x"));
    assert_eq!(error.code(), "undo-conflict");
    assert!(
        error.hints().contains(&"first `qgroget undo z`".to_owned()),
        "{error:?}"
    );
}

#[test]
fn a_service_is_not_taken_for_a_commit_of_another_kind() {
    let new = |name: &str| change(vec![created(&format!("{name}.nix"), "x\n")]);
    for name in ["cleanup", "init", "check"] {
        let repo = repo();
        commit_as(&repo, "dns", &new("dns"));
        commit_as(&repo, &crate::commit::of_service(name), &new(name));
        commit_as(&repo, "jellyfin", &new("jellyfin"));
        // Neither does it stand in the way of another, nor do others in its own.
        drop(undo_of(&repo, "dns").expect("undone"));
        assert_eq!(undo_of(&repo, name).expect("undone").title, message().title());
        assert!(!repo.path(&format!("{name}.nix")).exists());
        assert!(repo.path("jellyfin.nix").exists());
    }
}

#[test]
fn a_conflict_over_lines_that_a_later_commit_took_away_names_it() {
    let base = "{\n  a = 1;\n}\n";
    let repo = TestRepo::with(&[("settings.nix", base)]);
    let first = "{\n  a = 1;\n  x.enable = true;\n  x.port = 1;\n}\n";
    let second = "{\n  a = 1;\n}\n";
    commit_as(&repo, "x", &change(vec![modified("settings.nix", base, first)]));
    commit_as(&repo, "other", &change(vec![created("other.nix", "x\n")]));
    let later = first.replace("  x.enable = true;\n", "");
    commit_as(&repo, "y", &change(vec![modified("settings.nix", first, &later)]));
    let error = refusal(undo_of(&repo, "x"));
    assert_eq!(error.code(), "undo-conflict");
    assert!(
        error.hints().contains(&"first `qgroget undo y`".to_owned()),
        "{error:?}"
    );
    assert!(!error.hints().iter().any(|hint| hint.contains("other")), "{error:?}");
    assert_ne!(repo.read("settings.nix"), second);
}

#[test]
fn a_commit_that_is_reverted_by_hand_is_listed_as_taken_back() {
    let repo = repo();
    commit_as(&repo, "dns", &change(vec![created("dns.nix", "x\n")]));
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["revert", "--no-edit", "HEAD"]);
    let listed: Vec<(String, State)> = list(&repo.state())
        .expect("a list")
        .into_iter()
        .map(|entry| (entry.name, entry.state))
        .collect();
    assert_eq!(
        listed,
        [
            ("jellyfin".to_owned(), State::Undone),
            ("dns".to_owned(), State::Intact)
        ]
    );
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(list(&repo.state()).expect("a list")[0].state, State::Intact);
}

#[test]
fn marks_on_an_entry_go_with_a_file_that_moves_and_come_back() {
    for mark in ["--assume-unchanged", "--skip-worktree"] {
        let repo = repo();
        repo.git(&["update-index", mark, "media/jellyfin.nix"]);
        let before = everything(&repo);
        let marked = |path: &str| !repo.git(&["ls-files", "-v", path]).starts_with('H');
        drop(run(&repo, &migration()).expect("committed"));
        assert!(
            marked("media/jellyfin/default.nix") && !marked("settings.nix"),
            "{mark}"
        );
        drop(undo_last(&repo.state()).expect("undone").expect("a commit"));
        assert_eq!(everything(&repo), before, "{mark}");
    }
}
