//! One run at a time.
//!
//! The kernel drops the lock when its process ends, however it ends: a lock file that is left over locks nothing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{self, Result};

/// A lock that is held, and released when dropped.
pub(super) struct Lock {
    path: PathBuf,
    /// Open for as long as the lock is held.
    _file: File,
}

impl Lock {
    /// Takes the lock at `path`.
    ///
    /// # Errors
    /// Refuses while another process holds it, naming that process, and where no file can be made.
    pub(super) fn take(path: &Path) -> Result<Lock> {
        let failed = |cause| error::apply::lock_failed(path, cause);
        loop {
            let mut file = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path)
                .map_err(failed)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let _ = file.read_to_string(&mut text);
                    return Err(error::apply::locked(path, text.trim().parse().ok()));
                }
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            }
            // The holder before may have removed the file between our opening and locking it: then the lock is on a
            // file that nobody else can find.
            let same = fs::metadata(path).and_then(|there| Ok(there.ino() == file.metadata()?.ino()));
            if !same.unwrap_or(false) {
                continue;
            }
            file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
            writeln!(file, "{}", std::process::id()).map_err(failed)?;
            return Ok(Lock {
                path: path.to_owned(),
                _file: file,
            });
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while held, so that nobody's lock but ours goes away.
        let _ = fs::remove_file(&self.path);
    }
}
