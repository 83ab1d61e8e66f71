//! What commands say besides errors and reviews.

use std::path::PathBuf;

use crate::commit::{Committed, First, LastCommit};
use crate::error::Place;
use crate::plan::Skipped;

mod check;
mod next;
mod proof;
mod questions;
mod recovery;
mod undo;

pub use check::*;
pub use next::*;
pub use proof::*;
pub use questions::*;
pub use recovery::*;
pub use undo::*;

pub const INIT_DONE: &str = "the contract is installed already: nothing to do";
/// The contract's installation, where a dry run is about a service.
pub fn first_the_contract(stat: &crate::review::diff::Stat) -> String {
    format!(
        "first, as a commit of its own: the contract, {}, +{} lines: qgroget init --dry-run",
        crate::review::texts::count(stat.files, "file", "files"),
        thousands(stat.added)
    )
}

/// `1,340`.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A program that does not show the diff.
pub fn filter_failed(filter: &str, why: &str) -> String {
    format!("git's interactive.diffFilter, `{filter}`, did not show the diff: {why}")
}

pub const INIT_FIRST: &str =
    "The contract is not installed in this repository yet, so it comes first, as a commit of its own.";
pub const CLEANUP_DONE: &str = "nothing of the legacy pattern is left: nothing to do";
pub const NOT_WRITTEN_AGAIN: &str = "nothing of it was written; run the same command again after that";
pub const NOTHING_WRITTEN: &str = "Nothing was written.";
pub const NO_COMMIT: &str =
    "The changes are in the working tree, not committed. A flake sees new files after: git add --intent-to-add .";
pub const QUIT: &str = "Stopped. Nothing of this was written.";

/// A service that has its contract, and of which nothing is offered; `left` is what is left to a person, a line each.
pub fn migrated_already(service: &str, left: &[String]) -> String {
    let nothing = format!("{service}: has its contract already, nothing to do");
    match left {
        [] => nothing,
        left => format!("{nothing}; left to you:\n  {}", left.join("\n  ")),
    }
}

/// A gap of a service that is left to a person.
pub fn gap_left(text: &str, place: &Place) -> String {
    format!("{place}: it {text}")
}

/// What is the service's and stays where it stands.
pub fn stays_left(left: &Skipped) -> String {
    let Skipped { what, place, why, next } = left;
    let place = place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
    let next = next.as_ref().map(|next| format!("; {next}")).unwrap_or_default();
    format!("{place}{what}: {why}{next}")
}

/// A gain that is open, where only what preserves is taken.
pub fn open_gain(title: &str) -> String {
    format!("  {title}: something that the machine would gain; --accept-gains takes it")
}

/// A service that was tested on the server.
pub fn tested(service: &str, last: &LastCommit) -> String {
    match last.tested {
        true => format!("{service}: noted before, on {}", last.short),
        false => format!("{service}: noted on {} that it was tested on the server", last.short),
    }
}

/// What is open of a service that has its contract.
pub fn open_changes(service: &str, count: usize) -> String {
    match count {
        1 => format!("{service} has its contract; 1 change is open:"),
        _ => format!("{service} has its contract; {count} changes are open:"),
    }
}

pub fn declined(service: &str) -> String {
    format!("{service}: declined, nothing was written")
}

/// How a declined service is asked about again.
pub fn asked_again(service: &str) -> String {
    format!("  to be asked again: qgroget migrate {service}")
}

pub fn committed(commit: &Committed) -> String {
    let title = commit.message.lines().next().unwrap_or_default();
    format!("[{}] {title}", commit.short)
}

/// The commit before it that only moves files.
pub fn committed_first(first: &First) -> String {
    format!("[{}] {}", first.short, first.title)
}

/// Over the message that a person had edited, where the change is another one now.
pub const MESSAGE_OF_ANOTHER: &str = "You had edited the message, for another change than this. It was:";

/// Where a text that a person had edited cannot be offered again, above the edit.
pub const EDIT_OF_ANOTHER: &str = "the plan is another one than before, and your edit is not in it. It was:";

/// All commits of a service, to be taken back together.
pub fn all_of(service: &str) -> String {
    format!("the migration of {service}")
}

/// A service of which only what came up with its contract was declined.
pub fn stays_as_committed(service: &str) -> String {
    format!("{service} stays as it was committed; to be asked again: qgroget migrate {service}")
}

/// Before the first commit on a branch that was made for it, in git's words.
pub fn switched(branch: &str) -> String {
    format!("Switched to a new branch '{branch}'")
}

/// Asked once, where every service is to be migrated.
pub fn branch_question(now: &str) -> String {
    format!("Commit on {now}, or on a new branch [Enter for {now}, its name, q, ?]?")
}

pub const BRANCH_KEYS: &str = "\
Enter  commit on the branch that is checked out
q      end here
else the name of a new branch: it is made from what is checked out, and the commits go onto it
";

/// An answer that names no branch.
pub fn no_branch_name(name: &str) -> String {
    format!("git takes '{name}' for no name of a branch")
}

/// Below a plan that does not show each line.
pub const IN_SHORT: &str = "--full shows the files from templates and the checklist as well";
pub const COMMIT_TITLE: &str = "Commit message";
pub const COMMITS_TITLE: &str = "Commit messages";
/// With `--separate-moves`, where a file moves.
pub const MOVE_FIRST: &str =
    "There are two commits. The first moves the module and mends the paths, and does nothing else:";
pub const THEN_THE_REST: &str = "The second does the rest:";
pub const MOVE_PRESERVES: &str = "The move by itself keeps the configuration as it is";
pub const IN_ONE_COMMIT: &str = "this is of the move by itself: without --separate-moves (and `separate-moves` in qgroget.toml) it is judged as a part of the migration";
pub const NO_GIT: &str = "This is not a git repository: a run without --dry-run needs one, or --no-commit.";

pub const ALL_MIGRATED: &str = "every service has its contract: nothing to do";
pub const MIGRATING: &str = "migrating";
pub const STOPPED: &str = "stopped; what is committed stays, and the next run goes on from here";
pub const NO_VERIFY_ASKED: &str = "--no-verify";

fn list(paths: &[PathBuf]) -> String {
    paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(", ")
}
