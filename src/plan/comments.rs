//! Comments that a change would lose.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::edit::{FileChange, SourceChange};
use crate::repo::Repository;
use crate::syntax::{self, Source};

/// The comments of the files before that are in none of the files after, each as often as it is missing.
pub fn lost(repo: &Repository, change: &SourceChange) -> Vec<String> {
    // Most changes take out no comment at all, which the bytes tell without a look at the trees.
    if !change.files.iter().any(removes_comments) {
        return Vec::new();
    }
    let before = |file: &FileChange| file.from.as_ref().and_then(|path| repo.source(path));
    let before = change.files.iter().filter_map(before);
    let mut lost: Vec<String> = before.flat_map(|source| syntax::comments(&source.root())).collect();
    // Most are in files that are parsed already.
    let (parsed, unparsed): (Vec<_>, Vec<_>) = change.files.iter().partition(|file| file.parsed().is_some());
    for files in [parsed, unparsed] {
        if !lost.is_empty() {
            lost = without(lost, files.into_iter().flat_map(after));
        }
    }
    lost
}

/// The comments that are not among `others`, each as often as it is missing there.
fn without(mut comments: Vec<String>, others: impl Iterator<Item = String>) -> Vec<String> {
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for comment in others {
        *left.entry(plain(&comment)).or_default() += 1;
    }
    comments.retain(|comment| match left.get_mut(&plain(comment)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    comments
}

fn removes_comments(file: &FileChange) -> bool {
    let may_have = |text: &str| text.contains('#') || text.contains("/*");
    match file.to {
        None => may_have(&file.before),
        Some(_) => file.edits.iter().any(|edit| may_have(&file.before[edit.range.clone()])),
    }
}

/// The comments of a file afterwards.
fn after(file: &FileChange) -> Vec<String> {
    match file.parsed() {
        Some(parsed) => syntax::comments(&parsed.source.root()),
        None => syntax::comments(&Source::new("text.nix", Arc::clone(&file.after)).root()),
    }
}

/// A comment however its lines are broken and indented: the formatter gives the marks of a block lines of their own.
fn plain(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}
