//! The edits of one file, and what they make of its text.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::edit::{Brackets, FileChange, GroupId, TextEdit, formatting, trivia};
use crate::error::{self, Error, Result};
use crate::repo::Repository;
use crate::rules::Format;
use crate::syntax::{self, Source};

/// What happens to one existing file.
#[derive(Default)]
pub(super) struct FileEdits {
    pub inserts: Vec<TextEdit>,
    pub removals: Vec<(Range<usize>, GroupId)>,
    pub shifts: Vec<TextEdit>,
    pub moved_to: Option<PathBuf>,
    pub deleted: bool,
}

/// A new file of `text`, laid out: as alejandra does, or indented by its brackets alone.
///
/// # Errors
/// An internal error where the text does not parse.
pub(super) fn laid_out(path: PathBuf, text: &str, format: Format) -> Result<FileChange> {
    let mut source = Source::new(&path, text);
    let formatted = match format {
        Format::Alejandra => source.formatted(),
        _ => source.expr().is_ok().then(|| Brackets::new("", "  ", true).put(text)),
    };
    let formatted = formatted
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
    /// Whether a range is gone afterwards.
    pub fn removes(&self, range: &Range<usize>) -> bool {
        self.deleted || self.removals.iter().any(|(removed, _)| syntax::covers(removed, range))
    }

    /// What they make of the file at `path`, if anything, laid out as `format` says.
    pub fn change(self, repo: &Repository, path: PathBuf, format: Format) -> Result<Option<FileChange>> {
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
        let apply = match format {
            Format::Alejandra => formatting::apply_and_format,
            _ => formatting::apply_alone,
        };
        let settled = apply(original, self.merged(before))
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
            template: false,
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
        let removed = |edit: &TextEdit| removals.iter().any(|(range, _)| syntax::covers(range, &edit.range));
        self.inserts.retain(|edit| edit.range.is_empty() || !removed(edit));
        // So is what is mended, as a path, within a stretch that another text replaces.
        let replaced: Vec<Range<usize>> = self.inserts.iter().map(|edit| edit.range.clone()).collect();
        let inside = |range: &Range<usize>| {
            let mut others = replaced.iter().filter(|other| *other != range);
            others.any(|other| syntax::covers(other, range))
        };
        self.inserts
            .retain(|edit| edit.range.is_empty() || !inside(&edit.range));
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
