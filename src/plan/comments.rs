//! Comments that a change would lose.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::edit::{FileChange, SourceChange};
use crate::repo::Repository;
use crate::syntax::{self, Source, SyntaxNode};

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

/// The comments of a file before that edits touch.
fn removed(repo: &Repository, file: &FileChange) -> Vec<String> {
    let Some(source) = file.from.as_ref().and_then(|path| repo.source(path)) else {
        return Vec::new();
    };
    match file.to {
        None => comments_at(&file.before, &[whole(&file.before)], || source.root()),
        Some(_) => {
            let touched: Vec<Range<usize>> = file.edits.iter().map(|edit| edit.range.clone()).collect();
            comments_at(&file.before, &touched, || source.root())
        }
    }
}

/// The comments of a file afterwards that edits have brought or touched.
fn added(file: &FileChange) -> Vec<String> {
    let root = || match file.parsed() {
        Some(parsed) => parsed.root(),
        None => Source::new("text.nix", Arc::clone(&file.after)).root(),
    };
    match (&file.from, &file.to) {
        (_, None) => Vec::new(),
        (None, _) => comments_at(&file.after, &[whole(&file.after)], root),
        _ => comments_at(&file.after, &file.new_ranges(), root),
    }
}

fn whole(text: &str) -> Range<usize> {
    0..text.len()
}

/// The comments of a text of which a part is in one of `ranges`; where the bytes tell that there are none, nobody looks at
/// the tree.
fn comments_at(text: &str, ranges: &[Range<usize>], root: impl FnOnce() -> SyntaxNode) -> Vec<String> {
    let may_have = |text: &str| text.contains('#') || text.contains("/*");
    match ranges.iter().any(|range| may_have(&text[range.clone()])) {
        true => syntax::comments_at(&root(), ranges),
        false => Vec::new(),
    }
}

/// A comment however its lines are broken and indented: the formatter gives the marks of a block lines of their own.
fn plain(comment: &str) -> String {
    syntax::in_one_line(comment)
}
