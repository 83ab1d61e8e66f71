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
use super::disk::{Disk, FilePermissions, Ownership};
use super::journal::{self, Entry, Journal, Noted, Side};
use super::place::Place;
use super::text;
use crate::error::{self, Result};
use crate::repo::git::{GitState, Unhonoured};

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
            disk.write_new(&noted.side(place), &after.bytes, after.permissions)
                .map_err(|cause| (noted.path.clone(), cause))?;
        }
    }
    let sides: Vec<PathBuf> = journal.files.iter().map(|noted| noted.side(place)).collect();
    let directories = sides.iter().filter_map(|side| side.parent());
    disk.sync_directories(directories)
        .map_err(|cause| (PathBuf::new(), cause))
}

/// Puts the new texts in place, removals last; gives the paths at which somebody else has written meanwhile, which stay.
pub(super) fn put_in_place(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> Result<Vec<PathBuf>, Failed> {
    let (written, removed): (Vec<&Noted>, Vec<&Noted>) = journal.files.iter().partition(|noted| noted.after.is_some());
    let mut foreign = Vec::new();
    for noted in written.into_iter().chain(removed) {
        let done = put(disk, place, noted, Way::Forward).map_err(|cause| (noted.path.clone(), cause))?;
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
    put(disk, place, noted, Way::Back).map_err(|cause| (noted.path.clone(), cause))
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
/// written to it, or to what was kept of it.
fn put(disk: &mut Disk<'_>, place: &Place, noted: &Noted, way: Way) -> io::Result<bool> {
    let (path, side) = (place.base.join(&noted.path), noted.side(place));
    let (from, to) = match way {
        Way::Forward => (Stands::Before, Stands::After),
        Way::Back => (Stands::After, Stands::Before),
    };
    let found = stands(&place.base, noted)?;
    if found == to {
        return Ok(true);
    }
    if found != from {
        return Ok(false);
    }
    let (old, new) = match way {
        Way::Forward => (&noted.before, &noted.after),
        Way::Back => (&noted.after, &noted.before),
    };
    match (old, new) {
        (_, Some(new)) if !is_file(&side, new)? => Ok(false),
        (Some(old), Some(_)) => {
            disk.insist(|disk| disk.exchange(&side, &path))?;
            if is_file(&side, old)? {
                return Ok(true);
            }
            disk.insist(|disk| disk.exchange(&side, &path))?;
            Ok(false)
        }
        (None, Some(_)) => {
            let placed =
                make_parent(disk, &place.base, &path).and_then(|()| disk.insist(|disk| disk.rename_new(&side, &path)));
            answered(placed)
        }
        (Some(old), None) => {
            // It was taken away before, and somebody has put the same there again.
            if is_file(&side, old)? {
                disk.insist(|disk| disk.remove_file(&side))?;
            }
            if !answered(disk.insist(|disk| disk.rename_new(&path, &side)))? {
                return Ok(false);
            }
            if is_file(&side, old)? {
                return Ok(true);
            }
            answered(disk.insist(|disk| disk.rename_new(&side, &path))).map(|_| false)
        }
        (None, None) => Ok(true),
    }
}

/// Whether a step was taken: not where something of somebody else's is in the way.
fn answered(step: io::Result<()>) -> io::Result<bool> {
    match step {
        Ok(()) => Ok(true),
        Err(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(false)
        }
        Err(cause) => Err(cause),
    }
}

/// The text of a file on one side of its change: from beside it, or where somebody has taken that away, since they
/// brought the file back by hand, from git. `None` where it is nowhere.
///
/// # Errors
/// When the side cannot be read.
pub(super) fn text_of(place: &Place, git: Option<&GitState>, noted: &Noted, to: Side) -> io::Result<Option<Vec<u8>>> {
    let (Some(digest), _) = noted.on(to) else {
        return Ok(None);
    };
    let is_it = |bytes: &Vec<u8>| journal::digest(bytes) == *digest;
    match fs::read(noted.side(place)) {
        Ok(bytes) if is_it(&bytes) => return Ok(Some(bytes)),
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    Ok(git.and_then(|git| in_git(git, noted, to).into_iter().find(is_it)))
}

/// What the blob of a file can look like in the working tree.
fn in_git(git: &GitState, noted: &Noted, to: Side) -> Vec<Vec<u8>> {
    let path = text(&noted.path);
    let in_head = || {
        let tree = git.head_tree().ok()?;
        git.in_tree(tree.as_ref(), &path).ok()?.map(|(id, _)| id)
    };
    let Some(id) = noted.on(to).1.as_ref().and_then(|entry| entry.id).or_else(in_head) else {
        return Vec::new();
    };
    let Ok(blob) = git.repo().find_blob(id) else {
        return Vec::new();
    };
    let plain = blob.content().to_vec();
    let with_returns = String::from_utf8_lossy(&plain).replace('\n', "\r\n").into_bytes();
    let filtered = git.filter(&path).ok().flatten().and_then(|filter| {
        let arguments = ["cat-file", "--filters", &format!("--path={path}"), &id.to_string()];
        git.run_for_output(&arguments, None, &[Unhonoured::Filter(filter)]).ok()
    });
    [plain, with_returns].into_iter().chain(filtered).collect()
}

/// Writes beside each file that has to be brought to a side what it is to hold there, where that is gone. What is nowhere
/// stays away: the file is left as found then.
pub(super) fn replenish(
    disk: &mut Disk<'_>,
    place: &Place,
    git: Option<&GitState>,
    journal: &Journal,
    to: Side,
) -> Result<(), Failed> {
    for noted in &journal.files {
        replenish_one(disk, place, git, noted, to).map_err(|cause| (noted.path.clone(), cause))?;
    }
    Ok(())
}

fn replenish_one(
    disk: &mut Disk<'_>,
    place: &Place,
    git: Option<&GitState>,
    noted: &Noted,
    to: Side,
) -> io::Result<()> {
    let from = match to {
        Side::Before => Stands::After,
        Side::After => Stands::Before,
    };
    let (Some(digest), _) = noted.on(to) else {
        return Ok(());
    };
    let side = noted.side(place);
    // What is there and neither text of the change is somebody's: it is never written over.
    let known = |text: &Option<String>| text.as_deref().map_or(Ok(false), |text| is_file(&side, text));
    let free = !side.exists() || known(&noted.before)? || known(&noted.after)?;
    if !free || is_file(&side, digest)? || stands(&place.base, noted)? != from {
        return Ok(());
    }
    let Some(bytes) = text_of(place, git, noted, to)? else {
        return Ok(());
    };
    let permissions = match place.base.join(&noted.path).symlink_metadata() {
        Ok(found) => FilePermissions::Exactly(Ownership::of(&found)),
        Err(_) if noted.executable[usize::from(to == Side::After)] => FilePermissions::Usual(0o777),
        Err(_) => FilePermissions::Usual(0o666),
    };
    let temporary = side.with_extension("again");
    disk.remove_file(&temporary)?;
    disk.write_new(&temporary, &bytes, permissions)?;
    disk.rename(&temporary, &side)
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
    /// The digest and the index's entry on one side of the change.
    fn on(&self, side: Side) -> (&Option<String>, &Option<Entry>) {
        match side {
            Side::Before => (&self.before, &self.entries[0]),
            Side::After => (&self.after, &self.entries[1]),
        }
    }

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

/// The files that are not as the commit has them.
pub(super) fn not_as_made(place: &Place, journal: &Journal) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for noted in &journal.files {
        let found = stands(&place.base, noted).map_err(|cause| error::apply::unreadable(&noted.path, cause))?;
        if found != Stands::After {
            paths.push(noted.path.clone());
        }
    }
    Ok(paths)
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
