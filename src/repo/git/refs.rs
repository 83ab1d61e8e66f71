//! Moving HEAD and its branch, and what history has.

use git2::{ErrorCode, Oid};

use super::{GitState, Head};
use crate::error::{self, Result};

/// Why a reference did not move.
#[derive(Debug)]
pub(crate) enum MoveFailure {
    /// Another process holds its lock.
    Locked,
    /// It does not stand where it was to.
    Moved,
    /// Another reason.
    Other(git2::Error),
}

impl From<git2::Error> for MoveFailure {
    fn from(cause: git2::Error) -> MoveFailure {
        match cause.code() {
            ErrorCode::Locked => MoveFailure::Locked,
            ErrorCode::Modified | ErrorCode::Exists => MoveFailure::Moved,
            _ => MoveFailure::Other(cause),
        }
    }
}

impl Head {
    /// The full name of the reference that a commit moves: the branch, or `HEAD` itself.
    pub(crate) fn reference(&self) -> &str {
        match self {
            Head::Branch(name, _) | Head::Unborn(name) => name,
            Head::Detached(_) => "HEAD",
        }
    }

    /// The branch's name, or the commit where there is none.
    pub(crate) fn label(&self) -> String {
        match self {
            Head::Detached(id) => id.to_string(),
            _ => self.reference().trim_start_matches("refs/heads/").to_owned(),
        }
    }

    /// A HEAD that names `reference`, which stands at `id`.
    pub(crate) fn at(reference: &str, id: Option<Oid>) -> Head {
        match (reference, id) {
            ("HEAD", Some(id)) => Head::Detached(id),
            (name, Some(id)) => Head::Branch(name.to_owned(), id),
            (name, None) => Head::Unborn(name.to_owned()),
        }
    }
}

impl GitState {
    /// Moves HEAD (its branch, where it is on one) from where `from` says to the commit `to`, or to before the
    /// first commit. `log` goes into the reflog.
    ///
    /// # Errors
    /// `Moved` if HEAD is no longer at `from`.
    pub(crate) fn move_head(&self, from: &Head, to: Option<Oid>, log: &str) -> Result<(), MoveFailure> {
        match self.head() {
            Ok(head) if head == *from => self.move_reference(from, to, log),
            _ => Err(MoveFailure::Moved),
        }
    }

    /// As [`move_head`](GitState::move_head), for a reference that HEAD need not name any longer.
    pub(crate) fn move_reference(&self, from: &Head, to: Option<Oid>, log: &str) -> Result<(), MoveFailure> {
        match (from, to) {
            (Head::Branch(name, now), Some(to)) => self.repo.reference_matching(name, to, true, *now, log)?,
            (Head::Detached(now), Some(to)) => self.repo.reference_matching("HEAD", to, true, *now, log)?,
            (Head::Unborn(name), Some(to)) => self.repo.reference(name, to, false, log)?,
            (Head::Branch(name, now), None) => {
                let mut branch = self.repo.find_reference(name)?;
                if branch.target() != Some(*now) {
                    return Err(MoveFailure::Moved);
                }
                return Ok(branch.delete()?);
            }
            (Head::Unborn(_), None) => return Ok(()),
            (Head::Detached(_), None) => {
                return Err(MoveFailure::Other(git2::Error::from_str("HEAD is on no branch")));
            }
        };
        Ok(())
    }

    /// Puts HEAD on another branch, or on none, at the commit where it is. Files and index are not touched.
    ///
    /// # Errors
    /// `Moved` if HEAD is no longer at `from`.
    pub(crate) fn put_head(&self, from: &Head, to: &Head) -> Result<(), MoveFailure> {
        if self.head().ok().as_ref() != Some(from) || from.id() != to.id() {
            return Err(MoveFailure::Moved);
        }
        // By these words `git switch -` knows where HEAD was.
        let log = format!("checkout: moving from {} to {}", from.label(), to.label());
        match (from, to) {
            (_, Head::Detached(id)) => self.repo.reference("HEAD", *id, true, &log)?,
            (Head::Detached(_), _) => self.repo.reference_symbolic("HEAD", to.reference(), true, &log)?,
            _ => self
                .repo
                .reference_symbolic_matching("HEAD", to.reference(), true, from.reference(), &log)?,
        };
        Ok(())
    }

    /// What a person may call a revision: HEAD, the branches, the tags. Those that cannot be read are left out.
    pub fn revisions(&self) -> Vec<String> {
        let references = self.repo.references().into_iter().flatten().flatten();
        let named = references.filter(|reference| reference.is_branch() || reference.is_remote() || reference.is_tag());
        let names = named.filter_map(|reference| reference.shorthand().map(str::to_owned).ok());
        std::iter::once("HEAD".to_owned()).chain(names).collect()
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

    /// Whether the history of `tip` has the commit `id`.
    pub(crate) fn descends(&self, tip: Oid, id: Oid) -> Result<bool> {
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
