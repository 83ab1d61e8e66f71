//! The files of a tree: those that git tracks, ignored or not, and the others that git would not ignore.
//!
//! Symbolic links are not followed, so that a walk ends and sees each file once.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use git2::{IndexEntry, IndexEntryExtendedFlag};
use ignore::{DirEntry, WalkBuilder, WalkState};

use crate::error::{self, Error};

/// The largest file of patterns that is read, in bytes.
const LARGEST_PATTERNS: u64 = 1024 * 1024;

/// What stands in a tree. All paths are relative to its root.
#[derive(Default)]
pub(super) struct Listed {
    /// Regular files, in no order.
    pub(super) files: Vec<PathBuf>,
    /// Symbolic links, in no order.
    pub(super) links: Vec<PathBuf>,
    /// The Nix files that a sparse checkout leaves out, with what is staged.
    pub(super) absent: Vec<(PathBuf, Arc<str>)>,
    /// What git tracks; `None` where there is no git.
    pub(super) tracked: Option<HashSet<PathBuf>>,
    /// What could not be seen: directories, and files of patterns, each with the directory that it is or stands in, in the
    /// order of these.
    pub(super) errors: Vec<(PathBuf, Error)>,
}

/// What stands in the tree at `root`.
///
/// # Errors
/// Where `root` cannot be reached.
pub(super) fn list(root: &Path) -> io::Result<Listed> {
    let root = root.canonicalize()?;
    let (mut listed, tracked) = rayon::join(|| found(&root), || tracked(&root));
    let path = |entry: &IndexEntry| PathBuf::from(OsStr::from_bytes(&entry.path));
    listed.tracked = tracked.as_ref().map(|tracked| tracked.iter().map(path).collect());
    listed.add_tracked(&root, tracked.unwrap_or_default());
    Ok(listed)
}

/// What git tracks, with paths relative to `root`; `None` where there is no repository of git's.
fn tracked(root: &Path) -> Option<Vec<IndexEntry>> {
    let git = git2::Repository::discover(root).ok()?;
    let top = git.workdir()?.canonicalize().ok()?;
    let prefix = root.strip_prefix(&top).ok()?;
    let own = |mut entry: IndexEntry| {
        let path = Path::new(OsStr::from_bytes(&entry.path)).strip_prefix(prefix).ok()?;
        entry.path = path.as_os_str().as_bytes().to_vec();
        Some(entry)
    };
    Some(git.index().ok()?.iter().filter_map(own).collect())
}

/// What git would not ignore, in no order.
fn found(root: &Path) -> Listed {
    let top = root.ancestors().find(|path| path.join(".git").exists());
    let above = root
        .ancestors()
        .take_while(|path| top.is_some_and(|top| path.starts_with(top)));
    let mut errors: Vec<(PathBuf, Error)> = std::iter::once(root)
        .chain(above.skip(1))
        .filter_map(|directory| too_much(root, directory))
        .collect();
    let inner: Arc<Mutex<Vec<(PathBuf, Error)>>> = Arc::default();
    let mut walk = WalkBuilder::new(root);
    walk.standard_filters(false)
        .parents(top.is_some())
        .git_ignore(errors.is_empty())
        .git_exclude(true)
        .git_global(true)
        .require_git(false)
        .filter_entry(filter(root, &inner));
    let (sender, entries) = mpsc::channel();
    walk.build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| match sender.send(entry) {
            Ok(()) => WalkState::Continue,
            Err(_) => WalkState::Quit,
        })
    });
    drop(sender);
    let mut listed = Listed::default();
    for entry in entries {
        match entry {
            Ok(entry) => listed.add(root, &entry),
            Err(error) => errors.extend(unlisted(root, error)),
        }
    }
    errors.append(&mut inner.lock().unwrap_or_else(PoisonError::into_inner));
    errors.sort_by(|a, b| a.0.cmp(&b.0));
    listed.errors = errors;
    listed
}

/// Which entries are looked at. Directories whose patterns are too much are noted in `errors`, and left alone.
fn filter(
    root: &Path,
    errors: &Arc<Mutex<Vec<(PathBuf, Error)>>>,
) -> impl Fn(&DirEntry) -> bool + Send + Sync + 'static {
    let (root, errors) = (root.to_owned(), Arc::clone(errors));
    move |entry| {
        let is_directory = entry.file_type().is_some_and(|kind| kind.is_dir());
        if !is_directory || entry.depth() == 0 {
            return true;
        }
        if entry.file_name() == ".git" {
            return false;
        }
        let error = too_much(&root, entry.path());
        let is_taken = error.is_none();
        errors.lock().unwrap_or_else(PoisonError::into_inner).extend(error);
        is_taken
    }
}

