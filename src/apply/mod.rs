//! Writes an approved change: all of it or nothing.
//!
//! The order makes that true even if the process is killed between any two steps:
//!
//! 1. every file is checked against what was shown;
//! 2. the originals and the list of what will happen go into a journal;
//! 3. all new texts are written beside their targets, as temporary files;
//! 4. the temporary files are renamed into place, then the old paths of moved and deleted files are removed;
//! 5. the journal is removed.
//!
//! A failure in 3 or 4 is rolled back at once; a journal that is found later belongs to a run that was killed, and
//! [`recover`] takes that run back before anything else is done. The journal stays until the caller says
//! [`Applied::keep`], so a commit that fails or is killed is taken back too.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::repo::git::GitState;

mod check;
mod disk;
mod journal;
mod lock;
mod place;
mod recover;
mod rollback;

/// The file among the notes that has the user's index as it was, if the change has been put into the index already.
pub(crate) const INDEX_BEFORE: &str = "index.before";

#[cfg(test)]
mod tests;

use check::Checked;
use disk::Disk;
use journal::Journal;
use lock::Lock;
pub(crate) use place::Place;

pub use recover::{Outcome, Recovered, interrupted, recover};

/// What one path becomes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Relative to the base of the change.
    pub(crate) path: PathBuf,
    /// The bytes that are there now; `None` where nothing is.
    pub(crate) before: Option<Arc<[u8]>>,
    /// What is there afterwards; `None` where nothing is.
    pub(crate) after: Option<After>,
}

/// A file as it is to be.
#[derive(Clone, Debug)]
pub(crate) struct After {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) mode: Mode,
}

/// Where a file's permissions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The file that is there keeps its own; a new one gets the usual ones.
    Keep,
    /// Those of the file that moves here.
    Like(PathBuf),
    /// Only whether the file is executable is known.
    Executable(bool),
}

/// A change that is on disk, and can still be taken back.
///
/// One of [`keep`](Applied::keep) and [`revert`](Applied::revert) settles it; dropped without either, it is taken
/// back.
#[must_use = "a change that is dropped is taken back; `keep` it"]
pub struct Applied {
    place: Place,
    targets: Vec<Target>,
    /// `None` for a change of nothing, and once settled.
    journal: Option<Journal>,
    /// Held until the change is settled.
    _lock: Lock,
}

/// Writes `change` to the files under `root`, all of it or nothing. File modes are kept; a moved file takes its
/// mode along; directories are made where needed, and those that a move leaves empty are removed.
///
/// # Errors
/// Refuses, with nothing written, if a file is not byte for byte what the change was made for, a new file's
/// path is taken, a path leaves `root` or goes through a symbolic link or into another repository, another run
/// is writing, or an interrupted run has not been taken back. A failure to write is rolled back.
pub fn apply(root: &Path, change: &SourceChange) -> Result<Applied> {
    apply_on(&mut Disk::real(), root, change)
}

fn apply_on(disk: &mut Disk<'_>, root: &Path, change: &SourceChange) -> Result<Applied> {
    let place = Place::find(root)?;
    let targets = check::targets(&place.prefix, change)?;
    write_on(disk, place, targets)
}

/// As [`apply`], for paths and modes given one by one, relative to the top of the working tree.
pub(crate) fn write(git: &GitState, targets: Vec<Target>) -> Result<Applied> {
    write_on(&mut Disk::real(), Place::of(git)?, targets)
}

fn write_on(disk: &mut Disk<'_>, place: Place, targets: Vec<Target>) -> Result<Applied> {
    let lock = Lock::take(&place.lock)?;
    if Journal::exists(&place.notes) {
        return Err(error::apply::interrupted(&place.notes));
    }
    let checked = check::check(&place.base, &targets)?;
    if targets.is_empty() {
        return Ok(Applied {
            place,
            targets,
            journal: None,
            _lock: lock,
        });
    }
    let journal =
        Journal::begin(disk, &place, &checked).map_err(|cause| error::apply::no_journal(&place.notes, cause))?;
    if let Err((path, cause)) = put_in_place(disk, &place.base, &checked, &journal) {
        return Err(match rollback::roll_back(disk, &place, journal) {
            Ok(()) => error::apply::failed(&path, cause),
            Err(_) => error::apply::half_done(&path, cause, &place.notes),
        });
    }
    Ok(Applied {
        place,
        targets,
        journal: Some(journal),
        _lock: lock,
    })
}

