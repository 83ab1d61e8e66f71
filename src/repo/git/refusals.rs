//! What is refused because of the state that a repository is in: changes that are not committed, an operation under way.

use super::{DirtyFile, DirtyState, Operation};
use crate::error::{Error, shell_word};

/// A merge, rebase or the like has to be ended first.
pub fn operation_under_way(operation: Operation) -> Error {
    let Operation { name, proceed, abort } = operation;
    let error = Error::refused("git-operation", format!("a {name} is under way"))
        .reason("a commit made now would become part of it");
    let error = match proceed {
        Some(proceed) => error.hint(format!("`{proceed}` to finish it")),
        None => error,
    };
    error.hint(format!("`{abort}` to end it"))
}

/// Files that would be written have uncommitted changes.
///
/// `unborn` says that there is no commit yet, without which git puts nothing aside.
pub fn dirty(files: &[DirtyFile], unborn: bool) -> Error {
    let noun = if files.len() == 1 { "file has" } else { "files have" };
    let list: Vec<String> = files
        .iter()
        .map(|file| format!("  {} ({})", file.path.display(), file.state))
        .collect();
    let error = Error::refused(
        "dirty-files",
        format!("{} {noun} uncommitted changes and would be written", files.len()),
    )
    .reason(list.join("\n"));
    put_aside(error, files, unborn).hint("to see the plan all the same: --dry-run")
}

/// Adds how changes are put aside, which depends on what git does with the files.
fn put_aside(error: Error, files: &[DirtyFile], unborn: bool) -> Error {
    let of = |state: DirtyState| {
        let paths = files.iter().filter(move |file| file.state == state);
        paths.map(|file| shell_word(&file.path.display().to_string()))
    };
    let mut error = error;
    if files
        .iter()
        .any(|file| !matches!(file.state, DirtyState::Hidden | DirtyState::Ignored))
    {
        error = error.hint(match unborn {
            true => "`git commit` them: before the first commit nothing can be put aside",
            false => {
                "`git commit` them, or put them aside with `git stash --include-untracked`; changes in other files may stay"
            }
        });
    }
    let hidden: Vec<String> = of(DirtyState::Hidden).collect();
    if !hidden.is_empty() {
        let paths = hidden.join(" ");
        error = error.hint(format!(
            "`git update-index --no-assume-unchanged {paths} && git update-index --no-skip-worktree {paths}` lets git see them; then commit or stash them"
        ));
    }
    for path in of(DirtyState::Ignored) {
        error = error.hint(format!(
            "git ignores it, and a stash too; move it away: `mv {path} {path}.own`"
        ));
    }
    error
}

/// The files of the commit to take back have been changed since.
pub fn undo_dirty(title: &str, files: &[DirtyFile]) -> Error {
    let list: Vec<String> = files
        .iter()
        .map(|file| format!("  {} ({})", file.path.display(), file.state))
        .collect();
    let error = Error::refused(
        "undo-dirty",
        format!("cannot take back \"{title}\": its files have uncommitted changes"),
    )
    .reason(list.join("\n"));
    put_aside(error, files, false)
}
