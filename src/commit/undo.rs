//! Takes back the last commit that the tool made here.
//!
//! A commit that nobody else has, and that nothing stands on, is removed from its branch; any other is reverted
//! by a new commit, so that no history is rewritten.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::build::CheckoutBuilder;
use git2::{Commit, Delta, Oid, Tree};

use super::{Committed, Message, record};
use crate::apply::{self, After, Applied, Mode, Target};
use crate::error::{self, Result};
use crate::repo::git::{DirtyFile, GitState, IndexChange, MODE_EXECUTABLE, MODE_FILE, UndoEntry, Unhonoured};

/// What was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// Nothing: no commit of the tool is in HEAD's history.
    Nothing,
    /// The commit is gone from its branch, and its files are as before it.
    Removed {
        /// The commit's abbreviated id; `git show` still finds it for a while.
        short: String,
        /// The commit's title.
        title: String,
        /// Its files, relative to the top of the working tree, sorted.
        paths: Vec<PathBuf>,
    },
    /// A new commit takes it back.
    Reverted {
        /// The commit's abbreviated id.
        short: String,
        /// The commit's title.
        title: String,
        /// The files, relative to the top of the working tree, sorted.
        paths: Vec<PathBuf>,
        /// Why it could not just be removed.
        why: Why,
        /// The new commit.
        commit: Committed,
    },
}

/// Why a commit is reverted by a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Other commits came after it.
    LaterCommits,
    /// A remote-tracking branch has it.
    Pushed,
}

/// A difference between two trees at one path.
struct Difference {
    path: String,
    /// The blob and its mode afterwards.
    to: Option<(Oid, u32)>,
    /// Whether the path is there before.
    from: bool,
}

/// The commit to take back, and where its reference stands.
struct Candidate<'r> {
    entry: UndoEntry,
    commit: Commit<'r>,
    title: String,
    short: String,
}

/// Takes back the last commit of the tool that HEAD's history has. Called again, it takes back the one before.
///
/// # Errors
/// Refuses while a git operation is under way; if the commit's files have uncommitted changes; if later commits
/// changed the same lines; and as [`commit`](super::commit) does. Nothing is changed then.
pub fn undo(git: &GitState) -> Result<Undone> {
    if let Some(operation) = git.operation() {
        return Err(error::git::operation_under_way(operation));
    }
    for entry in git.undo_entries()? {
        // On another branch, or rewritten by hand since: not this history's to take back.
        if !git.in_history(entry.id)? {
            continue;
        }
        let candidate = candidate(git, entry)?;
        let why = if git.head()?.id() != Some(candidate.entry.id) {
            Why::LaterCommits
        } else if git.is_pushed(candidate.entry.id)? {
            Why::Pushed
        } else {
            return remove_commit(git, &candidate);
        };
        if let Some(undone) = revert_commit(git, &candidate, why)? {
            return Ok(undone);
        }
        // It had been reverted by hand.
        git.remove_undo(&candidate.entry)?;
    }
    Ok(Undone::Nothing)
}

fn candidate(git: &GitState, entry: UndoEntry) -> Result<Candidate<'_>> {
    let failed = |cause| error::git::failed("read the commit to take back", cause);
    let commit = git.repo().find_commit(entry.id).map_err(failed)?;
    let short = commit.as_object().short_id().map_err(failed)?;
    let short = String::from_utf8_lossy(&short).into_owned();
    let title = String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned();
    if commit.parent_count() > 1 {
        return Err(error::git::undo_merge(&title, &short));
    }
    Ok(Candidate {
        entry,
        commit,
        title,
        short,
    })
}

/// Moves the branch to the commit's parent, and the commit's files with it.
fn remove_commit(git: &GitState, candidate: &Candidate<'_>) -> Result<Undone> {
    let failed = |cause| error::git::failed("read the commit to take back", cause);
    let parent = candidate.commit.parents().next();
    let to = match &parent {
        Some(parent) => Some(parent.tree().map_err(failed)?),
        None => None,
    };
    let from = candidate.commit.tree().map_err(failed)?;
    let (applied, differences) = put_back(git, candidate, &from, to.as_ref())?;
    let undone = Undone::Removed {
        short: candidate.short.clone(),
        title: candidate.title.clone(),
        paths: paths(&differences),
    };
    move_branch(git, candidate, parent.map(|parent| parent.id()), applied, &differences)?;
    Ok(undone)
}

