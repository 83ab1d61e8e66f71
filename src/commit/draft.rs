//! The objects of a commit: its blobs, its tree, itself. Objects that nothing refers to are harmless; git's
//! housekeeping drops them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use git2::{Index, Oid, Tree};

use super::disk::Disk;
use super::journal::{Entry, Noted};
use super::mark::{self, Mark, Marked};
use super::{Message, Mode, Target, text};
use crate::error::{self, Result};
use crate::repo::git::{GitState, Head, IndexChange, MODE_EXECUTABLE, MODE_FILE, bare_entry, remove};

/// A commit to be made.
pub(super) struct Draft<'r> {
    pub(super) head: Head,
    pub(super) head_tree: Option<Tree<'r>>,
    pub(super) changes: Vec<IndexChange>,
    pub(super) tree: Oid,
}

impl<'r> Draft<'r> {
    /// The commit of `targets` on HEAD; its blobs and trees are written.
    ///
    /// # Errors
    /// `nothing-to-commit` where HEAD has all of it; `git-failed`.
    pub(super) fn of(git: &'r GitState, disk: &mut Disk<'_>, targets: &[Target]) -> Result<Draft<'r>> {
        let head = git.head()?;
        let head_tree = git.head_tree()?;
        let changes = targets
            .iter()
            .map(|target| index_change(git, disk, head_tree.as_ref(), target))
            .collect::<Result<Vec<_>>>()?;
        let failed = |cause| error::git::failed("make the tree of the commit", cause);
        let mut index = Index::new().map_err(failed)?;
        put_changes(&mut index, head_tree.as_ref(), &changes).map_err(failed)?;
        announce(disk, git, "make the tree of the commit")?;
        let tree = index.write_tree_to(git.repo()).map_err(failed)?;
        if head_tree.as_ref().map(Tree::id) == Some(tree) {
            return Err(error::git::nothing_to_commit());
        }
        Ok(Draft {
            head,
            head_tree,
            changes,
            tree,
        })
    }

    /// `message` with the mark of what the commit changes, where it has one of a change.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn marked(&self, git: &GitState, message: &Message) -> Result<Message> {
        let Some(Marked::Change(mark)) = mark::find(message.text()) else {
            return Ok(message.clone());
        };
        let failed = |cause| error::git::failed("read the tree of the commit", cause);
        let tree = git.repo().find_tree(self.tree).map_err(failed)?;
        let digest = mark::digest_of(git, self.head_tree.as_ref(), &tree)?;
        Ok(message.marked(&Mark { digest, ..mark }))
    }

    /// The same changes on what HEAD names by now, where that has each of their paths as `first` has it.
    ///
    /// # Errors
    /// `head-moved` where it has not; `git-failed`.
    pub(super) fn upon(&self, git: &'r GitState, disk: &mut Disk<'_>, first: &Draft<'_>) -> Result<Draft<'r>> {
        let failed = |cause| error::git::failed("make the tree of the commit", cause);
        let (head, head_tree) = (git.head()?, git.head_tree()?);
        let made = git.repo().find_tree(first.tree).map_err(failed)?;
        for change in &self.changes {
            if git.in_tree(head_tree.as_ref(), &change.path)? != git.in_tree(Some(&made), &change.path)? {
                return Err(error::git::head_moved());
            }
        }
        let mut index = Index::new().map_err(failed)?;
        put_changes(&mut index, head_tree.as_ref(), &self.changes).map_err(failed)?;
        announce(disk, git, "make the tree of the commit")?;
        Ok(Draft {
            head,
            tree: index.write_tree_to(git.repo()).map_err(failed)?,
            head_tree,
            changes: self.changes.clone(),
        })
    }

    /// Writes the commit itself, on `parent`; no reference names it yet.
    ///
    /// # Errors
    /// `git-identity`; `git-failed`.
    pub(super) fn commit(
        &self,
        git: &GitState,
        disk: &mut Disk<'_>,
        message: &str,
        parent: Option<Oid>,
    ) -> Result<Oid> {
        let failed = |cause| error::git::failed("make the commit", cause);
        let repo = git.repo();
        let (author, committer) = git.signatures()?;
        let tree = repo.find_tree(self.tree).map_err(failed)?;
        let parent = match parent {
            Some(id) => Some(repo.find_commit(id).map_err(failed)?),
            None => None,
        };
        let parents: Vec<_> = parent.iter().collect();
        announce(disk, git, "make the commit")?;
        repo.commit(None, &author, &committer, message, &tree, &parents)
            .map_err(failed)
    }

    /// Makes the objects of the change last, `commit` among them: a reference must never outlive what it names.
    ///
    /// # Errors
    /// `git-failed`.
    pub(super) fn sync(&self, git: &GitState, disk: &mut Disk<'_>, commit: Option<Oid>) -> Result<()> {
        let failed =
            |cause: io::Error| error::git::failed("sync git's objects", git2::Error::from_str(&cause.to_string()));
        let mut ids: Vec<Oid> = commit.into_iter().chain([self.tree]).collect();
        let tree = git
            .repo()
            .find_tree(self.tree)
            .map_err(|cause| error::git::failed("read the tree of the commit", cause))?;
        for change in &self.changes {
            for path in Path::new(&change.path)
                .ancestors()
                .filter(|path| !path.as_os_str().is_empty())
            {
                ids.extend(tree.get_path(path).map(|entry| entry.id()).ok());
            }
        }
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            sync_object(git, disk, id).map_err(failed)?;
        }
        Ok(())
    }
}

