//! Taking files back, as far as nobody else has written to them meanwhile.
//!
//! A file is put back while it holds what the change made of it. Anything else that is found there is kept as a git
//! object under a reference of the tool's. Where it differs in white space only, it is a formatter's work on what was
//! written, and the original is put back; else somebody works there, and it stays.

use std::io;
use std::path::PathBuf;

use git2::Oid;

use super::disk::Disk;
use super::files::{self, Failed, Foreign, Stands};
use super::journal::{Goal, Journal, Move, Noted, Side, Wanted};
use super::kept::{self, Found};
use super::left::Left;
use super::place::Place;
use super::{branch, journal, text};
use crate::error::{self, Error, Result};
use crate::repo::git::GitState;

/// Takes a change back after `error`, and ends its journal; gives the error with what became of the change.
pub(super) fn after(
    disk: &mut Disk<'_>,
    place: &Place,
    git: Option<&GitState>,
    journal: &Journal,
    error: Error,
) -> Error {
    let ended = files_back(disk, place, git, journal).and_then(|left| {
        let ended = end(disk, place, journal).map_err(|cause| (PathBuf::from("."), cause));
        ended.map(|()| left)
    });
    match ended {
        Ok(left) => left.taken_back(error),
        Err((path, cause)) => error::apply::half_done(&path, cause, &place.notes).reason_before(&error),
    }
}

/// Ends the journal of a change that was taken back.
pub(super) fn end(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> io::Result<()> {
    journal.remove_sides(disk, place)?;
    journal.end(disk, place)
}

/// Puts every file of the change back that holds what the change made of it.
pub(super) fn files_back(
    disk: &mut Disk<'_>,
    place: &Place,
    git: Option<&GitState>,
    journal: &Journal,
) -> Result<Left, Failed> {
    let judged = |noted, bytes, executable| judged(git, noted, bytes, executable);
    let mut left = Left::default();
    let mut found: Vec<(&Noted, Found, bool)> = Vec::new();
    for noted in &journal.files {
        match stands(place, noted)? {
            Stands::Before => {}
            Stands::After if git.is_some_and(|git| is_committed(git, noted)) => left.committed.push(noted.path.clone()),
            Stands::After => {
                if !files::put_back(disk, place, noted)? {
                    // Somebody has written to it in this very moment.
                    match stands(place, noted)? {
                        Stands::Foreign(Foreign::File { bytes, executable }) => {
                            found.push(judged(noted, bytes, executable));
                        }
                        _ => left.foreign.push(noted.path.clone()),
                    }
                }
            }
            Stands::Foreign(Foreign::File { bytes, executable }) => {
                found.push(judged(noted, bytes, executable));
            }
            Stands::Foreign(_) => left.foreign.push(noted.path.clone()),
        }
    }
    left.kept = git.and_then(|git| keep(git, disk, place, journal, &found));
    for (noted, file, formatted) in found {
        let back = formatted && left.kept.is_some() && files::put_back_over(disk, place, noted, &file.bytes)?;
        let list = if back { &mut left.reformatted } else { &mut left.foreign };
        list.push(noted.path.clone());
    }
    files::remove_created(disk, place, journal)?;
    // Where it cannot be synced, it is back all the same.
    let _ = disk.insist(|disk| journal.sync(disk, place));
    Ok(left)
}

fn stands(place: &Place, noted: &Noted) -> Result<Stands, Failed> {
    files::stands(&place.base, noted).map_err(|cause| (noted.path.clone(), cause))
}

/// A file as found, and whether it is what was written but for white space.
fn judged<'n>(git: Option<&GitState>, noted: &'n Noted, bytes: Vec<u8>, executable: bool) -> (&'n Noted, Found, bool) {
    let written = git.and_then(|git| {
        let id = noted.entries[1].as_ref()?.id?;
        git.repo().find_blob(id).ok()
    });
    let formatted = written.is_some_and(|written| files::same_but_for_space(written.content(), &bytes));
    let found = Found {
        path: noted.path.clone(),
        bytes,
        executable,
    };
    (noted, found, formatted)
}

/// Keeps what was found, at the targets and in place of their sides. Where that fails, everything stays where it is.
fn keep(
    git: &GitState,
    disk: &mut Disk<'_>,
    place: &Place,
    journal: &Journal,
    found: &[(&Noted, Found, bool)],
) -> Option<String> {
    let mut files: Vec<Found> = found.iter().map(|(_, file, _)| file.clone()).collect();
    // A write in the moment of an exchange, by a run that was killed before it could look.
    let sides = journal.files.iter().filter_map(|noted| {
        let bytes = std::fs::read(noted.side(place)).ok()?;
        let digest = Some(journal::digest(&bytes));
        let strange = digest != noted.before && digest != noted.after;
        let strange = strange && !files.iter().any(|file| file.path == noted.path);
        strange.then(|| Found {
            path: noted.path.clone(),
            bytes,
            executable: noted.executable[0],
        })
    });
    let sides: Vec<Found> = sides.collect();
    files.extend(sides);
    if files.is_empty() {
        return None;
    }
    kept::keep(git, disk, &files).ok()
}

