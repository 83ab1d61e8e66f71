//! Taking back.

use std::path::PathBuf;

use super::list;
use crate::commit::{Entry, State, UndoKept, UndoWay, Undone};

pub const UNDO_NOTHING: &str =
    "nothing to undo: no commit of qgroget is in this branch's history, or each one is taken back already";
pub const UNDO_NOTHING_LEFT: &str = "nothing is left to undo: what the commit did is gone from HEAD already";
pub const UNDO_DONE: &str = "the interrupted undo is done: no other commit is taken back";

pub fn undo_nothing_of(name: &str) -> String {
    format!(
        "nothing to undo: no commit of qgroget for {name} is in this branch's history, or it is taken back already (`qgroget undo --list` lists all)"
    )
}

/// What taking a commit back comes to, before it is done.
pub fn undo_plan(entry: &Entry, way: UndoWay, paths: &[PathBuf]) -> String {
    let Entry { short, title, .. } = entry;
    let how = match (way, &entry.first) {
        (UndoWay::Remove, None) => "it is the last commit of the branch, and is removed from it".to_owned(),
        (UndoWay::Remove, Some(first)) => {
            format!(
                "it is the last commit of the branch, and is removed from it together with [{first}], which moved the module for it"
            )
        }
        (UndoWay::RevertLater | UndoWay::RevertPushed, None) => {
            format!("a new commit reverts it, because {}", undo_why(way))
        }
        (UndoWay::RevertLater | UndoWay::RevertPushed, Some(first)) => {
            format!(
                "a new commit reverts it and [{first}], which moved the module for it, because {}",
                undo_why(way)
            )
        }
    };
    let files: Vec<String> = paths.iter().map(|path| format!("  {}", path.display())).collect();
    format!("[{short}] {title}\n{how}\n{}", files.join("\n"))
}

/// What a reversal leaves, of what the commit brought, because of others.
pub fn undo_kept(kept: &[UndoKept]) -> String {
    let line = |kept: &UndoKept| {
        let (first, others) = kept.by.split_first().expect("a file is kept for another");
        let others = match others.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} stays: {}{others} names it", kept.path.display(), first.display())
    };
    kept.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn undo_why(way: UndoWay) -> &'static str {
    match way {
        UndoWay::Remove => "it is the last commit of the branch",
        UndoWay::RevertLater => "other commits came after it",
        UndoWay::RevertPushed => "it was pushed already",
    }
}

pub const UNDO_QUESTION: &str = "Take it back [y,n,d,?]? ";
pub const UNDO_KEYS: &str = "\
y - take it back
n - leave it
d - show what changes in the files
? - this help
";

/// A line of `undo --list`; its title is cut where there is too little `room` for all of it.
pub fn undo_entry(entry: &Entry, wide: usize, room: Option<usize>) -> String {
    const LEAST: usize = 12;
    let state = match &entry.state {
        State::Intact => "",
        State::Changed => "  (changed since: only `git revert` takes it back)",
        State::OldMark => "  (marked by an earlier version: only `git revert` takes it back)",
        State::Shallow => "  (at the end of this shallow clone: `git fetch --unshallow` first)",
        State::Undone => "  (taken back)",
        State::Replaced(by) => &format!("  (nothing of it is left since [{}])", by.short),
    };
    let before = format!("[{}] {:wide$}  ", entry.short, entry.name);
    let width = |text: &str| text.chars().count();
    let room = room.map_or(usize::MAX, |room| room.saturating_sub(width(&before) + width(state)));
    let title = match width(&entry.title) > room && room >= LEAST {
        true => format!("{}…", entry.title.chars().take(room - 1).collect::<String>()),
        false => entry.title.clone(),
    };
    format!("{before}{title}{state}")
}

pub fn undone(undone: &Undone) -> String {
    let Undone { short, title, .. } = undone;
    let first = undone.first.as_deref();
    let first = first.map_or(String::new(), |first| {
        format!(" and [{first}], which moved the module for it")
    });
    let (removed, restored): (Vec<PathBuf>, Vec<PathBuf>) = undone
        .paths
        .iter()
        .cloned()
        .partition(|path| undone.removed.contains(path));
    let lines = [("restored", restored), ("removed", removed)];
    let lines = lines.iter().filter(|(_, paths)| !paths.is_empty());
    let files: String = lines
        .map(|(what, paths)| format!("\n  {what}: {}", list(paths)))
        .collect();
    match &undone.commit {
        None => format!("took back [{short}] {title}{first}{files}"),
        Some(commit) => format!(
            "reverted [{short}] {title}{first} by the new commit [{}], because {}{files}",
            commit.short,
            undo_why(undone.way)
        ),
    }
}
