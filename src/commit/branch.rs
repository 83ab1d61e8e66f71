//! Moving HEAD's branch, what a killed run leaves of such a move, and the commits that are found by it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::SystemTime;

use git2::{ErrorCode, Oid};

use super::disk::Disk;
use super::draft::announce;
use super::journal::{Goal, Journal, Move, Wanted};
use super::place::Place;
use crate::error::{self, Result};
use crate::repo::git::{GitState, Head, LOCK_PAUSE, LOCK_TRIES, MoveFailure};

/// How often a step on a reference that has to succeed is tried again where it fails for a reason that may pass.
pub(super) const AGAIN: u32 = 2;

/// Moves a reference from where it has to stand to where it is to stand, by compare-and-swap, and makes that last.
///
/// # Errors
/// `head-moved` if HEAD names something else by now, or the reference stands elsewhere; `git-branch-locked`;
/// `git-failed`. The reference has not moved then.
pub(super) fn advance(git: &GitState, disk: &mut Disk<'_>, head: &Head, wanted: &Move, log: &str) -> Result<()> {
    for attempt in 1.. {
        announce(disk, git, "move the branch")?;
        let moved = git.move_head(head, wanted.to, log);
        match moved {
            Ok(()) => break,
            // Whatever was reported: what counts is where it stands.
            Err(_) if wanted.to != wanted.from && stands_at(git, &wanted.reference)? == wanted.to => break,
            Err(MoveFailure::Locked) if attempt < LOCK_TRIES => thread::sleep(LOCK_PAUSE),
            Err(MoveFailure::Locked) => return Err(error::git::branch_locked(&lock_of(git, &wanted.reference))),
            Err(MoveFailure::Moved) => return Err(error::git::head_moved()),
            Err(MoveFailure::Other(cause)) => return Err(error::git::failed("move the branch", cause)),
        }
    }
    clear_lock(git, disk, wanted);
    sync(git, disk, &wanted.reference)
}

/// Removes the lock of a move that is made. The library makes a reference that was only packed by linking the lock to it, and
/// does not tell if the lock cannot be removed then.
fn clear_lock(git: &GitState, disk: &mut Disk<'_>, made: &Move) {
    let lock = lock_of(git, &made.reference);
    let named = fs::read_to_string(&lock).ok();
    let id = named.and_then(|named| Oid::from_str(named.trim()).ok());
    // Nobody else knows of the new commit.
    if id.is_some() && id == made.to {
        // The move is made all the same; a lock that stays is named by whoever wants the next one.
        let _ = disk.remove_file(&lock);
    }
}

/// Moves a reference back. Returns whether it is where it was: not if somebody has moved it on since.
pub(super) fn take_back(git: &GitState, disk: &mut Disk<'_>, wanted: &Move) -> Result<bool> {
    let mut failed = 0;
    for _ in 0..LOCK_TRIES {
        let found = stands_at(git, &wanted.reference)?;
        if found == wanted.from {
            return Ok(true);
        }
        if found != wanted.to {
            return Ok(false);
        }
        let _ = announce(disk, git, "move the branch back");
        let back = Head::at(&wanted.reference, wanted.to);
        match git.move_reference(&back, wanted.from, "qgroget: take the commit back") {
            Ok(()) => {
                // Where it cannot be synced, it is back all the same.
                let _ = sync(git, disk, &wanted.reference);
                return Ok(true);
            }
            Err(MoveFailure::Locked) => thread::sleep(LOCK_PAUSE),
            Err(MoveFailure::Moved) => {}
            // It has to succeed: what a file's error was may have passed.
            Err(MoveFailure::Other(_)) if failed < AGAIN => failed += 1,
            Err(MoveFailure::Other(cause)) => return Err(error::git::failed("move the branch back", cause)),
        }
    }
    Err(error::git::branch_locked(&lock_of(git, &wanted.reference)))
}

