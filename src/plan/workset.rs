//! The edits of one rendering, collected file by file, and turned into a source change at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::edit::{FileChange, GroupId, SourceChange, TextEdit, settle, trivia};
use crate::error::{self, Error, Result};
use crate::repo::Repository;
use crate::syntax::Source;

/// What happens to one existing file.
#[derive(Default)]
struct FileEdits {
    inserts: Vec<TextEdit>,
    removals: Vec<(Range<usize>, GroupId)>,
    shifts: Vec<TextEdit>,
    moved_to: Option<PathBuf>,
    deleted: bool,
}

/// Edits under way.
pub struct Workset<'a> {
    repo: &'a Repository,
    files: BTreeMap<PathBuf, FileEdits>,
    new: BTreeMap<PathBuf, NewFile>,
}

/// A file to be made.
struct NewFile {
    text: String,
    /// Whether its text is formatted.
    formatted: bool,
}

impl<'a> Workset<'a> {
    /// Nothing changed yet.
    pub fn new(repo: &'a Repository) -> Workset<'a> {
        Workset {
            repo,
            files: BTreeMap::new(),
            new: BTreeMap::new(),
        }
    }

    fn file(&mut self, path: &Path) -> &mut FileEdits {
        self.files.entry(path.to_owned()).or_default()
    }

    /// Puts `text` in at `offset`. Texts at one offset keep the order of the calls.
    pub fn insert(&mut self, path: &Path, offset: usize, text: impl Into<String>, group: GroupId) {
        self.replace(path, offset..offset, text, group);
    }

    /// Replaces a range.
    pub fn replace(&mut self, path: &Path, range: Range<usize>, text: impl Into<String>, group: GroupId) {
        let text = text.into();
        self.file(path).inserts.push(TextEdit { range, text, group });
    }

    /// Removes a range; ranges may touch and overlap.
    pub fn remove(&mut self, path: &Path, range: Range<usize>, group: GroupId) {
        self.file(path).removals.push((range, group));
    }

    /// Indents lines; those that are removed are left out.
    pub fn shift(&mut self, path: &Path, edits: Vec<TextEdit>) {
        self.file(path).shifts.extend(edits);
    }

    /// Moves the file, with whatever edits it has.
    pub fn move_file(&mut self, from: &Path, to: PathBuf) {
        self.file(from).moved_to = Some(to);
    }

    /// Deletes the file.
    pub fn delete(&mut self, path: &Path) {
        self.file(path).deleted = true;
    }

    /// Makes a file.
    pub fn create(&mut self, path: PathBuf, text: String) {
        self.new.insert(path, NewFile { text, formatted: false });
    }

    /// Makes a file of text that is formatted.
    pub fn create_formatted(&mut self, path: PathBuf, text: String) {
        self.new.insert(path, NewFile { text, formatted: true });
    }

    /// The change that all of it makes.
    ///
    /// # Errors
    /// `hard-link`; an internal error where edits overlap or a file that parsed would not parse any more.
    pub fn finish(self) -> Result<SourceChange> {
        let repo = self.repo;
        let settle = |(path, edits): (PathBuf, FileEdits)| edits.settle(repo, path).transpose();
        let changes = self.files.into_iter().filter_map(settle);
        let new = self.new.into_iter().map(|(path, new)| match new.formatted {
            true => formatted(path, &new.text),
            false => Ok(FileChange {
                to: Some(path),
                after: new.text.into(),
                ..FileChange::default()
            }),
        });
        let mut files = changes.chain(new).collect::<Result<Vec<FileChange>>>()?;
        files.sort_by(|a, b| a.path().cmp(b.path()));
        Ok(SourceChange { files })
    }
}

/// A new file of `text`, formatted.
///
/// # Errors
/// An internal error where the text does not parse.
fn formatted(path: PathBuf, text: &str) -> Result<FileChange> {
    let mut source = Source::new(&path, text);
    let formatted = source
        .formatted()
        .ok_or_else(|| Error::internal(format!("{} would not parse", path.display())).because(text.to_owned()))?;
    if formatted != text {
        source = Source::new(&path, formatted);
    }
    Ok(FileChange {
        to: Some(path),
        after: Arc::clone(source.text()),
        parsed: Some(source),
        ..FileChange::default()
    })
}

impl FileEdits {
    /// What they make of the file at `path`, if anything.
    fn settle(self, repo: &Repository, path: PathBuf) -> Result<Option<FileChange>> {
        let before = repo
            .text(&path)
            .ok_or_else(|| Error::internal(format!("{} is edited but not there", path.display())))?;
        if repo.is_hard_linked(&path) {
            return Err(error::repo::hard_linked(&path));
        }
        if self.deleted {
            return Ok(Some(FileChange {
                from: Some(path),
                before: before.clone(),
                ..FileChange::default()
            }));
        }
        let to = self.moved_to.clone();
        let original = repo.source(&path).expect("a file with a text");
        let settled = settle::settle(original, self.merged(before))
            .map_err(|error| Error::internal(format!("{}: {}", path.display(), error.message())).because(error))?;
        let after = Arc::clone(settled.source.text());
        if *after == **before && to.is_none() {
            return Ok(None);
        }
        Ok(Some(FileChange {
            to: Some(to.unwrap_or_else(|| path.clone())),
            from: Some(path),
            before: before.clone(),
            after,
            edits: settled.edits,
            parsed: Some(settled.source),
        }))
    }

