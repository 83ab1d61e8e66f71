//! A parallel walk over the files that git would not ignore.
//!
//! Directories are listed once, without a `stat` of what is in them, and files are opened from their directory's
//! descriptor: on a tree of many small files, path lookups cost more than reading. Symbolic links are not followed,
//! so that a walk ends and sees each file once. What cannot be listed is skipped, as git skips it.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

/// What is done with the files that one thread comes to.
pub(super) trait Visitor: Send {
    /// A regular file.
    fn file(&mut self, entry: &Entry);
}

/// A regular file that the walk has come to.
pub(super) struct Entry<'a> {
    directory: &'a Path,
    descriptor: BorrowedFd<'a>,
    name: &'a CStr,
}

impl Entry<'_> {
    /// Whether its name ends like that of a Nix file.
    pub(super) fn is_nix(&self) -> bool {
        let name = self.name.to_bytes();
        name.len() > 4 && name.ends_with(b".nix")
    }

    /// Its path relative to the root.
    pub(super) fn path(&self) -> PathBuf {
        self.directory.join(OsStr::from_bytes(self.name.to_bytes()))
    }

    /// Opens it for reading.
    pub(super) fn open(&self) -> io::Result<File> {
        // Not blocking: it may have become a pipe since its directory was listed.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        Ok(rustix::fs::openat(self.descriptor, self.name, flags, Mode::empty())?.into())
    }
}

/// Walks the directories `from` of the tree at `root`, relative to it, without those in `skipped`, on as many threads as
/// there are processors; returns each thread's visitor.
///
/// # Errors
/// Where `root` cannot be reached.
pub(super) fn walk<V: Visitor>(
    root: &Path,
    from: &[&Path],
    skipped: &[&Path],
    visitor: impl Fn() -> V + Sync,
) -> io::Result<Vec<V>> {
    let root = root.canonicalize()?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let queue = Queue {
        state: Mutex::new(State {
            open: Vec::new(),
            busy: threads,
        }),
        changed: Condvar::new(),
    };
    let above = Ignores::above(&root);
    let first: Vec<Directory> = from
        .iter()
        .filter_map(|path| Directory::at(&root, path, above.clone()))
        .collect();
    let work = |first: Vec<Directory>| {
        let mut turn = Turn {
            queue: &queue,
            found: first,
        };
        let mut visitor = visitor();
        let mut listing = Vec::new();
        while let Some(directory) = turn.next() {
            list(&root, directory, &mut visitor, &mut listing, &mut turn.found);
            turn.found
                .retain(|directory| !skipped.contains(&directory.path.as_path()));
        }
        visitor
    };
    let work = &work;
    Ok(std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(move || work(Vec::new()))).collect();
        let mut visitors = vec![work(first)];
        for thread in others {
            // A panic in a visitor is ours, and goes on as one.
            visitors.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        visitors
    }))
}

/// A directory to be listed.
struct Directory {
    path: PathBuf,
    ignores: Option<Arc<Ignores>>,
}

impl Directory {
    /// The directory at `path`, unless git would ignore it.
    fn at(root: &Path, path: &Path, above: Option<Arc<Ignores>>) -> Option<Directory> {
        let (mut ignores, mut directory) = (above, root.to_owned());
        for part in path {
            ignores = Ignores::of(&directory, ignores);
            directory.push(part);
            if ignores.as_ref().is_some_and(|i| i.ignore(&directory, true)) {
                return None;
            }
        }
        Some(Directory {
            path: path.to_owned(),
            ignores,
        })
    }
}

/// Lists one directory: visits its files and adds its directories to `found`.
fn list<V: Visitor>(
    root: &Path,
    directory: Directory,
    visitor: &mut V,
    listing: &mut Vec<rustix::fs::DirEntry>,
    found: &mut Vec<Directory>,
) {
    let path = root.join(&directory.path);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    let Ok(descriptor) = rustix::fs::open(&path, flags, Mode::empty()) else {
        return;
    };
    let Ok(entries) = Dir::read_from(&descriptor) else {
        return;
    };
    listing.clear();
    listing.extend(entries.flatten());
    let own = listing.iter().any(|entry| entry.file_name() == c".gitignore");
    let ignores = match own {
        true => Ignores::of(&path, directory.ignores),
        false => directory.ignores,
    };
    for entry in listing.iter() {
        let name = entry.file_name();
        let kind = match entry.file_type() {
            // Some file systems do not say it in the listing.
            FileType::Unknown => rustix::fs::statat(&descriptor, name, AtFlags::SYMLINK_NOFOLLOW)
                .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
            kind => kind,
        };
        let is_directory = kind == FileType::Directory;
        let special = [c".", c"..", c".git"].contains(&name);
        if (is_directory && special) || !(is_directory || kind == FileType::RegularFile) {
            continue;
        }
        let plain = OsStr::from_bytes(name.to_bytes());
        if ignores
            .as_ref()
            .is_some_and(|i| i.ignore(&path.join(plain), is_directory))
        {
            continue;
        }
        if is_directory {
            found.push(Directory {
                path: directory.path.join(plain),
                ignores: ignores.clone(),
            });
        } else {
            visitor.file(&Entry {
                directory: &directory.path,
                descriptor: descriptor.as_fd(),
                name,
            });
        }
    }
}

