//! A branch of its own for the commits of a run: it begins at HEAD, and HEAD is put on it, as `git switch --create` does.
//!
//! Files and index are the same on both branches, and are not touched. The branch is noted before it is made, and the
//! note goes once a commit is on it: while it stands where HEAD stood nothing was committed, and whoever finds the note
//! takes the branch back. So a run that is killed, or ends without a commit, leaves none.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;

use git2::{Branch, BranchType, Oid};
use serde::{Deserialize, Serialize};

use super::branch::{self, AGAIN};
use super::disk::{Disk, FilePermissions, Ownership};
use super::draft::announce;
use super::journal::{self, Journal};
use super::place::{BRANCH, HEAD_BEFORE, Place};
use crate::error::{self, Error, Result};
use crate::repo::git::{GitState, Head, LOCK_PAUSE, LOCK_TRIES, MoveFailure};

/// The note while it is written.
const UNFINISHED: &str = "branch.new";

const PREFIX: &str = "refs/heads/";

/// A branch that is made for a run's commits.
#[derive(Debug, Serialize, Deserialize)]
struct Fork {
    /// What the run was asked to do, as `migrate jellyfin`.
    intent: String,
    /// Its full name.
    reference: String,
    /// What HEAD named before: a branch, or `HEAD` itself where it was on none.
    from: String,
    /// Where HEAD stood, and the branch begins.
    #[serde(with = "journal::id")]
    at: Option<Oid>,
}

/// A branch that was taken back, since nothing was committed on it.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) intent: String,
    /// Its name; `None` where it was not made yet.
    pub(super) branch: Option<String>,
    /// Locks that a killed run had left.
    pub(super) locks: Vec<PathBuf>,
}

/// Whether git takes this for the name of a branch.
pub fn is_branch_name(name: &str) -> bool {
    Branch::name_is_valid(name).unwrap_or(false)
}

/// Checks that a run's commits can go onto the branch `name`: HEAD is on it, or it can be made.
///
/// # Errors
/// `branch-exists`; `git-failed`.
pub fn check_branch(git: &GitState, name: &str) -> Result<()> {
    if git.head()?.reference() == format!("{PREFIX}{name}") {
        return Ok(());
    }
    let failed = |cause| error::git::failed("read the branches", cause);
    for found in git.repo().branches(Some(BranchType::Local)).map_err(failed)? {
        let (found, _) = found.map_err(failed)?;
        let bytes = found.name_bytes().map_err(failed)?;
        let other = String::from_utf8_lossy(bytes);
        if other == name {
            return Err(error::git::branch_exists(name));
        }
        // Branches are files: one cannot be the directory of another.
        let inside = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
        if inside(name, &other) || inside(&other, name) {
            return Err(error::git::branch_collides(name, &other));
        }
    }
    Ok(())
}

/// Makes the branch and puts HEAD on it, unless HEAD is on it already. Returns whether it was made. Whoever calls it
/// holds the lock.
///
/// # Errors
/// As [`check_branch`]; `head-moved`; `git-branch-locked`. Nothing is left of it then.
pub(super) fn make(disk: &mut Disk<'_>, git: &GitState, place: &Place, name: &str, intent: &str) -> Result<bool> {
    let head = git.head()?;
    let reference = format!("{PREFIX}{name}");
    if head.reference() == reference {
        return Ok(false);
    }
    check_branch(git, name)?;
    let fork = Fork {
        intent: intent.to_owned(),
        reference,
        from: head.reference().to_owned(),
        at: head.id(),
    };
    let made = fork
        .write(disk, git, place)
        .map_err(|cause| error::apply::no_journal(&place.notes, cause))
        .and_then(|()| fork.put(disk, git, &head));
    if let Err(error) = made {
        // What is left of a note that was not written is of no account.
        let _ = disk.insist(|disk| disk.remove_file(&place.notes.join(UNFINISHED)));
        let settled = settle(disk, git, place);
        return Err(told(error, settled));
    }
    Ok(true)
}

/// Takes the branch of a run back that ended without a commit. The error says so. Whoever calls it holds the lock.
pub(super) fn take_back(disk: &mut Disk<'_>, git: &GitState, place: &Place, error: Error) -> Error {
    // Where files could not be taken back, the next run does both.
    if Journal::exists(place) {
        return error;
    }
    let settled = settle(disk, git, place);
    told(error, settled)
}

