//! Runs that were killed while they wrote: finished or taken back by the next one, before it reads anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::Disk;
use super::files::{self, Stands};
use super::index::{self, Locked, Side};
use super::journal::{self, Goal, Journal, Noted};
use super::lock::Lock;
use super::place::Place;
use super::takeback::{self, End, Left};
use super::{branch, finish, program};
use crate::edit::{FileChange, SourceChange};
use crate::error::{self, Result};
use crate::repo::git::GitState;

/// What was done about an interrupted run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// What it was asked to do, as `migrate jellyfin`.
    pub intent: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The files that it had been writing, relative to the top of the working tree.
    pub paths: Vec<PathBuf>,
    /// What others have done to these files meanwhile.
    pub left: Left,
    /// The locks that it had left in the git directory, and that are gone now.
    pub locks: Vec<PathBuf>,
}

/// How an interrupted run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its files are as they were before it.
    RolledBack,
    /// All of it is done; its commit has this abbreviated id, where it makes one.
    Finished(Option<String>),
    /// Neither: somebody has committed its changes, or other commits, by hand since. Everything stays as it is.
    Dropped,
}

/// An unfinished run, for those who only read.
#[derive(Clone, Debug)]
pub struct Pending {
    /// What it was asked to do.
    pub intent: String,
    /// How the next run that writes will end it.
    pub outcome: Outcome,
    /// The process that is still at it, if one is: it is not interrupted then.
    pub running: Option<u32>,
    /// What turns the files as they are into what they will be, relative to the root.
    pub change: SourceChange,
}

/// Finishes or takes back the run that was killed while it wrote under `root`, if there was one; every command that
/// writes calls it before it reads.
///
/// # Errors
/// `locked` while another run is writing, or a `git commit` of the killed one still is; `journal-unreadable`;
/// `write-failed`, and the next run tries again.
pub fn recover(root: &Path) -> Result<Option<Recovered>> {
    recover_on(&mut Disk::real(), root)
}

pub(super) fn recover_on(disk: &mut Disk<'_>, root: &Path) -> Result<Option<Recovered>> {
    let git = GitState::discover(root)?;
    let place = match &git {
        Some(git) => Place::of(git),
        None => Place::find(root)?,
    };
    if !Journal::has_litter(&place) {
        return Ok(None);
    }
    let _lock = Lock::take(&place)?;
    program::wait_for_child(&place)?;
    let failed = |cause| error::apply::no_journal(&place.notes, cause);
    let mut locks = Vec::new();
    if let Some(git) = &git {
        locks.extend(index::remove_stale(git, disk, &place).map_err(failed)?);
    }
    let Some(journal) = Journal::read(&place)? else {
        // Killed before its journal counted, or after it ended: litter.
        journal::clear_litter(disk, &place).map_err(failed)?;
        return Ok(None);
    };
    if let Some(git) = &git {
        locks.extend(branch::remove_stale(git, disk, &place, &journal).map_err(failed)?);
    }
    let end = takeback::decide(&place, git.as_ref(), &journal)?;
    let left = carry_out(disk, &place, git.as_ref(), &journal, &end)?;
    Ok(Some(Recovered {
        outcome: outcome(git.as_ref(), &end)?,
        paths: journal.paths(),
        intent: journal.intent,
        left,
        locks,
    }))
}

