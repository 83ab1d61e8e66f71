//! Taking a change back from its journal.
//!
//! It starts from whatever of the change has been made, and can itself be cut short and begun again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, FilePermissions, Ownership};
use super::journal::{self, Journal, Noted, Original};
use super::place::Place;
use crate::error::{self, Result};

/// Restores every file and directory of the change, whatever has been written to them since, and ends the journal.
///
/// # Errors
/// Refuses if a file cannot be written; the journal stays.
pub(super) fn roll_back(disk: &mut Disk<'_>, place: &Place, journal: Journal) -> Result<()> {
    restore(disk, place, &journal)?;
    end(disk, place, journal)
}

/// Removes the journal: what is on disk now is what stays.
///
/// # Errors
/// Refuses if it cannot be removed.
pub(super) fn end(disk: &mut Disk<'_>, place: &Place, journal: Journal) -> Result<()> {
    journal
        .clear(disk, place)
        .map_err(|cause| error::apply::no_journal(&place.notes, cause))
}

/// Refuses if a file is neither as before the change nor as after it: a person may have worked on it since.
pub(super) fn refuse_later_work(place: &Place, journal: &Journal) -> Result<()> {
    let mut changed = Vec::new();
    for noted in &journal.files {
        if state(&place.base, noted)? == State::Other {
            changed.push(noted.path.clone());
        }
    }
    if changed.is_empty() {
        Ok(())
    } else {
        Err(error::apply::recover_conflict(&changed, &place.notes))
    }
}

/// Restores every file and directory of the change; the journal stays.
///
/// # Errors
/// Refuses if a file cannot be written.
pub(super) fn restore(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> Result<()> {
    restore_files(disk, place, journal).map_err(|(path, cause)| error::apply::half_done(&path, cause, &place.notes))
}

/// Whether every file is as the change left it.
pub(super) fn is_complete(place: &Place, journal: &Journal) -> Result<bool> {
    for noted in &journal.files {
        let path = place.base.join(&noted.path);
        if !found(&path, &noted.path)?.is(noted.after.as_deref()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn restore_files(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> Result<(), (PathBuf, io::Error)> {
    let base = &place.base;
    for (directory, mode) in journal.emptied.iter().rev() {
        let path = base.join(directory);
        if !path.exists() {
            disk.create_directory(&path, Some(*mode))
                .map_err(|cause| (directory.clone(), cause))?;
        }
    }
    // Originals first: at no moment is a file without either of its states.
    for noted in &journal.files {
        remove_temporary(disk, &base.join(&noted.path)).map_err(|cause| (noted.path.clone(), cause))?;
        if let Some(original) = &noted.before {
            bring_back(disk, place, &noted.path, original).map_err(|cause| (noted.path.clone(), cause))?;
        }
    }
    for noted in journal.files.iter().filter(|noted| noted.before.is_none()) {
        let path = base.join(&noted.path);
        if path.symlink_metadata().is_ok() {
            disk.remove_file(&path).map_err(|cause| (noted.path.clone(), cause))?;
        }
    }
    for directory in journal.created.iter().rev() {
        disk.remove_if_empty(&base.join(directory))
            .map_err(|cause| (directory.clone(), cause))?;
    }
    journal.sync(disk, base).map_err(|cause| (base.clone(), cause))
}

fn bring_back(disk: &mut Disk<'_>, place: &Place, relative: &Path, original: &Original) -> io::Result<()> {
    let path = place.base.join(relative);
    if let Ok(found) = path.symlink_metadata()
        && found.is_file()
        && journal::digest(&fs::read(&path)?) == original.sha256
    {
        return match Ownership::of(&found) == original.ownership {
            true => Ok(()),
            false => disk.set_ownership(&path, original.ownership),
        };
    }
    let bytes = fs::read(place.notes.join(&original.kept_as))?;
    if journal::digest(&bytes) != original.sha256 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "the kept original is damaged",
        ));
    }
    let temporary = journal::temporary(&path);
    disk.write_new(&temporary, &bytes, FilePermissions::Exactly(original.ownership))?;
    disk.rename(&temporary, &path)
}

fn remove_temporary(disk: &mut Disk<'_>, path: &Path) -> io::Result<()> {
    let temporary = journal::temporary(path);
    match temporary.symlink_metadata() {
        Ok(_) => disk.remove_file(&temporary),
        Err(_) => Ok(()),
    }
}

/// How a file of the change is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Before,
    After,
    Other,
}

fn state(base: &Path, noted: &Noted) -> Result<State> {
    let found = found(&base.join(&noted.path), &noted.path)?;
    let before = noted.before.as_ref().map(|original| original.sha256.as_str());
    Ok(if found.is(before) {
        State::Before
    } else if found.is(noted.after.as_deref()) {
        State::After
    } else {
        State::Other
    })
}

/// What is at a path.
enum Found {
    Nothing,
    /// A file, with the digest of its bytes.
    File(String),
    /// A directory, a link or the like.
    Else,
}

impl Found {
    /// Whether it is the file with this digest, or nothing where there is to be none.
    fn is(&self, digest: Option<&str>) -> bool {
        match self {
            Found::Nothing => digest.is_none(),
            Found::File(found) => digest == Some(found),
            Found::Else => false,
        }
    }
}

fn found(path: &Path, shown: &Path) -> Result<Found> {
    let unreadable = |cause| error::apply::unreadable(shown, cause);
    match path.symlink_metadata() {
        Ok(found) if found.is_file() => {
            let bytes = fs::read(path).map_err(unreadable)?;
            Ok(Found::File(journal::digest(&bytes)))
        }
        Ok(_) => Ok(Found::Else),
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Found::Nothing)
        }
        Err(cause) => Err(unreadable(cause)),
    }
}