/// Directories that no thread has listed yet.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    open: Vec<Directory>,
    /// Threads that may still find directories.
    busy: usize,
}

/// One thread's part in emptying the queue.
struct Turn<'q> {
    queue: &'q Queue,
    /// What it has found since it last took a directory.
    found: Vec<Directory>,
}

impl Turn<'_> {
    /// Hands in what was found and takes the next directory; `None` when all are listed.
    fn next(&mut self) -> Option<Directory> {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.busy -= 1;
        if self.found.len() > 1 {
            self.queue.changed.notify_all();
        }
        state.open.append(&mut self.found);
        loop {
            if let Some(directory) = state.open.pop() {
                state.busy += 1;
                return Some(directory);
            }
            if state.busy == 0 {
                self.queue.changed.notify_all();
                return None;
            }
            state = self.queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // A thread that panics must not leave the others waiting for what it would find.
        if std::thread::panicking() {
            self.queue.state.lock().unwrap_or_else(PoisonError::into_inner).busy -= 1;
            self.queue.changed.notify_all();
        }
    }
}

/// The patterns in force in a directory, innermost first.
struct Ignores {
    matcher: Gitignore,
    outer: Option<Arc<Ignores>>,
}

impl Ignores {
    /// Whether git would ignore the file or directory at `path`.
    fn ignore(&self, path: &Path, is_directory: bool) -> bool {
        let mut scope = Some(self);
        while let Some(ignores) = scope {
            match ignores.matcher.matched(path, is_directory) {
                ignore::Match::Ignore(_) => return true,
                ignore::Match::Whitelist(_) => return false,
                ignore::Match::None => scope = ignores.outer.as_deref(),
            }
        }
        false
    }

    /// `outer` with the directory's own `.gitignore`.
    fn of(directory: &Path, outer: Option<Arc<Ignores>>) -> Option<Arc<Ignores>> {
        Ignores::with(directory, &directory.join(".gitignore"), outer)
    }

    /// `outer` with the patterns in `file`, which are relative to `base`. As in git, a pattern that makes no sense
    /// is left out and the others count.
    fn with(base: &Path, file: &Path, outer: Option<Arc<Ignores>>) -> Option<Arc<Ignores>> {
        let mut builder = GitignoreBuilder::new(base);
        builder.add(file);
        match builder.build() {
            Ok(matcher) if !matcher.is_empty() => Some(Arc::new(Ignores { matcher, outer })),
            _ => outer,
        }
    }

    /// What is in force at `root` from outside: the person's excludes, the repository's own, and the `.gitignore` files
    /// of the directories between its top and `root`.
    fn above(root: &Path) -> Option<Arc<Ignores>> {
        let (matcher, _) = GitignoreBuilder::new(root).build_global();
        let global = (!matcher.is_empty()).then(|| Arc::new(Ignores { matcher, outer: None }));
        let Some(top) = root.ancestors().find(|path| path.join(".git").exists()) else {
            return global;
        };
        let mut ignores = match git_directory(top) {
            Some(git) => Ignores::with(top, &git.join("info/exclude"), global),
            None => global,
        };
        let mut between: Vec<&Path> = root
            .ancestors()
            .skip(1)
            .take_while(|path| path.starts_with(top))
            .collect();
        between.reverse();
        for directory in between {
            ignores = Ignores::of(directory, ignores);
        }
        ignores
    }
}

/// The directory that holds what a repository's worktrees share.
fn git_directory(top: &Path) -> Option<PathBuf> {
    let entry = top.join(".git");
    if entry.is_dir() {
        return Some(entry);
    }
    let link = std::fs::read_to_string(entry).ok()?;
    let own = top.join(link.strip_prefix("gitdir:")?.trim());
    match std::fs::read_to_string(own.join("commondir")) {
        Ok(common) => Some(own.join(common.trim())),
        Err(_) => Some(own),
    }
}
