//! The git repository around the files: what state it is in, and what it asks of a commit.
//!
//! Nothing here writes, except where a function says so. Paths in arguments and results are relative to the
//! root that the state was discovered for; `repo_path` turns them into git's own, which are relative to the top
//! of the working tree and have slashes.

use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::Duration;

use git2::{ErrorCode, Oid, Repository, RepositoryOpenFlags, RepositoryState};

use crate::error::{self, Result};

mod dirty;
mod environment;
pub mod history;
mod identity;
mod index;
mod program;
mod refs;
pub mod refusals;
mod unhonoured;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use dirty::{DirtyFile, DirtyState};
pub use environment::Environment;
pub(crate) use index::{IndexChange, MODE_EXECUTABLE, MODE_FILE, bare_entry, remove};
pub(crate) use program::needed_for;
pub(crate) use refs::MoveFailure;
pub use unhonoured::Unhonoured;

/// How often, and how far apart, to look whether another process still holds a lock: an editor's `git status` is over
/// in less.
pub(crate) const LOCK_TRIES: u32 = 40;
pub(crate) const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// A git repository with a working tree that holds the root.
pub struct GitState {
    repo: Repository,
    /// Top of the working tree, without symbolic links.
    workdir: PathBuf,
    /// The root, relative to `workdir`; empty where they are the same.
    prefix: PathBuf,
    environment: Environment,
}

/// Where HEAD points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// A branch with commits, by its full reference name.
    Branch(String, Oid),
    /// A branch without any commit yet, by its full reference name.
    Unborn(String),
    /// A commit, on no branch.
    Detached(Oid),
}

impl Head {
    /// The commit that HEAD names; `None` before the first commit.
    pub fn id(&self) -> Option<Oid> {
        match self {
            Head::Branch(_, id) | Head::Detached(id) => Some(*id),
            Head::Unborn(_) => None,
        }
    }
}

/// An operation of git that spans several commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What people call it.
    pub name: &'static str,
    /// The command that goes on with it, where there is one.
    pub proceed: Option<&'static str>,
    /// The command that gives it up.
    pub abort: &'static str,
}

impl GitState {
    /// The repository that holds `root`, or `None` if there is none.
    ///
    /// # Errors
    /// Refuses a repository of another user, a bare one, and one of a format that cannot be read.
    pub fn discover(root: &Path) -> Result<Option<GitState>> {
        GitState::discover_in(root, Environment::inherited())
    }

    /// As [`discover`](GitState::discover), with environment variables of one's own.
    ///
    /// # Errors
    /// As [`discover`](GitState::discover).
    pub fn discover_in(root: &Path, environment: Environment) -> Result<Option<GitState>> {
        let no_ceiling: [&str; 0] = [];
        let repo = match Repository::open_ext(root, RepositoryOpenFlags::empty(), no_ceiling) {
            Ok(repo) => repo,
            Err(cause) => {
                return match cause.code() {
                    ErrorCode::NotFound => Ok(None),
                    ErrorCode::Owner => Err(error::git::ownership(root, cause)),
                    _ => Err(error::git::unreadable(root, cause)),
                };
            }
        };
        let Some(workdir) = repo.workdir().map(Path::to_owned) else {
            return Err(error::git::bare(root));
        };
        let canonical = |path: &Path| {
            path.canonicalize()
                .map_err(|cause| error::apply::unreadable(path, cause))
        };
        let workdir = canonical(&workdir)?;
        // Started inside the git directory, the working tree is elsewhere: there is nothing to change here.
        let Ok(prefix) = canonical(root)?.strip_prefix(&workdir).map(Path::to_owned) else {
            return Ok(None);
        };
        environment.configure(&repo)?;
        Ok(Some(GitState {
            repo,
            workdir,
            prefix,
            environment,
        }))
    }

    /// The top of the working tree: absolute, without symbolic links. The root lies in it, and may be deeper.
    pub fn workdir(&self) -> &Path {
        &self.workdir
    }

    /// The root, relative to [`workdir`](GitState::workdir); empty where they are the same.
    pub fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The git directory of this working tree; a linked working tree has its own.
    pub fn git_dir(&self) -> &Path {
        self.repo.path()
    }

