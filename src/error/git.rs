//! Messages about the git repository.

use std::path::{Path, PathBuf};

use super::{Error, Place};

/// How a person leaves the commit to themselves.
const NO_COMMIT: &str = "`--no-commit` writes the files and leaves the commit to you";

/// What tells whether a repository of git is in order.
const FSCK: &str = "mend what git says, and run again; `git fsck` says whether the repository is damaged";

/// A commit or an undo was asked for outside a git repository.
pub fn not_a_repository(root: &Path) -> Error {
    Error::refused(
        "not-a-git-repository",
        format!("{} is not in a git repository", root.display()),
    )
    .hint("`git init`, then commit what is there")
    .hint(NO_COMMIT)
}

/// Git's ownership check refuses the repository.
pub fn ownership(root: &Path, cause: git2::Error) -> Error {
    Error::refused(
        "git-ownership",
        format!("the git repository at {} belongs to another user", root.display()),
    )
    .reason("git does not run in another user's repository, since its configuration and hooks could run anything")
    .hint("run as the user who owns it")
    .hint(format!(
        "if you trust it: `git config --global --add safe.directory {}`",
        top(root).display()
    ))
    .because(cause)
}

/// The top of the working tree that holds `root`, as git names it; `root` where there is none to be seen.
fn top(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    let top = root.ancestors().find(|path| path.join(".git").exists());
    top.unwrap_or(&root).to_owned()
}

/// The repository has no working tree.
pub fn bare(root: &Path) -> Error {
    Error::refused(
        "git-bare",
        format!("{} is a bare git repository: it has no files to change", root.display()),
    )
    .hint("clone it, and run in the clone")
}

/// The repository uses a format that the git library cannot read.
pub fn unreadable(root: &Path, cause: git2::Error) -> Error {
    let error = Error::refused(
        "git-unreadable",
        format!("the git repository at {} cannot be read", root.display()),
    )
    .reason(cause.message().to_owned());
    let extension = ["extension", "object format", "oid type", "reftable"];
    match extension.iter().any(|word| cause.message().contains(word)) {
        true => error
            .hint("repositories with SHA-1 object names and references in files are served, as `git init` makes them")
            .hint("`git config --local --get-regexp '^extensions'` shows what this one has instead"),
        false => error.hint("`git fsck` tells whether it is damaged"),
    }
    .because(cause)
}

/// The index uses a format that the git library cannot read.
pub fn index_unreadable(cause: git2::Error) -> Error {
    Error::refused("git-index-unreadable", "the git index cannot be read")
        .reason(cause.message().to_owned())
        .hint("a split index: `git update-index --no-split-index`")
        .hint("a sparse index: `git sparse-checkout reapply --no-sparse-index`")
        .because(cause)
}

/// Some step in the git repository failed for a reason of its own; `action` continues "cannot".
pub fn failed(action: &str, cause: git2::Error) -> Error {
    Error::refused("git-failed", format!("cannot {action}"))
        .reason(cause.message().to_owned())
        .hint(FSCK)
        .because(cause)
}

/// What is staged of a file is in neither HEAD nor the working tree, and would be lost.
pub fn staged_differs(path: &Path) -> Error {
    Error::refused(
        "staged-differs",
        format!("what is staged of {} differs from the file", path.display()),
    )
    .reason("the commit takes the whole file, and would replace what is staged of it")
    .hint(format!(
        "`git commit` what is staged, or `git restore --staged {}`",
        path.display()
    ))
    .hint(NO_COMMIT)
}

/// Nobody to put down as author or committer.
pub fn no_identity(reason: &str) -> Error {
    Error::refused("git-identity", "git does not know who makes the commit")
        .reason(reason.to_owned())
        .hint("`git config --global user.name \"Your Name\"`")
        .hint("`git config --global user.email you@example.org`")
}

/// `git` itself is needed and cannot be run.
pub fn program_missing(why: &str, cause: std::io::Error) -> Error {
    Error::refused("git-missing", "the program `git` cannot be run")
        .reason(format!("it is needed here: {why}"))
        .hint("install git")
        .hint(NO_COMMIT)
        .because(cause)
}

/// A command of `git` failed; `output` is what it said.
pub fn program_failed(command: &str, output: &str) -> Error {
    Error::refused("git-failed", format!("`git {command}` failed"))
        .reason(output.trim().to_owned())
        .hint(FSCK)
}

