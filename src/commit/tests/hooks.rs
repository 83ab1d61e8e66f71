//! Hooks, signatures, and whatever else makes the program `git` the one that commits.

use super::*;

#[test]
fn a_failing_hook_leaves_everything_as_it_was() {
    for hook in ["pre-commit", "prepare-commit-msg", "commit-msg"] {
        let repo = repo();
        repo.write("other.nix", "staged\n");
        repo.git(&["add", "other.nix"]);
        repo.write("other.nix", "not staged\n");
        repo.script(
            &format!(".git/hooks/{hook}"),
            "echo to stdout; echo to stderr >&2; exit 1",
        );
        repo.script(".git/hooks/post-commit", "exit 0");
        let before = everything(&repo);
        let error = refusal(run(&repo, &migration()));
        assert_eq!(error.code(), "hook-failed");
        assert_eq!(error.message(), format!("the {hook} hook refused the commit"));
        assert_eq!(error.reason_text(), Some("to stdout\nto stderr"));
        assert!(error.hints().iter().any(|hint| hint.contains("--no-commit")));
        assert_eq!(everything(&repo), before);
        assert!(!repo.path(".git/qgroget").exists());
        assert!(!repo.path(".git/index.qgroget").exists());
    }
}

#[test]
fn hooks_that_pass_make_the_commit_and_their_output_is_kept() {
    let repo = repo();
    repo.script(".git/hooks/pre-commit", "echo checked");
    repo.script(".git/hooks/commit-msg", "echo 'Change-Id: I123' >> \"$1\"");
    repo.script(".git/hooks/post-commit", "touch .git/after");
    let committed = run(&repo, &migration()).expect("committed");
    assert_eq!(committed.output, "checked\n");
    assert!(
        committed
            .message
            .ends_with("Qgroget-Service: jellyfin\nChange-Id: I123\n"),
        "{}",
        committed.message
    );
    assert!(repo.path(".git/after").exists());
    assert_eq!(repo.status(), "");
    assert_eq!(repo.git(&["log", "-1", "--format=%ad", "--date=unix"]), "1735787045");
}

