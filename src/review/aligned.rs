//! Two texts line by line, as a person compares them: a line that only got another indentation is the same line.

use similar::DiffOp;

use super::hunks::{lines, operations_by, pairs};
use super::moved;
pub use super::rows::{Aligned, Row, key};
use crate::edit::{FileChange, SourceChange};

/// The files of a change, their lines aligned, and what moves between them found.
pub fn align(change: &SourceChange) -> Vec<Aligned<'_>> {
    let mut files: Vec<Aligned<'_>> = change.files.iter().map(file).collect();
    moved::mark(&mut files);
    files.iter_mut().for_each(pair);
    files
}

fn file(change: &FileChange) -> Aligned<'_> {
    let (old, new) = (lines(&change.before), lines(&change.after));
    let mut rows = Vec::with_capacity(old.len().max(new.len()));
    if change.before == change.after {
        rows.extend((0..old.len()).map(|at| Row::Same(at, at)));
    } else {
        for op in operations_by(&keys(&old), &keys(&new), (&old, &new)) {
            push(op, &old, &new, &mut rows);
        }
    }
    Aligned { change, old, new, rows }
}

fn keys<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    lines.iter().map(|line| key(line)).collect()
}

fn push(op: DiffOp, old: &[&str], new: &[&str], rows: &mut Vec<Row>) {
    if let DiffOp::Equal { .. } = op {
        let both = op.old_range().zip(op.new_range());
        rows.extend(both.map(|(o, n)| match old[o] == new[n] {
            true => Row::Same(o, n),
            false => Row::Indented(o, n),
        }));
        return;
    }
    rows.extend(op.old_range().map(|at| Row::Removed(at, None)));
    rows.extend(op.new_range().map(|at| Row::Added(at, None)));
}

/// Puts lines side by side of which some words changed. What moves elsewhere is no such line.
fn pair(file: &mut Aligned<'_>) {
    let mut paired = Vec::with_capacity(file.rows.len());
    let mut rest = file.rows.as_slice();
    while let Some(first) = rest.first() {
        let in_gap = |row: &Row| matches!(row, Row::Removed(..) | Row::Added(..));
        if !in_gap(first) {
            paired.push(*first);
            rest = &rest[1..];
            continue;
        }
        let end = rest.iter().position(|row| !in_gap(row)).unwrap_or(rest.len());
        gap(&rest[..end], file, &mut paired);
        rest = &rest[end..];
    }
    file.rows = paired;
}

fn gap(rows: &[Row], file: &Aligned<'_>, out: &mut Vec<Row>) {
    let (removed, added): (Vec<Row>, Vec<Row>) = rows.iter().partition(|row| matches!(row, Row::Removed(..)));
    // A line that stands elsewhere is alike nothing here.
    let text = |row: &Row| match row {
        Row::Removed(at, None) => file.old[*at],
        Row::Added(at, None) => file.new[*at],
        _ => "",
    };
    let texts = |rows: &[Row]| rows.iter().map(text).collect::<Vec<_>>();
    let (mut from, mut to) = (0, 0);
    for (o, n) in pairs(&texts(&removed), &texts(&added)).changed {
        out.extend(&removed[from..o]);
        out.extend(&added[to..n]);
        if let (Row::Removed(old, None), Row::Added(new, None)) = (removed[o], added[n]) {
            out.push(Row::Changed(old, new));
        } else {
            out.extend([removed[o], added[n]]);
        }
        (from, to) = (o + 1, n + 1);
    }
    out.extend(&removed[from..]);
    out.extend(&added[to..]);
}

#[cfg(test)]
#[path = "aligned_tests.rs"]
mod tests;
