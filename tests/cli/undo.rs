//! `undo`: the way back.

use crate::common::{Repo, snapshot};

#[test]
fn the_last_commit_is_taken_back() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    repo.migrate(&["jellyfin"]).succeeds();
    let run = repo.run(&["undo"]).succeeds();
    snapshot!("cli", "undo", run);
    assert!(repo.tree() == before);
    assert_eq!(repo.status(), "");
    assert_eq!(repo.log().len(), 2);
    repo.run(&["undo"]).succeeds().says("add the service contract");
    repo.run(&["undo"]).succeeds().says("nothing to undo");
}

#[test]
fn with_later_commits_it_is_reverted() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.write("NOTES.md", "something else\n");
    repo.commit_all("docs: notes");
    repo.run(&["undo"])
        .succeeds()
        .says("reverted")
        .says("other commits came after it");
    std::fs::remove_file(repo.path("NOTES.md")).unwrap();
    assert!(repo.tree() == before);
    assert_eq!(repo.log().len(), 5);
}

#[test]
fn uncommitted_changes_in_its_files_are_not_overwritten() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let path = "modules/server/media/jellyfin/default.nix";
    repo.write(path, repo.read(path) + "# mine\n");
    let before = repo.tree();
    repo.run(&["undo"]).refuses("undo-dirty").says(path);
    assert!(repo.tree() == before);
}

#[test]
fn outside_git_there_is_nothing_to_undo() {
    Repo::homelab_without_git()
        .run(&["undo"])
        .refuses("not-a-git-repository");
}
