//! The notes from which an unfinished change is finished or taken back.
//!
//! The journal counts from the moment `plan.json` is there, which is written first of all and removed last of all.
//! Without that file, what lies in the directory means nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::Oid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::check::Checked;
use super::disk::{Disk, FilePermissions};
use super::lock;
use super::place::{BRANCH, HEAD_BEFORE, Place};
use crate::error::{self, Result};
use crate::repo::git::Head;

pub(super) const PLAN: &str = "plan.json";

/// Raised when the format changes, so that a run touches nothing that it does not understand.
const VERSION: u32 = 3;
/// Of notes that tell of two commits, which an earlier version would take for one.
const OF_TWO: u32 = 4;

/// The notes of one change. Paths are relative to the base of the [`Place`] or to the notes, never absolute: the notes go
/// with a repository that is moved or copied, and mean the files of the copy then.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    version: u32,
    /// What the run was asked to do, as `migrate jellyfin`.
    pub(super) intent: String,
    pub(super) goal: Goal,
    pub(super) files: Vec<Noted>,
    /// Directories that the change makes, parents first.
    pub(super) created: Vec<PathBuf>,
    /// Directories that the change may leave empty, children first.
    pub(super) emptied: Vec<PathBuf>,
}

/// What decides whether a change that was cut short is finished or taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Goal {
    /// Files only. Finished once they are being put in place.
    Files {
        /// Whether every new text is at hand, so that it can be finished.
        placing: bool,
    },
    /// The branch moves first. Finished if it has moved.
    Branch(Move),
    /// `git commit` makes the commit. Finished if there is one.
    Commit(Wanted),
}

/// A move of HEAD's branch (of HEAD itself where it is on none).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Move {
    /// The reference's full name.
    pub(super) reference: String,
    /// Where it stands; `None` before the first commit.
    #[serde(with = "id")]
    pub(super) from: Option<Oid>,
    /// Where it is to stand; `None` for before the first commit.
    #[serde(with = "id")]
    pub(super) to: Option<Oid>,
}

/// A commit that `git commit` is to make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    /// The reference that HEAD names, or `HEAD` itself.
    pub(super) reference: String,
    /// Its parent; `None` for the first commit.
    #[serde(with = "id")]
    pub(super) parent: Option<Oid>,
    /// Its tree.
    #[serde(with = "id")]
    pub(super) tree: Option<Oid>,
    /// The line of its message that no other commit has.
    pub(super) mark: Option<String>,
    /// Whether it is the first of two: it does not stay without the other.
    #[serde(default)]
    pub(super) is_first: bool,
    /// How the branch has moved for the first of two. Goes back where this one, the second, is not made.
    #[serde(default)]
    pub(super) below: Option<Move>,
}

/// One path of the change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) path: PathBuf,
    side: SidePath,
    /// The digest of the bytes before; `None` where nothing is.
    pub(super) before: Option<String>,
    /// The digest of the bytes afterwards; `None` where nothing is.
    pub(super) after: Option<String>,
    /// Whether it is executable, before and afterwards.
    pub(super) executable: [bool; 2],
    /// The path that moves here: the person's marks on its entry in the index go with it.
    pub(super) moved_from: Option<PathBuf>,
    /// Before and afterwards in git's index; both `None` where the index is not touched.
    pub(super) entries: [Option<Entry>; 2],
}

/// The file that holds the new text until it is in place, and then the original.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SidePath {
    /// Relative to the notes.
    Notes(PathBuf),
    /// Relative to the base.
    Base(PathBuf),
}

/// A side of a change: what is there before it, or what it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// A blob in the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(with = "id")]
    pub(super) id: Option<Oid>,
    pub(super) mode: u32,
}

impl Move {
    /// A move of what HEAD names.
    pub(super) fn of(head: &Head, to: Option<Oid>) -> Move {
        Move {
            reference: head.reference().to_owned(),
            from: head.id(),
            to,
        }
    }
}

impl Noted {
    /// The file that holds the new text until it is in place, and then the original.
    pub(super) fn side(&self, place: &Place) -> PathBuf {
        match &self.side {
            SidePath::Notes(path) => place.notes.join(path),
            SidePath::Base(path) => place.base.join(path),
        }
    }

    /// A path of which the index alone changes.
    pub(super) fn of_index(path: &Path, entries: [Option<Entry>; 2]) -> Noted {
        Noted {
            path: path.to_owned(),
            side: SidePath::Notes(PathBuf::new()),
            before: None,
            after: None,
            executable: [false, false],
            moved_from: None,
            entries,
        }
    }
}

impl Journal {
    /// The notes of a change that is about to be made.
    pub(super) fn new(place: &Place, intent: &str, goal: Goal, checked: &[Checked]) -> Journal {
        Journal {
            version: match &goal {
                Goal::Commit(wanted) if wanted.is_first => OF_TWO,
                _ => VERSION,
            },
            intent: intent.to_owned(),
            goal,
            files: checked
                .iter()
                .enumerate()
                .map(|(number, file)| noted(place, number, file))
                .collect(),
            created: created(&place.base, checked),
            emptied: emptied(checked),
        }
    }

    /// Whether a change is unfinished.
    pub(super) fn exists(place: &Place) -> bool {
        place.notes.join(PLAN).exists()
    }