/// A hook refused the commit; `output` is what it said.
pub fn hook_failed(hook: &str, output: &str) -> Error {
    Error::refused("hook-failed", format!("the {hook} hook refused the commit"))
        .reason(said(output))
        .hint("mend what the hook names and run again")
        .hint(NO_COMMIT)
}

/// `git commit` failed outside the hooks (signing, for instance); `output` is what it said.
pub fn commit_failed(output: &str) -> Error {
    Error::refused("commit-failed", "`git commit` failed")
        .reason(said(output))
        .hint("`git config commit.gpgsign` and `git config gpg.format` show how commits are signed")
        .hint(NO_COMMIT)
}

/// A hook changed files, so that the commit would not be the approved one.
pub fn hook_changed(hooks: &[&str], paths: &[String], output: &str) -> Error {
    let who = match hooks {
        [] => "`git commit`".to_owned(),
        [hook] => format!("the {hook} hook"),
        hooks => format!("one of the hooks {}", hooks.join(", ")),
    };
    let mut reason = format!("not as approved:\n  {}", paths.join("\n  "));
    if !output.trim().is_empty() {
        reason.push_str("\nthe hook's output:\n");
        reason.push_str(output.trim_end());
    }
    Error::refused("hook-changed-files", format!("{who} changed what was approved"))
        .reason(reason)
        .hint("format these files with the hook's formatter first, or let the hook check without writing")
        .hint(NO_COMMIT)
}

/// Another git process holds the index.
pub fn index_locked(lock: &Path) -> Error {
    Error::refused("git-index-locked", "another git process is using the index")
        .reason(format!("{} exists", lock.display()))
        .hint("wait until it has ended and run again")
        .hint(format!(
            "if no git process is running, it is left over: `rm {}`",
            lock.display()
        ))
}

/// Another git process holds a branch.
pub fn branch_locked(lock: &Path) -> Error {
    Error::refused("git-branch-locked", "another git process is moving the branch")
        .reason(format!("{} exists", lock.display()))
        .hint("wait until it has ended and run again")
        .hint(format!(
            "if no git process is running, it is left over: `rm {}`",
            lock.display()
        ))
}

/// The branch for the commits is there already, and HEAD is not on it.
pub fn branch_exists(name: &str) -> Error {
    Error::refused("branch-exists", format!("the branch {name} exists already"))
        .reason("`--branch` makes a new branch from HEAD, and HEAD is not on that one")
        .hint(format!("to go on there: `git switch {name}`, then run again"))
        .hint("or give another name")
}

/// The branch for the commits cannot be beside one that there is.
pub fn branch_collides(name: &str, other: &str) -> Error {
    Error::refused(
        "branch-exists",
        format!("there cannot be a branch {name} beside {other}"),
    )
    .reason("git keeps branches as files, and a file cannot be the directory of another")
    .hint("give another name")
}

/// Where a hook may refuse the commit because of its branch.
pub fn on_a_branch_of_its_own(branch: &str) -> String {
    format!("if the hook guards {branch}: `--branch NAME` makes the commits on a new branch")
}

/// A commit that is not as approved, and on which another one stands already.
pub fn built_upon(id: &str) -> String {
    format!("the commit {id} is not as approved, and stays, since HEAD has moved on: `git revert {id}` takes it back")
}

/// The first of two commits, on which others have built before the second was made.
pub fn first_built_upon(id: &str) -> String {
    format!(
        "the commit {id}, which only moves files, stays, since HEAD has moved on; the rest of the change is in the files and the index, and not committed"
    )
}

/// The commit to remove was pushed between its being shown and its removal.
pub fn pushed_since(title: &str) -> Error {
    Error::refused("head-moved", format!("\"{title}\" was pushed since it was shown"))
        .reason("others may have it by now, so that it cannot be removed any more")
        .hint("run again: a new commit reverts it then")
}

/// An error of a run that has no `--no-commit`.
pub fn without_no_commit(error: Error) -> Error {
    error.without_hint(NO_COMMIT)
}

/// Nobody can be asked whether a commit is to be taken back.
pub fn undo_not_asked() -> Error {
    Error::usage(
        "not-interactive",
        "nobody can be asked whether the commit is to be taken back",
    )
    .hint("`qgroget undo --dry-run` shows what would be taken back")
    .hint("`qgroget undo --yes` takes it back")
}

