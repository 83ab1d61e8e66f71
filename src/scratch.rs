//! Scratch directories: private, outside of the repository, gone when the process is.
//!
//! A directory is the person's alone from its first moment (mode 0700), and its name says whose it is:
//! `qgroget-<process id>-<start of the process>-<random>`. What a process that was killed leaves, the next run
//! removes ([`sweep`]).

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::FlockOperation;
use tempfile::TempDir;

use crate::error::{self, Result};
use crate::process::table;

const PREFIX: &str = "qgroget-";
const PRIVATE: u32 = 0o700;

struct State {
    /// Repositories, in which no scratch directory may be.
    repositories: Vec<PathBuf>,
    /// The directories that this process has.
    live: Vec<PathBuf>,
}

static STATE: Mutex<State> = Mutex::new(State {
    repositories: Vec::new(),
    live: Vec::new(),
});

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on no scratch directory of this process is in the repository that holds `root`.
pub fn keep_out_of(root: &Path) {
    let Ok(root) = root.canonicalize() else { return };
    let top = root.ancestors().find(|path| path.join(".git").exists());
    let top = top.unwrap_or(&root).to_owned();
    let mut state = state();
    if !state.repositories.contains(&top) {
        state.repositories.push(top);
    }
}

/// A directory for this process alone. It is removed when this is dropped, and before a signal ends the process.
#[derive(Debug)]
pub struct Directory {
    directory: TempDir,
    /// Its path without links: what the directory is called by nix.
    path: PathBuf,
    /// Holds the lock that tells other runs, in other containers too, that the owner lives.
    lock: File,
}

impl Directory {
    /// Makes one in `$XDG_RUNTIME_DIR` where that is the person's alone, else in the temporary directory.
    ///
    /// # Errors
    /// `scratch-copy` where it cannot be made, or only inside of the repository.
    pub fn new() -> Result<Directory> {
        let mut state = state();
        let (places, inside): (Vec<PathBuf>, Vec<PathBuf>) = places()
            .into_iter()
            .partition(|place| !state.repositories.iter().any(|top| place.starts_with(top)));
        let Some(place) = places.first() else {
            let inside = inside.into_iter().next().unwrap_or_else(std::env::temp_dir);
            return Err(error::prove::no_scratch_place(&inside));
        };
        let made =
            Directory::in_place(place).map_err(|cause| error::prove::scratch("make a directory in", place, cause))?;
        state.live.push(made.path.clone());
        Ok(made)
    }

    fn in_place(place: &Path) -> io::Result<Directory> {
        let id = std::process::id();
        let start = i32::try_from(id).ok().and_then(table::start_of).unwrap_or(0);
        let directory = tempfile::Builder::new()
            .prefix(&format!("{PREFIX}{id}-{start}-"))
            .permissions(Permissions::from_mode(PRIVATE))
            .tempdir_in(place)?;
        let lock = File::open(directory.path())?;
        rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Directory {
            path: directory.path().canonicalize()?,
            directory,
            lock,
        })
    }

    /// Its path: absolute, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        state().live.retain(|path| *path != self.path);
        // What the field's own drop would do, but while it is still locked. What cannot be removed the next run sweeps.
        let _ = fs::remove_dir_all(self.directory.path());
        // Closing it is not enough: a process that another thread is just starting has it open until it runs.
        let _ = rustix::fs::flock(&self.lock, FlockOperation::Unlock);
    }
}

/// Where scratch directories may be, best first; canonical.
fn places() -> Vec<PathBuf> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    let runtime = runtime.filter(|path| path.is_absolute() && is_private(path));
    let others = [std::env::temp_dir(), PathBuf::from("/tmp"), PathBuf::from("/var/tmp")];
    let mut places: Vec<PathBuf> = Vec::new();
    for place in runtime.into_iter().chain(others) {
        match place.canonicalize() {
            Ok(place) if place.is_dir() && !places.contains(&place) => places.push(place),
            _ => {}
        }
    }
    places
}

/// Whether a directory is the person's and nobody else can enter it.
fn is_private(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path).is_ok_and(|m| m.is_dir() && m.uid() == own && m.mode() & 0o077 == 0)
}

/// Removes this process's scratch directories, whatever other threads still do in them; then it ends.
pub(crate) fn remove_all() {
    // A thread may be writing: what it adds while a directory is removed is removed in another turn.
    const TURNS: usize = 100;
    let mut state = state();
    for path in std::mem::take(&mut state.live) {
        for _ in 0..TURNS {
            match fs::remove_dir_all(&path) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => std::thread::yield_now(),
                _ => break,
            }
        }
    }
    // Nothing makes another one: the lock stays taken until the process ends.
    std::mem::forget(state);
}

