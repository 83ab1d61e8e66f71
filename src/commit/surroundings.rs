//! What hooks could change besides the files of the commit: the user's index, and all other files.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{Status, StatusOptions};

use crate::apply::{INDEX_BEFORE, Target};
use crate::error::{self, Result};
use crate::repo::git::GitState;

/// Larger files with uncommitted changes are not kept, and so not restored: they are disk images and the like,
/// which no formatter touches.
const LARGEST: u64 = 16 << 20;

/// The state to go back to. Files that are as in the index are not kept: the index has them.
pub(super) struct Surroundings {
    /// The paths of the commit, which are restored by its journal.
    ours: BTreeSet<String>,
    /// Where the user's index is kept; `None` where there was none.
    index: Option<PathBuf>,
    /// The files with uncommitted changes.
    changed: BTreeMap<String, Kept>,
}

/// A file with uncommitted changes.
enum Kept {
    Bytes(Vec<u8>),
    Absent,
    /// Too large, or no regular file.
    Not,
}

impl Surroundings {
    /// Takes down the state as it is; the index goes among the `notes`.
    ///
    /// # Errors
    /// Refuses an index or a file that cannot be read.
    pub(super) fn record(git: &GitState, targets: &[Target], notes: &Path) -> Result<Surroundings> {
        let ours: BTreeSet<String> = super::repo_paths(targets).into_iter().collect();
        let mut changed = BTreeMap::new();
        for (path, _) in status(git)?.into_iter().filter(|(path, _)| !ours.contains(path)) {
            let kept =
                keep(&git.workdir().join(&path)).map_err(|cause| error::apply::unreadable(Path::new(&path), cause))?;
            changed.insert(path, kept);
        }
        let index = git.git_dir().join("index");
        let kept = notes.join(INDEX_BEFORE);
        let index = match fs::copy(&index, &kept) {
            Ok(_) => Some(kept),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(error::apply::no_journal(notes, cause)),
        };
        Ok(Surroundings { ours, index, changed })
    }

    /// Goes back to it. Untracked files that a hook has made stay: they are its caches and reports.
    ///
    /// # Errors
    /// Refuses if a file cannot be written.
    pub(super) fn restore(&self, git: &GitState) -> Result<()> {
        self.restore_index(git)?;
        let mut from_index = Vec::new();
        for (path, status) in status(git)? {
            let ours = self.ours.contains(&path) || self.changed.contains_key(&path);
            if !ours && !status.contains(Status::WT_NEW) {
                from_index.extend_from_slice(path.as_bytes());
                from_index.push(0);
            }
        }
        if !from_index.is_empty() {
            // Git itself, since files may pass through filters that the library does not run.
            let arguments = ["checkout-index", "--force", "-z", "--stdin"];
            git.run_for_output(&arguments, Some(&from_index), &[])?;
        }
        for (path, kept) in &self.changed {
            bring_back(&git.workdir().join(path), kept)
                .map_err(|cause| error::apply::not_restored(Path::new(path), cause))?;
        }
        Ok(())
    }

    fn restore_index(&self, git: &GitState) -> Result<()> {
        let path = git.git_dir().join("index");
        let restored = match &self.index {
            Some(kept) => {
                let temporary = git.git_dir().join("index.qgroget");
                fs::copy(kept, &temporary).and_then(|_| fs::rename(&temporary, &path))
            }
            None if path.exists() => fs::remove_file(&path),
            None => Ok(()),
        };
        restored.map_err(|cause| error::apply::not_restored(&path, cause))
    }
}

fn keep(path: &Path) -> io::Result<Kept> {
    match path.symlink_metadata() {
        Ok(found) if found.is_file() && found.len() <= LARGEST => fs::read(path).map(Kept::Bytes),
        Ok(_) => Ok(Kept::Not),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(Kept::Absent),
        Err(cause) => Err(cause),
    }
}

fn bring_back(path: &Path, kept: &Kept) -> io::Result<()> {
    match (kept, keep(path)?) {
        (Kept::Bytes(bytes), Kept::Bytes(now)) if *bytes == now => Ok(()),
        (Kept::Bytes(bytes), _) => {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, bytes)
        }
        (Kept::Absent, Kept::Bytes(_)) => fs::remove_file(path),
        _ => Ok(()),
    }
}

/// All files with uncommitted changes, the untracked among them, without the ignored.
fn status(git: &GitState) -> Result<Vec<(String, Status)>> {
    let mut options = StatusOptions::new();
    options
        .include_untracked(true)
        .recurse_untracked_dirs(true)
        .exclude_submodules(true);
    let statuses = git
        .repo()
        .statuses(Some(&mut options))
        .map_err(error::git::index_unreadable)?;
    Ok(statuses
        .iter()
        .filter_map(|entry| Some((entry.path().ok()?.to_owned(), entry.status())))
        .collect())
}