fn move_branch(
    git: &GitState,
    candidate: &Candidate<'_>,
    to: Option<Oid>,
    mut applied: Applied,
    differences: &[Difference],
) -> Result<()> {
    let head = git.head()?;
    let moved = applied
        .announce_commit(false)
        .and_then(|()| git.move_head(&head, to, &format!("qgroget undo: remove {}", candidate.short)));
    if let Err(error) = moved {
        applied.revert()?;
        return Err(error);
    }
    let changes: Vec<IndexChange> = differences
        .iter()
        .map(|difference| IndexChange {
            path: difference.path.clone(),
            blob: difference.to,
        })
        .collect();
    if let Err(error) = git.update_index(&changes) {
        let log = "qgroget undo: failed";
        git.move_head(&git.head()?, Some(candidate.entry.id), log)?;
        applied.revert()?;
        return Err(error);
    }
    applied.keep()?;
    git.remove_undo(&candidate.entry)
}

/// Makes a commit that takes `candidate` back; `None` if nothing is left of it.
fn revert_commit(git: &GitState, candidate: &Candidate<'_>, why: Why) -> Result<Option<Undone>> {
    let failed = |cause| error::git::failed("revert the commit", cause);
    let repo = git.repo();
    let head = repo.head().and_then(|head| head.peel_to_commit()).map_err(failed)?;
    let mut index = repo.revert_commit(&candidate.commit, &head, 0, None).map_err(failed)?;
    if index.has_conflicts() {
        let paths = conflicts(&index).map_err(failed)?;
        return Err(error::git::undo_conflict(&candidate.title, &candidate.short, &paths));
    }
    let from = head.tree().map_err(failed)?;
    let to = index
        .write_tree_to(repo)
        .and_then(|id| repo.find_tree(id))
        .map_err(failed)?;
    if from.id() == to.id() {
        return Ok(None);
    }
    let (applied, differences) = put_back(git, candidate, &from, Some(&to))?;
    let message = Message::new(
        &format!("Revert \"{}\"", candidate.title),
        &[format!("This reverts commit {}.", candidate.entry.id)],
        &[],
    );
    let commit = record(git, applied, &message, false)?;
    git.remove_undo(&candidate.entry)?;
    Ok(Some(Undone::Reverted {
        short: candidate.short.clone(),
        title: candidate.title.clone(),
        paths: paths(&differences),
        why,
        commit,
    }))
}

/// Brings the files that differ between two trees from the first to the second.
fn put_back(
    git: &GitState,
    candidate: &Candidate<'_>,
    from: &Tree<'_>,
    to: Option<&Tree<'_>>,
) -> Result<(Applied, Vec<Difference>)> {
    let differences = differences(git, candidate, from, to)?;
    let names: Vec<String> = differences.iter().map(|difference| difference.path.clone()).collect();
    let dirty = git.dirty_repo_paths(&names)?;
    if !dirty.is_empty() {
        let dirty: Vec<DirtyFile> = dirty
            .into_iter()
            .map(|(path, state)| DirtyFile {
                path: PathBuf::from(path),
                state,
            })
            .collect();
        return Err(error::git::undo_dirty(&candidate.title, &dirty));
    }
    let targets = targets(git, to, &differences)?;
    Ok((apply::write(git, targets)?, differences))
}