/// The commit that a reference names; `None` where there is no such reference.
pub(super) fn stands_at(git: &GitState, reference: &str) -> Result<Option<Oid>> {
    match git.repo().find_reference(reference) {
        Ok(found) => Ok(found.target()),
        Err(cause) if cause.code() == ErrorCode::NotFound => Ok(None),
        Err(cause) => Err(error::git::failed("read the branch", cause)),
    }
}

/// The abbreviated id of a commit, as git has it.
///
/// # Errors
/// `git-failed`.
pub(super) fn short(git: &GitState, id: Oid) -> Result<String> {
    let failed = |cause| error::git::failed("read the commit", cause);
    let object = git.repo().find_object(id, None).map_err(failed)?;
    let short = object.short_id().map_err(failed)?;
    Ok(String::from_utf8_lossy(&short).into_owned())
}

/// Makes a reference last, where it is a file of its own.
pub(super) fn sync(git: &GitState, disk: &mut Disk<'_>, reference: &str) -> Result<()> {
    let path = place_of(git, reference);
    let synced = || -> io::Result<()> {
        if path.exists() {
            File::open(&path)?.sync_all()?;
        }
        Ok(())
    };
    let failed = |cause: io::Error| error::git::failed("sync the branch", git2::Error::from_str(&cause.to_string()));
    disk.insist(|_| synced()).map_err(failed)?;
    let directory = path.parent().unwrap_or(git.git_dir());
    disk.insist(|disk| disk.sync_directories([directory])).map_err(failed)
}

/// The file of a reference: HEAD belongs to the working tree, branches to the whole repository.
fn place_of(git: &GitState, reference: &str) -> PathBuf {
    match reference {
        "HEAD" => git.git_dir().join(reference),
        _ => git.repo().commondir().join(reference),
    }
}

/// The lock that git makes to move a reference.
pub(super) fn lock_of(git: &GitState, reference: &str) -> PathBuf {
    let mut path = place_of(git, reference).into_os_string();
    path.push(".lock");
    path.into()
}

/// Locks that `git commit` takes besides that on the branch, relative to the git directory.
const BESIDES: [&str; 2] = ["packed-refs.lock", "AUTO_MERGE.lock"];

/// Removes the locks on references that a killed run has left, its git's included, and gives their paths.
///
/// Such a lock is known by its content, the very commit that the run was about to name, which nobody else knows of; or
/// it is empty, since the run was killed before it wrote that. An empty one is only taken for ours if it stays as it is
/// for a while, which no living git leaves it.
pub(super) fn remove_stale(
    git: &GitState,
    disk: &mut Disk<'_>,
    place: &Place,
    journal: &Journal,
) -> io::Result<Vec<PathBuf>> {
    let (Goal::Branch(Move { reference, .. }) | Goal::Commit(Wanted { reference, .. })) = &journal.goal else {
        return Ok(Vec::new());
    };
    let mut removed = Vec::new();
    for reference in [reference.as_str(), "HEAD"] {
        let lock = lock_of(git, reference);
        if !removed.contains(&lock) && is_ours(git, place, &lock, &journal.goal)? {
            disk.remove_file(&lock)?;
            removed.push(lock);
        }
    }
    if matches!(journal.goal, Goal::Commit(_)) {
        for lock in BESIDES.map(|name| git.repo().commondir().join(name)) {
            if is_abandoned(place, &lock)? {
                disk.remove_file(&lock)?;
                removed.push(lock);
            }
        }
    }
    Ok(removed)
}

/// Whether a lock was made since the run began, and stays as it is for a second: a living git gives it back sooner.
fn is_abandoned(place: &Place, lock: &Path) -> io::Result<bool> {
    match Journal::began(place) {
        Some(began) => is_abandoned_since(began, lock),
        None => Ok(false),
    }
}

