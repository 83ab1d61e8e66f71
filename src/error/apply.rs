//! Messages about writing files.

use std::io;
use std::path::Path;

use super::Error;

/// A file is not what the person was shown.
pub fn changed_since(path: &Path) -> Error {
    Error::refused(
        "changed-since",
        format!("{} changed since it was shown", path.display()),
    )
    .reason("what is written has to be what was approved, byte for byte; nothing of it is written")
    .hint("run again to see the change on the file as it is now")
}

/// A file that was read is gone.
pub fn gone(path: &Path) -> Error {
    Error::refused("changed-since", format!("{} is no longer there", path.display()))
        .reason("it was there when the change was shown; nothing of it is written")
        .hint("run again to see the change on the repository as it is now")
}

/// A new file's path is taken.
pub fn exists(path: &Path) -> Error {
    Error::refused("file-exists", format!("{} exists already", path.display()))
        .reason("a new file is to be written there; nothing was written")
        .hint("move or remove it and run again")
}

/// A path leads out of the repository, or into git's own directory.
pub fn outside(path: &Path) -> Error {
    Error::refused(
        "outside-repository",
        format!("{} does not stay inside the repository", path.display()),
    )
    .reason("only files of the repository are written; nothing was written")
    .hint("see the paths in qgroget.toml: they are relative to the repository's root")
}

/// The file itself is a symbolic link.
pub fn symlink(path: &Path) -> Error {
    Error::refused("symlink", format!("{} is a symbolic link", path.display()))
        .reason("writing would replace the link or change a file elsewhere; nothing was written")
        .hint("replace the link by the file that it names, or migrate the file where it is")
}

/// A directory on the way is a symbolic link.
pub fn symlinked_directory(path: &Path, link: &Path) -> Error {
    Error::refused(
        "symlink",
        format!("{} lies behind the symbolic link {}", path.display(), link.display()),
    )
    .reason("what is behind a link can be outside the repository, and git does not track it there; nothing was written")
    .hint("run on the directory that the link names")
}

/// The path lies in a repository of its own.
pub fn submodule(path: &Path, inner: &Path) -> Error {
    Error::refused(
        "submodule",
        format!(
            "{} lies in {}, a git repository of its own",
            path.display(),
            inner.display()
        ),
    )
    .reason("a commit here cannot hold its files; nothing was written")
    .hint(format!("run with `--repo {}`", inner.display()))
}

/// Neither a file nor absent.
pub fn not_a_file(path: &Path) -> Error {
    Error::refused("not-a-file", format!("{} is not a regular file", path.display()))
        .reason("nothing was written")
        .hint(format!(
            "put a file in its place, or move {} away, and run again",
            path.display()
        ))
}

/// A file stands where a directory is needed.
pub fn parent_not_a_directory(path: &Path, parent: &Path) -> Error {
    Error::refused(
        "not-a-directory",
        format!(
            "{} cannot be written: {} is not a directory",
            path.display(),
            parent.display()
        ),
    )
    .reason("nothing was written")
    .hint(format!("move {} away and run again", parent.display()))
}

/// The path cannot be put down in the journal.
pub fn not_utf8(path: &Path) -> Error {
    Error::refused("path-not-utf8", format!("the path {} is not UTF-8", path.display())).hint("rename it and run again")
}

/// A file cannot be read.
pub fn unreadable(path: &Path, cause: io::Error) -> Error {
    Error::refused("file-unreadable", format!("{} cannot be read", path.display()))
        .reason(cause.to_string())
        .hint(format!("see that you may read it: `ls -l {}`", path.display()))
        .because(cause)
}

/// The change asks for two outcomes at one path: a fault of the plan.
pub fn written_twice(path: &Path) -> Error {
    Error::internal(format!("the change writes {} twice", path.display()))
}

/// Writing failed.
pub fn failed(path: &Path, cause: io::Error) -> Error {
    Error::refused("write-failed", format!("{} cannot be written", path.display()))
        .reason(cause.to_string())
        .hint("see that there is space, and that you may write there; then run again")
        .because(cause)
}

/// Writing failed, and so did taking it back.
pub fn half_done(path: &Path, cause: io::Error, journal: &Path) -> Error {
    Error::refused("write-failed", format!("{} cannot be written", path.display()))
        .reason(format!(
            "{cause}; the change is not taken back yet, and what it replaced is kept in {}",
            journal.display()
        ))
        .hint("see that there is space, and that you may write there; then run again: the next run takes the change back first")
        .because(cause)
}

/// The commit of a run that was killed goes on.
pub fn commit_goes_on(pid: u32) -> Error {
    Error::refused("locked", "an interrupted run's `git commit` is still at work")
        .reason(format!("process {pid}, with the hooks that it runs"))
        .hint("wait until it has ended and run again: the next run finishes it or takes it back")
}

/// The tool's own notes cannot be kept.
pub fn no_journal(dir: &Path, cause: io::Error) -> Error {
    Error::refused("journal-failed", format!("{} cannot be written", dir.display()))
        .reason(format!(
            "what is needed to take a change back is kept there until it is done: {cause}"
        ))
        .hint(format!("let {} be written to by you, and run again", dir.display()))
        .because(cause)
}

/// The notes of an interrupted run cannot be read.
pub fn journal_unreadable(dir: &Path, why: &str) -> Error {
    Error::refused(
        "journal-unreadable",
        format!(
            "an earlier run was interrupted, and its notes in {} cannot be read",
            dir.display()
        ),
    )
    .reason(why.to_owned())
    .hint("compare the working tree with `git status`; what was replaced are the `.side` files there")
    .hint(format!("then remove the directory: `rm -r {}`", dir.display()))
}

/// Another run is writing.
pub fn locked(lock: &Path, holder: Option<u32>) -> Error {
    let who = match holder {
        Some(pid) => format!("process {pid} holds it"),
        None => "another process holds it".to_owned(),
    };
    Error::refused("locked", "another run is writing to this repository")
        .reason(format!("{}: {who}", lock.display()))
        .hint("wait until it has ended and run again")
}

/// The lock cannot be taken at all.
pub fn lock_failed(lock: &Path, cause: io::Error) -> Error {
    Error::refused("lock-failed", format!("{} cannot be locked", lock.display()))
        .reason(cause.to_string())
        .hint(format!(
            "see that you may write there, and that it is a file: `ls -l {}`",
            lock.display()
        ))
        .because(cause)
}

/// An interrupted run has to be taken back first.
pub fn interrupted(dir: &Path) -> Error {
    Error::refused(
        "interrupted",
        "an earlier run was interrupted and has not been taken back",
    )
    .reason(format!("its notes are in {}", dir.display()))
    .hint("run again: the next run takes it back first")
}
