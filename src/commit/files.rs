//! The files of a change: new texts beside them, put in place, and put back.
//!
//! A file and its new text (its *side*) are exchanged, so that the original is kept without a byte being written, and
//! putting it back needs no room. What comes out of an exchange is looked at: if it is not what was expected, somebody
//! wrote to the file in that moment, and both go back to where they were. So nothing is overwritten that was not read.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::check::Checked;
use super::disk::Disk;
use super::journal::{self, Journal, Noted};
use super::place::Place;
use crate::error::{self, Result};

/// A step that failed, and the path it was about.
pub(super) type Failed = (PathBuf, io::Error);

/// What is at a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// What was there before the change.
    Before,
    /// What the change makes of it.
    After,
    /// Something else: not ours to touch.
    Foreign(Foreign),
}

/// What somebody else has put at a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Foreign {
    /// Nothing is there.
    Nothing,
    /// A file with these bytes.
    File { bytes: Vec<u8>, executable: bool },
    /// A directory, a link or the like.
    Else,
}

/// Makes the directories of the change and writes its new texts beside their files.
pub(super) fn stage(disk: &mut Disk<'_>, place: &Place, journal: &Journal, checked: &[Checked]) -> Result<(), Failed> {
    for directory in &journal.created {
        disk.create_directory(&place.base.join(directory), None)
            .map_err(|cause| (directory.clone(), cause))?;
    }
    for (noted, file) in journal.files.iter().zip(checked) {
        if let Some(after) = &file.after {
            disk.write_new(&noted.side, &after.bytes, after.permissions)
                .map_err(|cause| (noted.path.clone(), cause))?;
        }
    }
    let sides = journal.files.iter().filter_map(|noted| noted.side.parent());
    disk.sync_directories(sides).map_err(|cause| (PathBuf::new(), cause))
}