/// Steps 3 and 4. On failure, gives the path at which it failed.
fn put_in_place(
    disk: &mut Disk<'_>,
    base: &Path,
    checked: &[Checked],
    journal: &Journal,
) -> Result<(), (PathBuf, std::io::Error)> {
    for directory in &journal.created {
        disk.create_directory(&base.join(directory), None)
            .map_err(|cause| (directory.clone(), cause))?;
    }
    for file in checked {
        if let Some(after) = &file.after {
            let temporary = journal::temporary(&base.join(&file.path));
            disk.write_new(&temporary, &after.bytes, after.permissions)
                .map_err(|cause| (file.path.clone(), cause))?;
        }
    }
    for file in checked.iter().filter(|file| file.after.is_some()) {
        let path = base.join(&file.path);
        disk.rename(&journal::temporary(&path), &path)
            .map_err(|cause| (file.path.clone(), cause))?;
    }
    for file in checked.iter().filter(|file| file.after.is_none()) {
        disk.remove_file(&base.join(&file.path))
            .map_err(|cause| (file.path.clone(), cause))?;
    }
    for (directory, _) in &journal.emptied {
        disk.remove_if_empty(&base.join(directory))
            .map_err(|cause| (directory.clone(), cause))?;
    }
    journal.sync(disk, base).map_err(|cause| (base.to_owned(), cause))
}

impl Applied {
    /// The paths that were written or removed, relative to the root of the change, sorted.
    pub fn paths(&self) -> Vec<PathBuf> {
        let relative = |target: &Target| target.path.strip_prefix(&self.place.prefix).ok().map(Path::to_owned);
        self.targets.iter().filter_map(relative).collect()
    }

    /// Settles the change: it stays.
    ///
    /// # Errors
    /// Refuses if the journal cannot be removed; the next run would then take the change back.
    pub fn keep(mut self) -> Result<()> {
        match self.journal.take() {
            Some(journal) => rollback::end(&mut Disk::real(), &self.place, journal),
            None => Ok(()),
        }
    }

    /// Takes the change back exactly: contents, modes and directories are as before, whatever has been written to
    /// these files since (by a hook, for instance).
    ///
    /// # Errors
    /// Refuses if a file cannot be written; its original is then kept, and the next run tries again.
    pub fn revert(mut self) -> Result<()> {
        self.roll_back()
    }

    /// As if the process were killed now: the journal stays.
    #[cfg(test)]
    pub(crate) fn abandon(mut self) {
        self.journal = None;
    }

    fn roll_back(&mut self) -> Result<()> {
        match self.journal.take() {
            Some(journal) => rollback::roll_back(&mut Disk::real(), &self.place, journal),
            None => Ok(()),
        }
    }

    /// What each path became, relative to the top of the working tree.
    pub(crate) fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Where the tool keeps its notes while it works.
    pub(crate) fn notes(&self) -> &Path {
        &self.place.notes
    }

    /// Notes that a commit of this change is about to be made, so that a run killed after it is finished and not
    /// taken back. `undoable` tells whether `undo` is to know that commit.
    pub(crate) fn announce_commit(&mut self, undoable: bool) -> Result<()> {
        let notes = &self.place.notes;
        match &mut self.journal {
            Some(journal) => journal
                .announce_commit(&mut Disk::real(), notes, undoable)
                .map_err(|cause| error::apply::no_journal(notes, cause)),
            None => Ok(()),
        }
    }
}

impl Drop for Applied {
    fn drop(&mut self) {
        // A failure leaves the journal, and with it the next run takes the change back.
        let _ = self.roll_back();
    }
}
