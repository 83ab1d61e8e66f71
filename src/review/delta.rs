//! What one group does to the files: the difference between two changes of the same repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::edit::{FileChange, SourceChange};

/// The repository's files as a change leaves them: only those that the change (or the other one) touches.
struct Tree<'c> {
    /// Path to its text and the path the text came from.
    files: BTreeMap<&'c Path, (&'c Arc<str>, Option<&'c Path>)>,
}

impl<'c> Tree<'c> {
    fn new(change: &'c SourceChange, originals: &BTreeMap<&'c Path, &'c Arc<str>>) -> Tree<'c> {
        let mut files: BTreeMap<_, _> = originals
            .iter()
            .map(|(path, text)| (*path, (*text, Some(*path))))
            .collect();
        for file in &change.files {
            if let Some(from) = &file.from {
                files.remove(from.as_path());
            }
        }
        for file in &change.files {
            if let Some(to) = &file.to {
                files.insert(to, (&file.after, file.from.as_deref()));
            }
        }
        Tree { files }
    }
}

/// The texts that both changes start from.
fn originals(changes: [&SourceChange; 2]) -> BTreeMap<&Path, &Arc<str>> {
    let files = changes.into_iter().flat_map(|change| &change.files);
    files
        .filter_map(|file| Some((file.from.as_deref()?, &file.before)))
        .collect()
}

/// What is to be done to the files as `earlier` leaves them, to have them as `later` does.
///
/// The result is for showing: its texts and paths are exact, its `edits` are empty.
pub fn between(earlier: &SourceChange, later: &SourceChange) -> SourceChange {
    let originals = originals([earlier, later]);
    let (old, new) = (Tree::new(earlier, &originals), Tree::new(later, &originals));
    let paths: BTreeSet<&Path> = old.files.keys().chain(new.files.keys()).copied().collect();
    let renames = renames(&old, &new);
    let moved: BTreeSet<&Path> = renames.values().copied().collect();
    let files = paths.into_iter().filter_map(|path| {
        let was = old.files.get(path).filter(|_| !moved.contains(path));
        match (was, new.files.get(path)) {
            (None, None) => None,
            (Some(was), Some(is)) if was.0 == is.0 => None,
            (Some(was), Some(is)) => Some(changed(Some((path, was.0)), Some((path, is.0)))),
            (Some(was), None) => Some(changed(Some((path, was.0)), None)),
            (None, Some(is)) => {
                let from = renames.get(path).map(|from| (*from, old.files[from].0));
                let made = later.files.iter().find(|file| file.to.as_deref() == Some(path));
                Some(FileChange {
                    template: from.is_none() && made.is_some_and(|file| file.template),
                    ..changed(from, Some((path, is.0)))
                })
            }
        }
    });
    SourceChange { files: files.collect() }
}

/// New path to old path, of the files that stand elsewhere afterwards.
fn renames<'c>(old: &Tree<'c>, new: &Tree<'c>) -> BTreeMap<&'c Path, &'c Path> {
    let home: BTreeMap<&Path, &Path> = old
        .files
        .iter()
        .filter_map(|(path, (_, from))| Some(((*from)?, *path)))
        .collect();
    let mut renames = BTreeMap::new();
    for (path, (_, from)) in &new.files {
        let Some(was) = from.and_then(|from| home.get(from)) else {
            continue;
        };
        let free = !new.files.contains_key(was) && !old.files.contains_key(path);
        if was != path && free {
            renames.insert(*path, *was);
        }
    }
    renames
}

fn changed(from: Option<(&Path, &Arc<str>)>, to: Option<(&Path, &Arc<str>)>) -> FileChange {
    let path = |side: Option<(&Path, &Arc<str>)>| side.map(|(path, _)| PathBuf::from(path));
    let text = |side: Option<(&Path, &Arc<str>)>| side.map_or_else(|| Arc::from(""), |(_, text)| Arc::clone(text));
    FileChange {
        from: path(from),
        to: path(to),
        before: text(from),
        after: text(to),
        ..FileChange::default()
    }
}

#[cfg(test)]
#[path = "delta_tests.rs"]
mod tests;