fn differences(
    git: &GitState,
    candidate: &Candidate<'_>,
    from: &Tree<'_>,
    to: Option<&Tree<'_>>,
) -> Result<Vec<Difference>> {
    let failed = |cause| error::git::failed("compare the commits", cause);
    let diff = git.repo().diff_tree_to_tree(Some(from), to, None).map_err(failed)?;
    let mut differences = Vec::new();
    for delta in diff.deltas() {
        let sides = [(delta.old_file(), Delta::Added), (delta.new_file(), Delta::Deleted)];
        let mut path = String::new();
        for (side, absent) in &sides {
            if delta.status() == *absent {
                continue;
            }
            path = side.path().map(super::text).unwrap_or_default();
            if !matches!(u32::from(side.mode()), MODE_FILE | MODE_EXECUTABLE) {
                return Err(error::git::undo_not_files(&candidate.title, &candidate.short, &path));
            }
        }
        let new = delta.new_file();
        let there = delta.status() != Delta::Deleted;
        differences.push(Difference {
            path,
            to: there.then(|| (new.id(), u32::from(new.mode()))),
            from: delta.status() != Delta::Added,
        });
    }
    Ok(differences)
}

/// The differences as files on disk.
fn targets(git: &GitState, to: Option<&Tree<'_>>, differences: &[Difference]) -> Result<Vec<Target>> {
    let mut contents = Contents::of(git, to, differences)?;
    let mut targets = Vec::new();
    for difference in differences {
        let path = PathBuf::from(&difference.path);
        let before = match difference.from {
            true => {
                let bytes = fs::read(git.workdir().join(&path));
                Some(bytes.map_err(|cause| error::apply::unreadable(&path, cause))?.into())
            }
            false => None,
        };
        let after = match difference.to {
            Some((_, mode)) => Some(After {
                bytes: contents.read(git, &difference.path)?,
                mode: Mode::Executable(mode == MODE_EXECUTABLE),
            }),
            None => None,
        };
        targets.push(Target { path, before, after });
    }
    Ok(targets)
}

/// The files of a tree as they are in a working tree: with line endings and filters as configured.
struct Contents {
    /// The library puts those without a filter program here.
    checkout: Option<tempfile::TempDir>,
    tree: Option<Oid>,
}

impl Contents {
    fn of(git: &GitState, tree: Option<&Tree<'_>>, differences: &[Difference]) -> Result<Contents> {
        let mut contents = Contents {
            checkout: None,
            tree: tree.map(Tree::id),
        };
        let wanted: Vec<&Difference> = differences
            .iter()
            .filter(|difference| difference.to.is_some())
            .collect();
        let (Some(tree), false) = (tree, wanted.is_empty()) else {
            return Ok(contents);
        };
        let directory = tempfile::tempdir().map_err(|cause| error::apply::no_journal(&std::env::temp_dir(), cause))?;
        let mut options = CheckoutBuilder::new();
        options
            .force()
            .update_index(false)
            .disable_pathspec_match(true)
            .target_dir(directory.path());
        for difference in wanted {
            options.path(difference.path.as_str());
        }
        git.repo()
            .checkout_tree(tree.as_object(), Some(&mut options))
            .map_err(|cause| error::git::failed("read the files of the commit before", cause))?;
        contents.checkout = Some(directory);
        Ok(contents)
    }

    fn read(&mut self, git: &GitState, path: &str) -> Result<Arc<[u8]>> {
        if let (Some(filter), Some(tree)) = (git.filter(path)?, self.tree) {
            let object = format!("{tree}:{path}");
            let why = [Unhonoured::Filter(filter)];
            return Ok(git
                .run_for_output(&["cat-file", "--filters", &object], None, &why)?
                .into());
        }
        let unreadable = |cause| error::apply::unreadable(Path::new(path), cause);
        match &self.checkout {
            Some(directory) => Ok(fs::read(directory.path().join(path)).map_err(unreadable)?.into()),
            None => Err(unreadable(std::io::ErrorKind::NotFound.into())),
        }
    }
}

fn paths(differences: &[Difference]) -> Vec<PathBuf> {
    differences
        .iter()
        .map(|difference| PathBuf::from(&difference.path))
        .collect()
}

/// The paths in conflict in an index.
fn conflicts(index: &git2::Index) -> Result<Vec<String>, git2::Error> {
    let mut paths = Vec::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}
