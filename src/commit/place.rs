//! Where a change is written, and where its notes are kept.

use std::path::{Path, PathBuf};

use crate::error::{self, Result};
use crate::repo::git::GitState;

/// Among the notes: the branch that is being made for a run's commits.
pub(super) const BRANCH: &str = "branch.json";
/// Among the notes: HEAD as it was before. Going back is a matter of names then, for which a full disk has room.
pub(super) const HEAD_BEFORE: &str = "HEAD.before";

/// The directories of one change. Within git they belong to the working tree as a whole, so that runs on different
/// roots in it find each other's lock and journal.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// What paths are relative to: the top of the git working tree, or the root where there is no git.
    pub(crate) base: PathBuf,
    /// The root, relative to `base`.
    pub(crate) prefix: PathBuf,
    /// The directory for the lock, the journal and what goes with it.
    pub(crate) notes: PathBuf,
    /// Whether the notes lie in a git directory, where they disturb nobody; elsewhere nothing of them stays.
    pub(super) hidden: bool,
}

impl Place {
    /// The place for `root`.
    pub(super) fn find(root: &Path) -> Result<Place> {
        if let Some(git) = GitState::discover(root)? {
            return Ok(Place::of(&git));
        }
        let base = root
            .canonicalize()
            .map_err(|cause| error::apply::unreadable(root, cause))?;
        Ok(Place {
            notes: base.join(".qgroget"),
            prefix: PathBuf::new(),
            hidden: false,
            base,
        })
    }

    /// The place for a git working tree.
    pub(super) fn of(git: &GitState) -> Place {
        Place {
            base: git.workdir().to_owned(),
            prefix: git.prefix().to_owned(),
            notes: git.git_dir().join("qgroget"),
            hidden: true,
        }
    }
}
