//! The steps that change the disk.
//!
//! Every step goes through [`Disk`], so that tests can let any one of them fail. Each is atomic or harmless
//! when cut short. Files are synced as they are written; directories once, by [`Disk::sync_directories`], since
//! any mix of renames that a power failure leaves can be taken back from the journal.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Asked before each step; an error is what the step then gives.
type Gate<'g> = Box<dyn FnMut(&Path) -> io::Result<()> + 'g>;

/// A disk to change.
pub(super) struct Disk<'g> {
    gate: Option<Gate<'g>>,
}

/// A file's permission bits and owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ownership {
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
}

/// The permissions of a file to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilePermissions {
    /// What the process's umask leaves of these bits.
    Usual(u32),
    /// Exactly these.
    Exactly(Ownership),
}

impl Ownership {
    pub(super) fn of(file: &fs::Metadata) -> Ownership {
        Ownership {
            mode: file.mode() & 0o7777,
            uid: file.uid(),
            gid: file.gid(),
        }
    }
}

impl<'g> Disk<'g> {
    /// The disk as it is.
    pub(super) fn real() -> Disk<'static> {
        Disk { gate: None }
    }

    /// A disk that asks `gate` before each step.
    #[cfg(test)]
    pub(super) fn gated(gate: impl FnMut(&Path) -> io::Result<()> + 'g) -> Disk<'g> {
        Disk {
            gate: Some(Box::new(gate)),
        }
    }

    fn step(&mut self, path: &Path) -> io::Result<()> {
        self.gate.as_mut().map_or(Ok(()), |gate| gate(path))
    }

    /// Makes one directory, whose parent is there.
    pub(super) fn create_directory(&mut self, path: &Path, mode: Option<u32>) -> io::Result<()> {
        self.step(path)?;
        fs::create_dir(path)?;
        if let Some(mode) = mode {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
        Ok(())
    }

    /// Writes a file that is not there yet, and syncs it.
    pub(super) fn write_new(&mut self, path: &Path, bytes: &[u8], permissions: FilePermissions) -> io::Result<()> {
        self.step(path)?;
        let mode = match permissions {
            FilePermissions::Usual(mode) => mode,
            // Closed to others until the owner is set.
            FilePermissions::Exactly(_) => 0o600,
        };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.write_all(bytes)?;
        if let FilePermissions::Exactly(ownership) = permissions {
            own(path, &file, ownership)?;
        }
        file.sync_all()
    }

    /// Gives a file permissions.
    pub(super) fn set_ownership(&mut self, path: &Path, ownership: Ownership) -> io::Result<()> {
        self.step(path)?;
        own(path, &File::open(path)?, ownership)
    }

    /// Renames a file, over the one that is there.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(to)?;
        fs::rename(from, to)
    }

    /// Removes a file.
    pub(super) fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        self.step(path)?;
        fs::remove_file(path)
    }

    /// Removes a directory unless something is in it; one that is gone already is fine.
    pub(super) fn remove_if_empty(&mut self, path: &Path) -> io::Result<()> {
        self.step(path)?;
        match fs::remove_dir(path) {
            Ok(()) => Ok(()),
            Err(cause) => match cause.kind() {
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound => Ok(()),
                _ => Err(cause),
            },
        }
    }

    /// Makes the entries of directories last; those that are gone are passed over.
    pub(super) fn sync_directories<'p>(&mut self, directories: impl IntoIterator<Item = &'p Path>) -> io::Result<()> {
        let directories: BTreeSet<&Path> = directories.into_iter().collect();
        for directory in directories {
            self.step(directory)?;
            match File::open(directory).and_then(|directory| directory.sync_all()) {
                // Some file systems cannot sync directories; there is nothing else to be done there.
                Err(cause) if cause.kind() == io::ErrorKind::InvalidInput => {}
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                done => done?,
            }
        }
        Ok(())
    }

    /// Removes a directory with all that is in it; one that is gone already is fine.
    pub(super) fn remove_tree(&mut self, path: &Path) -> io::Result<()> {
        self.step(path)?;
        match fs::remove_dir_all(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }
}

/// Sets the owner where it differs and may be set (only the superuser may give files away), then the mode, which
/// setting the owner can clear bits of.
fn own(path: &Path, file: &File, ownership: Ownership) -> io::Result<()> {
    let now = file.metadata()?;
    if (now.uid(), now.gid()) != (ownership.uid, ownership.gid) {
        let _ = std::os::unix::fs::chown(path, Some(ownership.uid), Some(ownership.gid));
    }
    file.set_permissions(Permissions::from_mode(ownership.mode))
}
