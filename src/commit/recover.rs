//! Runs that were killed while they wrote: finished or taken back by the next one, before it reads anything.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::Oid;

use super::disk::Disk;
use super::files::{self, Stands};
use super::fork::{self, Settled};
use super::index::{self, Locked};
use super::journal::{self, Goal, Journal, Noted, Side};
use super::left::Left;
use super::lock::Lock;
use super::place::Place;
use super::takeback::{self, End};
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
    /// The branch that it had made, and that is gone, since nothing was committed on it.
    pub branch: Option<String>,
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
    /// HEAD was moved by hand since, and its files are as HEAD has them.
    Followed,
    /// Somebody has committed its change by hand, by the commit with this abbreviated id. Everything stays as it is.
    ByHand(String),
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
    /// The `git commit` of a killed run that goes on, if one does.
    pub committing: Option<u32>,
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
        let settled = settle(disk, git.as_ref(), &place)?;
        return Ok(settled
            .filter(|settled| settled.branch.is_some())
            .map(|settled| branch_back(settled, locks)));
    };
    if let Some(git) = &git {
        locks.extend(branch::remove_stale(git, disk, &place, &journal).map_err(failed)?);
    }
    let end = takeback::decide(&place, git.as_ref(), &journal)?;
    let left = carry_out(disk, &place, git.as_ref(), &journal, &end)?;
    let settled = settle(disk, git.as_ref(), &place)?;
    Ok(Some(Recovered {
        outcome: outcome(git.as_ref(), &end)?,
        branch: settled.and_then(|settled| settled.branch),
        paths: journal.paths(),
        intent: journal.intent,
        left,
        locks,
    }))
}

/// Takes a branch back on which nothing was committed.
fn settle(disk: &mut Disk<'_>, git: Option<&GitState>, place: &Place) -> Result<Option<Settled>> {
    match git {
        Some(git) => fork::settle(disk, git, place),
        None => Ok(None),
    }
}

/// A run that was killed when it had made its branch, and nothing else.
fn branch_back(settled: Settled, locks: Vec<PathBuf>) -> Recovered {
    Recovered {
        intent: settled.intent,
        outcome: Outcome::RolledBack,
        paths: Vec::new(),
        left: Left::default(),
        branch: settled.branch,
        locks: locks.into_iter().chain(settled.locks).collect(),
    }
}

