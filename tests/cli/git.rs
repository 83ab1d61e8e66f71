//! The state that a git repository may be in when a commit is wanted.

use crate::common::Repo;

const MODULE: &str = "modules/server/media/video/default.nix";

/// A run that commits is refused, and nothing is written; a dry run does not mind.
#[track_caller]
fn refused(repo: &Repo, code: &str) -> crate::common::Run {
    let (tree, status, head) = (repo.tree(), repo.status(), repo.git(&["rev-parse", "HEAD"]));
    repo.run(&["migrate", "jellyfin", "--dry-run"]).succeeds();
    let run = repo.migrate(&["jellyfin"]).refuses(code);
    assert!(repo.tree() == tree, "files were changed");
    assert_eq!((repo.status(), repo.git(&["rev-parse", "HEAD"])), (status, head));
    run
}

#[test]
fn a_changed_file_that_would_be_written_is_listed() {
    let repo = Repo::with_contract();
    repo.write(MODULE, repo.read(MODULE) + "# mine\n");
    repo.write(
        "modules/server/settings.nix",
        repo.read("modules/server/settings.nix") + "# mine\n",
    );
    repo.git(&["add", "modules/server/settings.nix"]);
    let run = refused(&repo, "dirty-files");
    run.says("2 files have uncommitted changes")
        .says(&format!("{MODULE} (not staged)"))
        .says("modules/server/settings.nix (staged)");
}

#[test]
fn changes_elsewhere_are_let_be() {
    let repo = Repo::with_contract();
    let other = "modules/server/misc/portfolio.nix";
    repo.write(other, repo.read(other) + "# one\n");
    repo.git(&["add", other]);
    repo.write(other, repo.read(other) + "# two\n");
    repo.write("untracked.txt", "mine\n");
    repo.write("staged.txt", "staged\n");
    repo.git(&["add", "staged.txt"]);
    let (status, staged) = (repo.status(), repo.git(&["show", &format!(":{other}")]));
    repo.migrate(&["jellyfin"]).succeeds();
    assert_eq!(repo.status(), status, "partly staged files stay partly staged");
    assert_eq!(repo.git(&["show", &format!(":{other}")]), staged);
    let committed = repo.git(&["show", "--name-only", "--format=", "HEAD"]);
    for file in [other, "staged.txt", "untracked.txt"] {
        assert!(!committed.contains(file), "{committed}");
    }
}

#[test]
fn a_merge_has_to_be_ended_first() {
    let repo = Repo::with_contract();
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    repo.write("README.md", "theirs\n");
    repo.commit_all("theirs");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("README.md", "ours\n");
    repo.commit_all("ours");
    let merged = repo.command("git").args(["merge", "other"]).output().unwrap();
    assert!(!merged.status.success());
    refused(&repo, "git-operation")
        .says("a merge is under way")
        .says("git merge --abort");
}

#[test]
fn a_rebase_has_to_be_ended_first() {
    let repo = Repo::with_contract();
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    repo.write("README.md", "theirs\n");
    repo.commit_all("theirs");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("README.md", "ours\n");
    repo.commit_all("ours");
    let rebased = repo.command("git").args(["rebase", "other"]).output().unwrap();
    assert!(!rebased.status.success());
    refused(&repo, "git-operation")
        .says("a rebase is under way")
        .says("git rebase --abort");
}

#[test]
fn a_commit_needs_an_author() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    let mut command = repo.qgroget(&["migrate", "jellyfin", "--yes"]);
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env_remove(format!("GIT_{who}_NAME"))
            .env_remove(format!("GIT_{who}_EMAIL"));
    }
    repo.outcome(&mut command)
        .refuses("git-identity")
        .says("git config --global user.name");
    assert!(repo.tree() == before);
}

#[test]
fn a_detached_head_and_a_subdirectory_are_no_trouble() {
    let repo = Repo::with_contract();
    repo.git(&["checkout", "--quiet", "--detach"]);
    repo.migrate(&["jellyfin"]).succeeds();
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");

    let outer = Repo::bare();
    crate::common::copy(
        &crate::common::project().join("examples/homelab"),
        &outer.path("machines"),
    );
    outer.write("README.md", "all of it\n");
    outer.start();
    outer
        .run(&["--repo", "machines", "migrate", "jellyfin", "--yes", "--no-verify"])
        .succeeds();
    assert_eq!(outer.log().len(), 3);
    assert_eq!(outer.status(), "");
    assert!(outer.exists("machines/modules/server/media/jellyfin/default.nix"));
}

#[test]
fn a_repository_without_a_commit() {
    let repo = Repo::homelab_without_git();
    repo.git(&["init", "--quiet", "--initial-branch=main"]);
    let before = repo.tree();
    let run = repo.migrate(&["jellyfin"]).refuses("dirty-files");
    run.says("untracked");
    assert!(repo.tree() == before);
}

#[test]
fn a_repository_of_another_format_is_refused_with_what_is_served() {
    for (option, extension) in [
        ("--object-format=sha256", "extensions.objectformat sha256"),
        ("--ref-format=reftable", "extensions.refstorage reftable"),
    ] {
        let repo = Repo::with_contract();
        std::fs::remove_dir_all(repo.path(".git")).unwrap();
        let made = repo.command("git").args(["init", "--quiet", option]).status().unwrap();
        if !made.success() {
            crate::common::skip(&format!("a git that knows {option}"));
            continue;
        }
        let before = repo.tree();
        repo.migrate(&["jellyfin"])
            .refuses("git-unreadable")
            .says("repositories with SHA-1 object names and references in files are served, as `git init` makes them")
            .says("`git config --local --get-regexp '^extensions'` shows what this one has instead");
        // The next step shows what it says.
        assert!(
            repo.git(&["config", "--local", "--get-regexp", "^extensions"])
                .contains(extension)
        );
        assert!(repo.tree() == before);
    }
}
