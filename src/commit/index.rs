//! The person's index: only the entries of the change's paths, under git's own lock.
//!
//! The lock `index.lock` is a second name of a file among the notes. So it is there with its content at once, and one
//! that a killed run has left is known for ours by that, and by nothing that somebody could confuse with it.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;

use git2::{Index, IndexEntry, IndexEntryExtendedFlag, IndexEntryFlag, Oid, Tree};

use super::disk::{Disk, FilePermissions};
use super::files::{self, Stands};
use super::journal::{Entry, Journal, Noted, PLAN, Side};
use super::place::Place;
use super::text;
use crate::error::{self, Result};
use crate::repo::git::{GitState, LOCK_PAUSE, LOCK_TRIES, bare_entry, remove};

/// Among the notes: the file that the lock is a second name of.
const HELD: &str = "held";
/// The index as it was, where the change has been put into the index already.
const BEFORE: &str = "index.before";
/// The index with the change, while it is written.
const UNFINISHED: &str = "index.unfinished";
/// The index with the change.
const NEXT: &str = "index.next";
/// A second name of the index that was put in place, by which it is known again.
const OURS: &str = "index.ours";

/// The index while nobody else can change it.
pub(super) struct Locked<'g> {
    git: &'g GitState,
    lock: PathBuf,
    notes: PathBuf,
}

impl<'g> Locked<'g> {
    /// Takes git's lock on the index, waiting a little for whoever holds it.
    ///
    /// # Errors
    /// `git-index-locked` where somebody goes on holding it; `journal-failed`.
    pub(super) fn take(git: &'g GitState, disk: &mut Disk<'_>, place: &Place) -> Result<Locked<'g>> {
        let failed = |cause| error::apply::no_journal(&place.notes, cause);
        let (lock, held) = (git.git_dir().join("index.lock"), place.notes.join(HELD));
        // It stays until the notes go: taking the lock once more, to take the change back, needs no room.
        if !held.exists() {
            let content = format!("qgroget {}\n", std::process::id());
            disk.write_new(&held, content.as_bytes(), FilePermissions::Usual(0o600))
                .map_err(failed)?;
        }
        let locked = Locked {
            git,
            lock,
            notes: place.notes.clone(),
        };
        for _ in 0..LOCK_TRIES {
            let is_held = |disk: &mut Disk<'_>| match disk.link(&held, &locked.lock) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
                linked => Ok(linked),
            };
            match disk.insist(is_held).flatten() {
                Ok(()) => return Ok(locked),
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => thread::sleep(LOCK_PAUSE),
                Err(cause) => {
                    locked.forget(disk);
                    return Err(failed(cause));
                }
            }
        }
        locked.forget(disk);
        Err(error::git::index_locked(&locked.lock))
    }

    /// The index as it stands.
    ///
    /// # Errors
    /// `git-index-unreadable`.
    pub(super) fn read(&self) -> Result<Index> {
        self.git.read_index()
    }

    /// Writes the index that the change leads to among the notes. `placed` says whether the files are in place, so that
    /// their times can be noted.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn prepare(&self, disk: &mut Disk<'_>, journal: &Journal, to: Side, placed: bool) -> Result<()> {
        let failed = |cause: io::Error| failed_write(&cause);
        // Under another name until it is whole: one that was prepared before stays if this fails.
        let next = self.notes.join(UNFINISHED);
        disk.remove_file(&next).map_err(failed)?;
        // Of a run that was killed while the library wrote it.
        disk.remove_file(&next.with_extension("unfinished.lock"))
            .map_err(failed)?;
        disk.step(&next).map_err(failed)?;
        let path = self.path();
        if path.exists() {
            fs::copy(&path, &next).map_err(failed)?;
        }
        bring(self.git, &next, &self.notes.join(BEFORE), journal, to, placed)
            .map_err(|cause| error::git::failed("write the git index", cause))?;
        if let Ok(old) = path.metadata() {
            fs::set_permissions(&next, old.permissions()).map_err(failed)?;
        }
        fs::File::open(&next).and_then(|file| file.sync_all()).map_err(failed)?;
        disk.rename(&next, &self.notes.join(NEXT)).map_err(failed)
    }

    /// Puts the prepared index in place, and keeps the one before until the change has ended.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn install(&self, disk: &mut Disk<'_>) -> Result<()> {
        let failed = |cause: io::Error| failed_write(&cause);
        let (path, next, before) = (self.path(), self.notes.join(NEXT), self.notes.join(BEFORE));
        if !before.exists() && path.exists() {
            disk.insist(|disk| disk.link(&path, &before)).map_err(failed)?;
        }
        let ours = self.notes.join(OURS);
        disk.insist(|disk| disk.remove_file(&ours)).map_err(failed)?;
        disk.insist(|disk| disk.link(&next, &ours)).map_err(failed)?;
        disk.insist(|disk| disk.rename(&next, &path)).map_err(failed)?;
        disk.insist(|disk| disk.sync_directories([self.git.git_dir()]))
            .map_err(failed)
    }

    /// Takes the entries of the change back: where nobody has written the index since, the one before is put in place
    /// again, which needs no room. An entry that somebody has changed since stays, and so do those of `committed` paths.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn take_back(&self, disk: &mut Disk<'_>, journal: &Journal, committed: &[PathBuf]) -> Result<()> {
        let (path, ours, before) = (self.path(), self.notes.join(OURS), self.notes.join(BEFORE));
        if !ours.exists() {
            return Ok(());
        }
        let failed = |cause: io::Error| failed_write(&cause);
        if same_file(&path, &ours) && committed.is_empty() {
            return match before.exists() {
                true => disk.insist(|disk| disk.rename(&before, &path)).map_err(failed),
                false => disk.insist(|disk| disk.remove_file(&path)).map_err(failed),
            };
        }
        if !path.exists() {
            return Ok(());
        }
        let mut ours = journal.clone();
        ours.files.retain(|noted| !committed.contains(&noted.path));
        self.prepare(disk, &ours, Side::Before, true)?;
        disk.insist(|disk| disk.rename(&self.notes.join(NEXT), &path))
            .map_err(failed)
    }

    fn path(&self) -> PathBuf {
        self.git.git_dir().join("index")
    }

    /// Removes the other name of the lock where no notes of a run need it any more.
    fn forget(&self, disk: &mut Disk<'_>) {
        if !self.notes.join(PLAN).exists() {
            let _ = disk.insist(|disk| disk.remove_file(&self.notes.join(HELD)));
        }
    }

    /// Gives the lock back.
    pub(super) fn release(&self, disk: &mut Disk<'_>) {
        // Where it fails, the next run finds the lock, and by its other name that it is ours.
        let _ = disk.insist(|disk| disk.remove_file(&self.lock));
        self.forget(disk);
    }
}

