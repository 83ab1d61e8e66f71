//! Two commits that are one change: the first only moves files, so that git follows them, the second makes the rest.
//!
//! Both carry the same mark, whose digest is of what they change together. So they are known for one change by it, and
//! stay one after a rebase, an amend of either message, and a squash. Where something came between them, or only one of
//! them was taken along, the digest is that of neither.

use git2::{Commit, Index, Oid, Tree};

use super::mark::{self, Mark, Marked};
use super::{Message, Target, check};
use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::repo::git::GitState;

/// The commit that only moves files, to be made below the one that makes the rest.
#[derive(Clone, Debug)]
pub struct MoveFirst {
    /// What it changes: the same paths as the whole change, or some of them, and made for the same state.
    pub change: SourceChange,
    /// Its message; it gets the mark of the other one.
    pub message: Message,
}

/// The same for paths relative to the top of the working tree.
pub(super) struct Below {
    pub(super) targets: Vec<Target>,
    pub(super) message: Message,
}

impl Below {
    /// # Errors
    /// As [`check::targets`].
    pub(super) fn of(git: &GitState, first: &MoveFirst) -> Result<Below> {
        Ok(Below {
            targets: check::targets(git.prefix(), &first.change)?,
            message: first.message.clone(),
        })
    }

    /// Its message with the mark that `other` has, if that has one.
    pub(super) fn message_like(&self, other: &Message) -> Message {
        match other.mark_line() {
            Some(line) => self.message.with_last_trailer(line),
            None => self.message.clone(),
        }
    }
}

/// A change of the tool as it stands in the history: one commit, or a first one that only moves files and the other.
pub(super) struct Unit<'g> {
    /// The commit that makes the change, or its second part.
    pub(super) last: Commit<'g>,
    /// The commit before it that is a part of the change.
    pub(super) first: Option<Commit<'g>>,
}

impl<'g> Unit<'g> {
    /// The change that a commit with this mark ends.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn ending_with(git: &GitState, last: Commit<'g>, mark: &Mark) -> Result<Unit<'g>> {
        let first = first_of(git, &last, mark)?;
        Ok(Unit { last, first })
    }

    /// The change that the commit `id` ends, with its mark; `None` where it carries none.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn of(git: &'g GitState, id: &str) -> Result<Option<(Unit<'g>, Mark)>> {
        let commit = Oid::from_str(id)
            .and_then(|id| git.repo().find_commit(id))
            .map_err(|cause| error::git::failed("read the commit", cause))?;
        match mark::find(&String::from_utf8_lossy(commit.message_bytes())) {
            Some(Marked::Change(mark)) => Ok(Some((Unit::ending_with(git, commit, &mark)?, mark))),
            Some(Marked::Undo(_)) | None => Ok(None),
        }
    }

    /// Its earliest commit.
    fn begin(&self) -> &Commit<'g> {
        self.first.as_ref().unwrap_or(&self.last)
    }

    /// The commit that it is made upon.
    pub(super) fn parent(&self) -> Option<Commit<'g>> {
        self.begin().parents().next()
    }

    /// Whether it merges two lines of history.
    pub(super) fn is_merge(&self) -> bool {
        self.begin().parent_count() > 1
    }

    /// Whether what was before it is not in this shallow clone: its commit names a parent that git takes for absent.
    pub(super) fn is_cut_off(&self) -> bool {
        is_cut_off(self.begin())
    }

    /// The commit before the last one, if that is a part of it.
    pub(super) fn first_id(&self) -> Option<Oid> {
        self.first.as_ref().map(Commit::id)
    }

    /// What HEAD is without it, conflicts included.
    pub(super) fn reverted_from(&self, git: &GitState, head: &Commit<'_>) -> Result<Index, git2::Error> {
        let Some(below) = self.first.as_ref().and_then(|first| first.parent(0).ok()) else {
            return git.repo().revert_commit(&self.last, head, 0, None);
        };
        let repo = git.repo();
        repo.merge_trees(&self.last.tree()?, &head.tree()?, &below.tree()?, None)
    }
}

/// The commit before `last` that is a part of the same change: it has the same mark, which is of both together.
fn first_of<'g>(git: &GitState, last: &Commit<'g>, mark: &Mark) -> Result<Option<Commit<'g>>> {
    let failed = |cause| error::git::failed("read the commit", cause);
    if mark.is_old() || last.parent_count() != 1 {
        return Ok(None);
    }
    let first = last.parent(0).map_err(failed)?;
    let marked = mark::find(&String::from_utf8_lossy(first.message_bytes()));
    if marked != Some(Marked::Change(mark.clone())) {
        return Ok(None);
    }
    if is_cut_off(&first) {
        return Ok(Some(first));
    }
    let digest = |from: Option<Tree<'_>>, to: &Commit<'_>| -> Result<String> {
        mark::digest_of(git, from.as_ref(), &to.tree().map_err(failed)?)
    };
    let below = match first.parents().next() {
        Some(below) if first.parent_count() == 1 => Some(below.tree().map_err(failed)?),
        Some(_) => return Ok(None),
        None => None,
    };
    Ok((digest(below, last)? == mark.digest).then_some(first))
}

fn is_cut_off(commit: &Commit<'_>) -> bool {
    let header = commit.raw_header_bytes();
    let mut lines = header.split(|byte| *byte == b'\n');
    commit.parent_count() == 0 && lines.any(|line| line.starts_with(b"parent "))
}

/// The commit before `id` that only moves files for it, as a part of the same change.
///
/// # Errors
/// `git-failed`.
pub fn move_before(git: &GitState, id: &str) -> Result<Option<String>> {
    let first = Unit::of(git, id)?.and_then(|(unit, _)| unit.first_id());
    Ok(first.map(|first| first.to_string()))
}
