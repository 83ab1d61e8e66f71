//! The steps that change the disk.
//!
//! Every step goes through [`Disk`], so that tests can let any one of them fail, or end the process there. Each is
//! atomic or harmless when cut short. Files are synced as they are written; directories by
//! [`Disk::sync_directories`].

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

/// Asked before each step; an error is what the step then gives.
type Gate<'g> = Box<dyn FnMut(&Path) -> io::Result<()> + 'g>;

/// How often a step is tried that has to succeed for a change to end in one of its two states.
const INSIST: u32 = 3;

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

impl FilePermissions {
    pub(super) fn is_executable(self) -> bool {
        let (FilePermissions::Usual(mode) | FilePermissions::Exactly(Ownership { mode, .. })) = self;
        mode & 0o100 != 0
    }
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

    /// Announces a step that somebody else takes (the git library, the program `git`): it can be made to fail too.
    pub(super) fn step(&mut self, path: &Path) -> io::Result<()> {
        self.gate.as_mut().map_or(Ok(()), |gate| gate(path))
    }

    /// Takes a step that has to succeed: tries it again where it fails for a reason that may pass.
    pub(super) fn insist<T>(&mut self, mut step: impl FnMut(&mut Self) -> io::Result<T>) -> io::Result<T> {
        for _ in 1..INSIST {
            match step(self) {
                Err(cause) if !is_answer(&cause) => {}
                done => return done,
            }
        }
        step(self)
    }

    /// Makes one directory, whose parent is there.
    pub(super) fn create_directory(&mut self, path: &Path, mode: Option<u32>) -> io::Result<()> {
        self.step(path)?;
        fs::create_dir(path)?;
        match mode {
            Some(mode) => fs::set_permissions(path, Permissions::from_mode(mode)),
            None => Ok(()),
        }
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

    /// Renames a file, over the one that is there.
    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(to)?;
        fs::rename(from, to)
    }

    /// Renames a file to a path where nothing is.
    ///
    /// # Errors
    /// `AlreadyExists` if something is there; it stays.
    pub(super) fn rename_new(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(to)?;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // A file system without the flag: a second name, which is made only where none is, then the first goes.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                fs::hard_link(from, to)?;
                fs::remove_file(from)
            }
            done => Ok(done?),
        }
    }

    /// Exchanges two files: at no moment is either path without one.
    pub(super) fn exchange(&mut self, one: &Path, other: &Path) -> io::Result<()> {
        self.step(other)?;
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            // A file system without the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => exchange_by_names(one, other),
            done => Ok(done?),
        }
    }

    /// Gives a file a second name, where nothing is yet.
    pub(super) fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(to)?;
        fs::hard_link(from, to)
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) fn remove_file(&mut self, path: &Path) -> io::Result<()> {
        self.step(path)?;
        match fs::remove_file(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(cause),
            _ => Ok(()),
        }
    }

    /// Removes a directory unless something is in it; one that is gone already is fine.
    pub(super) fn remove_if_empty(&mut self, path: &Path) -> io::Result<()> {
        self.step(path)?;
        match fs::remove_dir(path) {
            Ok(()) => Ok(()),
            Err(cause) => match cause.kind() {
                io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(()),
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
}

/// Whether an error says how things are, and would say so again.
fn is_answer(cause: &io::Error) -> bool {
    matches!(
        cause.kind(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// [`Disk::exchange`] where the file system has no such call: a third name keeps the second file meanwhile.
fn exchange_by_names(one: &Path, other: &Path) -> io::Result<()> {
    let third = third(one);
    match fs::remove_file(&third) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
        _ => {}
    }
    fs::hard_link(other, &third)?;
    fs::rename(one, other)?;
    fs::rename(&third, one)
}

fn third(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push("-kept");
    path.with_file_name(name)
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
