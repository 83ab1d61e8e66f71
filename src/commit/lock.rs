//! One run at a time.
//!
//! The kernel drops the lock when its process ends, however it ends: a lock file that is left over locks nothing.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::PathBuf;

use rustix::fs::OFlags;

use super::place::Place;
use crate::error::{self, Result};

/// The name of the lock file among the notes.
pub(super) const NAME: &str = "lock";

/// A lock that is held, and released when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Whether the file and its directory go when the lock is released: outside of git, where they would be seen.
    transient: bool,
    /// Open for as long as the lock is held.
    file: File,
}

impl Lock {
    /// Takes the lock of a place.
    ///
    /// # Errors
    /// Refuses while another process holds it, naming that process, and where no file can be made.
    pub(super) fn take(place: &Place) -> Result<Lock> {
        let path = place.notes.join(NAME);
        let failed = |cause| error::apply::lock_failed(&path, cause);
        loop {
            match DirBuilder::new().mode(0o700).create(&place.notes) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => return Err(failed(cause)),
                _ => {}
            }
            let opened = OpenOptions::new()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                // A link would have the number of the process written into what it names.
                .custom_flags(OFlags::NOFOLLOW.bits() as i32)
                .open(&path);
            let mut file = match opened {
                // The holder before has removed the directory between our making it and opening the file.
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(failed)?,
            };
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    let _ = file.read_to_string(&mut text);
                    return Err(error::apply::locked(&path, text.trim().parse().ok()));
                }
                Err(TryLockError::Error(cause)) => return Err(failed(cause)),
            }
            // The holder before may have removed the file between our opening and locking it: then the lock is on a
            // file that nobody else can find.
            let same = fs::metadata(&path).and_then(|there| Ok(there.ino() == file.metadata()?.ino()));
            if !same.unwrap_or(false) {
                continue;
            }
            file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
            writeln!(file, "{}", std::process::id()).map_err(failed)?;
            return Ok(Lock {
                path,
                transient: !place.hidden,
                file,
            });
        }
    }

    /// The process that holds the lock of a place, if one does.
    pub(super) fn holder(place: &Place) -> Option<u32> {
        let mut file = OpenOptions::new().read(true).open(place.notes.join(NAME)).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                Some(text.trim().parse().unwrap_or(0))
            }
            _ => None,
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.transient {
            // Removed while held, so that nobody's lock but ours goes away. The directory stays if a journal is in it.
            let _ = fs::remove_file(&self.path);
            let _ = self.path.parent().map(fs::remove_dir);
        }
        // Closing it is not enough: a process that another thread is just starting has the file open until it runs.
        let _ = self.file.unlock();
    }
}
