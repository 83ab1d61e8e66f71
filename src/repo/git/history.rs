//! The commits that the tool made, by their trailer.

use std::path::PathBuf;

use super::GitState;
use crate::error::{self, Result};

/// The trailer that names the migrated service.
pub const TRAILER: &str = "Qgroget-Service";

/// A commit of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationCommit {
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its first parent's.
    pub parent: String,
    /// Its first line.
    pub title: String,
    /// The service that its trailer names.
    pub service: String,
    /// The files that it writes, relative to the working tree, with their text where that is UTF-8.
    pub files: Vec<(PathBuf, String)>,
}

impl GitState {
    /// The migrations in HEAD's history, oldest first.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn migrations(&self) -> Result<Vec<MigrationCommit>> {
        let failed = |cause| error::git::failed("read the history", cause);
        let mut walk = self.repo().revwalk().map_err(failed)?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)
            .map_err(failed)?;
        if walk.push_head().is_err() {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for id in walk {
            let commit = self.repo().find_commit(id.map_err(failed)?).map_err(failed)?;
            let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
            let service = message
                .lines()
                .rev()
                .find_map(|line| line.strip_prefix(TRAILER)?.strip_prefix(": "));
            if let (Some(service), Ok(parent)) = (service, commit.parent(0)) {
                found.push(MigrationCommit {
                    id: commit.id().to_string(),
                    parent: parent.id().to_string(),
                    files: self.written(&parent, &commit).map_err(failed)?,
                    title: message.lines().next().unwrap_or_default().to_owned(),
                    service: service.trim().to_owned(),
                });
            }
        }
        Ok(found)
    }

    fn written(
        &self,
        parent: &git2::Commit,
        commit: &git2::Commit,
    ) -> std::result::Result<Vec<(PathBuf, String)>, git2::Error> {
        let (old, new) = (parent.tree()?, commit.tree()?);
        let diff = self.repo().diff_tree_to_tree(Some(&old), Some(&new), None)?;
        let mut written = Vec::new();
        for delta in diff.deltas() {
            let file = delta.new_file();
            let Some(path) = file.path().filter(|_| !file.id().is_zero()) else {
                continue;
            };
            // A submodule has no blob here.
            let Ok(blob) = self.repo().find_blob(file.id()) else {
                continue;
            };
            if let Ok(text) = std::str::from_utf8(blob.content()) {
                written.push((path.to_owned(), text.to_owned()));
            }
        }
        Ok(written)
    }
}
