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
        assert!(
            error
                .hints()
                .contains(&"what this run had written is taken back".to_owned()),
            "{error:?}"
        );
        assert!(only_the_lock_is_left(&repo));
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
        committed.message.ends_with("\nChange-Id: I123\n"),
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
fn a_commit_that_a_hook_has_changed_is_taken_back() {
    for (body, path, stays) in [
        (
            "printf '{\n}\n' > settings.nix; git add settings.nix",
            "settings.nix",
            SETTINGS,
        ),
        (
            "echo '# by a hook' >> settings.nix; git add settings.nix",
            "settings.nix",
            "{ }\n# by a hook\n",
        ),
        (
            "git rm --quiet --cached media/jellyfin/default.nix",
            "media/jellyfin/default.nix",
            SETTINGS,
        ),
    ] {
        let repo = repo();
        repo.script(".git/hooks/pre-commit", body);
        let (head, mut before) = (repo.git(&["rev-parse", "HEAD"]), repo.snapshot());
        let error = refusal(run(&repo, &migration()));
        assert_eq!(error.code(), "hook-changed-files", "{body}: {error:?}");
        assert_eq!(error.message(), "the pre-commit hook changed what was approved");
        assert!(
            error.reason_text().is_some_and(|reason| reason.contains(path)),
            "{error:?}"
        );
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), head);
        assert_eq!(repo.read("settings.nix"), stays, "{body}: {error:?}");
        if let Some((_, bytes)) = before.get_mut(Path::new("settings.nix")) {
            *bytes = Some(stays.as_bytes().to_vec());
        }
        assert_eq!(repo.snapshot(), before, "{body}");
        assert_eq!(repo.git(&["diff", "--cached"]), "");
    }
}

#[test]
fn what_a_formatter_made_of_a_file_is_kept_and_taken_back() {
    let repo = repo();
    repo.script(
        ".git/hooks/pre-commit",
        "printf '{\n}\n' > settings.nix; echo formatted; exit 1",
    );
    let before = repo.snapshot();
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "hook-failed");
    assert_eq!(repo.snapshot(), before);
    assert_eq!(repo.status(), "");
    let command = "git restore --source=refs/qgroget/kept/1 -- ':(top)settings.nix'";
    let hint =
        format!("a formatter had changed white space in settings.nix, and that is kept; to have it again: `{command}`");
    assert!(error.hints().contains(&hint), "{error:?}");
    let plain = command.replace('\'', "");
    let words: Vec<&str> = plain.split(' ').skip(1).collect();
    repo.git(&words);
    assert_eq!(repo.read("settings.nix"), "{\n}\n");
}

#[test]
fn what_somebody_writes_into_a_file_of_the_change_stays_and_is_kept() {
    let repo = repo();
    let body = "echo '# mine' >> settings.nix; echo '# mine' >> media/jellyfin/default.nix; echo mine > media/jellyfin.nix; exit 1";
    repo.script(".git/hooks/pre-commit", body);
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "hook-failed");
    assert_eq!(repo.read("settings.nix"), "{ }\n# mine\n");
    assert_eq!(repo.read("media/jellyfin/default.nix"), "new\n# mine\n");
    assert_eq!(repo.read("media/jellyfin.nix"), "mine\n");
    assert!(!repo.path("hosts").exists());
    assert_eq!(repo.git(&["show", "refs/qgroget/kept/1:settings.nix"]), "{ }\n# mine");
    let hints = error.hints().join("\n");
    for path in ["settings.nix", "media/jellyfin/default.nix", "media/jellyfin.nix"] {
        assert!(hints.contains(path), "{error:?}");
    }
    assert!(hints.contains("left as found"), "{error:?}");
    assert!(only_the_lock_is_left(&repo));
}

