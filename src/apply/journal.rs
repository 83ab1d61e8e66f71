//! The notes from which an unfinished change is taken back: the originals, and what was to become of each path.
//!
//! The journal counts from the moment `plan.json` is there, which is written last when it begins and removed first
//! when it ends. Without that file, what lies in the directory means nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::Checked;
use super::disk::{Disk, FilePermissions, Ownership};
use super::place::Place;
use crate::error::{self, Result};

const PLAN: &str = "plan.json";

/// Raised when the format changes, so that a run takes back nothing that it does not understand.
const VERSION: u32 = 1;

/// The notes of one change. Paths are relative to the base of the [`Place`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    /// The commit of HEAD when the change began, in hexadecimal.
    pub(super) head: Option<String>,
    /// Set once a commit of the change is about to be made.
    pub(super) commit: Option<Announced>,
    pub(super) files: Vec<Noted>,
    /// Directories that the change makes, parents first.
    pub(super) created: Vec<PathBuf>,
    /// Directories that the change may leave empty, children first, with their modes.
    pub(super) emptied: Vec<(PathBuf, u32)>,
}

/// A commit that was about to be made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Announced {
    /// Whether `undo` is to know it.
    pub(super) undoable: bool,
}

/// One path of the change.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) path: PathBuf,
    pub(super) before: Option<Original>,
    /// The digest of the bytes afterwards.
    pub(super) after: Option<String>,
}

/// A file as it was.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Original {
    /// The file in the journal that has its bytes.
    pub(super) kept_as: String,
    pub(super) sha256: String,
    pub(super) ownership: Ownership,
}

impl Journal {
    /// Whether a change is unfinished.
    pub(super) fn exists(notes: &Path) -> bool {
        notes.join(PLAN).exists()
    }

    /// Writes the notes of a change that is about to be made.
    pub(super) fn begin(disk: &mut Disk<'_>, place: &Place, checked: &[Checked]) -> io::Result<Journal> {
        let journal = Journal {
            version: VERSION,
            head: place.head.clone(),
            commit: None,
            files: checked
                .iter()
                .enumerate()
                .map(|(number, file)| noted(number, file))
                .collect(),
            created: created(&place.base, checked),
            emptied: emptied(&place.base, checked)?,
        };
        let written = journal.write(disk, &place.notes, checked);
        if written.is_err() {
            // Nothing of the change has been made, so nothing depends on what was noted.
            let _ = disk.remove_tree(&place.notes);
        }
        written.map(|()| journal)
    }

    fn write(&self, disk: &mut Disk<'_>, notes: &Path, checked: &[Checked]) -> io::Result<()> {
        // Left by a run that was killed before its journal counted, or after it ended.
        disk.remove_tree(notes)?;
        disk.create_directory(notes, Some(0o700))?;
        disk.sync_directories(notes.parent())?;
        for (noted, file) in self.files.iter().zip(checked) {
            if let (Some(original), Some(before)) = (&noted.before, &file.before) {
                let path = notes.join(&original.kept_as);
                disk.write_new(&path, &before.bytes, FilePermissions::Usual(0o600))?;
            }
        }
        self.write_plan(disk, notes)
    }

    fn write_plan(&self, disk: &mut Disk<'_>, notes: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        let temporary = notes.join("plan.new");
        if temporary.exists() {
            disk.remove_file(&temporary)?;
        }
        disk.write_new(&temporary, &text, FilePermissions::Usual(0o600))?;
        disk.rename(&temporary, &notes.join(PLAN))?;
        disk.sync_directories([notes])
    }

    /// Notes that a commit is about to be made.
    pub(super) fn announce_commit(&mut self, disk: &mut Disk<'_>, notes: &Path, undoable: bool) -> io::Result<()> {
        self.commit = Some(Announced { undoable });
        self.write_plan(disk, notes)
    }

    /// The notes of an unfinished change, if there are any.
    ///
    /// # Errors
    /// Refuses notes that cannot be understood.
    pub(super) fn read(notes: &Path) -> Result<Option<Journal>> {
        let unreadable = |why: String| error::apply::journal_unreadable(notes, &why);
        let text = match fs::read(notes.join(PLAN)) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(unreadable(cause.to_string())),
        };
        let journal: Journal = serde_json::from_slice(&text).map_err(|cause| unreadable(cause.to_string()))?;
        if journal.version != VERSION {
            return Err(unreadable(format!(
                "their version is {}, not {VERSION}",
                journal.version
            )));
        }
        Ok(Some(journal))
    }

    /// Makes what was done to the files last: before the journal ends, all of it has to.
    pub(super) fn sync(&self, disk: &mut Disk<'_>, base: &Path) -> io::Result<()> {
        let directories: Vec<PathBuf> = self
            .files
            .iter()
            .flat_map(|noted| noted.path.ancestors().skip(1))
            .map(|directory| base.join(directory))
            .collect();
        disk.sync_directories(directories.iter().map(PathBuf::as_path))
    }

    /// Ends the journal: what is on disk now is what stays.
    pub(super) fn clear(self, disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
        disk.remove_file(&place.notes.join(PLAN))?;
        disk.sync_directories([place.notes.as_path()])?;
        // Only litter from here on; the next run removes it if this does not.
        let _ = disk.remove_tree(&place.notes);
        Ok(())
    }
}

/// The temporary file beside `path`.
pub(super) fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.qgroget"))
}

/// The SHA-256 digest of `bytes`, in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn noted(number: usize, file: &Checked) -> Noted {
    Noted {
        path: file.path.clone(),
        before: file.before.as_ref().map(|before| Original {
            kept_as: format!("{number}.original"),
            sha256: digest(&before.bytes),
            ownership: before.ownership,
        }),
        after: file.after.as_ref().map(|after| digest(&after.bytes)),
    }
}

/// The directories above the files that are not there yet, parents first.
fn created(base: &Path, checked: &[Checked]) -> Vec<PathBuf> {
    let written = checked.iter().filter(|file| file.after.is_some());
    let missing: BTreeSet<&Path> = written
        .flat_map(|file| parents(&file.path))
        .filter(|directory| !base.join(directory).exists())
        .collect();
    missing.into_iter().map(Path::to_owned).collect()
}

/// The directories above the files that go away, children first, with their modes.
fn emptied(base: &Path, checked: &[Checked]) -> io::Result<Vec<(PathBuf, u32)>> {
    let removed = checked.iter().filter(|file| file.after.is_none());
    let directories: BTreeSet<&Path> = removed.flat_map(|file| parents(&file.path)).collect();
    let with_mode = |directory: &Path| {
        let found = base.join(directory).symlink_metadata()?;
        Ok((directory.to_owned(), Ownership::of(&found).mode))
    };
    directories.into_iter().rev().map(with_mode).collect()
}

/// The directories above a relative path, without the one that it is relative to.
fn parents(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty())
}