fn told(error: Error, settled: Result<Option<Settled>>) -> Error {
    match settled {
        Ok(Some(Settled { branch: Some(name), .. })) => error.hint(format!("the new branch {name} is removed again")),
        _ => error,
    }
}

/// Drops the note of a branch with a commit on it.
pub(super) fn forget(disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
    // The note goes first: it counts only with what HEAD was beside it.
    for name in [BRANCH, HEAD_BEFORE] {
        let note = place.notes.join(name);
        if note.exists() {
            disk.insist(|disk| disk.remove_file(&note))?;
        }
    }
    Ok(())
}

/// Takes the branch back that a note names, if nothing is committed on it and HEAD is where the run left it; drops the
/// note. `None` where there is no note. Whoever calls it holds the lock, and has ended the journal.
///
/// # Errors
/// `journal-unreadable`; `git-branch-locked`; `git-failed`. The next run tries again.
pub(super) fn settle(disk: &mut Disk<'_>, git: &GitState, place: &Place) -> Result<Option<Settled>> {
    let failed = |cause| error::apply::no_journal(&place.notes, cause);
    let Some(fork) = Fork::read(place)? else {
        forget(disk, place).map_err(failed)?;
        return Ok(None);
    };
    let locks = fork.remove_stale(git, disk, place).map_err(failed)?;
    let Back { head, branch } = fork.back(git)?;
    if head {
        fork.head_back(disk, git, place)?;
    }
    if branch {
        tried(git, &fork.reference, || {
            announce(disk, git, "remove the branch").map_err(as_failure)?;
            git.move_reference(&Head::at(&fork.reference, fork.at), None, "")
        })?;
        // The library does not tell where it could not remove its own lock.
        fork.remove_stale(git, disk, place).map_err(failed)?;
    }
    forget(disk, place).map_err(failed)?;
    Ok(Some(Settled {
        branch: (head || branch).then(|| fork.name()),
        intent: fork.intent,
        locks,
    }))
}

/// What the run was asked to do that has made a branch which [`settle`] would take back.
///
/// # Errors
/// As [`settle`]; nothing is written.
pub(super) fn unsettled(git: &GitState, place: &Place) -> Result<Option<String>> {
    let Some(fork) = Fork::read(place)? else {
        return Ok(None);
    };
    let Back { head, branch } = fork.back(git)?;
    Ok((head || branch).then_some(fork.intent))
}

/// What taking a branch back comes to.
struct Back {
    /// HEAD is put on what it named before.
    head: bool,
    /// The branch is removed.
    branch: bool,
}

/// Takes a step on a reference, again while another process holds its lock, and where it fails for a reason that may
/// pass.
fn tried(git: &GitState, reference: &str, mut step: impl FnMut() -> Result<(), MoveFailure>) -> Result<()> {
    let mut failed = 0;
    for _ in 0..LOCK_TRIES {
        match step() {
            Ok(()) => return Ok(()),
            Err(MoveFailure::Locked) => thread::sleep(LOCK_PAUSE),
            Err(MoveFailure::Moved) => return Err(error::git::head_moved()),
            Err(MoveFailure::Other(_)) if failed < AGAIN => failed += 1,
            Err(MoveFailure::Other(cause)) => return Err(error::git::failed("make the branch", cause)),
        }
    }
    Err(error::git::branch_locked(&branch::lock_of(git, reference)))
}

fn as_failure(error: Error) -> MoveFailure {
    MoveFailure::Other(git2::Error::from_str(error.reason_text().unwrap_or_default()))
}

impl Fork {
    fn name(&self) -> String {
        self.reference
            .strip_prefix(PREFIX)
            .unwrap_or(&self.reference)
            .to_owned()
    }

    /// How the branch is taken back: not at all where something is committed on it, or HEAD was moved by hand.
    fn back(&self, git: &GitState) -> Result<Back> {
        let head = git.head()?;
        let on_it = head == Head::at(&self.reference, self.at);
        // HEAD goes back only to what it named, where that stands as it stood: files and index are of that commit.
        let can_go_back = self.from == "HEAD" || branch::stands_at(git, &self.from)? == self.at;
        let stays = !can_go_back || !(on_it || head == Head::at(&self.from, self.at));
        Ok(Back {
            head: on_it && !stays,
            branch: !stays && self.at.is_some() && branch::stands_at(git, &self.reference)? == self.at,
        })
    }