/// Puts the new texts in place, removals last; gives the paths at which somebody else has written meanwhile, which stay.
pub(super) fn put_in_place(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> Result<Vec<PathBuf>, Failed> {
    let (written, removed): (Vec<&Noted>, Vec<&Noted>) = journal.files.iter().partition(|noted| noted.after.is_some());
    let mut foreign = Vec::new();
    for noted in written.into_iter().chain(removed) {
        let done = put(disk, &place.base, noted, Way::Forward).map_err(|cause| (noted.path.clone(), cause))?;
        if !done {
            foreign.push(noted.path.clone());
        }
    }
    disk.insist(|disk| journal.sync(disk, place))
        .map_err(|cause| (PathBuf::from("."), cause))?;
    Ok(foreign)
}

/// Puts the original of one file back, if the file still holds what the change made of it. Returns whether it is now as
/// before.
pub(super) fn put_back(disk: &mut Disk<'_>, place: &Place, noted: &Noted) -> Result<bool, Failed> {
    put(disk, &place.base, noted, Way::Back).map_err(|cause| (noted.path.clone(), cause))
}

/// Puts the original of one file back over `found`, which has been kept.
pub(super) fn put_back_over(disk: &mut Disk<'_>, place: &Place, noted: &Noted, found: &[u8]) -> Result<bool, Failed> {
    let mut seen = noted.clone();
    seen.after = Some(journal::digest(found));
    put_back(disk, place, &seen)
}

/// Removes the directories that the change has made, unless somebody has put something into them.
pub(super) fn remove_created(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> Result<(), Failed> {
    for directory in journal.created.iter().rev() {
        let path = place.base.join(directory);
        disk.insist(|disk| disk.remove_if_empty(&path))
            .map_err(|cause| (directory.clone(), cause))?;
    }
    Ok(())
}

/// Removes the directories that the change has left empty.
pub(super) fn remove_emptied(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> io::Result<()> {
    for directory in &journal.emptied {
        let path = place.base.join(directory);
        disk.insist(|disk| disk.remove_if_empty(&path))?;
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Forward,
    Back,
}

/// Brings one file from where it stands to where it is to be. Returns whether it is there now: not if somebody else has
/// written to it.
fn put(disk: &mut Disk<'_>, base: &Path, noted: &Noted, way: Way) -> io::Result<bool> {
    let path = base.join(&noted.path);
    let (from, to) = match way {
        Way::Forward => (Stands::Before, Stands::After),
        Way::Back => (Stands::After, Stands::Before),
    };
    let found = stands(base, noted)?;
    if found == to {
        return Ok(true);
    }
    if found != from {
        return Ok(false);
    }
    let digest = |way: Way| match way {
        Way::Forward => noted.after.as_deref(),
        Way::Back => noted.before.as_deref(),
    };
    let other = if way == Way::Forward { Way::Back } else { Way::Forward };
    match (digest(other), digest(way)) {
        (Some(old), Some(new)) => {
            if !is_file(&noted.side, new)? {
                return Err(damaged());
            }
            disk.insist(|disk| disk.exchange(&noted.side, &path))?;
            if is_file(&noted.side, old)? {
                return Ok(true);
            }
            disk.insist(|disk| disk.exchange(&noted.side, &path))?;
            Ok(false)
        }
        (None, Some(new)) => {
            if !is_file(&noted.side, new)? {
                return Err(damaged());
            }
            make_parent(disk, base, &path)?;
            match disk.insist(|disk| disk.rename_new(&noted.side, &path)) {
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
                done => done.map(|()| true),
            }
        }
        (Some(old), None) => {
            disk.insist(|disk| disk.rename_new(&path, &noted.side))?;
            if is_file(&noted.side, old)? {
                return Ok(true);
            }
            match disk.insist(|disk| disk.rename_new(&noted.side, &path)) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
                _ => Ok(false),
            }
        }
        (None, None) => Ok(true),
    }
}

/// A directory that somebody has removed meanwhile, since it was empty.
fn make_parent(disk: &mut Disk<'_>, base: &Path, path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .take_while(|directory| directory.starts_with(base) && !directory.exists())
        .collect();
    for directory in missing.into_iter().rev() {
        disk.insist(|disk| disk.create_directory(directory, None))?;
    }
    Ok(())
}

fn is_file(path: &Path, digest: &str) -> io::Result<bool> {
    match fs::read(path) {
        Ok(bytes) => Ok(journal::digest(&bytes) == digest),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(cause),
    }
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "what was kept of it is gone or damaged")
}

/// How a file of the change stands.
pub(super) fn stands(base: &Path, noted: &Noted) -> io::Result<Stands> {
    let path = base.join(&noted.path);
    let foreign = match path.symlink_metadata() {
        Ok(found) if found.is_file() => Foreign::File {
            bytes: fs::read(&path)?,
            executable: found.permissions().mode() & 0o100 != 0,
        },
        Ok(_) => Foreign::Else,
        Err(cause) if matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Foreign::Nothing
        }
        Err(cause) => return Err(cause),
    };
    Ok(noted.judge(foreign))
}

impl Noted {
    fn judge(&self, found: Foreign) -> Stands {
        let (digest, executable) = match &found {
            Foreign::Nothing => (None, false),
            Foreign::File { bytes, executable } => (Some(journal::digest(bytes)), *executable),
            Foreign::Else => return Stands::Foreign(found),
        };
        let (before, after) = (digest == self.before, digest == self.after);
        match (before, after) {
            // Only the mode changes.
            (true, true) => match self.executable[0] == self.executable[1] || executable == self.executable[1] {
                true => Stands::After,
                false => Stands::Before,
            },
            (true, false) => Stands::Before,
            (false, true) => Stands::After,
            (false, false) => Stands::Foreign(found),
        }
    }
}

/// Refuses where a target is no longer what it was when it was checked.
///
/// # Errors
/// `changed-since`, with nothing written; `file-unreadable`.
pub(super) fn still_before(place: &Place, journal: &Journal) -> Result<()> {
    for noted in &journal.files {
        match stands(&place.base, noted).map_err(|cause| error::apply::unreadable(&noted.path, cause))? {
            Stands::Foreign(Foreign::Nothing) => return Err(error::apply::gone(&noted.path)),
            Stands::Foreign(_) => return Err(error::apply::changed_since(&noted.path)),
            Stands::After if noted.before != noted.after => return Err(error::apply::changed_since(&noted.path)),
            _ => {}
        }
    }
    Ok(())
}

/// Whether two texts differ in white space only, as what a formatter makes of a file does.
pub(super) fn same_but_for_space(one: &[u8], other: &[u8]) -> bool {
    let dense = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .collect()
    };
    dense(one) == dense(other)
}