#[test]
fn other_files_are_never_touched_and_what_a_hook_does_to_them_stays() {
    let repo = repo();
    repo.write("other.nix", "my work\n");
    repo.write("untracked.nix", "my work\n");
    repo.write("staged.nix", "my work\n");
    repo.git(&["add", "staged.nix"]);
    let body = "for file in clean other untracked staged; do echo formatted > $file.nix; done
        unset GIT_INDEX_FILE; git add staged.nix; exit 1";
    repo.script(".git/hooks/pre-commit", body);
    assert_eq!(refusal(run(&repo, &migration())).code(), "hook-failed");
    for file in ["clean", "other", "untracked", "staged"] {
        assert_eq!(repo.read(&format!("{file}.nix")), "formatted\n");
    }
    assert_eq!(repo.git(&["show", ":staged.nix"]), "formatted");
    assert_eq!(repo.read("settings.nix"), SETTINGS);
    assert_eq!(repo.git(&["diff", "--cached", "--name-only"]), "staged.nix");
}

#[test]
fn a_commit_of_somebody_else_meanwhile_stays() {
    // A person's commit while the hook runs: git refuses ours, and theirs is not touched.
    let repo = repo();
    let body = "unset GIT_INDEX_FILE; echo theirs > theirs.nix; git add theirs.nix
        git commit --quiet --no-verify --message theirs --only theirs.nix";
    repo.script(".git/hooks/pre-commit", body);
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "head-moved", "{error:?}");
    assert_eq!(repo.git(&["log", "-1", "--format=%s"]), "theirs");
    let theirs = repo.git(&["rev-parse", "--short", "HEAD"]);
    let said = format!("HEAD is at {theirs} by now, a commit that is not of this run; it stays");
    assert!(error.hints().contains(&said), "{error:?}");
    assert_eq!(repo.git(&["show", "--format=", "--name-only", "HEAD"]), "theirs.nix");
    assert_eq!(repo.read("settings.nix"), SETTINGS);
    assert_eq!(repo.status(), "");
    // A hook's commit on top of ours: both stay.
    let repo = self::repo();
    let body = "test -e .git/once && exit; touch .git/once
        echo theirs > theirs.nix; git add theirs.nix; git commit --quiet --no-verify --message theirs";
    repo.script(".git/hooks/post-commit", body);
    let committed = run(&repo, &migration()).expect("committed");
    assert_eq!(
        repo.git(&["log", "-2", "--format=%s"]),
        format!("theirs\n{}", message().title())
    );
    assert_eq!(repo.git(&["rev-parse", "HEAD~1"]), committed.id);
    let theirs = repo.git(&["rev-parse", "--short", "HEAD"]);
    assert_eq!(committed.left.on_top.as_deref(), Some(theirs.as_str()));
    assert_eq!(repo.status(), "");
}

#[test]
fn what_a_hook_does_to_the_index_after_the_commit_is_in_the_index_of_the_person() {
    let cases = [
        ("echo new > new.nix; git add new.nix", "A  new.nix\nM  other.nix"),
        (
            "echo '# more' >> settings.nix; git add settings.nix",
            "M  other.nix\nM  settings.nix",
        ),
        (
            "git reset --quiet HEAD~1 -- settings.nix",
            "M  other.nix\nMM settings.nix",
        ),
        (
            "git rm --quiet --cached settings.nix",
            "M  other.nix\nD  settings.nix\n?? settings.nix",
        ),
        (
            "git checkout --quiet HEAD~1 -- settings.nix",
            "M  other.nix\nM  settings.nix",
        ),
        ("rm \"$GIT_INDEX_FILE\"", "M  other.nix"),
        ("unset GIT_INDEX_FILE; git reset --quiet", " M other.nix"),
    ];
    for (body, expected) in cases {
        let repo = repo();
        repo.write("other.nix", "staged\n");
        repo.git(&["add", "other.nix"]);
        repo.script(".git/hooks/post-commit", body);
        drop(run(&repo, &migration()).expect("committed"));
        assert_eq!(repo.status(), expected, "{body}");
    }
}

