//! Which commits are known for the tool's own.

use super::*;

#[test]
fn an_amend_that_moves_lines_changes_a_mode_or_line_endings_is_seen() {
    let numbers = "1\n2\n3\n";
    let edits: [fn(&TestRepo); 6] = [
        |repo| repo.write("other.nix", "3\n2\n1\n"),
        |repo| repo.mode("other.nix", 0o755),
        |repo| repo.mode("settings.nix", 0o755),
        |repo| repo.write("other.nix", "1\r\n2\r\n3\r\n"),
        |repo| repo.write("media/jellyfin/default.nix", "two\none\n"),
        |repo| repo.write("settings.nix", "b\na\n"),
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let repo = repo();
        let change = change(vec![
            modified("settings.nix", SETTINGS, "a\nb\n"),
            moved(
                "media/jellyfin.nix",
                "media/jellyfin/default.nix",
                "old\n",
                "one\ntwo\n",
            ),
        ]);
        assert_eq!(repo.read("other.nix"), numbers);
        drop(run(&repo, &change).expect("committed"));
        edit(&repo);
        repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
        let before = everything(&repo);
        let error = refusal(undo_last(&repo.state()));
        assert_eq!(error.code(), "undo-changed", "{number}");
        assert_eq!(everything(&repo), before, "{number}");
    }
}

#[test]
fn a_mark_of_an_earlier_version_is_refused_and_still_pairs_with_its_revert() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let amend = |line: &str| repo.git(&["commit", "--quiet", "--amend", "--allow-empty", "--message", line]);
    amend("migrate\n\nQgroget-Change: jellyfin 0123456789abcdef");
    let error = refusal(undo_last(&repo.state()));
    assert_eq!(error.code(), "undo-changed");
    assert_eq!(
        error.message(),
        "cannot take back \"migrate\": whether it was changed since is not known"
    );
    assert!(error.hints()[0].contains("git revert"), "{error:?}");
    repo.git(&["revert", "--no-edit", "HEAD"]);
    amend("revert\n\nQgroget-Undo: jellyfin 0123456789abcdef");
    assert_eq!(list(&repo.state()).expect("listed")[0].state, State::Undone);
}

#[test]
fn the_end_of_a_shallow_clone_is_named() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    let source = format!("file://{}", repo.root().display());
    repo.git(&["clone", "--quiet", "--depth", "1", &source, "shallow"]);
    let state = repo.state_at(&repo.path("shallow"));
    let error = refusal(undo_last(&state));
    assert_eq!(error.code(), "undo-shallow");
    assert!(error.hints()[0].contains("git fetch --unshallow"), "{error:?}");
    assert_eq!(list(&state).expect("listed")[0].state, State::Shallow);
}

#[test]
fn a_filter_that_fails_since_changes_nothing_of_what_is_known() {
    let repo = repo();
    drop(run(&repo, &migration()).expect("committed"));
    repo.git(&["config", "filter.q.required", "true"]);
    repo.git(&["config", "filter.q.clean", "false"]);
    repo.write(".gitattributes", "*.nix filter=q\n");
    assert_eq!(list(&repo.state()).expect("listed")[0].state, State::Intact);
}
