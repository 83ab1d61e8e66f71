//! What the tool's commits have written into files, without what others wrote there: the base by which a person's own changes
//! of what is installed are known.
//!
//! A commit counts only while it does what its mark says. One that a rebase or a squash has made another change is not told
//! apart from somebody's edit, and after it nothing is known until the tool makes the file anew.

use std::cell::OnceCell;
use std::path::Path;

use git2::Oid;

use super::branch;
use super::mark::{INIT, UPGRADE};
use super::undo::{Change, changes, is_as_made, merge_touching};
use crate::edit::merge::merge;
use crate::edit::past::{Past, Writer, Written};
use crate::error::{self, Result};
use crate::repo::git::GitState;

/// The tool's commits in HEAD's history.
pub struct Writings<'g> {
    git: &'g GitState,
    commits: OnceCell<Vec<Known>>,
}

/// A commit that is not taken back.
struct Known {
    id: Oid,
    /// The one that it is made upon.
    parent: Option<Oid>,
    name: String,
}

impl<'g> Writings<'g> {
    /// Those of HEAD. They are read once something is asked.
    pub fn of(git: &'g GitState) -> Writings<'g> {
        Writings {
            git,
            commits: OnceCell::new(),
        }
    }

    /// Oldest first.
    fn commits(&self) -> Result<&[Known]> {
        if let Some(commits) = self.commits.get() {
            return Ok(commits);
        }
        let known = |Change { unit, mark, undone }: Change<'_>| {
            (!undone).then(|| Known {
                id: unit.last.id(),
                parent: unit.parent().map(|parent| parent.id()),
                name: mark.name,
            })
        };
        let mut commits: Vec<Known> = changes(self.git)?.into_iter().filter_map(known).collect();
        commits.reverse();
        Ok(self.commits.get_or_init(|| commits))
    }

    /// The file at git's `path` in a commit.
    fn blob(&self, commit: Option<Oid>, path: &str) -> Result<Option<Oid>> {
        let failed = |cause| error::git::failed("read the history", cause);
        let Some(commit) = commit else { return Ok(None) };
        let tree = self.git.repo().find_commit(commit).and_then(|commit| commit.tree());
        let entry = tree.map_err(failed)?.get_path(Path::new(path)).ok();
        Ok(entry.map(|entry| entry.id()))
    }

    fn text(&self, blob: Oid) -> Option<String> {
        let blob = self.git.repo().find_blob(blob).ok()?;
        String::from_utf8(blob.content().to_vec()).ok()
    }

    /// What the tool alone had made of a file after a commit that leads it from `before` to `after`, where it was `last`
    /// before; `None` where that cannot be told.
    fn own(&self, name: &str, before: Option<Oid>, after: Oid, last: Option<&Written>) -> Option<(String, bool)> {
        let text = self.text(after)?;
        match (before, last) {
            (None, _) => Some((text, true)),
            // What others had made of it until then is taken out of it again.
            (Some(before), Some(last)) => {
                let before = self.text(before)?;
                let without = merge(&before, &text, &last.text).clean(&text);
                let without = without.or_else(|| merge_touching(&before, &text, &last.text))?;
                Some((without, last.created))
            }
            // Only the installation puts something into a file of somebody else's.
            (Some(_), None) => (name == INIT).then_some((text, false)),
        }
    }
}

impl Past for Writings<'_> {
    fn written(&self, path: &Path, by: Writer) -> Result<Vec<Written>> {
        let path = self.git.repo_path(path)?;
        let counts = |name: &str| by == Writer::Any || name == INIT || name == UPGRADE;
        let mut written: Vec<Written> = Vec::new();
        for commit in self.commits()?.iter().filter(|commit| counts(&commit.name)) {
            let (before, after) = (self.blob(commit.parent, &path)?, self.blob(Some(commit.id), &path)?);
            if before == after {
                continue;
            }
            let is_certain = is_as_made(self.git, &commit.id.to_string())? == Some(true);
            let own = after.filter(|_| is_certain);
            let own = own.and_then(|after| self.own(&commit.name, before, after, written.last()));
            match own {
                Some((text, created)) => written.push(Written {
                    text,
                    commit: branch::short(self.git, commit.id)?,
                    created,
                }),
                None => written.clear(),
            }
        }
        Ok(written)
    }
}
