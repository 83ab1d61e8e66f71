//! Blobs for files, and the index entries of given paths.

use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use git2::{ErrorCode, Index, IndexEntry, IndexTime, Oid, Tree};

use super::{GitState, Unhonoured};
use crate::error::{self, Result};

/// What one path becomes in a tree or an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexChange {
    /// Git's path.
    pub(crate) path: String,
    /// The blob and its mode; `None` where the path goes away.
    pub(crate) blob: Option<(Oid, u32)>,
}

/// The mode of a plain file in a tree.
pub(crate) const MODE_FILE: u32 = 0o100_644;
/// The mode of an executable file in a tree.
pub(crate) const MODE_EXECUTABLE: u32 = 0o100_755;

impl GitState {
    /// Writes the blob that git would store for a file at git's `path` with content `bytes` (line endings and
    /// filters applied) and gives its id. A blob that nothing refers to is harmless: git's housekeeping drops it.
    ///
    /// # Errors
    /// Refuses if the object cannot be written or a filter fails.
    pub(crate) fn blob(&self, path: &str, bytes: &[u8]) -> Result<Oid> {
        let failed = |cause| error::git::failed(&format!("store {path}"), cause);
        if let Some(filter) = self.filter(path)? {
            let arguments = ["hash-object", "-w", "--stdin", &format!("--path={path}")];
            let id = self.run_for_output(&arguments, Some(bytes), &[Unhonoured::Filter(filter)])?;
            return Oid::from_str(String::from_utf8_lossy(&id).trim()).map_err(failed);
        }
        let mut writer = self.repo.blob_writer(Some(Path::new(path))).map_err(failed)?;
        writer
            .write_all(bytes)
            .map_err(|cause| failed(git2::Error::from_str(&cause.to_string())))?;
        writer.commit().map_err(failed)
    }

    /// The tree of HEAD; `None` before the first commit.
    pub(crate) fn head_tree(&self) -> Result<Option<Tree<'_>>> {
        let failed = |cause| error::git::failed("read HEAD", cause);
        match self.head()?.id() {
            Some(id) => {
                let commit = self.repo.find_commit(id).map_err(failed)?;
                commit.tree().map(Some).map_err(failed)
            }
            None => Ok(None),
        }
    }

    /// The blob and mode at git's `path` in `tree`; `None` where there is none.
    pub(crate) fn in_tree(&self, tree: Option<&Tree<'_>>, path: &str) -> Result<Option<(Oid, u32)>> {
        let Some(tree) = tree else { return Ok(None) };
        match tree.get_path(Path::new(path)) {
            Ok(entry) => Ok(Some((entry.id(), entry.filemode() as u32))),
            Err(cause) if cause.code() == ErrorCode::NotFound => Ok(None),
            Err(cause) => Err(error::git::failed("read HEAD", cause)),
        }
    }

    /// What is staged at git's `path`; `None` where nothing is.
    pub(crate) fn staged(&self, index: &Index, path: &str) -> Option<(Oid, u32)> {
        index.get_path(Path::new(path), 0).map(|entry| (entry.id, entry.mode))
    }

    /// Whether git takes the modes of files for theirs (`core.fileMode`).
    pub(crate) fn trusts_modes(&self) -> bool {
        let config = self.repo.config();
        config
            .and_then(|config| config.get_bool("core.fileMode"))
            .unwrap_or(true)
    }

    /// The index on disk, read anew.
    pub(crate) fn read_index(&self) -> Result<Index> {
        let mut index = self.repo.index().map_err(error::git::index_unreadable)?;
        index.read(true).map_err(error::git::index_unreadable)?;
        Ok(index)
    }

    /// The entry for a file on disk, with its times; the user's marks on the entry that it replaces stay.
    pub(crate) fn entry(&self, index: &Index, path: &str, id: Oid, mode: u32) -> IndexEntry {
        let mut entry = bare_entry(path, id, mode);
        if let Ok(file) = self.workdir.join(path).symlink_metadata() {
            // The index keeps the low 32 bits of each.
            entry.ctime = IndexTime::new(file.ctime() as i32, file.ctime_nsec() as u32);
            entry.mtime = IndexTime::new(file.mtime() as i32, file.mtime_nsec() as u32);
            entry.dev = file.dev() as u32;
            entry.ino = file.ino() as u32;
            entry.uid = file.uid();
            entry.gid = file.gid();
            entry.file_size = file.size() as u32;
        }
        if let Some(old) = index.get_path(Path::new(path), 0) {
            entry.flags = old.flags;
            entry.flags_extended = old.flags_extended & !git2::IndexEntryExtendedFlag::INTENT_TO_ADD.bits();
        }
        entry
    }
}

/// An index entry without anything known of the file on disk.
pub(crate) fn bare_entry(path: &str, id: Oid, mode: u32) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// Removes a path from an index, in whatever state it is there.
pub(crate) fn remove(index: &mut Index, path: &str) -> Result<(), git2::Error> {
    let path = Path::new(path);
    // Most paths are in no conflict; that there is none to remove is no failure.
    let _ = index.conflict_remove(path);
    match index.get_path(path, 0) {
        Some(_) => index.remove(path, 0),
        None => Ok(()),
    }
}
