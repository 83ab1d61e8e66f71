//! Comments that a change would lose.

use std::collections::BTreeMap;
use std::iter;
use std::ops::Range;
use std::sync::Arc;

use crate::edit::{FileChange, SourceChange};
use crate::repo::Repository;
use crate::syntax::{self, Source};

/// The comments of the files before that are in none of the files after, each as often as it is missing. What is beside no
/// edit is in both, so that only the edits are looked at.
pub fn lost(repo: &Repository, change: &SourceChange) -> Vec<String> {
    let mut lost: Vec<String> = change.files.iter().flat_map(|file| removed(repo, file)).collect();
    // Most are in files that are parsed already.
    let (parsed, unparsed): (Vec<_>, Vec<_>) = change.files.iter().partition(|file| file.parsed().is_some());
    for files in [parsed, unparsed] {
        if !lost.is_empty() {
            lost = without(lost, files.into_iter().flat_map(added));
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

/// Whether the bytes may have a comment, which they tell without a look at a tree.
fn may_have_comments(text: &str) -> bool {
    text.contains('#') || text.contains("/*")
}

/// The comments of a file before that edits touch.
fn removed(repo: &Repository, file: &FileChange) -> Vec<String> {
    let Some(source) = file.from.as_ref().and_then(|path| repo.source(path)) else {
        return Vec::new();
    };
    let touched: Vec<Range<usize>> = match file.to {
        None => iter::once(0..file.before.len()).collect(),
        Some(_) => file.edits.iter().map(|edit| edit.range.clone()).collect(),
    };
    let has_any = touched
        .iter()
        .any(|range| may_have_comments(&file.before[range.clone()]));
    match has_any {
        true => syntax::comments_at(&source.root(), &touched),
        false => Vec::new(),
    }
}

/// The comments of a file afterwards that edits have brought or touched.
fn added(file: &FileChange) -> Vec<String> {
    let touched = match (&file.from, &file.to) {
        (_, None) => return Vec::new(),
        (None, _) => iter::once(0..file.after.len()).collect(),
        _ => file.new_ranges(),
    };
    if !touched
        .iter()
        .any(|range| may_have_comments(&file.after[range.clone()]))
    {
        return Vec::new();
    }
    match file.parsed() {
        Some(parsed) => syntax::comments_at(&parsed.source.root(), &touched),
        None => syntax::comments_at(&Source::new("text.nix", Arc::clone(&file.after)).root(), &touched),
    }
}

/// A comment however its lines are broken and indented: the formatter gives the marks of a block lines of their own.
fn plain(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}