/// Whether HEAD has the file as the change made it: somebody has committed it.
pub(super) fn is_committed(git: &GitState, noted: &Noted) -> bool {
    let [before, after] = &noted.entries;
    if before == after || (before.is_none() && after.is_none()) {
        return false;
    }
    let Ok(tree) = git.head_tree() else { return false };
    let Ok(found) = git.in_tree(tree.as_ref(), &text(&noted.path)) else {
        return false;
    };
    found.map(|(id, _)| id) == after.as_ref().and_then(|entry| entry.id)
}

/// Whether somebody has committed the whole change by hand.
pub(super) fn all_committed(git: &GitState, journal: &Journal) -> bool {
    journal.files.iter().all(|noted| is_committed(git, noted))
}

/// How a change that was cut short ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is made, by this commit where it makes one: what is left to be done is done.
    Forward(Option<Oid>),
    /// It is taken back.
    Back,
    /// HEAD was moved by hand since: each file becomes what HEAD has, if that is one of its texts.
    Follow,
    /// Somebody has committed it, by this commit. Everything stays as it is.
    ByHand(Oid),
    /// It is neither: the branch has moved on, or somebody has committed it by hand. Everything stays as it is.
    Dropped,
}

impl End {
    /// To which side of the change a file goes; `None` where it stays as it is.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn side_of(&self, git: Option<&GitState>, noted: &Noted) -> Result<Option<Side>> {
        Ok(match (self, git) {
            (End::Forward(_), _) => Some(Side::After),
            (End::Back, Some(git)) if is_committed(git, noted) => None,
            (End::Back, _) => Some(Side::Before),
            (End::Follow, Some(git)) => {
                let tree = git.head_tree()?;
                let found = git.in_tree(tree.as_ref(), &text(&noted.path))?;
                let is = |entry: &Option<journal::Entry>| {
                    entry.as_ref().and_then(|entry| Some((entry.id?, entry.mode))) == found
                };
                match noted.entries.each_ref().map(is) {
                    [_, true] => Some(Side::After),
                    [true, _] => Some(Side::Before),
                    _ => None,
                }
            }
            (End::Follow, None) | (End::ByHand(_) | End::Dropped, _) => None,
        })
    }
}

/// How the change of a journal has to end.
///
/// # Errors
/// `git-failed`; `file-unreadable`.
pub(super) fn decide(place: &Place, git: Option<&GitState>, journal: &Journal) -> Result<End> {
    match (&journal.goal, git) {
        (Goal::Files { placing: false }, _) => Ok(End::Back),
        (Goal::Files { placing: true }, _) => {
            for noted in &journal.files {
                let unreadable = |cause| error::apply::unreadable(&noted.path, cause);
                let at_hand = || files::text_of(place, None, noted, Side::After);
                let possible = match files::stands(&place.base, noted).map_err(unreadable)? {
                    Stands::Foreign(_) => false,
                    // Somebody has put the file back by hand, and the new text is nowhere.
                    Stands::Before => noted.after.is_none() || at_hand().map_err(unreadable)?.is_some(),
                    Stands::After => true,
                };
                if !possible {
                    return Ok(End::Back);
                }
            }
            Ok(End::Forward(None))
        }
        // The git directory is gone: there is nothing to go by but the files, and they stay.
        (_, None) => Ok(End::Dropped),
        (Goal::Branch(wanted), Some(git)) => decide_by_head(git, wanted),
        (Goal::Commit(wanted), Some(git)) => decide_by_commit(git, wanted, journal),
    }
}

/// What counts is whether the commit is made; of two, whether the second is.
fn decide_by_commit(git: &GitState, wanted: &Wanted, journal: &Journal) -> Result<End> {
    let made = match wanted.is_first {
        true => None,
        false => branch::find_made(git, wanted)?,
    };
    Ok(match made {
        Some((id, true)) if !git.in_history(id)? => End::Dropped,
        Some((id, true)) if !wanted.is_marked(git, id)? => End::ByHand(id),
        Some((id, true)) => End::Forward(Some(id)),
        _ if all_committed(git, journal) || first_is_built_upon(git, wanted)? => End::Dropped,
        _ => End::Back,
    })
}

/// Whether the first of two commits is made and cannot be taken from its branch any more, since others came after it.
pub(super) fn first_is_built_upon(git: &GitState, wanted: &Wanted) -> Result<bool> {
    let Some(Move {
        reference,
        to: Some(first),
        ..
    }) = wanted.moved_for_first(git)?
    else {
        return Ok(false);
    };
    Ok(branch::stands_at(git, &reference)? != Some(first) && git.in_history(first)?)
}

/// Moves the branch back to before the first of two commits, where it still stands at that.
///
/// # Errors
/// `git-branch-locked`; `git-failed`.
pub(super) fn first_back(git: &GitState, disk: &mut Disk<'_>, wanted: &Wanted) -> Result<()> {
    if let Some(first) = wanted.moved_for_first(git)? {
        branch::take_back(git, disk, &first)?;
    }
    Ok(())
}

/// What counts is the commit that HEAD is on: a branch can have been renamed or switched since.
fn decide_by_head(git: &GitState, wanted: &Move) -> Result<End> {
    let head = git.head()?.id();
    if head == wanted.to {
        return Ok(End::Forward(wanted.to));
    }
    // The branch can have the change where HEAD has not.
    let moved = branch::stands_at(git, &wanted.reference)? == wanted.to;
    Ok(match head == wanted.from && !moved {
        true => End::Back,
        false => End::Follow,
    })
}