/// Notes what becomes of the index's entry for each file of a journal.
pub(super) fn note_entries(git: &GitState, index: &Index, changes: &[IndexChange], files: &mut [Noted]) {
    let entry = |(id, mode)| Entry { id: Some(id), mode };
    for noted in files {
        let path = text(&noted.path);
        let after = changes.iter().find(|change| change.path == path);
        noted.entries = [git.staged(index, &path), after.and_then(|change| change.blob)].map(|blob| blob.map(entry));
    }
}

/// Syncs one object where it lies by itself; a packed one was there before.
fn sync_object(git: &GitState, disk: &mut Disk<'_>, id: Oid) -> io::Result<()> {
    let name = id.to_string();
    let (directory, file) = name.split_at(2);
    let directory: PathBuf = git.repo().commondir().join("objects").join(directory);
    let path = directory.join(file);
    if path.exists() {
        disk.step(&path)?;
        File::open(&path)?.sync_all()?;
        disk.sync_directories([directory.as_path()])?;
    }
    Ok(())
}

/// A step of the git library, which tests can let fail.
pub(super) fn announce(disk: &mut Disk<'_>, git: &GitState, action: &str) -> Result<()> {
    disk.step(git.git_dir())
        .map_err(|cause| error::git::failed(action, git2::Error::from_str(&cause.to_string())))
}

/// Fills an index with a tree, and the changes on top of it.
pub(super) fn put_changes(
    index: &mut Index,
    tree: Option<&Tree<'_>>,
    changes: &[IndexChange],
) -> Result<(), git2::Error> {
    match tree {
        Some(tree) => index.read_tree(tree)?,
        None => index.clear()?,
    }
    // Entries that go away come first: a file can make room for a directory of its name.
    for change in changes.iter().filter(|change| change.blob.is_none()) {
        remove(index, &change.path)?;
    }
    for change in changes {
        if let Some((id, mode)) = change.blob {
            index.add(&bare_entry(&change.path, id, mode))?;
        }
    }
    Ok(())
}

fn index_change(git: &GitState, disk: &mut Disk<'_>, head: Option<&Tree<'_>>, target: &Target) -> Result<IndexChange> {
    let path = text(&target.path);
    let blob = match &target.after {
        Some(after) => {
            let mode = tree_mode(git, head, &target.path, &after.mode)?;
            announce(disk, git, &format!("store {path}"))?;
            Some((git.blob(&path, &after.bytes)?, mode))
        }
        None => None,
    };
    Ok(IndexChange { path, blob })
}

/// A file's mode in the tree: from the file that it is made of, or where git is told not to trust that
/// (`core.fileMode`), from what the last commit has.
fn tree_mode(git: &GitState, head: Option<&Tree<'_>>, path: &Path, mode: &Mode) -> Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    let source = match mode {
        Mode::Executable(executable) => return Ok(if *executable { MODE_EXECUTABLE } else { MODE_FILE }),
        Mode::Like(other) => other.as_path(),
        Mode::Keep => path,
    };
    let executable = if git.trusts_modes() {
        let file = git.workdir().join(source).metadata();
        file.is_ok_and(|file| file.permissions().mode() & 0o100 != 0)
    } else {
        git.in_tree(head, &text(source))?
            .is_some_and(|(_, mode)| mode == MODE_EXECUTABLE)
    };
    Ok(if executable { MODE_EXECUTABLE } else { MODE_FILE })
}