/// Removes the scratch directories of runs that were killed: those with a name of ours, that are the person's own
/// directories and no links, whose process is gone, and that no run holds locked.
pub fn sweep() {
    for place in places() {
        sweep_in(&place);
    }
}

fn sweep_in(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let Some((id, start)) = name.to_str().and_then(owner) else {
            continue;
        };
        let lives = match table::start_of(id) {
            Some(now) => start == 0 || now == start,
            // Where there is no /proc, whether there is such a process is all that can be asked.
            None => start == 0 && rustix::process::Pid::from_raw(id).is_some_and(exists),
        };
        if !lives && is_private(&entry.path()) && !is_locked(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether there is a process of this id, of whoever it is.
fn exists(id: rustix::process::Pid) -> bool {
    !matches!(rustix::process::test_kill_process(id), Err(rustix::io::Errno::SRCH))
}

/// Whether a run holds the directory; it may be in another container, where its process has another id.
fn is_locked(path: &Path) -> bool {
    let flags = rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::CLOEXEC;
    let Ok(directory) = rustix::fs::open(path, flags, rustix::fs::Mode::empty()) else {
        return true;
    };
    rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive).is_err()
}

/// The process that a scratch directory's name names: its id and start.
fn owner(name: &str) -> Option<(i32, u64)> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mut parts = name.strip_prefix(PREFIX)?.split('-');
    let (id, start, random) = (parts.next()?, parts.next()?, parts.next()?);
    let plain = random.len() == 6 && random.bytes().all(|b| b.is_ascii_alphanumeric());
    if parts.next().is_some() || !number(id) || !number(start) || !plain {
        return None;
    }
    Some((id.parse().ok().filter(|id| *id > 0)?, start.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_private_from_its_beginning_and_says_whose_it_is() {
        let place = tempfile::tempdir().unwrap();
        let directory = Directory::in_place(place.path()).unwrap();
        let path = directory.path().to_owned();
        assert!(is_private(&path));
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, PRIVATE);
        let (id, start) = owner(path.file_name().unwrap().to_str().unwrap()).unwrap();
        assert_eq!(id, std::process::id() as i32);
        assert_eq!(start, table::start_of(id).unwrap_or(0));
        fs::write(path.join("x"), "x").unwrap();
        drop(directory);
        assert!(!path.exists());
    }

    #[test]
    fn what_the_killed_left_is_swept_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        // No process has this id: it is above what the kernel gives.
        let dead = "qgroget-2147483647-12-Ab12cD";
        let own = std::process::id();
        let reused = format!("qgroget-{own}-1-Ab12cD");
        let mut stays = vec![
            "qgroget-notes".to_owned(),
            "qgroget-2147483647-12-Ab12cD-mine".to_owned(),
            "qgroget-2147483647-x-Ab12cD".to_owned(),
            "qgroget-2147483647-12-Ab12c".to_owned(),
        ];
        if table::start_of(own as i32).is_some() {
            stays.push(format!("qgroget-{own}-{}-Ab12cD", table::start_of(own as i32).unwrap()));
        }
        for name in [dead, &reused].into_iter().chain(stays.iter().map(String::as_str)) {
            let path = place.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::write(path.join("file"), "x").unwrap();
            fs::set_permissions(&path, Permissions::from_mode(PRIVATE)).unwrap();
        }
        let open = place.path().join("qgroget-2147483647-12-others");
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o755)).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), place.path().join("qgroget-2147483647-12-linked")).unwrap();
        let locked = Directory::in_place(place.path()).unwrap();
        let renamed = place.path().join("qgroget-2147483647-13-Ab12cD");
        fs::rename(locked.path(), &renamed).unwrap();

        sweep_in(place.path());
        assert!(!place.path().join(dead).exists());
        assert!(!place.path().join(&reused).exists() || table::start_of(own as i32).is_none());
        for name in &stays {
            assert!(place.path().join(name).join("file").exists(), "{name}");
        }
        assert!(open.exists() && elsewhere.path().exists());
        assert!(
            place
                .path()
                .join("qgroget-2147483647-12-linked")
                .symlink_metadata()
                .is_ok()
        );
        assert!(renamed.exists(), "a run in another container has it");
        drop(locked);
        sweep_in(place.path());
        assert!(!renamed.exists());
    }

    #[test]
    fn a_place_that_others_can_enter_is_not_private() {
        let place = tempfile::tempdir().unwrap();
        fs::set_permissions(place.path(), Permissions::from_mode(0o750)).unwrap();
        assert!(!is_private(place.path()));
        let link = place.path().join("link");
        fs::set_permissions(place.path(), Permissions::from_mode(PRIVATE)).unwrap();
        std::os::unix::fs::symlink(place.path(), &link).unwrap();
        assert!(is_private(place.path()) && !is_private(&link));
    }
}
