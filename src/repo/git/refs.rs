//! Moving HEAD, and the references under `refs/qgroget/undo`: a stack of the commits that the tool made.
//!
//! References and not marks in the messages, since a clone or a colleague's checkout has the messages too, and
//! `undo` takes back what was done here.

use git2::{ErrorCode, Oid};

use super::{GitState, Head};
use crate::error::{self, Result};

const UNDO: &str = "refs/qgroget/undo/";

/// A commit that can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UndoEntry {
    /// The reference's full name.
    pub(crate) name: String,
    /// The commit.
    pub(crate) id: Oid,
}

impl GitState {
    /// Moves HEAD (its branch, where it is on one) from where `from` says to the commit `to`, or to before the
    /// first commit. `log` goes into the reflog.
    ///
    /// # Errors
    /// Refuses if HEAD is no longer at `from`.
    pub(crate) fn move_head(&self, from: &Head, to: Option<Oid>, log: &str) -> Result<()> {
        if self.head()? != *from {
            return Err(error::git::head_moved());
        }
        let moved = match (from, to) {
            (Head::Branch(name, now), Some(to)) => self.repo.reference_matching(name, to, true, *now, log).map(drop),
            (Head::Branch(name, _), None) => self.repo.find_reference(name).and_then(|mut branch| branch.delete()),
            (Head::Unborn(name), Some(to)) => self.repo.reference(name, to, false, log).map(drop),
            (Head::Detached(_), Some(to)) => self.repo.set_head_detached(to),
            (Head::Unborn(_), None) => Ok(()),
            (Head::Detached(_), None) => Err(git2::Error::from_str("HEAD is on no branch")),
        };
        moved.map_err(|cause| match cause.code() {
            ErrorCode::Modified | ErrorCode::Exists => error::git::head_moved(),
            _ => error::git::failed("move HEAD", cause),
        })
    }

    /// Puts a commit on the stack and gives the reference's name.
    pub(crate) fn push_undo(&self, id: Oid) -> Result<String> {
        let top = self
            .undo_entries()?
            .first()
            .and_then(|entry| number(&entry.name))
            .unwrap_or(0);
        let name = format!("{UNDO}{}", top + 1);
        self.repo
            .reference(&name, id, false, "")
            .map_err(|cause| error::git::failed("note the commit for `undo`", cause))?;
        Ok(name)
    }

    /// The stack, newest first.
    pub(crate) fn undo_entries(&self) -> Result<Vec<UndoEntry>> {
        let failed = |cause| error::git::failed("read the references for `undo`", cause);
        let mut entries = Vec::new();
        for reference in self.repo.references_glob(&format!("{UNDO}*")).map_err(failed)? {
            let reference = reference.map_err(failed)?;
            if let (Ok(name), Some(id)) = (reference.name(), reference.target())
                && number(name).is_some()
            {
                entries.push(UndoEntry {
                    name: name.to_owned(),
                    id,
                });
            }
        }
        entries.sort_by_key(|entry| std::cmp::Reverse(number(&entry.name)));
        Ok(entries)
    }

    /// Takes a commit off the stack.
    pub(crate) fn remove_undo(&self, entry: &UndoEntry) -> Result<()> {
        self.repo
            .find_reference(&entry.name)
            .and_then(|mut reference| reference.delete())
            .map_err(|cause| error::git::failed("remove the reference for `undo`", cause))
    }

    /// Whether HEAD's history has the commit.
    pub(crate) fn in_history(&self, id: Oid) -> Result<bool> {
        match self.head()?.id() {
            Some(head) => self.descends(head, id),
            None => Ok(false),
        }
    }

    /// Whether a remote-tracking branch has the commit: it was pushed, and others may have it.
    pub(crate) fn is_pushed(&self, id: Oid) -> Result<bool> {
        let failed = |cause| error::git::failed("read the remote-tracking branches", cause);
        for reference in self.repo.references_glob("refs/remotes/*").map_err(failed)? {
            let reference = reference.map_err(failed)?;
            if let Some(tip) = reference.resolve().ok().and_then(|tip| tip.target())
                && self.descends(tip, id)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn descends(&self, tip: Oid, id: Oid) -> Result<bool> {
        if tip == id {
            return Ok(true);
        }
        match self.repo.graph_descendant_of(tip, id) {
            Ok(descends) => Ok(descends),
            // A shallow clone, or a commit that housekeeping dropped: not in this history.
            Err(cause) if cause.code() == ErrorCode::NotFound => Ok(false),
            Err(cause) => Err(error::git::failed("read the history", cause)),
        }
    }
}

fn number(name: &str) -> Option<u64> {
    name.strip_prefix(UNDO)?.parse().ok()
}