#[test]
fn a_hook_that_takes_the_mark_out_of_the_message_is_said() {
    let repo = repo();
    let body = "grep -v Qgroget-Change \"$1\" > .git/text; cp .git/text \"$1\"";
    repo.script(".git/hooks/commit-msg", body);
    let committed = run(&repo, &migration()).expect("committed");
    assert_eq!(committed.left.unmarked.as_deref(), Some(committed.short.as_str()));
    let said = format!(
        "a hook has taken the line `Qgroget-Change` out of the message, by which `qgroget undo` knows a commit; to take it back: `git revert {}`",
        committed.short
    );
    assert_eq!(committed.left.lines(), [said]);
    drop(committed);
    assert!(undo_last(&repo.state()).expect("undone").is_none());
}

#[test]
fn a_branch_that_is_switched_to_meanwhile_stays_switched_to() {
    let repo = repo();
    repo.script(
        ".git/hooks/pre-commit",
        "unset GIT_INDEX_FILE; git switch --quiet --create theirs; exit 1",
    );
    let main = repo.git(&["rev-parse", "main"]);
    let error = refusal(run(&repo, &migration()));
    assert_eq!(error.code(), "hook-failed");
    assert!(
        error
            .hints()
            .contains(&"HEAD is on theirs by now; it stays there".to_owned()),
        "{error:?}"
    );
    assert_eq!(repo.git(&["symbolic-ref", "--short", "HEAD"]), "theirs");
    assert_eq!(repo.git(&["rev-parse", "main", "theirs"]), format!("{main}\n{main}"));
    assert_eq!(repo.read("settings.nix"), SETTINGS);
    assert_eq!(repo.status(), "");
}

#[test]
fn a_stash_of_the_change_by_a_hook_is_said_and_stays() {
    let repo = repo();
    repo.script(
        ".git/hooks/post-commit",
        "git stash --quiet; git reset --quiet --hard; echo '# later' >> settings.nix",
    );
    let committed = run(&repo, &migration()).expect("committed");
    assert_eq!(committed.left.foreign, [PathBuf::from("settings.nix")]);
    assert_eq!(repo.read("settings.nix"), "{ }\n# later\n");
    assert_eq!(repo.git(&["show", "HEAD:settings.nix"]), "{ }");
}

#[test]
fn a_hook_that_reads_the_real_index_sees_the_change_there() {
    let repo = repo();
    repo.write("other.nix", "staged\n");
    repo.git(&["add", "other.nix"]);
    let body = "git ls-files --stage | sort > .git/own; unset GIT_INDEX_FILE; git ls-files | sort > .git/seen";
    repo.script(".git/hooks/pre-commit", body);
    drop(run(&repo, &migration()).expect("committed"));
    let expected = "clean.nix\nhosts/Server/jellyfin.nix\nmedia/jellyfin/default.nix\nother.nix\nsettings.nix\n";
    assert_eq!(repo.read(".git/seen"), expected);
    assert_eq!(repo.status(), "M  other.nix");
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
    drop(run(&repo, &migration()).expect("committed"));
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
        let committed = commit(&repo.state(), &migration(), &lines, None, "test", None).expect("committed");
        assert_eq!(committed.message, expected);
    }
}

#[test]
fn a_message_beyond_ascii_keeps_its_encoding() {
    let repo = repo();
    repo.git(&["config", "i18n.commitEncoding", "ISO-8859-1"]);
    let message = Message::new("refactor: médiathèque", &[], &[]);
    drop(commit(&repo.state(), &migration(), &message, None, "test", None).expect("committed"));
    assert!(!repo.git(&["cat-file", "commit", "HEAD"]).contains("encoding"));
    assert_eq!(
        repo.git(&["log", "-1", "--format=%s", "--encoding=UTF-8"]),
        "refactor: médiathèque"
    );
}
