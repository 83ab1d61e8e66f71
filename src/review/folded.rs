//! The diff for eyes: what moved and what is only re-indented is said in a line, and what a template makes as well.
//!
//! It is no patch: `~` is a line with another indentation. [`diff::render`](super::diff::render) shows all lines.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use super::aligned::{Aligned, Row, align};
use super::diff::{Rendered, Stat, write_line};
use super::hunks::{emphasised, header};
use super::table::ranges;
use super::texts;
use crate::edit::{FileChange, SourceChange};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// Lines of context around a change.
const CONTEXT: usize = 1;
/// Runs from which on a line instead of them is shorter.
const FOLDED: usize = 3;
/// The same of re-indented lines.
const INDENTED: usize = 2;

/// What the diff shows, one below the other.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// A row.
    Row(Row),
    /// So many lines that are only re-indented, the first one by its indices.
    Indented(usize, usize, usize),
    /// So many rows from this one on: lines that move away to one file.
    Away(usize, usize),
    /// So many rows from this one on: lines that come from one file.
    Here(usize, usize),
}

/// Changes that lie close together.
#[derive(Debug, Default)]
pub struct Part {
    /// What is shown.
    pub shown: Vec<Shown>,
}

/// The folded, unified diff of a change.
pub fn render(change: &SourceChange) -> Rendered {
    render_with(change, |file, files, part, text| {
        part.shown.iter().for_each(|shown| write(file, files, *shown, text));
    })
}

/// The folded diff of a change, its parts as `lines` writes them behind their headings: of a file, among all, a part.
pub fn render_with(
    change: &SourceChange,
    lines: impl Fn(&Aligned<'_>, &[Aligned<'_>], &Part, &mut String),
) -> Rendered {
    let files = align(change);
    let mut rendered = Rendered::default();
    for file in &files {
        rendered.stat += stat(file);
        rendered.text.push_str(&paint(palette::TITLE, &title(file.change)));
        if file.change.template {
            continue;
        }
        for part in parts(file) {
            rendered.text.push_str(&heading(file, &part));
            lines(file, &files, &part, &mut rendered.text);
        }
    }
    rendered
}

/// The figures of a file.
pub fn stat(file: &Aligned<'_>) -> Stat {
    let mut stat = Stat {
        files: 1,
        ..Stat::default()
    };
    for row in &file.rows {
        match row {
            Row::Same(..) => {}
            Row::Indented(..) => stat.indented += 1,
            Row::Changed(..) => {
                stat.added += 1;
                stat.removed += 1;
            }
            Row::Added(_, Some(_)) => stat.moved += 1,
            // It is counted where it comes.
            Row::Removed(_, Some(_)) => {}
            Row::Added(_, None) => stat.added += 1,
            Row::Removed(_, None) => stat.removed += 1,
        }
    }
    stat
}

/// The line over a file's changes.
fn title(file: &FileChange) -> String {
    let name = |path: &Path| visible(&path.to_string_lossy()).into_owned();
    let known = name(file.path());
    let text = match (&file.from, &file.to) {
        (None, _) if file.template => texts::from_a_template(&known, file.after.lines().count()),
        (None, _) => texts::new_file(&known),
        (_, None) => texts::deleted_file(&known),
        (Some(from), Some(to)) if from != to => texts::moved_file(&known, &name(from)),
        _ => known,
    };
    format!("── {text}\n")
}

/// The parts of a file in which something changes.
fn parts(file: &Aligned<'_>) -> Vec<Part> {
    let near = nearness(&file.rows);
    let mut parts: Vec<Part> = Vec::new();
    let mut open = false;
    let mut at = 0;
    while at < file.rows.len() {
        let row = file.rows[at];
        let folds = fold(file, &near, at);
        let (shown, length) = match (folds, near[at]) {
            (Some(folds), _) => folds,
            (None, true) => (Shown::Row(row), 1),
            (None, false) => {
                open = false;
                at += 1;
                continue;
            }
        };
        if !std::mem::replace(&mut open, true) {
            parts.push(Part::default());
        }
        if let Some(part) = parts.last_mut()
            && !is_quiet(file, at)
        {
            part.shown.push(shown);
        }
        at += length;
    }
    parts
}

