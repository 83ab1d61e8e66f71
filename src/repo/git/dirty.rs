//! Uncommitted changes among given files.

use std::fmt;
use std::path::{Path, PathBuf};

use git2::{IndexEntryExtendedFlag, IndexEntryFlag, Status, StatusOptions};

use super::{GitState, Unhonoured};
use crate::error::{self, Result};

/// A file with uncommitted changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirtyFile {
    /// Relative to the root.
    pub path: PathBuf,
    /// How it differs from the last commit.
    pub state: DirtyState,
}

/// How a file differs from the last commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirtyState {
    /// All of its changes are staged.
    Staged,
    /// None of its changes is staged.
    NotStaged,
    /// Some changes are staged, others not.
    PartlyStaged,
    /// Deleted, and the deletion not committed.
    Deleted,
    /// Git does not know it.
    Untracked,
    /// Git does not know it and is told to ignore it.
    Ignored,
    /// A merge left conflicts in it.
    Conflicted,
    /// Changed, but marked so that `git status` does not tell (`assume-unchanged`, `skip-worktree`).
    Hidden,
}

impl fmt::Display for DirtyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DirtyState::Staged => "staged",
            DirtyState::NotStaged => "not staged",
            DirtyState::PartlyStaged => "partly staged",
            DirtyState::Deleted => "deleted",
            DirtyState::Untracked => "untracked",
            DirtyState::Ignored => "ignored by git, but there",
            DirtyState::Conflicted => "in conflict",
            DirtyState::Hidden => "changed, but hidden from `git status`",
        })
    }
}

impl DirtyState {
    /// The state for the library's flags; `None` for a file without changes.
    fn of(status: Status) -> Option<DirtyState> {
        let staged = Status::INDEX_NEW
            | Status::INDEX_MODIFIED
            | Status::INDEX_DELETED
            | Status::INDEX_RENAMED
            | Status::INDEX_TYPECHANGE;
        let changed = Status::WT_MODIFIED | Status::WT_RENAMED | Status::WT_TYPECHANGE | Status::WT_UNREADABLE;
        if status.contains(Status::CONFLICTED) {
            Some(DirtyState::Conflicted)
        } else if status.contains(Status::IGNORED) {
            Some(DirtyState::Ignored)
        } else if status.intersects(staged) && status.intersects(changed | Status::WT_NEW | Status::WT_DELETED) {
            Some(DirtyState::PartlyStaged)
        } else if status.intersects(Status::WT_DELETED | Status::INDEX_DELETED) {
            Some(DirtyState::Deleted)
        } else if status.intersects(staged) {
            Some(DirtyState::Staged)
        } else if status.intersects(changed) {
            Some(DirtyState::NotStaged)
        } else if status.contains(Status::WT_NEW) {
            Some(DirtyState::Untracked)
        } else {
            None
        }
    }
}

impl GitState {
    /// The files among `paths` (relative to the root) that differ from the last commit, sorted by path. Files
    /// elsewhere are not looked at; a path where nothing is, and was, is clean.
    ///
    /// # Errors
    /// Refuses an index that cannot be read, and paths that are not UTF-8 or leave the root.
    pub fn dirty(&self, paths: &[PathBuf]) -> Result<Vec<DirtyFile>> {
        let paths: Vec<String> = paths.iter().map(|path| self.repo_path(path)).collect::<Result<_>>()?;
        let dirty = self.dirty_repo_paths(&paths)?;
        Ok(dirty
            .into_iter()
            .filter_map(|(path, state)| {
                Some(DirtyFile {
                    path: self.root_path(&path)?,
                    state,
                })
            })
            .collect())
    }

    /// As [`dirty`](GitState::dirty), with git's paths.
    pub(crate) fn dirty_repo_paths(&self, paths: &[String]) -> Result<Vec<(String, DirtyState)>> {
        // No pathspec at all would mean every file.
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut options = StatusOptions::new();
        options
            .include_untracked(true)
            .recurse_untracked_dirs(true)
            .include_ignored(true)
            .recurse_ignored_dirs(true)
            .exclude_submodules(true)
            .disable_pathspec_match(true);
        for path in paths {
            options.pathspec(path.as_str());
        }
        let statuses = self
            .repo
            .statuses(Some(&mut options))
            .map_err(error::git::index_unreadable)?;
        let mut dirty = Vec::new();
        for entry in statuses.iter() {
            let Ok(path) = entry.path().map(str::to_owned) else {
                continue;
            };
            if let Some(state) = DirtyState::of(entry.status())
                && paths.contains(&path)
                && !self.only_filtered(&path, state)?
            {
                dirty.push((path, state));
            }
        }
        for path in self.hidden(paths)? {
            if !dirty.iter().any(|(known, _)| *known == path) {
                dirty.push((path, DirtyState::Hidden));
            }
        }
        dirty.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(dirty)
    }

    /// Whether a file is reported only since the library does not run the file's filter.
    fn only_filtered(&self, path: &str, state: DirtyState) -> Result<bool> {
        if state != DirtyState::NotStaged {
            return Ok(false);
        }
        let Some(filter) = self.filter(path)? else {
            return Ok(false);
        };
        let arguments = ["diff", "--quiet", "HEAD", "--", &format!(":(top,literal){path}")];
        Ok(self.run(&arguments, None, &[Unhonoured::Filter(filter)])?.success)
    }

    /// The files whose changes are hidden from `git status`.
    fn hidden(&self, paths: &[String]) -> Result<Vec<String>> {
        let index = self.repo.index().map_err(error::git::index_unreadable)?;
        let mut hidden = Vec::new();
        for path in paths {
            let Some(entry) = index.get_path(Path::new(path), 0) else {
                continue;
            };
            let assumed = IndexEntryFlag::from_bits_truncate(entry.flags).is_valid();
            let skipped = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).is_skip_worktree();
            if !(assumed || skipped) {
                continue;
            }
            // A sparse checkout leaves files out: one that is not there is not changed.
            if let Ok(bytes) = std::fs::read(self.workdir.join(path))
                && self.blob(path, &bytes)? != entry.id
            {
                hidden.push(path.clone());
            }
        }
        Ok(hidden)
    }
}