    /// When the journal was written last.
    pub(super) fn began(place: &Place) -> Option<std::time::SystemTime> {
        place.notes.join(PLAN).symlink_metadata().ok()?.modified().ok()
    }

    /// Whether anything but the lock lies among the notes.
    pub(super) fn has_litter(place: &Place) -> bool {
        let entries = fs::read_dir(&place.notes).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name() != lock::NAME)
    }

    /// Begins the journal, or brings it up to date.
    pub(super) fn write(&self, disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        let temporary = place.notes.join("plan.new");
        disk.remove_file(&temporary)?;
        disk.write_new(&temporary, &text, FilePermissions::Usual(0o600))?;
        disk.rename(&temporary, &place.notes.join(PLAN))?;
        disk.sync_directories([place.notes.as_path()])
    }

    /// The notes of an unfinished change, if there are any.
    ///
    /// # Errors
    /// Refuses notes that cannot be understood.
    pub(super) fn read(place: &Place) -> Result<Option<Journal>> {
        let unreadable = |why: String| error::apply::journal_unreadable(&place.notes, &why);
        let text = match fs::read(place.notes.join(PLAN)) {
            Ok(text) => text,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(unreadable(cause.to_string())),
        };
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let parsed = |cause: serde_json::Error| unreadable(cause.to_string());
        let Version { version } = serde_json::from_slice(&text).map_err(parsed)?;
        if !matches!(version, VERSION | OF_TWO) {
            return Err(unreadable(format!(
                "their version is {version}, not {VERSION} or {OF_TWO}"
            )));
        }
        serde_json::from_slice(&text).map(Some).map_err(parsed)
    }

    /// Makes what was done to the files last: before the journal ends, all of it has to.
    pub(super) fn sync(&self, disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
        let directories: Vec<PathBuf> = self
            .files
            .iter()
            .flat_map(|noted| noted.path.ancestors().skip(1))
            .map(|directory| place.base.join(directory))
            .collect();
        disk.sync_directories(directories.iter().map(PathBuf::as_path))
    }

    /// Ends the journal: what is on disk now is what stays. The last step is the removal of the plan, so that nothing is
    /// left to be done once it is gone.
    pub(super) fn end(&self, disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
        clear_litter(disk, place)?;
        disk.insist(|disk| disk.remove_file(&place.notes.join(PLAN)))
    }

    /// Removes what lies beside the files.
    pub(super) fn remove_sides(&self, disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
        for noted in &self.files {
            disk.insist(|disk| disk.remove_file(&noted.side(place)))?;
        }
        Ok(())
    }

    /// The paths of the change.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.files.iter().map(|noted| noted.path.clone()).collect()
    }
}

/// Removes all notes but the lock, the plan and those of a branch: with a plan, what goes with it; without one, what a
/// run left that was killed before its journal counted.
pub(super) fn clear_litter(disk: &mut Disk<'_>, place: &Place) -> io::Result<()> {
    for entry in fs::read_dir(&place.notes)? {
        let entry = entry?;
        let kept = [lock::NAME, PLAN, BRANCH, HEAD_BEFORE];
        if !kept.iter().any(|name| entry.file_name() == *name) {
            disk.insist(|disk| disk.remove_file(&entry.path()))?;
        }
    }
    Ok(())
}

/// The SHA-256 digest of `bytes`, in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn noted(place: &Place, number: usize, file: &Checked) -> Noted {
    Noted {
        path: file.path.clone(),
        side: side(place, number, &file.path),
        before: file.before.as_ref().map(|before| digest(&before.bytes)),
        after: file.after.as_ref().map(|after| digest(&after.bytes)),
        executable: [
            file.before
                .as_ref()
                .is_some_and(|before| before.ownership.mode & 0o100 != 0),
            file.after
                .as_ref()
                .is_some_and(|after| after.permissions.is_executable()),
        ],
        moved_from: file.moved_from.clone(),
        entries: [None, None],
    }
}

/// Among the notes, where nobody comes across it, unless that is another file system than the file's: then beside it.
fn side(place: &Place, number: usize, path: &Path) -> SidePath {
    let target = place.base.join(path);
    let device = |path: &Path| path.metadata().ok().map(|found| found.dev());
    let existing = target.ancestors().skip(1).find_map(device);
    if existing == device(&place.notes) {
        return SidePath::Notes(format!("{number}.side").into());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    SidePath::Base(path.with_file_name(format!(".{name}.qgroget")))
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

/// The directories above the files that go away, children first.
fn emptied(checked: &[Checked]) -> Vec<PathBuf> {
    let removed = checked.iter().filter(|file| file.after.is_none());
    let directories: BTreeSet<&Path> = removed.flat_map(|file| parents(&file.path)).collect();
    directories.into_iter().rev().map(Path::to_owned).collect()
}

/// The directories above a relative path, without the one that it is relative to.
fn parents(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty())
}

/// Object ids as hexadecimal text.
pub(super) mod id {
    use git2::Oid;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(id: &Option<Oid>, serializer: S) -> Result<S::Ok, S::Error> {
        id.map(|id| id.to_string()).serialize(serializer)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Oid>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| Oid::from_str(&text).map_err(D::Error::custom))
            .transpose()
    }
}