    /// Whole lines that go with the blank lines that would be left at the beginning or the end of what is in a bracket.
    fn with_blank_lines(&self, text: &str, range: Range<usize>) -> Range<usize> {
        let begins_line = |at: usize| at == 0 || text[..at].ends_with('\n');
        if !begins_line(range.start) || !begins_line(range.end) {
            return range;
        }
        let points = || self.inserts.iter().filter(|edit| edit.range.is_empty());
        let inside = points().filter(|edit| range.contains(&edit.range.start));
        let inside = inside.max_by_key(|edit| edit.range.start);
        let behind = points().find(|edit| edit.range.start == range.end);
        let before = inside.map_or(&text[..range.start], |edit| &edit.text);
        let after = behind.map_or(&text[range.end..], |edit| &edit.text);
        let blank = |line: &&str| line.trim().is_empty();
        let mut widened = range.clone();
        if trivia::opens(before) {
            let lines = text[range.end..].split_inclusive('\n').take_while(blank);
            widened.end += lines.map(str::len).sum::<usize>();
        }
        if trivia::closes(after) && inside.is_none() {
            let lines = text[..range.start].split_inclusive('\n').rev().take_while(blank);
            widened.start -= lines.map(str::len).sum::<usize>();
        }
        widened
    }

    /// Insertions, merged removals, and the indentation of what stays.
    fn merged(mut self, text: &str) -> Vec<TextEdit> {
        let mut removals = joined(std::mem::take(&mut self.removals));
        for (range, _) in &mut removals {
            *range = self.with_blank_lines(text, range.clone());
        }
        let removals = joined(removals);
        // What is replaced within a stretch that goes is gone with it.
        let removed = |edit: &TextEdit| {
            removals
                .iter()
                .any(|(range, _)| crate::syntax::covers(range, &edit.range))
        };
        self.inserts.retain(|edit| edit.range.is_empty() || !removed(edit));
        // What is put in within a stretch that goes stands between its two parts.
        let points = self.inserts.iter().filter(|edit| edit.range.is_empty());
        let points: BTreeSet<usize> = points.map(|edit| edit.range.start).collect();
        let removals: Vec<(Range<usize>, GroupId)> = removals
            .into_iter()
            .flat_map(|(range, group)| split(range, &points).into_iter().map(move |part| (part, group)))
            .collect();
        let replaced: Vec<Range<usize>> = self
            .inserts
            .iter()
            .filter(|e| !e.range.is_empty())
            .map(|e| e.range.clone())
            .collect();
        let gone = |at: usize| {
            removals.iter().any(|(range, _)| range.start <= at && at < range.end)
                || replaced.iter().any(|range| range.start < at && at < range.end)
        };
        self.shifts.retain(|edit| !gone(edit.range.start));
        // What is put in goes before the indentation at the same place, so that a line's own text follows that.
        let mut edits = self.shifts;
        edits.extend(removals.into_iter().map(|(range, group)| TextEdit {
            range,
            text: String::new(),
            group,
        }));
        let mut result = self.inserts;
        result.extend(edits);
        result
    }
}

/// Stretches in order, those that touch as one.
fn joined(mut removals: Vec<(Range<usize>, GroupId)>) -> Vec<(Range<usize>, GroupId)> {
    removals.sort_by_key(|(range, _)| (range.start, range.end));
    let mut joined: Vec<(Range<usize>, GroupId)> = Vec::new();
    for (range, group) in removals {
        match joined.last_mut() {
            Some((last, _)) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push((range, group)),
        }
    }
    joined
}

/// A range in parts, none of which has one of `points` inside.
fn split(range: Range<usize>, points: &BTreeSet<usize>) -> Vec<Range<usize>> {
    let inside = points
        .iter()
        .copied()
        .filter(|point| range.start < *point && *point < range.end);
    let ends: Vec<usize> = inside.chain([range.end]).collect();
    let starts = std::iter::once(range.start).chain(ends.iter().copied());
    starts
        .zip(ends.iter().copied())
        .map(|(start, end)| start..end)
        .collect()
}