    /// Puts HEAD back on what it named, under its lock as git takes it.
    fn head_back(&self, disk: &mut Disk<'_>, git: &GitState, place: &Place) -> Result<()> {
        let (head, lock) = (git.git_dir().join("HEAD"), branch::lock_of(git, "HEAD"));
        let before = place.notes.join(HEAD_BEFORE);
        let failed = |cause: io::Error| MoveFailure::Other(git2::Error::from_str(&cause.to_string()));
        tried(git, "HEAD", || {
            match disk.link(&before, &lock) {
                Ok(()) => {}
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => return Err(MoveFailure::Locked),
                Err(cause) => return Err(failed(cause)),
            }
            let on_it = format!("ref: {}", self.reference);
            let done = match fs::read_to_string(&head).is_ok_and(|text| text.trim_end() == on_it) {
                true => disk.rename(&lock, &head).map_err(failed),
                false => Err(MoveFailure::Moved),
            };
            if done.is_err() {
                let _ = disk.insist(|disk| disk.remove_file(&lock));
            }
            done
        })?;
        // Where it cannot be synced, it is back all the same.
        let _ = disk.sync_directories([git.git_dir()]);
        Ok(())
    }

    /// Makes the branch, then puts HEAD on it.
    fn put(&self, disk: &mut Disk<'_>, git: &GitState, head: &Head) -> Result<()> {
        if let Some(at) = self.at {
            let none = Head::Unborn(self.reference.clone());
            tried(git, &self.reference, || {
                announce(disk, git, "make the branch").map_err(as_failure)?;
                git.move_reference(&none, Some(at), "branch: Created from HEAD")
            })?;
            branch::sync(git, disk, &self.reference)?;
        }
        tried(git, "HEAD", || {
            announce(disk, git, "put HEAD on the branch").map_err(as_failure)?;
            git.put_head(head, &Head::at(&self.reference, self.at))
        })?;
        branch::sync(git, disk, "HEAD")
    }

    fn write(&self, disk: &mut Disk<'_>, git: &GitState, place: &Place) -> io::Result<()> {
        let (head, before) = (git.git_dir().join("HEAD"), place.notes.join(HEAD_BEFORE));
        let ownership = Ownership::of(&head.metadata()?);
        disk.remove_file(&before)?;
        disk.write_new(&before, &fs::read(&head)?, FilePermissions::Exactly(ownership))?;
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        let temporary = place.notes.join(UNFINISHED);
        disk.remove_file(&temporary)?;
        disk.write_new(&temporary, &text, FilePermissions::Usual(0o600))?;
        disk.rename(&temporary, &place.notes.join(BRANCH))?;
        disk.sync_directories([place.notes.as_path()])
    }

    fn read(place: &Place) -> Result<Option<Fork>> {
        let unreadable = |why: String| error::apply::journal_unreadable(&place.notes, &why);
        match fs::read(place.notes.join(BRANCH)) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|cause| unreadable(cause.to_string())),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(unreadable(cause.to_string())),
        }
    }

    /// Removes the locks on the branch and on HEAD that a run left which was killed while it made the branch, and gives
    /// their paths. That with which HEAD goes back is a second name of a file of ours; others are known by not changing,
    /// since a living git gives its lock back within a second.
    fn remove_stale(&self, git: &GitState, disk: &mut Disk<'_>, place: &Place) -> io::Result<Vec<PathBuf>> {
        let began = place.notes.join(BRANCH).symlink_metadata()?.modified()?;
        let mut removed = Vec::new();
        for reference in [self.reference.as_str(), "HEAD"] {
            let lock = branch::lock_of(git, reference);
            let number = |path: &Path| path.symlink_metadata().ok().map(|found| found.ino());
            let ours = number(&lock).is_some() && number(&lock) == number(&place.notes.join(HEAD_BEFORE));
            if ours || branch::is_abandoned_since(began, &lock)? {
                disk.remove_file(&lock)?;
                removed.push(lock);
            }
        }
        Ok(removed)
    }
}
