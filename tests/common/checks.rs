//! What has to be true of every change that the program makes, whatever the change is.

use std::collections::BTreeMap;
use std::path::Path;

use qgroget::edit::{FileChange, SourceChange};
use qgroget::syntax;

/// Everything that can be told from the change alone.
#[track_caller]
pub fn change(change: &SourceChange, what: &str) {
    for file in &change.files {
        edits(file, what);
        if is_nix(file.to.as_deref()) {
            let path = file.path().display();
            assert!(
                syntax::parses(&file.after),
                "{what}: {path} does not parse:\n{}",
                file.after
            );
            if file.from.is_none() || is_formatted(&file.before) {
                assert!(
                    is_formatted(&file.after),
                    "{what}: {path} is not formatted:\n{}",
                    file.after
                );
            }
        }
    }
    assert_eq!(lost_comments(change), Vec::<String>::new(), "{what}: comments are lost");
}

fn is_nix(path: Option<&Path>) -> bool {
    path.is_some_and(|path| path.extension().is_some_and(|e| e == "nix"))
}

/// The edits alone lead from the text before to the one after: so every byte outside them is as it was.
#[track_caller]
fn edits(file: &FileChange, what: &str) {
    if file.from.is_none() || file.to.is_none() {
        return;
    }
    let path = file.path().display();
    let (mut rebuilt, mut at) = (String::new(), 0);
    for edit in &file.edits {
        assert!(
            at <= edit.range.start,
            "{what}: {path}: edits meet at {}",
            edit.range.start
        );
        rebuilt.push_str(&file.before[at..edit.range.start]);
        rebuilt.push_str(&edit.text);
        at = edit.range.end;
    }
    rebuilt.push_str(&file.before[at..]);
    assert_eq!(rebuilt, *file.after, "{what}: {path}: the edits do not make the text");
}

/// Whether alejandra would leave the text as it is.
pub fn is_formatted(text: &str) -> bool {
    syntax::format(text).as_deref() == Some(text)
}

/// The comments of the files before that are in none of the files after, as often as they were.
fn lost_comments(change: &SourceChange) -> Vec<String> {
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    for comment in change
        .files
        .iter()
        .flat_map(|file| comments(file.to.as_deref(), &file.after))
    {
        *left.entry(comment).or_default() += 1;
    }
    let before = change
        .files
        .iter()
        .flat_map(|file| comments(file.from.as_deref(), &file.before));
    // The marker of a shared file names one more service each time.
    let before = before.filter(|comment| !comment.starts_with("# Shared by services that have files of their own:"));
    before
        .filter(|comment| match left.get_mut(comment) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

/// The comments of a Nix file, however their lines are broken and indented.
pub fn comments(path: Option<&Path>, text: &str) -> Vec<String> {
    if !is_nix(path) {
        return Vec::new();
    }
    let source = syntax::Source::new("text.nix", text);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The formatter sets what is in a block comment apart from its ends.
    let plain = |comment: String| {
        let inner = comment.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/"));
        inner.map_or_else(|| words(&comment), |inner| format!("/* {} */", words(inner)))
    };
    syntax::comments(&source.root()).into_iter().map(plain).collect()
}