/// Has the index follow what hooks have done to `used`, which began as `tree`: entries that are still as in `tree` become
/// those of `used`.
///
/// # Errors
/// `git-failed`; `git-index-locked`.
pub(super) fn follow(
    disk: &mut Disk<'_>,
    git: &GitState,
    place: &Place,
    journal: &Journal,
    tree: &Tree<'_>,
    used: &Index,
) -> Result<()> {
    let failed = |cause| error::git::failed("compare the commit with its index", cause);
    let diff = git
        .repo()
        .diff_tree_to_index(Some(tree), Some(used), None)
        .map_err(failed)?;
    let mut followed = journal.clone();
    followed.files = Vec::new();
    for delta in diff.deltas() {
        let entry = |file: git2::DiffFile<'_>| Entry {
            id: Some(file.id()),
            mode: file.mode().into(),
        };
        let side = |file: git2::DiffFile<'_>| (!file.id().is_zero()).then(|| entry(file));
        if let Some(path) = delta.new_file().path() {
            let entries = [side(delta.old_file()), side(delta.new_file())];
            followed.files.push(Noted::of_index(path, entries));
        }
    }
    if followed.files.is_empty() {
        return Ok(());
    }
    let locked = Locked::take(git, disk, place)?;
    let done = locked
        .prepare(disk, &followed, Side::After, false)
        .and_then(|()| locked.install(disk));
    locked.release(disk);
    done
}

/// Removes a lock that a killed run has left. Returns its path if there was one.
pub(super) fn remove_stale(git: &GitState, disk: &mut Disk<'_>, place: &Place) -> io::Result<Option<PathBuf>> {
    let lock = git.git_dir().join("index.lock");
    if !same_file(&lock, &place.notes.join(HELD)) {
        return Ok(None);
    }
    disk.remove_file(&lock)?;
    Ok(Some(lock))
}