fn carry_out(disk: &mut Disk<'_>, place: &Place, git: Option<&GitState>, journal: &Journal, end: &End) -> Result<Left> {
    let half_done = |(path, cause): files::Failed| error::apply::half_done(&path, cause, &place.notes);
    let ended = |cause| error::apply::no_journal(&place.notes, cause);
    match end {
        End::Forward(id) => {
            let foreign = match &journal.goal {
                Goal::Commit(_) => files::not_as_made(place, journal)?,
                _ => {
                    files::replenish(disk, place, git, journal, Side::After).map_err(half_done)?;
                    files::put_in_place(disk, place, journal).map_err(half_done)?
                }
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
            if let (Some(git), Goal::Commit(wanted)) = (git, &journal.goal) {
                takeback::first_back(git, disk, wanted)?;
            }
            files::replenish(disk, place, git, journal, Side::Before).map_err(half_done)?;
            let left = takeback::files_back(disk, place, git, journal).map_err(half_done)?;
            if let (Some(git), Goal::Branch(_) | Goal::Commit(_)) = (git, &journal.goal) {
                program::index_back(disk, git, place, journal, &left)?;
            }
            takeback::end(disk, place, journal).map_err(ended)?;
            Ok(left)
        }
        End::Follow => {
            let left = match git {
                Some(git) => follow_head(disk, place, git, journal)?,
                None => Left::default(),
            };
            finish(disk, place, journal).map_err(ended)?;
            Ok(left)
        }
        End::ByHand(_) | End::Dropped => {
            takeback::end(disk, place, journal).map_err(ended)?;
            Ok(Left::default())
        }
    }
}

/// Brings each file, and its entry in the index, to the side of the change on which HEAD has it.
fn follow_head(disk: &mut Disk<'_>, place: &Place, git: &GitState, journal: &Journal) -> Result<Left> {
    let half_done = |(path, cause): files::Failed| error::apply::half_done(&path, cause, &place.notes);
    let mut sides = [journal.clone(), journal.clone()];
    for (part, side) in sides.iter_mut().zip([Side::Before, Side::After]) {
        part.files.clear();
        for noted in &journal.files {
            if End::Follow.side_of(Some(git), noted)? == Some(side) {
                part.files.push(noted.clone());
            }
        }
        files::replenish(disk, place, Some(git), part, side).map_err(half_done)?;
    }
    let [back, forward] = &sides;
    let mut left = takeback::files_back(disk, place, Some(git), back).map_err(half_done)?;
    left.foreign
        .extend(files::put_in_place(disk, place, forward).map_err(half_done)?);
    index_to(disk, place, git, back, Side::Before)?;
    index_to(disk, place, git, forward, Side::After)?;
    Ok(left)
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

fn outcome(git: Option<&GitState>, end: &End) -> Result<Outcome> {
    Ok(match end {
        End::Back => Outcome::RolledBack,
        End::Follow => Outcome::Followed,
        End::Dropped => Outcome::Dropped,
        End::ByHand(id) => Outcome::ByHand(match git {
            Some(git) => branch::short(git, *id)?,
            None => id.to_string(),
        }),
        End::Forward(id) => Outcome::Finished(match (git, id) {
            (Some(git), Some(id)) => Some(branch::short(git, *id)?),
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
        let unsettled = git.as_ref().map(|git| fork::unsettled(git, &place)).transpose()?;
        return Ok(unsettled.flatten().map(|intent| Pending {
            intent,
            outcome: Outcome::RolledBack,
            running: Lock::holder(&place),
            committing: None,
            change: SourceChange::default(),
        }));
    };
    let end = takeback::decide(&place, git.as_ref(), &journal)?;
    let mut change = SourceChange::default();
    // What the first of two commits has at HEAD goes with it, and is nobody else's.
    let at_first = match &git {
        Some(git) => first_to_go(git)?.is_some_and(|first| git.head().is_ok_and(|head| head.id() == Some(first))),
        None => false,
    };
    for noted in &journal.files {
        let side = match at_first {
            true => Some(Side::Before),
            false => end.side_of(git.as_ref(), noted)?,
        };
        if let Some(side) = side {
            change.files.extend(to_come(&place, git.as_ref(), noted, side)?);
        }
    }
    Ok(Some(Pending {
        intent: journal.intent,
        outcome: outcome(git.as_ref(), &end)?,
        running: Lock::holder(&place),
        committing: program::running_child(&place),
        change,
    }))
}

/// The first of two commits that an unfinished run has made, and that goes when it is ended: who only reads looks past it.
///
/// # Errors
/// As [`pending`].
pub(super) fn first_to_go(git: &GitState) -> Result<Option<Oid>> {
    let place = Place::of(git);
    let Some(journal) = Journal::read(&place)? else {
        return Ok(None);
    };
    let Goal::Commit(wanted) = &journal.goal else {
        return Ok(None);
    };
    Ok(match takeback::decide(&place, Some(git), &journal)? {
        End::Back => wanted.moved_for_first(git)?.and_then(|first| first.to),
        _ => None,
    })
}

/// What bringing a file to a side makes of it; `None` if it stays as it is.
fn to_come(place: &Place, git: Option<&GitState>, noted: &Noted, side: Side) -> Result<Option<FileChange>> {
    let unreadable = |cause| error::apply::unreadable(&noted.path, cause);
    let found = files::stands(&place.base, noted).map_err(unreadable)?;
    let there = match (side, &found) {
        (Side::After, Stands::Before) => noted.after.is_some(),
        (Side::Before, Stands::After) => noted.before.is_some(),
        _ => return Ok(None),
    };
    let Ok(path) = noted.path.strip_prefix(&place.prefix) else {
        return Ok(None);
    };
    let now = match fs::read_to_string(place.base.join(&noted.path)) {
        Ok(text) => Some(Arc::<str>::from(text)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => None,
        Err(cause) => return Err(unreadable(cause)),
    };
    let text = files::text_of(place, git, noted, side).map_err(unreadable)?;
    let after = match text.map(String::from_utf8) {
        Some(Ok(text)) => Some(Arc::<str>::from(text)),
        // What was kept is nowhere: it is left as found.
        _ if there => return Ok(None),
        _ => None,
    };
    Ok((now.is_some() || after.is_some()).then(|| FileChange {
        from: now.is_some().then(|| path.to_owned()),
        to: after.is_some().then(|| path.to_owned()),
        before: now.unwrap_or_default(),
        after: after.unwrap_or_default(),
        ..FileChange::default()
    }))
}
