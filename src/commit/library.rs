//! Moves HEAD's branch with the git library, and the working tree and the index with it.

use git2::Oid;

use super::disk::Disk;
use super::draft::{self, Draft};
use super::index::Locked;
use super::journal::{Goal, Journal, Move, Side};
use super::place::Place;
use super::{Committed, Ended, Landing, Left, Message, branch, committed, files, put_in_place, stage, takeback};
use crate::error::{self, Error, Result};
use crate::repo::git::{GitState, Head, IndexChange};

/// Makes the commit.
///
/// # Errors
/// As [`commit`](super::commit); nothing has changed then.
pub(super) fn commit(disk: &mut Disk<'_>, landing: Landing<'_>, message: &Message) -> Result<Committed> {
    let git = landing.git;
    let locked = Locked::take(git, disk, &landing.place)?;
    let (draft, first, id) = match objects(disk, &landing, &locked, message) {
        Ok(made) => made,
        Err(error) => {
            locked.release(disk);
            return Err(error);
        }
    };
    let log = match draft.head {
        Head::Unborn(_) => format!("commit (initial): {}", message.title()),
        _ => format!("commit: {}", message.title()),
    };
    let moving = Moving {
        locked,
        head: draft.head.clone(),
        to: Some(id),
        changes: &draft.changes,
        log: &log,
    };
    let (left, ended) = advance(disk, landing, moving)?;
    committed(git, id, first, String::new(), left, ended)
}

/// The objects of the commit, and of the one before it that only moves files, made to last.
fn objects<'r>(
    disk: &mut Disk<'_>,
    landing: &Landing<'r>,
    locked: &Locked<'_>,
    message: &Message,
) -> Result<(Draft<'r>, Option<Oid>, Oid)> {
    let git = landing.git;
    let draft = Draft::of(git, disk, landing.targets)?;
    super::refuse_lost_staging(git, &locked.read()?, landing.targets, &draft)?;
    let message = draft.marked(git, message)?;
    let mut first = None;
    if let Some(below) = landing.below {
        let moved = Draft::of(git, disk, &below.targets)?;
        let text = below.message_like(&message);
        let id = moved.commit(git, disk, text.text(), draft.head.id())?;
        moved.sync(git, disk, Some(id))?;
        first = Some(id);
    }
    let id = draft.commit(git, disk, message.text(), first.or(draft.head.id()))?;
    draft.sync(git, disk, Some(id))?;
    Ok((draft, first, id))
}

/// A move of HEAD's branch.
pub(super) struct Moving<'r, 'm> {
    pub(super) locked: Locked<'r>,
    pub(super) head: Head,
    pub(super) to: Option<Oid>,
    /// What the move makes of the index.
    pub(super) changes: &'m [IndexChange],
    /// For the reflog.
    pub(super) log: &'m str,
}

/// Moves the branch, the files and the index.
///
/// # Errors
/// `changed-since` and `head-moved` if anything is not as it was shown; `write-failed`; `git-failed`. All of it is taken
/// back then.
pub(super) fn advance(disk: &mut Disk<'_>, landing: Landing<'_>, moving: Moving<'_, '_>) -> Result<(Left, Ended)> {
    let Landing {
        git,
        place,
        lock,
        checked,
        intent,
        ..
    } = landing;
    let wanted = Move::of(&moving.head, moving.to);
    let mut journal = Journal::new(&place, intent, Goal::Branch(wanted.clone()), &checked);
    let ready = (|| {
        draft::note_entries(git, &moving.locked.read()?, moving.changes, &mut journal.files);
        stage(disk, &place, &journal, &checked)?;
        moving.locked.prepare(disk, &journal, Side::After, false)?;
        files::still_before(&place, &journal)
    })();
    let moved = ready.and_then(|()| branch::advance(git, disk, &moving.head, &wanted, moving.log));
    let done = moved.and_then(|()| {
        put_in_place(disk, &place, &journal)?;
        if git.head()? != Head::at(&wanted.reference, wanted.to) {
            return Err(error::git::head_moved());
        }
        // With the files' times where that can be had; without them git looks at these files once more.
        let _ = moving.locked.prepare(disk, &journal, Side::After, true);
        moving.locked.install(disk)
    });
    let left = match done {
        Ok(()) => Left::default(),
        Err(error) => undo_move(disk, git, &place, &journal, &wanted, &moving.locked, error)
            .inspect_err(|_| moving.locked.release(disk))?,
    };
    moving.locked.release(disk);
    Ok((left, Ended(Some((place, journal, lock)))))
}

/// Goes back from a move that failed on the way. Where somebody has made a commit on top of it by then, it stays made,
/// and what is not as in the commit is told.
fn undo_move(
    disk: &mut Disk<'_>,
    git: &GitState,
    place: &Place,
    journal: &Journal,
    wanted: &Move,
    locked: &Locked<'_>,
    error: Error,
) -> Result<Left> {
    if branch::take_back(git, disk, wanted)? {
        locked.take_back(disk, journal, &[])?;
        return Err(takeback::after(disk, place, Some(git), journal, error));
    }
    let foreign =
        files::put_in_place(disk, place, journal).map_err(|(path, cause)| error::apply::failed(&path, cause))?;
    locked.install(disk)?;
    Left::made(git, wanted.to, &wanted.reference, foreign)
}