fn same_file(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| path.symlink_metadata().map(|found| (found.dev(), found.ino())).ok();
    id(one).is_some_and(|found| id(other) == Some(found))
}

fn failed_write(cause: &io::Error) -> error::Error {
    error::git::failed("write the git index", git2::Error::from_str(&cause.to_string()))
}

/// Brings the entries of a change in the index at `next` to one of its sides: each that is on the other side.
fn bring(
    git: &GitState,
    next: &Path,
    original: &Path,
    journal: &Journal,
    to: Side,
    placed: bool,
) -> Result<(), git2::Error> {
    let mut index = Index::open(next)?;
    let original = match to {
        Side::Before if original.exists() => Some(Index::open(original)?),
        _ => None,
    };
    // Each path that is on the other side, and its entry on the side where it is to be.
    let moves: Vec<(&Noted, String, &Option<Entry>)> = journal
        .files
        .iter()
        .filter_map(|noted| {
            let [before, after] = &noted.entries;
            let (from, to) = if to == Side::After {
                (before, after)
            } else {
                (after, before)
            };
            let path = text(&noted.path);
            is_at(&index, &path, from).then_some((noted, path, to))
        })
        .collect();
    let marks: Vec<[u16; 2]> = moves.iter().map(|(noted, ..)| marks_to_take(&index, noted)).collect();
    // Entries that go away come first: a file can make room for a directory of its name.
    for (_, path, _) in moves.iter().filter(|(_, _, to)| to.is_none()) {
        remove(&mut index, path)?;
    }
    for ((noted, path, to), [flags, extended]) in moves.iter().zip(marks) {
        let Some(Entry { id: Some(id), mode }) = to else {
            continue;
        };
        let kept = original.as_ref().and_then(|index| index.get_path(Path::new(path), 0));
        let mut entry = match kept {
            Some(kept) => kept,
            None if placed => timed(git, &index, noted, *id, *mode),
            None => untimed(git, &index, path, *id, *mode),
        };
        entry.flags |= flags;
        entry.flags_extended |= extended;
        index.add(&entry)?;
    }
    index.write()
}

/// The person's marks on the entry of a path that moves to another (`assume-unchanged`, `skip-worktree`).
fn marks_to_take(index: &Index, noted: &Noted) -> [u16; 2] {
    let entry = noted.moved_from.as_ref().and_then(|path| index.get_path(path, 0));
    entry.map_or([0, 0], |entry| {
        [
            entry.flags & IndexEntryFlag::VALID.bits(),
            entry.flags_extended & IndexEntryExtendedFlag::SKIP_WORKTREE.bits(),
        ]
    })
}

/// The entry of a file, with its times if it holds what the change made of it: with the times of another text git would
/// take that for committed.
fn timed(git: &GitState, index: &Index, noted: &Noted, id: Oid, mode: u32) -> IndexEntry {
    let path = text(&noted.path);
    let entry = git.entry(index, &path, id, mode);
    let ours = files::stands(git.workdir(), noted).is_ok_and(|found| found == Stands::After);
    let again = git.entry(index, &path, id, mode);
    let same = (entry.mtime, entry.ctime, entry.ino) == (again.mtime, again.ctime, again.ino);
    if ours && same {
        return entry;
    }
    untimed(git, index, &path, id, mode)
}

/// The entry of a file without its times; the person's marks on the one that it replaces stay.
fn untimed(git: &GitState, index: &Index, path: &str, id: Oid, mode: u32) -> IndexEntry {
    let entry = git.entry(index, path, id, mode);
    let mut bare = bare_entry(path, id, mode);
    (bare.flags, bare.flags_extended) = (entry.flags, entry.flags_extended);
    bare
}

/// Whether the index has this entry at a path, and no conflict.
fn is_at(index: &Index, path: &str, entry: &Option<Entry>) -> bool {
    let found = index.get_path(Path::new(path), 0);
    match (found, entry) {
        (None, None) => true,
        (Some(found), Some(entry)) => Some(found.id) == entry.id,
        _ => false,
    }
}