/// Whether a row is a blank line that goes or comes with others: it says nothing.
fn is_quiet(file: &Aligned<'_>, at: usize) -> bool {
    let side = |row: Option<&Row>| match row {
        Some(Row::Removed(line, _)) => Some((true, file.old[*line])),
        Some(Row::Added(line, _)) => Some((false, file.new[*line])),
        _ => None,
    };
    let beside = |other: Option<usize>| side(other.and_then(|other| file.rows.get(other)));
    match side(file.rows.get(at)) {
        Some((gone, text)) if text.trim().is_empty() => {
            let goes_along = |other: Option<usize>| beside(other).is_some_and(|(side, _)| side == gone);
            goes_along(at.checked_sub(1)) && goes_along(Some(at + 1))
        }
        _ => false,
    }
}

/// What stands for the rows from `at` on, and for how many.
fn fold(file: &Aligned<'_>, near: &[bool], at: usize) -> Option<(Shown, usize)> {
    let rows = &file.rows[at..];
    match rows[0] {
        Row::Removed(_, Some(_)) | Row::Added(_, Some(_)) => {
            let length = moving(file, rows);
            let is_gone = matches!(rows[0], Row::Removed(..));
            let folded = if is_gone {
                Shown::Away(at, length)
            } else {
                Shown::Here(at, length)
            };
            (length >= FOLDED).then_some((folded, length))
        }
        Row::Indented(old, new) if !near[at] => {
            let blank = |row: &Row| matches!(row, Row::Same(old, _) if file.old[*old].trim().is_empty());
            let is_quiet = |(row, near): (&Row, &bool)| !near && (matches!(row, Row::Indented(..)) || blank(row));
            let quiet = rows.iter().zip(&near[at..]).take_while(|pair| is_quiet(*pair)).count();
            let last = rows[..quiet].iter().rposition(|row| matches!(row, Row::Indented(..)))?;
            let count = rows[..=last]
                .iter()
                .filter(|row| matches!(row, Row::Indented(..)))
                .count();
            match count < INDENTED {
                true => Some((Shown::Row(rows[0]), 1)),
                false => Some((Shown::Indented(old, new, count), last + 1)),
            }
        }
        _ => None,
    }
}

/// How many of the rows are lines that all move to, or all come from, the file that the first one does; blank lines between
/// them go along.
fn moving(file: &Aligned<'_>, rows: &[Row]) -> usize {
    let side = |row: &Row| match *row {
        Row::Removed(line, moved) => Some((true, file.old[line], moved)),
        Row::Added(line, moved) => Some((false, file.new[line], moved)),
        _ => None,
    };
    let Some((is_gone, _, Some(first))) = side(&rows[0]) else {
        return 0;
    };
    let (mut length, mut last) = (0, 0);
    for row in rows {
        match side(row) {
            Some((gone, _, Some(moved))) if gone == is_gone && moved.file == first.file => {
                length += 1;
                last = length;
            }
            Some((gone, text, None)) if gone == is_gone && text.trim().is_empty() => length += 1,
            _ => break,
        }
    }
    last
}

/// A range that any other one makes larger.
fn nothing() -> std::ops::Range<usize> {
    std::ops::Range {
        start: usize::MAX,
        end: 0,
    }
}

/// The lines of rows, by their indices: those of this side, and where the moved ones stand on the other one.
fn moved_lines(rows: &[Row]) -> (std::ops::Range<usize>, BTreeSet<u32>, usize) {
    let (mut own, mut other, mut file) = (nothing(), BTreeSet::new(), 0);
    let mut before: Option<(usize, usize)> = None;
    for row in rows {
        let (Row::Removed(line, moved) | Row::Added(line, moved)) = *row else {
            continue;
        };
        own = own.start.min(line)..own.end.max(line + 1);
        if let Some(moved) = moved {
            let within = match before {
                Some((run, within)) if run == moved.run => within + 1,
                _ => 0,
            };
            before = Some((moved.run, within));
            file = moved.file;
            other.insert(u32::try_from(moved.line + within + 1).unwrap_or(u32::MAX));
        }
    }
    (own, other, file)
}

/// Which rows are changes or lie beside one.
fn nearness(rows: &[Row]) -> Vec<bool> {
    let mut near: Vec<bool> = rows
        .iter()
        .map(|row| matches!(row, Row::Changed(..) | Row::Removed(..) | Row::Added(..)))
        .collect();
    let changes: Vec<usize> = (0..rows.len()).filter(|at| near[*at]).collect();
    for at in changes {
        let beside = at.saturating_sub(CONTEXT)..=(at + CONTEXT).min(rows.len() - 1);
        for at in beside.filter(|at| matches!(rows[*at], Row::Same(..))) {
            near[at] = true;
        }
    }
    near
}

