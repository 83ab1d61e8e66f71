//! The commits that the tool made, by their trailer.

use std::path::{Path, PathBuf};

use super::GitState;
use crate::error::{self, Result};

/// The trailer that names the migrated service.
pub const TRAILER: &str = "Qgroget-Service";

/// A commit of the tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCommit {
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its first parent's; of a change of two commits, that of the first.
    pub parent: String,
    /// The id of the commit before it that is a part of the same change.
    pub first: Option<String>,
    /// Its first line.
    pub title: String,
    /// Its message.
    pub message: String,
    /// The service that it migrates, or what else it does.
    pub name: String,
    /// The files that it changes, relative to the top of the working tree.
    pub files: Vec<ChangedFile>,
}

/// A file that a commit changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// The file.
    pub path: PathBuf,
    /// Its text before, if there is one that is UTF-8.
    pub before: Option<String>,
    /// Its text after, if there is one that is UTF-8.
    pub after: Option<String>,
}

/// What a message's trailers of this key say, in their order.
pub fn trailers<'m>(message: &'m str, key: &str) -> impl Iterator<Item = &'m str> {
    message
        .lines()
        .filter_map(move |line| line.strip_prefix(key)?.strip_prefix(": "))
}

/// The service that a message's trailer names, as it is called.
pub fn service_of(message: &str) -> Option<String> {
    let name = trailers(message, TRAILER).last()?;
    Some(name.trim().to_owned())
}

impl GitState {
    /// The commits of the tool in HEAD's history, oldest first: those that a trailer says to migrate a service, and those
    /// to whose message `named` gives a name. Those that are one change with the commit before them, which `first_of` knows,
    /// are taken for one.
    ///
    /// # Errors
    /// When the history cannot be read.
    pub fn made_by_the_tool(
        &self,
        named: impl Fn(&str) -> Option<String>,
        first_of: impl Fn(&str) -> Result<Option<String>>,
    ) -> Result<Vec<ToolCommit>> {
        let failed = |cause| error::git::failed("read the history", cause);
        let mut walk = self.repo().revwalk().map_err(failed)?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE)
            .map_err(failed)?;
        if walk.push_head().is_err() {
            return Ok(Vec::new());
        }
        let mut found: Vec<ToolCommit> = Vec::new();
        for id in walk {
            let commit = self.repo().find_commit(id.map_err(failed)?).map_err(failed)?;
            let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
            let name = service_of(&message).or_else(|| named(&message));
            let (Some(name), Ok(mut parent)) = (name, commit.parent(0)) else {
                continue;
            };
            let first = first_of(&commit.id().to_string())?.filter(|first| *first == parent.id().to_string());
            if first.is_some()
                && let Ok(below) = parent.parent(0)
            {
                found.retain(|other| Some(&other.id) != first.as_ref());
                parent = below;
            }
            found.push(ToolCommit {
                first,
                id: commit.id().to_string(),
                parent: parent.id().to_string(),
                files: self.changed(&parent, &commit).map_err(failed)?,
                title: message.lines().next().unwrap_or_default().to_owned(),
                message,
                name,
            });
        }
        Ok(found)
    }

    fn changed(
        &self,
        parent: &git2::Commit,
        commit: &git2::Commit,
    ) -> std::result::Result<Vec<ChangedFile>, git2::Error> {
        let (old, new) = (parent.tree()?, commit.tree()?);
        let diff = self.repo().diff_tree_to_tree(Some(&old), Some(&new), None)?;
        // A submodule has no blob here.
        let text = |file: &git2::DiffFile| {
            let blob = self.repo().find_blob(file.id()).ok()?;
            std::str::from_utf8(blob.content()).ok().map(str::to_owned)
        };
        let changed = diff.deltas().filter_map(|delta| {
            let (old, new) = (delta.old_file(), delta.new_file());
            Some(ChangedFile {
                path: new.path().or(old.path()).map(Path::to_owned)?,
                before: text(&old),
                after: text(&new),
            })
        });
        Ok(changed.collect())
    }
}
