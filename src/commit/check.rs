//! What has to be true before anything is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::disk::{FilePermissions, Ownership};
use super::{After, Mode, Target};
use crate::edit::SourceChange;
use crate::error::{self, Result};

/// A target that may be written.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) path: PathBuf,
    pub(super) before: Option<Before>,
    pub(super) after: Option<Content>,
    /// The path that moves here.
    pub(super) moved_from: Option<PathBuf>,
}

/// A file that is there.
#[derive(Debug)]
pub(super) struct Before {
    pub(super) bytes: Arc<[u8]>,
    pub(super) ownership: Ownership,
}

/// A file as it is to be.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) bytes: Arc<[u8]>,
    pub(super) permissions: FilePermissions,
}

/// What `change`, made for the root at `prefix`, makes of each path.
///
/// # Errors
/// A change that writes a path twice is a fault of ours.
pub(super) fn targets(prefix: &Path, change: &SourceChange) -> Result<Vec<Target>> {
    let bytes = |text: &Arc<str>| Arc::<[u8]>::from(text.as_bytes());
    let mut targets: BTreeMap<PathBuf, Target> = BTreeMap::new();
    let empty = |path: PathBuf| Target {
        path,
        before: None,
        after: None,
    };
    for file in &change.files {
        if let Some(from) = &file.from {
            stays_inside(from)?;
            let path = prefix.join(from);
            let target = targets.entry(path.clone()).or_insert_with(|| empty(path));
            if target.before.replace(bytes(&file.before)).is_some() {
                return Err(error::apply::written_twice(from));
            }
        }
        if let Some(to) = &file.to {
            stays_inside(to)?;
            let path = prefix.join(to);
            let mode = match &file.from {
                Some(from) if from != to => Mode::Like(prefix.join(from)),
                _ => Mode::Keep,
            };
            let after = After {
                bytes: bytes(&file.after),
                mode,
            };
            let target = targets.entry(path.clone()).or_insert_with(|| empty(path));
            if target.after.replace(after).is_some() {
                return Err(error::apply::written_twice(to));
            }
        }
    }
    Ok(targets.into_values().collect())
}

/// Checks every target against what is on disk under `base`, and takes down what is needed to go back.
///
/// # Errors
/// Refuses as [`write`](super::write) says.
pub(super) fn check(base: &Path, targets: &[Target]) -> Result<Vec<Checked>> {
    let mut modes = BTreeMap::new();
    let mut before = Vec::new();
    for target in targets {
        stays_inside(&target.path)?;
        way_is_clear(base, &target.path)?;
        let found = look(base, target)?;
        if let Some(found) = &found {
            modes.insert(target.path.clone(), found.ownership);
        }
        before.push(found);
    }
    let checked: Vec<Checked> = targets
        .iter()
        .zip(before)
        .map(|(target, before)| {
            let permissions = |after: &After| permissions(&after.mode, &target.path, &modes);
            let after = target.after.as_ref().map(|after| Content {
                bytes: Arc::clone(&after.bytes),
                permissions: permissions(after),
            });
            let moved_from = match target.after.as_ref().map(|after| &after.mode) {
                Some(Mode::Like(other)) => Some(other.clone()),
                _ => None,
            };
            Checked {
                path: target.path.clone(),
                before,
                after,
                moved_from,
            }
        })
        .collect();
    files_make_no_directories(&checked)?;
    Ok(checked)
}

/// The permissions for the file at `path`. `modes` are those of the files that are there.
fn permissions(mode: &Mode, path: &Path, modes: &BTreeMap<PathBuf, Ownership>) -> FilePermissions {
    let found = modes.get(path).copied();
    match mode {
        Mode::Keep => found.map_or(FilePermissions::Usual(0o666), FilePermissions::Exactly),
        Mode::Like(other) => {
            let other = modes.get(other).copied();
            other.map_or(FilePermissions::Usual(0o666), FilePermissions::Exactly)
        }
        Mode::Executable(executable) => match found {
            Some(found) if (found.mode & 0o111 != 0) == *executable => FilePermissions::Exactly(found),
            Some(found) => {
                // Whoever may read it may run it, as git does it.
                let run = (found.mode & 0o444) >> 2;
                let mode = if *executable {
                    found.mode | run
                } else {
                    found.mode & !0o111
                };
                FilePermissions::Exactly(Ownership { mode, ..found })
            }
            None => FilePermissions::Usual(if *executable { 0o777 } else { 0o666 }),
        },
    }
}

/// Refuses paths that leave the base or reach into git's own directory.
fn stays_inside(path: &Path) -> Result<()> {
    if path.to_str().is_none() {
        return Err(error::apply::not_utf8(path));
    }
    let mut components = path.components().peekable();
    if components.peek().is_none() {
        return Err(error::apply::outside(path));
    }
    for component in components {
        match component {
            Component::Normal(name) if !name.eq_ignore_ascii_case(".git") => {}
            _ => return Err(error::apply::outside(path)),
        }
    }
    Ok(())
}

/// Refuses a path with anything but plain directories of this repository before its last component.
fn way_is_clear(base: &Path, path: &Path) -> Result<()> {
    let mut way: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .filter(|way| !way.as_os_str().is_empty())
        .collect();
    way.reverse();
    for directory in way {
        let Some(found) = metadata(&base.join(directory), directory)? else {
            return Ok(());
        };
        if found.is_symlink() {
            return Err(error::apply::symlinked_directory(path, directory));
        }
        if !found.is_dir() {
            return Err(error::apply::parent_not_a_directory(path, directory));
        }
        if base.join(directory).join(".git").symlink_metadata().is_ok() {
            return Err(error::apply::submodule(path, directory));
        }
    }
    Ok(())
}

/// Refuses a target that is not on disk what it was, and gives what is there.
fn look(base: &Path, target: &Target) -> Result<Option<Before>> {
    let path = base.join(&target.path);
    let found = metadata(&path, &target.path)?;
    let Some(before) = &target.before else {
        return match found {
            Some(_) => Err(error::apply::exists(&target.path)),
            None => Ok(None),
        };
    };
    let Some(found) = found else {
        return Err(error::apply::gone(&target.path));
    };
    if found.is_symlink() {
        return Err(error::apply::symlink(&target.path));
    }
    if !found.is_file() {
        return Err(error::apply::not_a_file(&target.path));
    }
    let bytes = fs::read(&path).map_err(|cause| error::apply::unreadable(&target.path, cause))?;
    if bytes != **before {
        return Err(error::apply::changed_since(&target.path));
    }
    Ok(Some(Before {
        bytes: Arc::clone(before),
        ownership: Ownership::of(&found),
    }))
}

/// Refuses a change in which one path is a directory of another.
fn files_make_no_directories(checked: &[Checked]) -> Result<()> {
    let files: BTreeSet<&Path> = checked.iter().map(|file| file.path.as_path()).collect();
    for file in checked.iter().filter(|file| file.after.is_some()) {
        if let Some(parent) = file.path.ancestors().skip(1).find(|parent| files.contains(parent)) {
            return Err(error::apply::parent_not_a_directory(&file.path, parent));
        }
    }
    Ok(())
}

/// What is at a path, without following a link; `None` where nothing is.
fn metadata(path: &Path, shown: &Path) -> Result<Option<Metadata>> {
    match path.symlink_metadata() {
        Ok(found) => Ok(Some(found)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(error::apply::unreadable(shown, cause)),
    }
}
