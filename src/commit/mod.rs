//! Commits a change that is on disk: exactly its paths, and nothing else that the user has staged.
//!
//! The tree is made from an index of its own: HEAD's tree with the paths of the change. The git library makes the
//! commit, unless the repository asks for what only the program does (hooks, signatures; see
//! [`Unhonoured`](crate::repo::git::Unhonoured)): then `git commit` makes it, on that index. The user's index is
//! brought up to date afterwards, for these paths alone.
//!
//! Whatever fails, everything is as before: files, index, and references.

use std::path::Path;

use git2::{Index, Oid, Tree};

use crate::apply::{Applied, Mode, Target};
use crate::error::{self, Result};
use crate::repo::git::{GitState, Head, IndexChange, MODE_EXECUTABLE, MODE_FILE, bare_entry, remove};

mod message;
mod program;
mod surroundings;
mod undo;

#[cfg(test)]
mod tests;

pub use message::{Check, Message, Section, Template, Tick};
pub use undo::{Undone, Why, undo};

/// A commit that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its id, in hexadecimal.
    pub id: String,
    /// Its id, abbreviated as git does it.
    pub short: String,
    /// Its message; a hook may have added to the one that was given.
    pub message: String,
    /// The reference by which [`undo`] knows it; `None` for a commit that `undo` itself made.
    pub undo_ref: Option<String>,
    /// What hooks printed.
    pub output: String,
}

/// A commit to be made.
struct Draft<'r> {
    head: Head,
    head_tree: Option<Tree<'r>>,
    changes: Vec<IndexChange>,
    tree: Oid,
    message: &'r str,
}

/// Commits the change `applied` and settles it. The message is committed as given, unless a hook or
/// `commit.cleanup` changes it.
///
/// # Errors
/// Refuses as [`GitState::check_commit`] does; if something is staged of a file that the commit would replace
/// and that is nowhere else; if a hook fails or changes files. The change is then taken back, and files, index
/// and references are as before [`apply`](crate::apply::apply).
pub fn commit(git: &GitState, applied: Applied, message: &Message) -> Result<Committed> {
    record(git, applied, message, true)
}

/// As [`commit`]; `undoable` tells whether [`undo`] is to know the commit.
fn record(git: &GitState, mut applied: Applied, message: &Message, undoable: bool) -> Result<Committed> {
    match make(git, &mut applied, message, undoable) {
        Ok(committed) => {
            applied.keep()?;
            Ok(committed)
        }
        Err(error) => {
            applied.revert()?;
            Err(error)
        }
    }
}

fn make(git: &GitState, applied: &mut Applied, message: &Message, undoable: bool) -> Result<Committed> {
    git.check_commit(&applied.paths())?;
    let paths: Vec<String> = repo_paths(applied.targets());
    let unhonoured = git.unhonoured(&paths)?;
    let draft = draft(git, applied.targets(), message.text())?;
    refuse_lost_staging(git, applied.targets(), &draft)?;
    applied.announce_commit(undoable)?;
    let (id, output) = if unhonoured.is_empty() {
        (with_library(git, &draft)?, String::new())
    } else {
        program::commit(git, applied, &draft, &unhonoured)?
    };
    settle(git, &draft, id, output, undoable).inspect_err(|_| take_back(git, &draft.head, id))
}

/// What follows the commit itself.
fn settle(git: &GitState, draft: &Draft<'_>, id: Oid, output: String, undoable: bool) -> Result<Committed> {
    let failed = |cause| error::git::failed("read the commit", cause);
    let commit = git.repo().find_commit(id).map_err(failed)?;
    let short = commit.as_object().short_id().map_err(failed)?;
    git.update_index(&draft.changes)?;
    Ok(Committed {
        id: id.to_string(),
        short: String::from_utf8_lossy(&short).into_owned(),
        message: String::from_utf8_lossy(commit.message_raw_bytes()).into_owned(),
        undo_ref: if undoable { Some(git.push_undo(id)?) } else { None },
        output,
    })
}

/// Moves HEAD back from the commit `id`. If HEAD has moved on by then, it is not ours to move.
fn take_back(git: &GitState, before: &Head, id: Oid) {
    if let Ok(now) = git.head()
        && now.id() == Some(id)
    {
        let _ = git.move_head(&now, before.id(), "qgroget: take the commit back");
    }
}

