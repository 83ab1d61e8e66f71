//! The tool's commits in a history, known by their marks, and what became of each.

use std::collections::{BTreeMap, BTreeSet};

use git2::Oid;

use crate::commit::mark::{self, Mark, Marked};
use crate::commit::pair::Unit;
use crate::commit::{branch, recover};
use crate::error::{self, Result};
use crate::repo::git::GitState;

/// A commit of the tool in HEAD's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its abbreviated id.
    pub short: String,
    /// Its title.
    pub title: String,
    /// The service that it is about, or what else was planned.
    pub name: String,
    /// Whether it can be taken back.
    pub state: State,
    /// The abbreviated id of the commit before it that only moves files, where that is a part of the same change: both are
    /// taken back together.
    pub first: Option<String>,
    pub(super) id: Oid,
    pub(super) first_id: Option<Oid>,
    pub(super) mark: Mark,
}

/// A commit of the tool after which nothing is left of what an earlier one did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// Its abbreviated id.
    pub short: String,
    /// Its title.
    pub title: String,
    /// The service that it is about, or what else was planned.
    pub name: String,
}

impl Entry {
    /// Its commits, the last one first.
    pub(super) fn ids(&self) -> impl Iterator<Item = Oid> + use<> {
        std::iter::once(self.id).chain(self.first_id)
    }
}

/// Whether others may have a change, or a part of it.
pub(super) fn is_pushed(git: &GitState, entry: &Entry) -> Result<bool> {
    for id in entry.ids() {
        if git.is_pushed(id)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a commit can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It changes what it did when it was made.
    Intact,
    /// It changes something else by now.
    Changed,
    /// Its mark is of an earlier version: whether it was changed since cannot be known.
    OldMark,
    /// What was before it is not in this shallow clone.
    Shallow,
    /// A later commit takes it back, made by this tool or by hand.
    Undone,
    /// Nothing is left of what it did, since this later commit of the tool, which is not taken back, took that away.
    Replaced(Successor),
}

/// A commit of the tool, with the one before it that is a part of the same change.
pub(in crate::commit) struct Change<'g> {
    pub unit: Unit<'g>,
    pub mark: Mark,
    /// Whether a later commit of the tool takes it back.
    pub undone: bool,
}

/// HEAD and what comes before it, newest first.
fn from_head(git: &GitState) -> Result<git2::Revwalk<'_>, git2::Error> {
    let mut walk = git.repo().revwalk()?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL)?;
    walk.push_head()?;
    Ok(walk)
}

/// The commits of the tool in HEAD's history that change something, newest first.
///
/// # Errors
/// `git-failed`.
pub(in crate::commit) fn changes(git: &GitState) -> Result<Vec<Change<'_>>> {
    let failed = |cause| error::git::failed("read the history", cause);
    if git.head()?.id().is_none() {
        return Ok(Vec::new());
    }
    let walk = from_head(git).map_err(failed)?;
    let mut changes = Vec::new();
    let mut firsts: BTreeSet<Oid> = recover::first_to_go(git)?.into_iter().collect();
    let mut taken_back: BTreeMap<Mark, usize> = BTreeMap::new();
    for id in walk {
        let id = id.map_err(failed)?;
        if firsts.contains(&id) {
            continue;
        }
        let commit = git.repo().find_commit(id).map_err(failed)?;
        match mark::find(&String::from_utf8_lossy(commit.message_bytes())) {
            Some(Marked::Undo(mark)) => *taken_back.entry(mark).or_default() += 1,
            Some(Marked::Change(mark)) => {
                let taken = taken_back.get_mut(&mark).filter(|count| **count > 0);
                let undone = taken.map(|count| *count -= 1).is_some();
                let unit = Unit::ending_with(git, commit, &mark)?;
                firsts.extend(unit.first_id());
                changes.push(Change { unit, mark, undone });
            }
            None => {}
        }
    }
    Ok(changes)
}

/// The commits before those of the tool in HEAD's history, newest first.
///
/// # Errors
/// `git-failed`.
pub(super) fn parents(git: &GitState) -> Result<Vec<Oid>> {
    let changes = changes(git)?.into_iter();
    Ok(changes.filter_map(|change| Some(change.unit.parent()?.id())).collect())
}

/// The abbreviated ids of the commits since `since` that take back others of the tool and change one of these paths, newest
/// first.
///
/// # Errors
/// `git-failed`.
pub(super) fn reversals(git: &GitState, since: Oid, paths: &[(String, String)]) -> Result<Vec<String>> {
    let failed = |cause| error::git::failed("read the history", cause);
    let mut walk = from_head(git).map_err(failed)?;
    walk.hide(since).map_err(failed)?;
    let mut found = Vec::new();
    for id in walk {
        let id = id.map_err(failed)?;
        let commit = git.repo().find_commit(id).map_err(failed)?;
        let mark = mark::find(&String::from_utf8_lossy(commit.message_bytes()));
        if !matches!(mark, Some(Marked::Undo(_))) {
            continue;
        }
        for (path, _) in paths {
            if super::trees::changes(git, id, path).map_err(failed)? {
                found.push(branch::short(git, id)?);
                break;
            }
        }
    }
    Ok(found)
}

