//! Lands an approved change: its files, and the commit of exactly them. All of it or nothing, whatever happens.
//!
//! **Where nothing asks for the program `git`** (no hook, signature or filter), in this order:
//!
//! 1. the index is locked as git locks it, and every file checked against what was shown;
//! 2. blobs, tree and commit are written as objects, and the index that they lead to among the notes;
//! 3. the journal is begun, and the new texts are written beside their files (*sides*);
//! 4. all is checked once more, and the branch moves by compare-and-swap: from here on the change is made;
//! 5. each file is exchanged with its side, if it still is what was shown;
//! 6. the index is put in place, and its lock given back.
//!
//! Until 4 nothing that anybody sees has changed, so going back is the removal of what lies among the notes. A failure
//! after it moves the branch back, again by compare-and-swap, and exchanges the files again.
//!
//! **Where `git commit` has to make the commit**, hooks look at the working tree and the index: so the files come first
//! and the index entries of their paths, then `git commit` runs on an index of its own that is HEAD and the change. If
//! it makes no such commit, the files are exchanged again, each only while it holds what was written.
//!
//! **A first commit that only moves files** ([`pair`]) is a part of the change. Where the library makes both, the branch moves
//! once, to the second. Where `git commit` makes them, the files and the person's index are as after both from the
//! beginning, and the first is committed as if it alone were staged; where the second is not made, the branch moves
//! back. So what decides stays one thing: whether the branch has the second.
//!
//! **Without a commit** (`--no-commit`, no git) the change is made once all new texts lie beside their files.
//!
//! What somebody else has put at one of our paths meanwhile is never written over ([`takeback`]); other paths are never
//! touched. A run that was killed is finished or taken back by the next one ([`recover`]), which decides by the branch:
//! it either names the commit or does not. A branch that is made for a run's commits ([`fork`]) is noted by itself, and
//! taken back where nothing is committed on it. The journal goes last of all, after the result was said, so that a run whose
//! journal is gone has nothing left to do.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use crate::edit::SourceChange;
use crate::error::{self, Result};
use crate::repo::git::GitState;

mod branch;
mod check;
mod disk;
mod draft;
mod files;
mod fork;
mod index;
mod journal;
mod kept;
mod left;
mod library;
mod lock;
mod mark;
mod message;
mod pair;
mod place;
mod program;
mod recover;
mod takeback;
mod tested;
mod undo;
mod written;

#[cfg(test)]
mod tests;

use check::Checked;
use disk::Disk;
use draft::Draft;
use journal::{Goal, Journal};
use lock::Lock;
use pair::Below;
use place::Place;

pub use fork::{check_branch, is_branch_name};
pub use left::Left;
pub use mark::{Mark, all_named, named, of_field, of_service};
pub use message::{Check, Message, Section, Template, Tick, accepted_orders, gained};
pub use pair::{MoveFirst, move_before};
pub use recover::{Outcome, Pending, Recovered, pending, recover};
pub use tested::{LastCommit, last_commits, note_tested};
pub use undo::{
    Chosen, Entry, Kept as UndoKept, Plan as UndoPlan, State, Successor, Undone, Way as UndoWay, Which, is_as_made,
    list, plan_undo, undo,
};
pub use written::Writings;

/// What one path becomes.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Relative to the base of the change.
    pub(crate) path: PathBuf,
    /// The bytes that are there now; `None` where nothing is.
    pub(crate) before: Option<Arc<[u8]>>,
    /// What is there afterwards; `None` where nothing is.
    pub(crate) after: Option<After>,
}

/// A file as it is to be.
#[derive(Clone, Debug)]
pub(crate) struct After {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) mode: Mode,
}

/// Where a file's permissions come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The file that is there keeps its own; a new one gets the usual ones.
    Keep,
    /// Those of the file that moves here.
    Like(PathBuf),
    /// Only whether the file is executable is known.
    Executable(bool),
}

/// A commit that was made.
#[derive(Debug)]
#[must_use = "dropping it ends the journal: say what was made before"]
pub struct Committed {
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its id, abbreviated as git does it.
    pub short: String,
    /// Its message; a hook may have added to the one that was given.
    pub message: String,
    /// The commit before it that only moves files, where there is one.
    pub first: Option<First>,
    /// What hooks printed.
    pub output: String,
    /// What happened meanwhile, and stays.
    pub left: Left,
    /// The branch that was made for it.
    pub branch: Option<String>,
    _ended: Ended,
}

/// The first of two commits that were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// Its id, abbreviated as git does it.
    pub short: String,
    /// Its title.
    pub title: String,
    /// Its whole message.
    pub message: String,
}