/// As [`is_abandoned`], for a run that began then.
pub(super) fn is_abandoned_since(began: SystemTime, lock: &Path) -> io::Result<bool> {
    let read = || match lock.symlink_metadata() {
        Ok(found) => Ok(Some((found.ino(), found.len(), found.modified()?))),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    };
    let Some(found) = read()? else { return Ok(false) };
    if found.2 < began {
        return Ok(false);
    }
    thread::sleep(20 * LOCK_PAUSE);
    Ok(read()?.as_ref() == Some(&found))
}

fn is_ours(git: &GitState, place: &Place, lock: &Path, goal: &Goal) -> io::Result<bool> {
    let text = match fs::read_to_string(lock) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(cause) => return Err(cause),
    };
    if text.is_empty() {
        return is_abandoned(place, lock);
    }
    let Ok(id) = Oid::from_str(text.trim()) else {
        return Ok(false);
    };
    Ok(match goal {
        Goal::Files { .. } => false,
        Goal::Branch(wanted) => wanted.to == Some(id),
        // The branch moves back to what others know of, too.
        Goal::Commit(wanted) if wanted.before_first() == Some(id) => is_abandoned(place, lock)?,
        Goal::Commit(wanted) => git.repo().find_commit(id).is_ok_and(|commit| wanted.is(&commit)),
    })
}

/// The commit that was made for `wanted`, and whether its tree is the wanted one; on whatever branch HEAD is by now.
///
/// # Errors
/// `git-failed`.
pub(super) fn find_made(git: &GitState, wanted: &Wanted) -> Result<Option<(Oid, bool)>> {
    let failed = |cause| error::git::failed("read the history", cause);
    let tips = [git.head()?.id(), stands_at(git, &wanted.reference)?];
    let mut walk = git.repo().revwalk().map_err(failed)?;
    for tip in tips.into_iter().flatten() {
        walk.push(tip).map_err(failed)?;
    }
    if let Some(parent) = wanted.parent {
        walk.hide(parent).map_err(failed)?;
    }
    for id in walk {
        let commit = git.repo().find_commit(id.map_err(failed)?).map_err(failed)?;
        if wanted.is_made_of(&commit) {
            return Ok(Some((commit.id(), wanted.is(&commit))));
        }
    }
    Ok(None)
}

impl Wanted {
    /// Where the branch stood before the first of two commits.
    fn before_first(&self) -> Option<Oid> {
        match &self.below {
            Some(below) => below.from,
            None => self.parent.filter(|_| self.is_first),
        }
    }

    /// How the branch has moved for the first of two commits, if it has: it goes back where the second is not made.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn moved_for_first(&self, git: &GitState) -> Result<Option<Move>> {
        if !self.is_first {
            return Ok(self.below.clone());
        }
        let made = find_made(git, self)?;
        Ok(made.map(|(id, _)| Move {
            reference: self.reference.clone(),
            from: self.parent,
            to: Some(id),
        }))
    }

    /// Whether a commit is the one that was to be made: its only parent and its tree are as wanted.
    pub(super) fn is(&self, commit: &git2::Commit<'_>) -> bool {
        commit.parent_ids().eq(self.parent) && Some(commit.tree_id()) == self.tree
    }

    /// Whether a commit was made of this run's, whatever hooks have made of its tree.
    pub(super) fn is_made_of(&self, commit: &git2::Commit<'_>) -> bool {
        let marked = |mark: &String| has_line(commit, mark);
        commit.parent_ids().eq(self.parent) && (self.is(commit) || self.mark.as_ref().is_some_and(marked))
    }

    /// Whether a commit has the mark that this run's was to have; one that somebody makes by hand has none.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn is_marked(&self, git: &GitState, id: Oid) -> Result<bool> {
        let failed = |cause| error::git::failed("read the commit", cause);
        let commit = git.repo().find_commit(id).map_err(failed)?;
        Ok(self.mark.as_ref().is_none_or(|mark| has_line(&commit, mark)))
    }
}

fn has_line(commit: &git2::Commit<'_>, wanted: &str) -> bool {
    let mut lines = commit.message_bytes().split(|byte| *byte == b'\n');
    lines.any(|line| line == wanted.as_bytes())
}