/// The commits of the tool in HEAD's history, newest first.
///
/// # Errors
/// `git-failed`.
pub fn list(git: &GitState) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for Change { unit, mark, undone } in changes(git)? {
        let state = match undone {
            true => State::Undone,
            false => match state(git, &unit, &mark)? {
                State::Intact if is_reverted(git, &unit)? => {
                    replaced_by(git, &unit, &entries)?.map_or(State::Undone, State::Replaced)
                }
                state => state,
            },
        };
        entries.push(entry(git, &unit, mark, state)?);
    }
    Ok(entries)
}

/// The one of the `later` commits of the tool, the newest first, that took away what was left of a change.
fn replaced_by(git: &GitState, unit: &Unit<'_>, later: &[Entry]) -> Result<Option<Successor>> {
    let failed = |cause| error::git::failed("read the history", cause);
    for entry in later.iter().rev() {
        if matches!(entry.state, State::Undone | State::Shallow) {
            continue;
        }
        let commit = git.repo().find_commit(entry.id).map_err(failed)?;
        let Ok(before) = commit.parent(0) else { continue };
        if !is_reverted_in(git, unit, &before)? && is_reverted_in(git, unit, &commit)? {
            return Ok(Some(Successor {
                short: entry.short.clone(),
                title: entry.title.clone(),
                name: entry.name.clone(),
            }));
        }
    }
    Ok(None)
}

fn entry(git: &GitState, unit: &Unit<'_>, mark: Mark, state: State) -> Result<Entry> {
    let commit = &unit.last;
    let first_id = unit.first_id();
    Ok(Entry {
        first: first_id.map(|id| branch::short(git, id)).transpose()?,
        first_id,
        short: branch::short(git, commit.id())?,
        title: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
        name: mark.name.clone(),
        state,
        id: commit.id(),
        mark,
    })
}

/// The state of a commit that no later one takes back.
fn state(git: &GitState, unit: &Unit<'_>, mark: &Mark) -> Result<State> {
    let failed = |cause| error::git::failed("read the commit", cause);
    if mark.is_old() {
        return Ok(State::OldMark);
    }
    if unit.is_merge() {
        return Ok(State::Changed);
    }
    let parent = match unit.parent() {
        Some(parent) => Some(parent.tree().map_err(failed)?),
        None if unit.is_cut_off() => return Ok(State::Shallow),
        None => None,
    };
    let tree = unit.last.tree().map_err(failed)?;
    Ok(match mark::digest_of(git, parent.as_ref(), &tree)? == mark.digest {
        true => State::Intact,
        false => State::Changed,
    })
}

/// Whether HEAD has nothing of what a commit changes any more: somebody has reverted it by hand.
fn is_reverted(git: &GitState, unit: &Unit<'_>) -> Result<bool> {
    let failed = |cause| error::git::failed("compare the commit with HEAD", cause);
    let head = git
        .repo()
        .head()
        .and_then(|head| head.peel_to_commit())
        .map_err(failed)?;
    is_reverted_in(git, unit, &head)
}

/// Whether a commit's tree has nothing of what an earlier one changes.
fn is_reverted_in(git: &GitState, unit: &Unit<'_>, commit: &git2::Commit<'_>) -> Result<bool> {
    let failed = |cause| error::git::failed("compare the commit with a later one", cause);
    let index = unit.reverted_from(git, commit).map_err(failed)?;
    if index.has_conflicts() {
        return Ok(false);
    }
    let tree = commit.tree().map_err(failed)?;
    let diff = git
        .repo()
        .diff_tree_to_index(Some(&tree), Some(&index), None)
        .map_err(failed)?;
    Ok(diff.deltas().len() == 0)
}

/// Whether the commit `id`, with the one before it that is a part of the same change, does what its mark says; `None` where
/// that cannot be known.
///
/// # Errors
/// `git-failed`.
pub fn is_as_made(git: &GitState, id: &str) -> Result<Option<bool>> {
    let Some((unit, mark)) = Unit::of(git, id)? else {
        return Ok(None);
    };
    Ok(match state(git, &unit, &mark)? {
        State::Intact => Some(true),
        State::Changed => Some(false),
        State::OldMark | State::Shallow | State::Undone | State::Replaced(_) => None,
    })
}