/// A change of files that was made.
#[derive(Debug)]
#[must_use = "dropping it ends the journal: say what was made before"]
pub struct Written {
    /// The paths that were written or removed, relative to the root of the change, sorted.
    pub paths: Vec<PathBuf>,
    _ended: Ended,
}

/// The end of a change: what is left of its notes goes when this is dropped, the journal last.
#[derive(Debug)]
struct Ended(Option<(Place, Journal, Rc<Lock>)>);

impl Drop for Ended {
    fn drop(&mut self) {
        if let Some((place, journal, _lock)) = self.0.take() {
            // A failure leaves the journal, and the next run finds that there is nothing left to be done.
            let mut disk = Disk::real();
            let _ = fork::forget(&mut disk, &place).and_then(|()| finish(&mut disk, &place, &journal));
        }
    }
}

impl Ended {
    /// As if the process were killed now: the journal stays.
    #[cfg(test)]
    fn abandon(mut self) {
        self.0 = None;
    }
}

/// Ends the journal of a change that is made.
fn finish(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> std::io::Result<()> {
    journal.remove_sides(disk, place)?;
    files::remove_emptied(disk, place, journal)?;
    journal.end(disk, place)
}

/// Writes `change` to the files under `root`, all of it or nothing. File modes are kept; a moved file takes its
/// mode along; directories are made where needed, and those that a move leaves empty are removed. `intent` names the
/// run for a later one that has to finish it, as `migrate jellyfin`.
///
/// # Errors
/// Refuses, with nothing written, if a file is not byte for byte what the change was made for, a new file's
/// path is taken, a path leaves `root` or goes through a symbolic link or into another repository, another run
/// is writing, or an interrupted run has not been taken back. A failure to write is taken back.
pub fn write(root: &Path, change: &SourceChange, intent: &str) -> Result<Written> {
    write_on(&mut Disk::real(), root, change, intent)
}

fn write_on(disk: &mut Disk<'_>, root: &Path, change: &SourceChange, intent: &str) -> Result<Written> {
    let place = Place::find(root)?;
    let targets = check::targets(&place.prefix, change)?;
    let lock = begin(disk, &place)?;
    let checked = check::check(&place.base, &targets)?;
    let relative = |target: &Target| target.path.strip_prefix(&place.prefix).ok().map(Path::to_owned);
    let paths: Vec<PathBuf> = targets.iter().filter_map(relative).collect();
    if targets.is_empty() {
        return Ok(Written {
            paths,
            _ended: Ended(None),
        });
    }
    let mut journal = Journal::new(&place, intent, Goal::Files { placing: false }, &checked);
    stage(disk, &place, &journal, &checked).map_err(|error| takeback::after(disk, &place, None, &journal, error))?;
    journal.goal = Goal::Files { placing: true };
    let placed = journal
        .write(disk, &place)
        .map_err(|cause| error::apply::no_journal(&place.notes, cause))
        .and_then(|()| put_in_place(disk, &place, &journal));
    if let Err(error) = placed {
        let git = GitState::discover(root)?;
        return Err(takeback::after(disk, &place, git.as_ref(), &journal, error));
    }
    Ok(Written {
        paths,
        _ended: Ended(Some((place, journal, Rc::new(lock)))),
    })
}

/// Lands `change` as one commit on HEAD, or on the branch of this name, which is made from HEAD and switched to unless HEAD
/// is on it. The message is committed as given, unless a hook or `commit.cleanup` changes
/// it. With `first` there are two commits, or none.
///
/// # Errors
/// As [`write`]; as [`GitState::check_commit`]; as [`check_branch`]; if something is staged of a file that the commit would replace and that
/// is nowhere else; if a hook fails or changes what is committed. What this run had written is then taken back.
pub fn commit(
    git: &GitState,
    change: &SourceChange,
    message: &Message,
    first: Option<&MoveFirst>,
    intent: &str,
    branch: Option<&str>,
) -> Result<Committed> {
    let targets = check::targets(git.prefix(), change)?;
    let below = first.map(|first| Below::of(git, first)).transpose()?;
    record(
        &mut Disk::real(),
        git,
        &targets,
        message,
        below.as_ref(),
        intent,
        branch,
    )
}

/// As [`commit`], for paths and modes given one by one, relative to the top of the working tree.
fn record(
    disk: &mut Disk<'_>,
    git: &GitState,
    targets: &[Target],
    message: &Message,
    below: Option<&Below>,
    intent: &str,
    branch: Option<&str>,
) -> Result<Committed> {
    let place = Place::of(git);
    let names: Vec<String> = targets.iter().map(|target| text(&target.path)).collect();
    git.check_commit_of(&names)?;
    let unhonoured = git.unhonoured(&names)?;
    let lock = Rc::new(begin(disk, &place)?);
    let checked = check::check(&place.base, targets)?;
    let made = match branch {
        Some(name) if fork::make(disk, git, &place, name, intent)? => Some(name),
        _ => None,
    };
    let change = Landing {
        git,
        place: place.clone(),
        // Held until the branch is taken back, too.
        lock: Rc::clone(&lock),
        targets,
        below,
        checked,
        intent,
    };
    let landed = match unhonoured.is_empty() {
        true => library::commit(disk, change, message),
        false => program::commit(disk, change, message, &unhonoured),
    };
    match (landed, made) {
        (Ok(committed), made) => Ok(Committed {
            branch: made.map(str::to_owned),
            ..committed
        }),
        (Err(error), Some(_)) => Err(fork::take_back(disk, git, &place, error)),
        (Err(error), None) => Err(error),
    }
}

/// A change on its way into a commit.
struct Landing<'r> {
    git: &'r GitState,
    place: Place,
    lock: Rc<Lock>,
    targets: &'r [Target],
    /// The commit that only moves files, to be made before.
    below: Option<&'r Below>,
    checked: Vec<Checked>,
    intent: &'r str,
}