#[test]
fn hooks_path_is_honoured() {
    let repo = repo();
    repo.script(".husky/pre-commit", "echo no; exit 1");
    repo.commit_all("hooks");
    repo.git(&["config", "core.hooksPath", ".husky"]);
    let before = everything(&repo);
    assert_eq!(refusal(run(&repo, &migration())).code(), "hook-failed");
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_hook_that_reformats_is_refused_and_taken_back() {
    for (body, restage) in [
        ("echo formatted > settings.nix", false),
        ("echo formatted > settings.nix; git add settings.nix", true),
        ("git rm --quiet --cached media/jellyfin/default.nix", true),
    ] {
        let repo = repo();
        repo.script(".git/hooks/pre-commit", body);
        let before = everything(&repo);
        let error = refusal(run(&repo, &migration()));
        assert_eq!(error.code(), "hook-changed-files", "{body}: {error:?}");
        assert_eq!(error.message(), "the pre-commit hook changed what was approved");
        let path = if body.contains("git rm") {
            "media/jellyfin/default.nix"
        } else {
            "settings.nix"
        };
        assert!(
            error.reason_text().is_some_and(|reason| reason.contains(path)),
            "{error:?}"
        );
        assert_eq!(everything(&repo), before, "{body}, restaged: {restage}");
    }
}

#[test]
fn a_failing_hook_that_changed_other_files_is_taken_back_too() {
    let repo = repo();
    repo.write("other.nix", "my work\n");
    repo.write("untracked.nix", "my work\n");
    repo.write("staged.nix", "my work\n");
    repo.git(&["add", "staged.nix"]);
    let body = "for file in clean other untracked staged settings; do echo formatted > $file.nix; done
        unset GIT_INDEX_FILE; git add --all; exit 1";
    repo.script(".git/hooks/pre-commit", body);
    let before = everything(&repo);
    assert_eq!(refusal(run(&repo, &migration())).code(), "hook-failed");
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_hook_that_reads_the_real_index_sees_the_change_there() {
    let repo = repo();
    repo.write("other.nix", "staged\n");
    repo.git(&["add", "other.nix"]);
    let body = "git ls-files --stage | sort > .git/own; unset GIT_INDEX_FILE; git ls-files | sort > .git/seen";
    repo.script(".git/hooks/pre-commit", body);
    run(&repo, &migration()).expect("committed");
    let expected = "clean.nix\nhosts/Server/jellyfin.nix\nmedia/jellyfin/default.nix\nother.nix\nsettings.nix\n";
    assert_eq!(repo.read(".git/seen"), expected);
    assert_eq!(repo.status(), "M  other.nix");
}

#[test]
fn a_run_killed_in_a_hook_is_taken_back_index_included() {
    let repo = repo();
    repo.write("other.nix", "staged\n");
    repo.git(&["add", "other.nix"]);
    let before = everything(&repo);
    repo.script(".git/hooks/pre-commit", "exit 0");
    let mut applied = apply::apply(repo.root(), &migration()).expect("applied");
    applied.announce_commit(true).expect("announced");
    let state = repo.state();
    let message = message();
    let draft = draft(&state, applied.targets(), message.text()).expect("drafted");
    surroundings::Surroundings::record(&state, applied.targets(), applied.notes()).expect("recorded");
    state.update_index(&draft.changes).expect("staged");
    applied.abandon();
    repo.write("clean.nix", "staged later\n");
    repo.git(&["add", "clean.nix"]);
    let recovered = apply::recover(repo.root()).expect("recovered").expect("a journal");
    assert_eq!(recovered.outcome, Outcome::RolledBack);
    repo.git(&["restore", "--staged", "--worktree", "clean.nix"]);
    assert_eq!(everything(&repo), before);
}

#[test]
fn a_hook_that_fails_inside_another_git_command_is_told_from_ours() {
    let repo = repo();
    let body = "git rev-parse --verify --quiet nowhere; git diff --quiet HEAD; false || echo went on";
    repo.script(".git/hooks/pre-commit", body);
    repo.script(".git/hooks/commit-msg", "echo bad message; exit 3");
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.message(), "the commit-msg hook refused the commit");
}

#[test]
fn a_hook_in_the_reference_transaction_can_refuse() {
    let repo = repo();
    repo.script(
        ".git/hooks/reference-transaction",
        "test \"$1\" = prepared && exit 1; exit 0",
    );
    let before = everything(&repo);
    let error = refusal(run(&repo, &migration()));
    assert!(matches!(error.code(), "hook-failed" | "commit-failed"), "{error:?}");
    assert_eq!(everything(&repo), before);
}

/// A stand-in for gpg: says that it signed, and gives something that looks like a signature.
const GPG: &str = "cat > /dev/null
printf '\\n[GNUPG:] SIG_CREATED D 1 8 00 0 0\\n' >&2
printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nabc\\n-----END PGP SIGNATURE-----\\n'";

#[test]
fn commits_are_signed_where_that_is_configured() {
    let repo = repo();
    repo.script(".git/gpg", GPG);
    repo.git(&["config", "gpg.program", &repo.path(".git/gpg").display().to_string()]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    run(&repo, &migration()).expect("committed");
    assert!(
        repo.git(&["cat-file", "commit", "HEAD"])
            .contains("gpgsig -----BEGIN PGP SIGNATURE-----")
    );
    assert_eq!(repo.status(), "");
}

#[test]
fn a_signature_that_fails_leaves_everything_as_it_was() {
    let repo = repo();
    repo.script(".git/gpg", "echo no secret key >&2; exit 2");
    repo.git(&["config", "gpg.program", &repo.path(".git/gpg").display().to_string()]);
    repo.git(&["config", "commit.gpgSign", "true"]);
    let before = everything(&repo);
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "commit-failed");
    assert!(
        error
            .reason_text()
            .is_some_and(|reason| reason.contains("no secret key")),
        "{error:?}"
    );
    assert_eq!(everything(&repo), before);
}

#[test]
fn the_message_is_verbatim_unless_cleanup_is_configured() {
    let lines = Message::new(
        "title",
        &["# a heading".to_owned(), "trailing  \nspace".to_owned()],
        &[],
    );
    for (cleanup, expected) in [
        (None, "title\n\n# a heading\n\ntrailing  \nspace\n"),
        (Some("strip"), "title\n\ntrailing\nspace\n"),
    ] {
        let repo = repo();
        repo.script(".git/hooks/pre-commit", "exit 0");
        if let Some(cleanup) = cleanup {
            repo.git(&["config", "commit.cleanup", cleanup]);
        }
        let applied = apply::apply(repo.root(), &migration()).expect("applied");
        assert_eq!(
            commit(&repo.state(), applied, &lines).expect("committed").message,
            expected
        );
    }
}

#[test]
fn a_message_beyond_ascii_keeps_its_encoding() {
    let repo = repo();
    repo.git(&["config", "i18n.commitEncoding", "ISO-8859-1"]);
    let applied = apply::apply(repo.root(), &migration()).expect("applied");
    let message = Message::new("refactor: médiathèque", &[], &[]);
    commit(&repo.state(), applied, &message).expect("committed");
    assert!(!repo.git(&["cat-file", "commit", "HEAD"]).contains("encoding"));
    assert_eq!(
        repo.git(&["log", "-1", "--format=%s", "--encoding=UTF-8"]),
        "refactor: médiathèque"
    );
}
