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
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

use crate::error::{self, Error};

/// The largest file of patterns that is read, in bytes.
const LARGEST_PATTERNS: u64 = 1024 * 1024;

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

/// What a walk comes back with.
pub(super) struct Walked<V> {
    /// Each thread's visitor.
    pub(super) visitors: Vec<V>,
    /// What could not be seen, in the order of the paths: directories, and files of patterns.
    pub(super) errors: Vec<Error>,
    /// The Nix files that a sparse checkout leaves out, with what is staged.
    pub(super) absent: Vec<(PathBuf, Arc<str>)>,
    /// The symbolic links that git would not ignore, sorted.
    pub(super) links: Vec<PathBuf>,
}

/// Walks the directories `from` of the tree at `root`, relative to it, without those in `skipped`, on as many threads as
/// there are processors.
///
/// # Errors
/// Where `root` cannot be reached.
pub(super) fn walk<V: Visitor>(
    root: &Path,
    from: &[&Path],
    skipped: &[&Path],
    visitor: impl Fn() -> V + Sync,
) -> io::Result<Walked<V>> {
    let root = root.canonicalize()?;
    let seen = Seen::new(&root);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let queue = Queue {
        state: Mutex::new(State {
            open: Vec::new(),
            busy: threads,
        }),
        changed: Condvar::new(),
    };
    let above = Ignores::above(&seen);
    let first: Vec<Directory> = from
        .iter()
        .filter_map(|path| Directory::at(&seen, path, above.clone()))
        .collect();
    let work = |first: Vec<Directory>| {
        let mut turn = Turn {
            queue: &queue,
            found: first,
        };
        let mut visitor = visitor();
        let mut listing = Vec::new();
        while let Some(directory) = turn.next() {
            list(&seen, directory, &mut visitor, &mut listing, &mut turn.found);
            turn.found
                .retain(|directory| !skipped.contains(&directory.path.as_path()));
        }
        visitor
    };
    let work = &work;
    let visitors = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(move || work(Vec::new()))).collect();
        let mut visitors = vec![work(first)];
        for thread in others {
            // A panic in a visitor is ours, and goes on as one.
            visitors.push(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        visitors
    });
    let is_wanted = |path: &Path| {
        from.iter().any(|from| path.starts_with(from)) && !skipped.iter().any(|skipped| path.starts_with(skipped))
    };
    let absent = seen.absent(is_wanted);
    let mut errors = seen.errors.into_inner().unwrap_or_else(PoisonError::into_inner);
    errors.sort_by(|a, b| a.0.cmp(&b.0));
    let mut links = seen.links.into_inner().unwrap_or_else(PoisonError::into_inner);
    links.sort_unstable();
    Ok(Walked {
        visitors,
        links,
        errors: errors.into_iter().map(|(_, error)| error).collect(),
        absent,
    })
}

/// What all threads of a walk share.
struct Seen {
    root: PathBuf,
    errors: Mutex<Vec<(PathBuf, Error)>>,
    links: Mutex<Vec<PathBuf>>,
    tracked: OnceLock<Tracked>,
}

/// What git tracks.
#[derive(Default)]
struct Tracked {
    /// Paths relative to the root, sorted.
    paths: Vec<PathBuf>,
    /// The Nix files among them that are not to be on the disk, with their blobs.
    left_out: Vec<(PathBuf, git2::Oid)>,
}

/// How git marks entries that a sparse checkout leaves out.
const SKIPPED: u16 = 1 << 14;

impl Seen {
    fn new(root: &Path) -> Seen {
        Seen {
            root: root.to_owned(),
            errors: Mutex::default(),
            links: Mutex::default(),
            tracked: OnceLock::new(),
        }
    }

    fn error(&self, path: &Path, error: Error) {
        let mut errors = self.errors.lock().unwrap_or_else(PoisonError::into_inner);
        errors.push((path.to_owned(), error));
    }

    /// What git tracks; nothing where there is no repository of git's. It is asked for only where something is ignored or
    /// left out.
    fn tracked(&self) -> &Tracked {
        self.tracked.get_or_init(|| self.read_tracked().unwrap_or_default())
    }

    fn read_tracked(&self) -> Option<Tracked> {
        let git = git2::Repository::discover(&self.root).ok()?;
        let top = git.workdir()?.canonicalize().ok()?;
        let prefix = self.root.strip_prefix(&top).ok()?;
        let mut tracked = Tracked::default();
        for entry in git.index().ok()?.iter() {
            let path = Path::new(OsStr::from_bytes(&entry.path));
            let Ok(own) = path.strip_prefix(prefix) else { continue };
            tracked.paths.push(own.to_owned());
            if entry.flags_extended & SKIPPED != 0 && own.extension().is_some_and(|extension| extension == "nix") {
                tracked.left_out.push((own.to_owned(), entry.id));
            }
        }
        tracked.paths.sort_unstable();
        Some(tracked)
    }

    /// Whether git tracks `path`, an absolute one, or something in it.
    fn is_tracked(&self, path: &Path) -> bool {
        let Ok(path) = path.strip_prefix(&self.root) else {
            return false;
        };
        let paths = &self.tracked().paths;
        let at = paths.partition_point(|tracked| tracked.as_path() < path);
        paths.get(at).is_some_and(|tracked| tracked.starts_with(path))
    }