/// The commit to take back is not what it was.
pub fn undo_changed(title: &str, id: &str, name: &str) -> Error {
    Error::refused(
        "undo-changed",
        format!("cannot take back \"{title}\": it was changed since"),
    )
    .reason(format!(
        "{id} carries the mark of {name}, but changes something else than what was committed for it"
    ))
    .hint(format!(
        "`git show {id}` shows what it changes, `git revert {id}` takes all of it back"
    ))
    .hint("`qgroget undo --list` names the commits that can be taken back: `qgroget undo <service>`")
}

/// The commit to take back has a mark that does not tell whether it was changed since.
pub fn undo_old_mark(title: &str, id: &str) -> Error {
    Error::refused(
        "undo-changed",
        format!("cannot take back \"{title}\": whether it was changed since is not known"),
    )
    .reason(format!(
        "{id} has the mark of an earlier version, which does not see lines that moved or a changed mode"
    ))
    .hint(format!(
        "`git show {id}` shows what it changes, `git revert {id}` takes all of it back"
    ))
}

/// The commit before the one to take back is not here.
pub fn undo_shallow(title: &str, id: &str) -> Error {
    Error::refused(
        "undo-shallow",
        format!("cannot take back \"{title}\": this clone is shallow, and does not have what was before it"),
    )
    .reason(format!(
        "the history here ends at {id}, so that git takes all files for added by it; `git revert` would remove them all"
    ))
    .hint("`git fetch --unshallow` gets the rest of the history; then run again")
}

/// No commit of the tool in HEAD's history is about the service; `known` are the names of those that there are.
pub fn no_commit_of(service: &str, known: &[String]) -> Error {
    let error = Error::refused(
        "no-commit-of",
        format!("no commit of this history migrates a service '{service}'"),
    )
    .reason("what was tested is noted on the commit that migrated it");
    match super::nearest(service, known) {
        Some(near) => error.hint(format!("did you mean '{near}'?")),
        None => error.hint("`qgroget undo --list` lists the commits that qgroget made"),
    }
}

/// What to do where the same lines were put back by commits that take others back.
pub fn reversed_since(reversals: &[String]) -> String {
    let reverts: Vec<String> = reversals.iter().map(|id| format!("`git revert {id}`")).collect();
    format!(
        "those lines came back when something else was taken back since: after {}, which brings that again, this can be taken \
         back",
        reverts.join(", then ")
    )
}

/// Later commits changed the same lines.
///
/// `later` are the names of the tool's own commits among them.
pub fn undo_conflict(title: &str, id: &str, conflicts: &[(String, String)], later: &[String]) -> Error {
    let error = Error::refused(
        "undo-conflict",
        format!("cannot take back \"{title}\": later commits changed the same lines"),
    )
    .reason(format!(
        "in conflict, and nothing is changed:\n{}",
        self::conflicts(conflicts)
    ));
    undo_first(error, later).hint(format!(
        "`git revert {id}` leaves all conflicts in the files, to be resolved by hand; `git revert --abort` leaves that"
    ))
}

/// Later commits build upon the one to take back.
pub fn undo_needed(title: &str, later: &[String]) -> Error {
    let error = Error::refused(
        "undo-needed",
        format!("cannot take back \"{title}\": later commits build upon it"),
    )
    .reason(format!(
        "what it brought, or what the legacy pattern needs, would be missing: {}",
        some(later)
    ));
    undo_first(error, later)
}

/// Contracts have come to need what a commit brought: `faults` are what would be wrong without it, each with its place, and
/// `later` the services of them that the tool has made commits for since.
pub fn undo_faults(title: &str, faults: &[(String, Option<Place>)], later: &[String]) -> Error {
    let error = Error::refused(
        "undo-needed",
        format!("cannot take back \"{title}\": contracts need what it brought"),
    );
    let error = match faults.iter().find_map(|(_, place)| place.clone()) {
        Some(place) => error.at(place),
        None => error,
    };
    let faults = faults.iter().map(|(fault, place)| match place {
        Some(place) => format!("{fault} ({}:{})", place.path.display(), place.line),
        None => fault.clone(),
    });
    let error = error
        .reason(format!(
            "without it this would be wrong:\n{}",
            faults.collect::<Vec<_>>().join("\n")
        ))
        .hint("first take it out of these contracts, and commit");
    match later.is_empty() {
        true => error,
        false => undo_first(error, later),
    }
}