/// Why the patterns in `directory` are not read, with its path, if they are not.
fn too_much(root: &Path, directory: &Path) -> Option<(PathBuf, Error)> {
    let patterns = directory.join(".gitignore");
    let why = match patterns.metadata().ok()? {
        found if !found.is_file() => "it is no file".to_owned(),
        found if found.len() > LARGEST_PATTERNS => format!("it has more than {LARGEST_PATTERNS} bytes"),
        _ => return None,
    };
    let own = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
    Some((own(directory), error::repo::not_taken(&own(&patterns), &why)))
}

/// The refusal of a directory that cannot be listed; `None` for one that went away since its name was read, and for patterns
/// that make no sense: as in git, these are left out and the others count.
fn unlisted(root: &Path, error: ignore::Error) -> Option<(PathBuf, Error)> {
    let path = path_of(&error)?;
    let path = path.strip_prefix(root).unwrap_or(path).to_owned();
    let cause = error
        .into_io_error()
        .filter(|cause| cause.kind() != io::ErrorKind::NotFound)?;
    let refusal = error::repo::unlisted(&path).because(cause);
    Some((path, refusal))
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } => path_of(err),
        _ => None,
    }
}

impl Listed {
    fn add(&mut self, root: &Path, entry: &DirEntry) {
        let (Ok(path), Some(kind)) = (entry.path().strip_prefix(root), entry.file_type()) else {
            return;
        };
        if kind.is_file() {
            self.files.push(path.to_owned());
        } else if kind.is_symlink() {
            self.links.push(path.to_owned());
        }
    }

    /// Adds what git tracks and ignores, and what a sparse checkout leaves out.
    fn add_tracked(&mut self, root: &Path, tracked: Vec<IndexEntry>) {
        let all = self.files.iter().chain(&self.links);
        let known: HashSet<&[u8]> = all.map(|path| path.as_os_str().as_bytes()).collect();
        let is_new = |entry: &IndexEntry| !known.contains(&*entry.path);
        let new: Vec<IndexEntry> = tracked.into_iter().filter(is_new).collect();
        for entry in new {
            let path = Path::new(OsStr::from_bytes(&entry.path));
            if is_behind_a_link(root, path) {
                continue;
            }
            match root.join(path).symlink_metadata() {
                Ok(found) if found.is_symlink() => self.links.push(path.to_owned()),
                Ok(found) if found.is_file() => self.files.push(path.to_owned()),
                Ok(_) => {}
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
                    let text = staged(root, &entry);
                    self.absent.extend(text.map(|text| (path.to_owned(), text)));
                }
                // Reading it says why.
                Err(_) => self.files.push(path.to_owned()),
            }
        }
    }
}

/// Whether git ignores the file at an absolute path, and does not track it either.
pub(super) fn ignored<'t>(root: &Path, tracked: Option<&'t HashSet<PathBuf>>) -> impl Fn(&Path) -> bool + use<'t> {
    let root = root.canonicalize().ok();
    let git = root.as_ref().and_then(|root| git2::Repository::discover(root).ok());
    move |path: &Path| {
        let own = root.as_ref().and_then(|root| path.strip_prefix(root).ok());
        let is_tracked = own.is_some_and(|own| tracked.is_some_and(|tracked| tracked.contains(own)));
        let top = git.as_ref().and_then(|git| git.workdir()?.canonicalize().ok());
        let of_git = top.and_then(|top| path.strip_prefix(top).ok().map(Path::to_owned));
        match (&git, of_git) {
            (Some(git), Some(path)) if !is_tracked => git.is_path_ignored(path).unwrap_or(true),
            _ => false,
        }
    }
}

/// What is staged of a Nix file that a sparse checkout leaves out; `None` for any other.
fn staged(root: &Path, entry: &IndexEntry) -> Option<Arc<str>> {
    let is_left_out = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).is_skip_worktree();
    if !is_left_out || !entry.path.ends_with(b".nix") {
        return None;
    }
    let git = git2::Repository::discover(root).ok()?;
    let blob = git.find_blob(entry.id).ok()?;
    Some(String::from_utf8_lossy(blob.content()).into())
}

/// Whether a directory of `path` is a symbolic link now.
pub(super) fn is_behind_a_link(root: &Path, path: &Path) -> bool {
    let mut above = path.ancestors().skip(1);
    above.any(|directory| {
        root.join(directory)
            .symlink_metadata()
            .is_ok_and(|found| found.is_symlink())
    })
}