    /// The Nix files that a sparse checkout leaves out, with what is staged.
    fn absent(&self, is_wanted: impl Fn(&Path) -> bool) -> Vec<(PathBuf, Arc<str>)> {
        let sparse = || {
            let top = self.root.ancestors().find(|path| path.join(".git").exists())?;
            let entry = top.join(".git");
            let own = match entry.is_dir() {
                true => entry,
                false => top.join(std::fs::read_to_string(entry).ok()?.strip_prefix("gitdir:")?.trim()),
            };
            own.join("info/sparse-checkout").exists().then_some(())
        };
        if sparse().is_none() {
            return Vec::new();
        }
        let Ok(git) = git2::Repository::discover(&self.root) else {
            return Vec::new();
        };
        let left_out = self.tracked().left_out.iter();
        left_out
            .filter(|(path, _)| is_wanted(path) && !self.root.join(path).exists())
            .filter_map(|(path, id)| {
                let blob = git.find_blob(*id).ok()?;
                Some((path.clone(), String::from_utf8_lossy(blob.content()).into()))
            })
            .collect()
    }
}

/// A directory to be listed.
struct Directory {
    path: PathBuf,
    ignores: Option<Arc<Ignores>>,
    /// Whether git ignores it, so that only what it tracks in it counts.
    is_ignored: bool,
}

impl Directory {
    /// The directory at `path`, unless git would ignore it.
    fn at(seen: &Seen, path: &Path, above: Option<Arc<Ignores>>) -> Option<Directory> {
        let (mut ignores, mut directory, mut is_ignored) = (above, seen.root.clone(), false);
        for part in path {
            ignores = Ignores::of(seen, &directory, ignores);
            directory.push(part);
            is_ignored |= ignores.as_ref().is_some_and(|i| i.ignore(&directory, true));
            if is_ignored && !seen.is_tracked(&directory) {
                return None;
            }
        }
        // A repository need not have all of the directories that its rules name.
        (path.as_os_str().is_empty() || directory.symlink_metadata().is_ok_and(|found| found.is_dir())).then(|| {
            Directory {
                path: path.to_owned(),
                ignores,
                is_ignored,
            }
        })
    }
}

/// Lists one directory: visits its files and adds its directories to `found`.
fn list<V: Visitor>(
    seen: &Seen,
    directory: Directory,
    visitor: &mut V,
    listing: &mut Vec<rustix::fs::DirEntry>,
    found: &mut Vec<Directory>,
) {
    let path = seen.root.join(&directory.path);
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    listing.clear();
    let mut read = || -> io::Result<_> {
        let descriptor = rustix::fs::open(&path, flags, Mode::empty())?;
        for entry in Dir::read_from(&descriptor)? {
            listing.push(entry?);
        }
        Ok(descriptor)
    };
    let descriptor = match read() {
        Ok(descriptor) => descriptor,
        // It went away since its name was read.
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return,
        Err(cause) => return seen.error(&directory.path, error::repo::unlisted(&directory.path).because(cause)),
    };
    let own = listing.iter().any(|entry| entry.file_name() == c".gitignore");
    let ignores = match own {
        true => Ignores::of(seen, &path, directory.ignores),
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
        let is_link = kind == FileType::Symlink;
        if (is_directory && special) || !(is_directory || is_link || kind == FileType::RegularFile) {
            continue;
        }
        let plain = OsStr::from_bytes(name.to_bytes());
        let ignored = || {
            ignores
                .as_ref()
                .is_some_and(|i| i.ignore(&path.join(plain), is_directory))
        };
        let is_ignored = directory.is_ignored || ignored();
        if is_ignored && !seen.is_tracked(&path.join(plain)) {
            continue;
        }
        if is_directory {
            found.push(Directory {
                path: directory.path.join(plain),
                ignores: ignores.clone(),
                is_ignored,
            });
        } else if is_link {
            let mut links = seen.links.lock().unwrap_or_else(PoisonError::into_inner);
            links.push(directory.path.join(plain));
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
    fn of(seen: &Seen, directory: &Path, outer: Option<Arc<Ignores>>) -> Option<Arc<Ignores>> {
        Ignores::with(seen, directory, &directory.join(".gitignore"), outer)
    }

    /// `outer` with the patterns in `file`, which are relative to `base`. As in git, a pattern that makes no sense
    /// is left out and the others count.
    fn with(seen: &Seen, base: &Path, file: &Path, outer: Option<Arc<Ignores>>) -> Option<Arc<Ignores>> {
        // As git does, one that is a link is left alone.
        match file.symlink_metadata() {
            Ok(found) if found.is_file() && found.len() <= LARGEST_PATTERNS => {}
            Ok(found) if found.is_file() => {
                let own = file.strip_prefix(&seen.root).unwrap_or(file);
                let why = format!("it has more than {LARGEST_PATTERNS} bytes");
                seen.error(own, error::repo::not_taken(own, &why));
                return outer;
            }
            _ => return outer,
        }
        let mut builder = GitignoreBuilder::new(base);
        builder.add(file);
        match builder.build() {
            Ok(matcher) if !matcher.is_empty() => Some(Arc::new(Ignores { matcher, outer })),
            _ => outer,
        }
    }

    /// What is in force at `root` from outside: the person's excludes, the repository's own, and the `.gitignore` files
    /// of the directories between its top and `root`.
    fn above(seen: &Seen) -> Option<Arc<Ignores>> {
        let root = &*seen.root;
        let (matcher, _) = GitignoreBuilder::new(root).build_global();
        let global = (!matcher.is_empty()).then(|| Arc::new(Ignores { matcher, outer: None }));
        let Some(top) = root.ancestors().find(|path| path.join(".git").exists()) else {
            return global;
        };
        let mut ignores = match git_directory(top) {
            Some(git) => Ignores::with(seen, top, &git.join("info/exclude"), global),
            None => global,
        };
        let mut between: Vec<&Path> = root
            .ancestors()
            .skip(1)
            .take_while(|path| path.starts_with(top))
            .collect();
        between.reverse();
        for directory in between {
            ignores = Ignores::of(seen, directory, ignores);
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