    /// Where HEAD points.
    ///
    /// # Errors
    /// Refuses a HEAD that cannot be read.
    pub fn head(&self) -> Result<Head> {
        let failed = |cause| error::git::failed("read HEAD", cause);
        match self.repo.head() {
            Ok(head) => {
                let id = head.peel_to_commit().map_err(failed)?.id();
                if self.repo.head_detached().map_err(failed)? {
                    return Ok(Head::Detached(id));
                }
                Ok(Head::Branch(head.name().map_err(failed)?.to_owned(), id))
            }
            Err(cause) if cause.code() == ErrorCode::UnbornBranch => {
                let head = self.repo.find_reference("HEAD").map_err(failed)?;
                let name = head.symbolic_target().map_err(failed)?;
                Ok(Head::Unborn(name.unwrap_or("refs/heads/main").to_owned()))
            }
            Err(cause) => Err(failed(cause)),
        }
    }

    /// The operation that is under way, if any.
    pub fn operation(&self) -> Option<Operation> {
        let operation = |name, proceed, abort| Some(Operation { name, proceed, abort });
        match self.repo.state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => operation("merge", Some("git merge --continue"), "git merge --abort"),
            RepositoryState::Revert | RepositoryState::RevertSequence => {
                operation("revert", Some("git revert --continue"), "git revert --abort")
            }
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => operation(
                "cherry-pick",
                Some("git cherry-pick --continue"),
                "git cherry-pick --abort",
            ),
            RepositoryState::Bisect => operation("bisect", None, "git bisect reset"),
            RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
                operation("rebase", Some("git rebase --continue"), "git rebase --abort")
            }
            RepositoryState::ApplyMailbox => operation("mailbox apply", Some("git am --continue"), "git am --abort"),
            RepositoryState::ApplyMailboxOrRebase => operation(
                "rebase or mailbox apply",
                Some("git rebase --continue"),
                "git rebase --abort",
            ),
        }
    }

    /// Checks what can be known before anything is written: that a commit of `paths` (relative to the root) can
    /// be made.
    ///
    /// # Errors
    /// Refuses while an operation is under way, while another process goes on holding the index, if the index cannot be
    /// read, if there is no author, and if `git` is needed and missing.
    pub fn check_commit(&self, paths: &[PathBuf]) -> Result<()> {
        let paths: Vec<String> = paths.iter().map(|path| self.repo_path(path)).collect::<Result<_>>()?;
        self.check_commit_of(&paths)
    }

    /// As [`check_commit`](GitState::check_commit), with git's paths.
    pub(crate) fn check_commit_of(&self, paths: &[String]) -> Result<()> {
        if let Some(operation) = self.operation() {
            return Err(refusals::operation_under_way(operation));
        }
        self.check_index()?;
        self.check_identity(&self.unhonoured(paths)?)
    }

    /// Checks that the index can be read, and that nobody goes on holding it.
    pub(crate) fn check_index(&self) -> Result<()> {
        let lock = self.git_dir().join("index.lock");
        for _ in 0..LOCK_TRIES {
            if !lock.exists() {
                break;
            }
            thread::sleep(LOCK_PAUSE);
        }
        if lock.exists() {
            return Err(error::git::index_locked(&lock));
        }
        self.repo.index().map(drop).map_err(error::git::index_unreadable)
    }

    /// Git's path for `path`, which is relative to the root.
    ///
    /// # Errors
    /// Refuses paths that are not UTF-8 or do not stay inside the root.
    pub(crate) fn repo_path(&self, path: &Path) -> Result<String> {
        repo_path(&self.prefix.join(path))
    }

    /// The path relative to the root of git's `path`; `None` for one outside the root.
    pub(crate) fn root_path(&self, path: &str) -> Option<PathBuf> {
        Path::new(path).strip_prefix(&self.prefix).ok().map(Path::to_owned)
    }

    /// The git library's repository.
    pub(crate) fn repo(&self) -> &Repository {
        &self.repo
    }
}

/// Git's form of a path relative to the top of the working tree: slashes, no `.` and `..`.
fn repo_path(path: &Path) -> Result<String> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::Normal(name) => match name.to_str() {
                Some(name) => names.push(name),
                None => return Err(error::apply::not_utf8(path)),
            },
            Component::CurDir => {}
            _ => return Err(error::apply::outside(path)),
        }
    }
    Ok(names.join("/"))
}
