//! Lines before and after, side by side: what the diffs for people are made of.

use crate::edit::FileChange;

/// A line is part of a run of lines that stands elsewhere on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The number of the run.
    pub run: usize,
    /// The index of the file on the other side.
    pub file: usize,
    /// The index of the run's first line there.
    pub line: usize,
    /// How many lines the run has.
    pub length: usize,
}

/// What became of a line, by its index before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// It stays.
    Same(usize, usize),
    /// It stays, with another indentation.
    Indented(usize, usize),
    /// Some of its words changed.
    Changed(usize, usize),
    /// It goes; the same text comes elsewhere if there is a [`Moved`].
    Removed(usize, Option<Moved>),
    /// It comes; the same text goes elsewhere if there is a [`Moved`].
    Added(usize, Option<Moved>),
}

/// A file's change with its lines side by side.
#[derive(Debug)]
pub struct Aligned<'c> {
    /// The change.
    pub change: &'c FileChange,
    /// The lines before, with their ends.
    pub old: Vec<&'c str>,
    /// The lines after, with their ends.
    pub new: Vec<&'c str>,
    /// All lines of both sides, in order.
    pub rows: Vec<Row>,
}

/// What a line is compared by: all but its indentation.
pub fn key(line: &str) -> &str {
    line.trim_start_matches([' ', '\t'])
}
