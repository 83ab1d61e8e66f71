//! What a repository asks of its commits: hooks and signatures.

use crate::common::Repo;

#[track_caller]
fn untouched(repo: &Repo, code: &str) -> crate::common::Run {
    let (tree, status, log) = (repo.tree(), repo.status(), repo.log());
    let run = repo.migrate(&["jellyfin"]).refuses(code);
    assert!(repo.tree() == tree, "files were changed");
    assert_eq!((repo.status(), repo.log()), (status, log));
    run
}

#[test]
fn a_hook_that_is_content_runs() {
    let repo = Repo::with_contract();
    repo.script(".git/hooks/pre-commit", "echo looked at >> .git/seen");
    repo.script(".git/hooks/commit-msg", "grep -q '^refactor(server/jellyfin)' \"$1\"");
    repo.migrate(&["jellyfin"]).succeeds();
    assert_eq!(repo.read(".git/seen"), "looked at\n");
    assert_eq!(repo.status(), "");
    assert_eq!(repo.log().len(), 3);
}

#[test]
fn a_pre_commit_hook_that_refuses_leaves_everything_as_it_was() {
    let repo = Repo::with_contract();
    repo.script(".git/hooks/pre-commit", "echo no such commits >&2; exit 1");
    untouched(&repo, "hook-failed")
        .says("the pre-commit hook refused")
        .says("no such commits");
}

#[test]
fn a_commit_msg_hook_that_refuses_leaves_everything_as_it_was() {
    let repo = Repo::with_contract();
    repo.script(".git/hooks/commit-msg", "echo titles are to be shorter >&2; exit 1");
    untouched(&repo, "hook-failed").says("titles are to be shorter");
}

#[test]
fn a_hook_that_formats_files_leaves_everything_as_it_was() {
    let repo = Repo::with_contract();
    let body = "for f in $(git diff --cached --name-only --diff-filter=d); do sed -i 's/ = /  =  /' \"$f\"; git add \"$f\"; done";
    repo.script(".git/hooks/pre-commit", body);
    untouched(&repo, "hook-changed-files").says("the pre-commit hook changed what was approved");
}

#[test]
fn the_hooks_directory_of_the_configuration_counts() {
    let repo = Repo::with_contract();
    repo.git(&["config", "core.hooksPath", ".githooks"]);
    repo.script(".githooks/pre-commit", "echo from the other directory >&2; exit 1");
    repo.git(&["add", ".githooks"]);
    repo.git(&["commit", "--quiet", "--no-verify", "-m", "hooks"]);
    untouched(&repo, "hook-failed").says("from the other directory");
}

#[test]
fn commits_are_signed_where_the_configuration_says_so() {
    let repo = Repo::with_contract();
    // What git wants of gpg: a detached signature on standard output, and the status line on descriptor 2.
    repo.script(
        "../home/gpg",
        "cat > /dev/null\n\
         echo '[GNUPG:] SIG_CREATED D 1 8 00 0 0' >&2\n\
         printf '%s\\n' '-----BEGIN PGP SIGNATURE-----' '' 'bWFkZSB1cA==' '-----END PGP SIGNATURE-----'",
    );
    repo.git(&["config", "commit.gpgsign", "true"]);
    repo.git(&["config", "gpg.program", &repo.home().join("gpg").display().to_string()]);
    repo.migrate(&["jellyfin"]).succeeds();
    assert!(
        repo.git(&["cat-file", "commit", "HEAD"])
            .contains("gpgsig -----BEGIN PGP SIGNATURE-----")
    );
    assert_eq!(repo.status(), "");
}

#[test]
fn a_signature_that_fails_leaves_everything_as_it_was() {
    let repo = Repo::with_contract();
    repo.script("../home/gpg", "echo no secret key >&2; exit 2");
    repo.git(&["config", "commit.gpgsign", "true"]);
    repo.git(&["config", "gpg.program", &repo.home().join("gpg").display().to_string()]);
    untouched(&repo, "commit-failed").says("no secret key");
}
