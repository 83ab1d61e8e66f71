//! What is read of a tree: everything, or what the hosts are made of.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem::Finder;
use rayon::prelude::*;
use rustix::fs::OFlags;

use super::walk::{self, is_behind_a_link};
use crate::error::{self, Error, Result};
use crate::rules::Rules;
use crate::syntax::Unread;
use crate::syntax::screen::LARGEST;

/// What one block of a file's bytes is read into. Most Nix files fit.
const BLOCK: usize = 64 * 1024;

/// A Nix file's text.
pub(super) struct Text {
    pub(super) path: PathBuf,
    pub(super) text: Arc<str>,
    /// Why it is not what stands on the disk, if it is not.
    pub(super) unread: Option<Unread>,
    /// Whether other names on the disk are the same file.
    pub(super) is_linked: bool,
}

/// What was read of a tree.
#[derive(Default)]
pub(super) struct Found {
    /// Nix files that were read.
    pub(super) texts: Vec<Text>,
    /// Nix files that were not read.
    pub(super) unread: Vec<PathBuf>,
    /// Other files beside those that were read, sorted.
    pub(super) others: Vec<PathBuf>,
    /// What git tracks; `None` where there is no git.
    pub(super) tracked: Option<HashSet<PathBuf>>,
    /// What could not be read: directories and files, each in the order of their paths.
    pub(super) unreadable: Vec<Error>,
}

/// Reads every Nix file.
///
/// # Errors
/// `no-directory` where the root cannot be reached.
pub(super) fn everything(root: &Path) -> Result<Found> {
    gather(root, &[Path::new("")])
}

/// Reads the Nix files below the directories of the hosts and of the server. Of what cannot be read, what stands elsewhere is
/// left out.
///
/// # Errors
/// `no-directory` where the root cannot be reached.
pub(super) fn of_hosts(root: &Path, rules: &Rules) -> Result<Found> {
    gather(root, &[&rules.paths.hosts, &rules.paths.server])
}

/// Those of the Nix files at `paths` that seem to define something below one of the namespaces, sorted. A file that cannot be
/// read is none that a host could be made of.
pub(super) fn mentions(root: &Path, rules: &Rules, paths: &[PathBuf]) -> Vec<PathBuf> {
    let names = &rules.namespaces;
    let needles = Needle::all([&names.services, &names.backups, &names.contract].map(String::as_str));
    let is_hit = |buffer: &mut Vec<u8>, path: &PathBuf| {
        let found = open(&root.join(path)).and_then(|file| contains(file, &needles, buffer));
        found.is_ok_and(|found| found).then(|| path.clone())
    };
    let paths = paths.par_iter().map_init(|| vec![0; BLOCK], is_hit);
    let mut found: Vec<PathBuf> = paths.flatten().collect();
    found.sort_unstable();
    found
}

/// The text of the Nix file at `path`, or of the module that a link there leads to; `None` if no file stands there.
///
/// # Errors
/// `unreadable` where it is too large or cannot be read.
pub(super) fn text(root: &Path, path: &Path) -> Result<Option<Text>> {
    let full = root.join(path);
    if !full.is_file() {
        return Ok(None);
    }
    if full.is_symlink() || is_behind_a_link(root, path) {
        return Ok(linked(root, &walk::ignored(root, None), path));
    }
    let file = File::open(full).map_err(|cause| error::repo::unreadable(path).because(cause))?;
    let mut buffer = vec![0; BLOCK];
    read_text(file, path.to_owned(), &mut buffer)
        .map(Some)
        .map_err(|cause| error::repo::unreadable(path).because(cause))
}

/// The module that a symbolic link leads to, or the `default.nix` of the directory that it leads to, at the link's path.
/// Only what is a Nix file by its own name and not `ignored` is opened: a link may lead to a secret.
fn linked(root: &Path, ignored: &dyn Fn(&Path) -> bool, link: &Path) -> Option<Text> {
    let is_module = link.extension().is_some_and(|extension| extension == "nix");
    let path = match root.join(link).is_dir() {
        true => link.join("default.nix"),
        false if is_module => link.to_owned(),
        false => return None,
    };
    let full = root.join(&path);
    // What leads to nothing, to itself or to a device is none for Nix either.
    let is_file = full.metadata().is_ok_and(|found| found.is_file());
    let goal = is_file.then(|| full.canonicalize().ok()).flatten()?;
    let is_nix = goal.extension().is_some_and(|extension| extension == "nix");
    let text = match is_nix && !ignored(&goal) {
        true => read_text(File::open(&full).ok()?, path, &mut vec![0; BLOCK]).ok()?,
        false => Text {
            path,
            text: "".into(),
            unread: None,
            is_linked: false,
        },
    };
    Some(Text {
        unread: Some(Unread::Link),
        ..text
    })
}