/// The commit to be made of `targets`, which are on disk.
fn draft<'r>(git: &'r GitState, targets: &[Target], message: &'r str) -> Result<Draft<'r>> {
    let head = git.head()?;
    let head_tree = git.head_tree()?;
    let changes = targets
        .iter()
        .map(|target| index_change(git, head_tree.as_ref(), target))
        .collect::<Result<Vec<_>>>()?;
    let failed = |cause| error::git::failed("make the tree of the commit", cause);
    let mut index = Index::new().map_err(failed)?;
    put_changes(&mut index, head_tree.as_ref(), &changes).map_err(failed)?;
    let tree = index.write_tree_to(git.repo()).map_err(failed)?;
    if head_tree.as_ref().map(Tree::id) == Some(tree) {
        return Err(error::git::nothing_to_commit());
    }
    Ok(Draft {
        head,
        head_tree,
        changes,
        tree,
        message,
    })
}

/// Fills an index with a tree, and the changes on top of it.
fn put_changes(index: &mut Index, tree: Option<&Tree<'_>>, changes: &[IndexChange]) -> Result<(), git2::Error> {
    match tree {
        Some(tree) => index.read_tree(tree)?,
        None => index.clear()?,
    }
    for change in changes {
        match change.blob {
            Some((id, mode)) => index.add(&bare_entry(&change.path, id, mode))?,
            None => remove(index, &change.path)?,
        }
    }
    Ok(())
}

fn index_change(git: &GitState, head: Option<&Tree<'_>>, target: &Target) -> Result<IndexChange> {
    let path = text(&target.path);
    let blob = match &target.after {
        Some(after) => {
            let mode = tree_mode(git, head, &target.path, &after.mode)?;
            Some((git.blob(&path, &after.bytes)?, mode))
        }
        None => None,
    };
    Ok(IndexChange { path, blob })
}

/// A file's mode in the tree: from the file on disk, or where git is told not to trust that (`core.fileMode`), from
/// what the last commit has.
fn tree_mode(git: &GitState, head: Option<&Tree<'_>>, path: &Path, mode: &Mode) -> Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    let trusted = git
        .repo()
        .config()
        .and_then(|config| config.get_bool("core.fileMode"))
        .unwrap_or(true);
    let executable = if trusted {
        let file = git.workdir().join(path).metadata();
        file.is_ok_and(|file| file.permissions().mode() & 0o100 != 0)
    } else {
        let source = match mode {
            Mode::Executable(executable) => {
                return Ok(if *executable { MODE_EXECUTABLE } else { MODE_FILE });
            }
            Mode::Like(other) => other,
            Mode::Keep => path,
        };
        git.in_tree(head, &text(source))?
            .is_some_and(|(_, mode)| mode == MODE_EXECUTABLE)
    };
    Ok(if executable { MODE_EXECUTABLE } else { MODE_FILE })
}

/// Refuses to replace what is staged of a path, where that is neither in HEAD nor in the file as it was.
fn refuse_lost_staging(git: &GitState, targets: &[Target], draft: &Draft<'_>) -> Result<()> {
    let index = git.read_index()?;
    for target in targets {
        let path = text(&target.path);
        let staged = git.staged(&index, &path).map(|(id, _)| id);
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

/// Makes the commit with the git library.
fn with_library(git: &GitState, draft: &Draft<'_>) -> Result<Oid> {
    let failed = |cause| error::git::failed("make the commit", cause);
    let repo = git.repo();
    let (author, committer) = git.signatures()?;
    let tree = repo.find_tree(draft.tree).map_err(failed)?;
    let parent = match draft.head.id() {
        Some(id) => Some(repo.find_commit(id).map_err(failed)?),
        None => None,
    };
    let parents: Vec<_> = parent.iter().collect();
    repo.commit(Some("HEAD"), &author, &committer, draft.message, &tree, &parents)
        .map_err(|cause| match cause.code() {
            git2::ErrorCode::Modified => error::git::head_moved(),
            _ => failed(cause),
        })
}

/// Git's path of a path that [`apply`](crate::apply) has checked: it is UTF-8 and has plain components only.
fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn repo_paths(targets: &[Target]) -> Vec<String> {
    targets.iter().map(|target| text(&target.path)).collect()
}