/// Takes the lock, and clears what a run has left that was killed before or after its journal counted.
fn begin(disk: &mut Disk<'_>, place: &Place) -> Result<Lock> {
    let lock = Lock::take(place)?;
    if Journal::exists(place) {
        return Err(error::apply::interrupted(&place.notes));
    }
    journal::clear_litter(disk, place).map_err(|cause| error::apply::no_journal(&place.notes, cause))?;
    Ok(lock)
}

/// Begins the journal and writes the new texts beside their files.
fn stage(disk: &mut Disk<'_>, place: &Place, journal: &Journal, checked: &[Checked]) -> Result<()> {
    journal
        .write(disk, place)
        .map_err(|cause| error::apply::no_journal(&place.notes, cause))?;
    files::stage(disk, place, journal, checked).map_err(|(path, cause)| error::apply::failed(&path, cause))
}

/// Puts all files in place.
///
/// # Errors
/// `changed-since` where somebody has written to one of them meanwhile; `write-failed`.
fn put_in_place(disk: &mut Disk<'_>, place: &Place, journal: &Journal) -> Result<()> {
    let foreign =
        files::put_in_place(disk, place, journal).map_err(|(path, cause)| error::apply::failed(&path, cause))?;
    match foreign.first() {
        Some(path) => Err(error::apply::changed_since(path)),
        None => Ok(()),
    }
}

/// Refuses to replace what is staged of a path, where that is neither in HEAD nor in the file as it was.
fn refuse_lost_staging(git: &GitState, index: &git2::Index, targets: &[Target], draft: &Draft<'_>) -> Result<()> {
    for target in targets {
        let path = text(&target.path);
        let staged = git.staged(index, &path).map(|(id, _)| id);
        if staged == git.in_tree(draft.head_tree.as_ref(), &path)?.map(|(id, _)| id) {
            continue;
        }
        let before = match &target.before {
            Some(bytes) => Some(git.blob(&path, bytes)?),
            None => None,
        };
        if staged != before {
            return Err(error::git::staged_differs(&target.path));
        }
    }
    Ok(())
}

/// The commit as callers are told of it.
fn committed(
    git: &GitState,
    id: git2::Oid,
    first: Option<git2::Oid>,
    output: String,
    left: Left,
    ended: Ended,
) -> Result<Committed> {
    let failed = |cause| error::git::failed("read the commit", cause);
    let commit = git.repo().find_commit(id).map_err(failed)?;
    let first = match first {
        Some(id) => {
            let first = git.repo().find_commit(id).map_err(failed)?;
            Some(First {
                short: branch::short(git, id)?,
                title: String::from_utf8_lossy(first.summary_bytes().unwrap_or_default()).into_owned(),
                message: String::from_utf8_lossy(first.message_bytes()).into_owned(),
            })
        }
        None => None,
    };
    Ok(Committed {
        id: id.to_string(),
        short: branch::short(git, id)?,
        message: String::from_utf8_lossy(commit.message_raw_bytes()).into_owned(),
        first,
        output,
        left,
        branch: None,
        _ended: ended,
    })
}

/// Git's path of a path that [`check`] has checked: it is UTF-8 and has plain components only.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
