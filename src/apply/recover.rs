//! Runs that were killed while they wrote.

use std::path::{Path, PathBuf};

use git2::{Index, Oid};

use super::disk::Disk;
use super::journal::{Announced, Journal};
use super::lock::Lock;
use super::place::Place;
use super::{INDEX_BEFORE, rollback};
use crate::error::{self, Result};
use crate::repo::git::{GitState, IndexChange};

/// What was done about an interrupted run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// How it ended.
    pub outcome: Outcome,
    /// The files that it had been writing, relative to the top of the working tree.
    pub paths: Vec<PathBuf>,
}

/// How an interrupted run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its files are as they were before it.
    RolledBack,
    /// Its commit, with this id, had been made already; only what follows a commit was still to be done.
    Finished(String),
}

/// Whether an interrupted run waits to be taken back. Writes nothing.
///
/// # Errors
/// Refuses a git repository that cannot be read.
pub fn interrupted(root: &Path) -> Result<bool> {
    Ok(Journal::exists(&Place::find(root)?.notes))
}

/// Takes back the run that was killed while it wrote under `root`, if there was one; every command that writes
/// calls it first. A run that was killed after its commit was made is finished.
///
/// # Errors
/// Refuses while another run is writing, and if a file was changed since (nothing is written then).
pub fn recover(root: &Path) -> Result<Option<Recovered>> {
    recover_on(&mut Disk::real(), root)
}

pub(super) fn recover_on(disk: &mut Disk<'_>, root: &Path) -> Result<Option<Recovered>> {
    let place = Place::find(root)?;
    if !place.notes.exists() {
        return Ok(None);
    }
    let _lock = Lock::take(&place.lock)?;
    let Some(journal) = Journal::read(&place.notes)? else {
        // Killed before its journal counted, or after it ended: litter.
        disk.remove_tree(&place.notes)
            .map_err(|cause| error::apply::no_journal(&place.notes, cause))?;
        return Ok(None);
    };
    let paths: Vec<PathBuf> = journal.files.iter().map(|noted| noted.path.clone()).collect();
    let outcome = match finish(root, &place, &journal, &paths)? {
        Some(id) => Outcome::Finished(id),
        None => {
            rollback::refuse_later_work(&place, &journal)?;
            rollback::restore(disk, &place, &journal)?;
            restore_index(root, &place, &paths)?;
            Outcome::RolledBack
        }
    };
    rollback::end(disk, &place, journal)?;
    Ok(Some(Recovered { outcome, paths }))
}

/// Puts the index entries of `paths` back, if the run had changed them. Other entries may be newer than the run.
fn restore_index(root: &Path, place: &Place, paths: &[PathBuf]) -> Result<()> {
    let saved = place.notes.join(INDEX_BEFORE);
    let (true, Some(git)) = (saved.exists(), GitState::discover(root)?) else {
        return Ok(());
    };
    let index = Index::open(&saved).map_err(error::git::index_unreadable)?;
    let changes: Vec<IndexChange> = paths
        .iter()
        .map(|path| {
            let path = path.to_string_lossy().into_owned();
            let blob = git.staged(&index, &path);
            IndexChange { path, blob }
        })
        .collect();
    git.update_index(&changes)
}

/// Does what follows the commit, if the commit had been made, and gives its id.
fn finish(root: &Path, place: &Place, journal: &Journal, paths: &[PathBuf]) -> Result<Option<String>> {
    let Some(Announced { undoable }) = journal.commit else {
        return Ok(None);
    };
    if place.head == journal.head || !rollback::is_complete(place, journal)? {
        return Ok(None);
    }
    let Some(git) = GitState::discover(root)? else {
        return Ok(None);
    };
    let before = match &journal.head {
        Some(id) => Some(Oid::from_str(id).map_err(|cause| error::git::failed("read the journal", cause))?),
        None => None,
    };
    finish_commit(&git, before, paths, undoable)
}

/// Does what follows a commit; `before` is where HEAD was. `None` if HEAD's tree is not what is on disk at
/// `paths`: then the commit had not been made.
fn finish_commit(git: &GitState, before: Option<Oid>, paths: &[PathBuf], undoable: bool) -> Result<Option<String>> {
    let Some(id) = git.head()?.id() else {
        return Ok(None);
    };
    let tree = git.head_tree()?;
    let mut changes = Vec::new();
    for path in paths {
        let name = path.to_string_lossy().into_owned();
        let blob = git.in_tree(tree.as_ref(), &name)?;
        let on_disk = match std::fs::read(git.workdir().join(path)) {
            Ok(bytes) => Some(git.blob(&name, &bytes)?),
            Err(_) => None,
        };
        if blob.map(|(id, _)| id) != on_disk {
            return Ok(None);
        }
        changes.push(IndexChange { path: name, blob });
    }
    git.update_index(&changes)?;
    let commit = git
        .repo()
        .find_commit(id)
        .map_err(|cause| error::git::failed("read HEAD", cause))?;
    let noted = git.undo_entries()?.iter().any(|entry| entry.id == id);
    if undoable && commit.parent_id(0).ok() == before && !noted {
        git.push_undo(id)?;
    }
    Ok(Some(id.to_string()))
}