/// A later commit took away what the one to take back did: its `id`, its title `by`, and the `name` of what it is about.
pub fn undo_replaced(title: &str, id: &str, by: &str, name: &str) -> Error {
    Error::refused(
        "undo-needed",
        format!("cannot take back \"{title}\": nothing of it is left"),
    )
    .reason(format!("a later commit took it away: [{id}] {by}"))
    .hint(format!("first `qgroget undo {}`", super::shell_word(name)))
}

/// How many commits are named that have to be taken back first.
const NAMED: usize = 3;
/// How many lines of conflicts are shown.
const SHOWN: usize = 24;

fn undo_first(error: Error, later: &[String]) -> Error {
    let named = later.iter().take(NAMED).fold(error, |error, name| {
        error.hint(format!("first `qgroget undo {}`", super::shell_word(name)))
    });
    match later.len().saturating_sub(NAMED) {
        0 => named,
        more => named.hint(format!(
            "then {more} more, from the top of the list: `qgroget undo --list`"
        )),
    }
}

/// Names, of which the first ones are said and the rest is counted.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The files in conflict with the lines of their conflicts, as far as a screen has room for them.
fn conflicts(all: &[(String, String)]) -> String {
    let shown: Vec<String> = all.iter().map(|(path, merged)| conflict(path, merged)).collect();
    let text = shown.join("\n");
    let lines: Vec<&str> = text.lines().collect();
    match lines.len().saturating_sub(SHOWN) {
        // A line that says that one is missing is as long as that one.
        0 | 1 => text,
        more => format!(
            "{}\n  … and {more} lines more, of {} in all",
            lines[..SHOWN].join("\n"),
            files(all.len())
        ),
    }
}

fn files(number: usize) -> String {
    match number {
        1 => "1 file".to_owned(),
        many => format!("{many} files"),
    }
}

/// The lines of a file in conflict, between git's marks, each with its number there.
fn conflict(path: &str, merged: &str) -> String {
    let mut text = format!("  {path}");
    let mut inside = false;
    for (number, line) in merged.lines().enumerate() {
        inside |= line.starts_with("<<<<<<< ");
        if inside {
            text.push_str(&format!("\n    {:>4} | {line}", number + 1));
        }
        inside &= !line.starts_with(">>>>>>> ");
    }
    text
}

/// Taking the commit back would touch something other than plain files.
pub fn undo_not_files(title: &str, id: &str, path: &str) -> Error {
    Error::refused("undo-not-files", format!("cannot take back \"{title}\""))
        .reason(format!("{path} was or is a symbolic link or a submodule"))
        .hint(format!("`git revert {id}`"))
}

/// The files are what HEAD has already.
pub fn nothing_to_commit() -> Error {
    Error::refused("nothing-to-commit", "there is nothing to commit")
        .reason("with the change, the files are what the last commit has already")
        .hint("`git diff` shows the uncommitted changes that the change took back")
}

/// HEAD is not where it was.
pub fn head_moved() -> Error {
    Error::refused("head-moved", "HEAD moved while the commit was being made")
        .reason("another git command, or a hook, ran at the same time")
        .hint("it has to be planned anew on what is there now")
}

/// What a program said, or that it said nothing.
fn said(output: &str) -> String {
    match output.trim() {
        "" => "it said nothing".to_owned(),
        output => output.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_conflicts_are_counted() {
        let long = format!("<<<<<<< ours\n{}>>>>>>> theirs\n", "x\n".repeat(200));
        let all = [("a.nix".to_owned(), long.clone()), ("b.nix".to_owned(), long)];
        let error = undo_conflict("title", "1234567", &all, &[]);
        let reason = error.reason_text().unwrap();
        assert_eq!(reason.lines().count(), SHOWN + 2, "{reason}");
        assert!(
            reason.ends_with("  … and 382 lines more, of 2 files in all"),
            "{reason}"
        );
        let short = [("a.nix".to_owned(), "<<<<<<< ours\nx\n>>>>>>> theirs\n".to_owned())];
        let error = undo_conflict("title", "1234567", &short, &[]);
        assert!(!error.reason_text().unwrap().contains('…'));
    }
}
