//! Where a change is written, and where its notes are kept.

use std::path::{Path, PathBuf};

use crate::error::{self, Result};
use crate::repo::git::GitState;

/// The directories of one change. Within git they belong to the working tree as a whole, so that runs on different
/// roots in it find each other's lock and journal.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// What paths are relative to: the top of the git working tree, or the root where there is no git.
    pub(crate) base: PathBuf,
    /// The root, relative to `base`.
    pub(crate) prefix: PathBuf,
    /// The directory for the journal and other notes; there only while a run writes.
    pub(crate) notes: PathBuf,
    /// The lock file.
    pub(crate) lock: PathBuf,
    /// The commit that HEAD names, in hexadecimal.
    pub(crate) head: Option<String>,
}

impl Place {
    /// The place for `root`.
    pub(super) fn find(root: &Path) -> Result<Place> {
        if let Some(git) = GitState::discover(root)? {
            return Place::of(&git);
        }
        let base = root
            .canonicalize()
            .map_err(|cause| error::apply::unreadable(root, cause))?;
        Ok(Place {
            notes: base.join(".qgroget"),
            lock: base.join(".qgroget.lock"),
            prefix: PathBuf::new(),
            head: None,
            base,
        })
    }

    /// The place for a git working tree.
    pub(super) fn of(git: &GitState) -> Result<Place> {
        Ok(Place {
            base: git.workdir().to_owned(),
            prefix: git.prefix().to_owned(),
            notes: git.git_dir().join("qgroget"),
            lock: git.git_dir().join("qgroget.lock"),
            head: git.head()?.id().map(|id| id.to_string()),
        })
    }
}