/// The header of a part, with what it stands in.
fn heading(file: &Aligned<'_>, part: &Part) -> String {
    let (mut old, mut new) = (nothing(), nothing());
    let grow = |range: &mut std::ops::Range<usize>, from: usize, length: usize| {
        *range = range.start.min(from)..range.end.max(from + length);
    };
    for shown in &part.shown {
        match *shown {
            Shown::Row(Row::Removed(line, _)) => grow(&mut old, line, 1),
            Shown::Row(Row::Added(line, _)) => grow(&mut new, line, 1),
            Shown::Row(Row::Same(o, n) | Row::Indented(o, n) | Row::Changed(o, n)) => {
                grow(&mut old, o, 1);
                grow(&mut new, n, 1);
            }
            Shown::Indented(o, n, length) => {
                grow(&mut old, o, length);
                grow(&mut new, n, length);
            }
            Shown::Away(at, length) => {
                let own = moved_lines(&file.rows[at..at + length]).0;
                grow(&mut old, own.start, own.len());
            }
            Shown::Here(at, length) => {
                let own = moved_lines(&file.rows[at..at + length]).0;
                grow(&mut new, own.start, own.len());
            }
        }
    }
    let whole = |range: std::ops::Range<usize>| match range.start > range.end {
        true => 0..0,
        false => range,
    };
    let (old, new) = (whole(old), whole(new));
    let first = part.shown.iter().find_map(|shown| match *shown {
        Shown::Row(Row::Added(line, _)) => file.new.get(line),
        Shown::Here(at, length) => file.new.get(moved_lines(&file.rows[at..at + length]).0.start),
        Shown::Away(at, length) => file.old.get(moved_lines(&file.rows[at..at + length]).0.start),
        Shown::Row(Row::Same(line, _) | Row::Indented(line, _) | Row::Changed(line, _) | Row::Removed(line, _)) => {
            file.old.get(line).filter(|line| !line.trim().is_empty())
        }
        Shown::Indented(line, ..) => file.old.get(line),
    });
    let inside = first.and_then(|first| super::diff::opened_by(&file.old, old.start, first));
    let inside = inside.map(|line| format!(" {}", visible(line))).unwrap_or_default();
    format!("{}{inside}\n", paint(palette::HUNK, &header(&old, &new)))
}

fn write(file: &Aligned<'_>, files: &[Aligned<'_>], shown: Shown, text: &mut String) {
    let faint = Some((palette::FAINT, palette::FAINT));
    let removed = Some((palette::REMOVED, palette::REMOVED_WORD));
    let added = Some((palette::ADDED, palette::ADDED_WORD));
    match shown {
        Shown::Row(Row::Same(line, _)) => write_line(text, ' ', None, &[(file.old[line], false)]),
        Shown::Row(Row::Indented(_, line)) => write_line(text, '~', faint, &[(file.new[line], false)]),
        Shown::Row(Row::Changed(old, new)) => {
            let (left, right) = emphasised(file.old[old], file.new[new]);
            write_line(text, '-', removed, &left);
            write_line(text, '+', added, &right);
        }
        Shown::Row(Row::Removed(line, moved)) => {
            let look = moved.map_or(removed, |_| faint);
            write_line(text, '-', look, &[(file.old[line], false)]);
        }
        Shown::Row(Row::Added(line, moved)) => {
            let look = moved.map_or(added, |_| faint);
            write_line(text, '+', look, &[(file.new[line], false)]);
        }
        folded => {
            let (sign, said) = said(file, files, folded);
            let _ = writeln!(text, "{}", paint(palette::FAINT, &format!("{sign} … {said}")));
        }
    }
}

/// What stands for folded lines, with its sign.
pub fn said(file: &Aligned<'_>, files: &[Aligned<'_>], folded: Shown) -> (char, String) {
    match folded {
        Shown::Indented(_, _, count) => ('~', texts::indented(count)),
        Shown::Away(at, length) => {
            let (_, lines, other) = moved_lines(&file.rows[at..at + length]);
            let other = files[other].change;
            let path = other.to.as_deref().unwrap_or_else(|| other.path());
            ('-', texts::moved_to(lines.len(), &place(path, &lines)))
        }
        Shown::Here(at, length) => {
            let (_, lines, other) = moved_lines(&file.rows[at..at + length]);
            let other = files[other].change;
            let path = other.from.as_deref().unwrap_or_else(|| other.path());
            ('+', texts::moved_from(lines.len(), &place(path, &lines)))
        }
        Shown::Row(_) => (' ', String::new()),
    }
}

fn place(path: &Path, lines: &BTreeSet<u32>) -> String {
    format!("{}:{}", visible(&path.to_string_lossy()), ranges(lines))
}

#[cfg(test)]
#[path = "folded_tests.rs"]
mod tests;