fn carry_out(disk: &mut Disk<'_>, place: &Place, git: Option<&GitState>, journal: &Journal, end: &End) -> Result<Left> {
    let half_done = |(path, cause): files::Failed| error::apply::half_done(&path, cause, &place.notes);
    let ended = |cause| error::apply::no_journal(&place.notes, cause);
    match end {
        End::Forward(id) => {
            let foreign = match &journal.goal {
                Goal::Commit(_) => not_as_made(place, journal)?,
                _ => files::put_in_place(disk, place, journal).map_err(half_done)?,
            };
            let mut left = Left {
                foreign,
                ..Left::default()
            };
            if let (Some(git), Goal::Branch(_) | Goal::Commit(_)) = (git, &journal.goal) {
                index_to(disk, place, git, journal, Side::After)?;
                if let Some(id) = id {
                    let head = git.head()?;
                    left = Left::made(git, Some(*id), head.reference(), left.foreign)?;
                }
            }
            finish(disk, place, journal).map_err(ended)?;
            Ok(left)
        }
        End::Back => {
            let left = takeback::files_back(disk, place, git, journal).map_err(half_done)?;
            if let (Some(git), Goal::Branch(_) | Goal::Commit(_)) = (git, &journal.goal) {
                program::index_back(disk, git, place, journal, &left)?;
            }
            takeback::end(disk, place, journal).map_err(ended)?;
            Ok(left)
        }
        End::Dropped => {
            takeback::end(disk, place, journal).map_err(ended)?;
            Ok(Left::default())
        }
    }
}

/// Brings the person's index to one side of the change.
fn index_to(disk: &mut Disk<'_>, place: &Place, git: &GitState, journal: &Journal, to: Side) -> Result<()> {
    let locked = Locked::take(git, disk, place)?;
    let done = locked
        .prepare(disk, journal, to, true)
        .and_then(|()| locked.install(disk));
    locked.release(disk);
    done
}

/// The files that are not as the commit has them.
pub(super) fn not_as_made(place: &Place, journal: &Journal) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for noted in &journal.files {
        let found = files::stands(&place.base, noted).map_err(|cause| error::apply::unreadable(&noted.path, cause))?;
        if found != Stands::After {
            paths.push(noted.path.clone());
        }
    }
    Ok(paths)
}

fn outcome(git: Option<&GitState>, end: &End) -> Result<Outcome> {
    Ok(match end {
        End::Back => Outcome::RolledBack,
        End::Dropped => Outcome::Dropped,
        End::Forward(id) => Outcome::Finished(match (git, id) {
            (Some(git), Some(id)) => Some(takeback::short(git, *id)?),
            _ => None,
        }),
    })
}

/// The unfinished run under `root`, if there is one, and what the files will be once it is ended. Writes nothing.
///
/// # Errors
/// `journal-unreadable`; a git repository that cannot be read.
pub fn pending(root: &Path) -> Result<Option<Pending>> {
    let git = GitState::discover(root)?;
    let place = match &git {
        Some(git) => Place::of(git),
        None => Place::find(root)?,
    };
    let Some(journal) = Journal::read(&place)? else {
        return Ok(None);
    };
    let end = takeback::decide(&place, git.as_ref(), &journal)?;
    let mut change = SourceChange::default();
    for noted in &journal.files {
        let committed = git.as_ref().is_some_and(|git| takeback::is_committed(git, noted));
        change.files.extend(to_come(&place, noted, &end, committed)?);
    }
    Ok(Some(Pending {
        intent: journal.intent,
        outcome: outcome(git.as_ref(), &end)?,
        running: Lock::holder(&place),
        change,
    }))
}

/// What the end of a run will make of one file; `None` if it stays as it is.
fn to_come(place: &Place, noted: &Noted, end: &End, committed: bool) -> Result<Option<FileChange>> {
    let unreadable = |cause| error::apply::unreadable(&noted.path, cause);
    let found = files::stands(&place.base, noted).map_err(unreadable)?;
    let there = match (end, &found) {
        (End::Forward(_), Stands::Before) => noted.after.is_some(),
        (End::Back, Stands::After) if !committed => noted.before.is_some(),
        _ => return Ok(None),
    };
    let Ok(path) = noted.path.strip_prefix(&place.prefix) else {
        return Ok(None);
    };
    let read = |path: &Path| match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Arc::<str>::from(text))),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(unreadable(cause)),
    };
    let now = read(&place.base.join(&noted.path))?;
    let after = if there { read(&noted.side)? } else { None };
    Ok((now.is_some() || after.is_some()).then(|| FileChange {
        from: now.is_some().then(|| path.to_owned()),
        to: after.is_some().then(|| path.to_owned()),
        before: now.unwrap_or_default(),
        after: after.unwrap_or_default(),
        ..FileChange::default()
    }))
}