/// Lists the tree, and reads the Nix files below the directories `own`.
fn gather(root: &Path, own: &[&Path]) -> Result<Found> {
    let listed = walk::list(root).map_err(|cause| error::repo::no_directory(root).because(cause))?;
    let is_nix = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "nix");
    let is_own = |path: &PathBuf| own.iter().any(|own| path.starts_with(own));
    let (nix, mut others): (Vec<PathBuf>, Vec<PathBuf>) = listed.files.into_iter().partition(is_nix);
    let (read, unread): (Vec<PathBuf>, Vec<PathBuf>) = nix.into_iter().partition(is_own);
    let concerns = |directory: &PathBuf| is_own(directory) || own.iter().any(|own| own.starts_with(directory));
    let errors = listed.errors.into_iter().filter(|(directory, _)| concerns(directory));
    others.retain(is_own);
    others.sort_unstable();
    let mut all = Found {
        unread,
        others,
        unreadable: errors.map(|(_, error)| error).collect(),
        ..Found::default()
    };
    all.read(root, read);
    let absent = listed.absent.into_iter().filter(|(path, _)| is_own(path));
    all.texts.extend(absent.map(|(path, text)| Text {
        path,
        text,
        unread: Some(Unread::NotCheckedOut),
        is_linked: false,
    }));
    let links = listed.links.iter().filter(|path| is_own(path));
    let links: Vec<&PathBuf> = links.collect();
    if !links.is_empty() {
        let ignored = walk::ignored(root, listed.tracked.as_ref());
        all.texts
            .extend(links.into_iter().filter_map(|link| linked(root, &ignored, link)));
    }
    all.tracked = listed.tracked;
    Ok(all)
}

impl Found {
    /// Reads the Nix files at `paths`.
    fn read(&mut self, root: &Path, mut paths: Vec<PathBuf>) {
        paths.sort_unstable();
        let read = |buffer: &mut Vec<u8>, path: PathBuf| {
            let file = open(&root.join(&path));
            file.and_then(|file| read_text(file, path.clone(), buffer))
                .map_err(|cause| error::repo::unreadable(&path).because(cause))
        };
        let read = paths.into_par_iter().map_init(|| vec![0; BLOCK], read);
        for text in read.collect::<Vec<Result<Text>>>() {
            match text {
                Ok(text) => self.texts.push(text),
                Err(error) => self.unreadable.push(error),
            }
        }
    }
}

/// Opens a file that was a regular one when its directory was listed; it may have become a pipe or a link since.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    File::options().read(true).custom_flags(flags.bits() as i32).open(path)
}

/// What a definition below some namespaces looks like, as far as bytes tell: their first name, and behind it the others
/// of one of them or an equals sign. Comments look the same: who wants to be sure parses the file.
struct Needle<'r> {
    first: Finder<'r>,
    /// What may follow: the other names, with their dots.
    rest: Vec<&'r str>,
}

impl<'r> Needle<'r> {
    /// One needle for each first name.
    fn all(namespaces: [&'r str; 3]) -> Vec<Needle<'r>> {
        let mut by_first: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for namespace in namespaces {
            let (first, rest) = namespace.split_at(namespace.find('.').unwrap_or(namespace.len()));
            by_first.entry(first).or_default().push(rest);
        }
        let needle = |(first, rest): (&'r str, Vec<&'r str>)| Needle {
            first: Finder::new(first.as_bytes()),
            rest,
        };
        by_first.into_iter().map(needle).collect()
    }

    fn is_in(&self, text: &[u8]) -> bool {
        let length = self.first.needle().len();
        self.first.find_iter(text).any(|at| {
            let read = at > 0 && (is_name(text[at - 1]) || text[at - 1] == b'.');
            !read && self.defines(&text[at + length..])
        })
    }

    /// Whether what follows the first name makes it a definition.
    fn defines(&self, after: &[u8]) -> bool {
        if matches!(after.trim_ascii_start(), [b'=', next, ..] if *next != b'=') {
            return true;
        }
        self.rest.iter().any(|rest| {
            let beyond = after.strip_prefix(rest.as_bytes()).map(<[u8]>::trim_ascii_start);
            matches!(beyond, Some([b'.' | b'=', ..]))
        })
    }

    /// How many bytes a definition's beginning takes, white space included: so much of a block is looked at again with
    /// the next.
    fn reach(&self) -> usize {
        let longest = self.rest.iter().map(|rest| rest.len()).max().unwrap_or(0);
        self.first.needle().len() + longest + 64
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-'".contains(&byte)
}

/// Whether a file contains one of the needles, read block by block into `buffer`.
fn contains(mut file: impl Read, needles: &[Needle], buffer: &mut [u8]) -> io::Result<bool> {
    let overlap = needles.iter().map(Needle::reach).max().unwrap_or(0);
    let mut filled = 0;
    loop {
        let count = read(&mut file, &mut buffer[filled..])?;
        filled += count;
        // The end is what a read of nothing says: a short read may come before it.
        if count == 0 || filled == buffer.len() {
            if needles.iter().any(|needle| needle.is_in(&buffer[..filled])) {
                return Ok(true);
            }
            if count == 0 {
                return Ok(false);
            }
            buffer.copy_within(filled - overlap..filled, 0);
            filled = overlap;
        }
    }
}

/// A file's text, read into `buffer`, which grows as is needed.
fn read_text(mut file: File, path: PathBuf, buffer: &mut Vec<u8>) -> io::Result<Text> {
    let mut filled = 0;
    loop {
        let count = read(&mut file, &mut buffer[filled..])?;
        filled += count;
        if filled > LARGEST {
            return Err(io::Error::other(format!("it is larger than {LARGEST} bytes")));
        }
        if count == 0 {
            break;
        }
        if filled == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
    }
    let is_linked = file.metadata().is_ok_and(|found| found.nlink() > 1);
    let bytes = &buffer[..filled];
    let (text, unread) = match std::str::from_utf8(bytes) {
        Ok(text) => (text.into(), None),
        Err(error) => (
            String::from_utf8_lossy(bytes).into(),
            Some(Unread::NotUtf8(error.valid_up_to())),
        ),
    };
    Ok(Text {
        path,
        text,
        unread,
        is_linked,
    })
}

fn read(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
