//! Line differences: what the diff for people and the patch for git have in common.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices, group_diff_ops};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// It stays.
    Same,
    /// It goes.
    Removed,
    /// It comes.
    Added,
}

/// A line of a hunk, with its line terminator if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'t> {
    /// What became of it.
    pub tag: Tag,
    /// The line.
    pub text: &'t str,
}

/// A run of changes that lie close together, with context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk<'t> {
    /// Zero-based line numbers before.
    pub old: Range<usize>,
    /// Zero-based line numbers after.
    pub new: Range<usize>,
    /// The lines; inside a change, removed ones come first.
    pub lines: Vec<Line<'t>>,
}

impl Hunk<'_> {
    /// The header as git writes it, without heading.
    pub fn header(&self) -> String {
        header(&self.old, &self.new)
    }
}

/// The header of lines, by their ranges before and after.
pub fn header(old: &Range<usize>, new: &Range<usize>) -> String {
    format!("@@ -{} +{} @@", range(old), range(new))
}

/// A range of lines as a hunk's header has it: an empty one names the line before it.
fn range(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => format!("{}", lines.start + 1),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// The lines of `text` with their terminators. Only a newline ends a line: a lone carriage return is text.
pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The operations that turn the lines `old` into the lines `new`, placed so that they read well.
pub fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    operations_by(old, new, (old, new))
}

/// The same, with `old` and `new` as what lines are compared by, and `texts` as what they look like.
pub fn operations_by(old: &[&str], new: &[&str], texts: (&[&str], &[&str])) -> Vec<DiffOp> {
    let mut operations = capture_diff_slices(Algorithm::Histogram, old, new);
    for at in 1..operations.len().saturating_sub(1) {
        slide(&mut operations, at, (old, texts.0), (new, texts.1));
    }
    operations.retain(|op| !matches!(op, DiffOp::Equal { len: 0, .. }));
    operations
}

/// A run of lines that only comes or only goes can often be placed in several ways, since the lines at its
/// end are also those before its start (`};` and a blank line). Of these the one is taken that starts and
/// ends where a piece of Nix does.
fn slide(operations: &mut [DiffOp], at: usize, old: (&[&str], &[&str]), new: (&[&str], &[&str])) {
    let [before, op, after] = &mut operations[at - 1..=at + 1] else {
        return;
    };
    let (DiffOp::Equal { len: room_up, .. }, DiffOp::Equal { len: room_down, .. }) = (&*before, &*after) else {
        return;
    };
    let ((keys, text), run) = match op {
        DiffOp::Insert { .. } => (new, op.new_range()),
        DiffOp::Delete { .. } => (old, op.old_range()),
        _ => return,
    };
    let up = (0..*room_up)
        .take_while(|i| keys[run.start - 1 - i] == keys[run.end - 1 - i])
        .count();
    let down = (0..*room_down)
        .take_while(|i| keys[run.start + i] == keys[run.end + i])
        .count();
    let starts = run.start - up..=run.start + down;
    let best = starts.min_by_key(|start| {
        let (start, end) = (border(text, *start), border(text, start + run.len()));
        (start.0 + end.0, start.1 + end.1, start.2 + end.2)
    });
    let Some(start) = best else {
        return;
    };
    shift(before, op, after, start as isize - run.start as isize);
}

/// How badly a border before line `at` cuts: through a closing bracket, deep inside, without a blank line.
fn border(text: &[&str], at: usize) -> (usize, usize, usize) {
    // What matters about a blank line is what comes behind it.
    let line = text[at..]
        .iter()
        .copied()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    let closes = line.trim_start().starts_with(['}', ']', ')']);
    let indent = line.len() - line.trim_start().len();
    let blank_before = at == 0 || text[at - 1].trim().is_empty();
    (usize::from(closes), indent, usize::from(!blank_before))
}

fn shift(before: &mut DiffOp, op: &mut DiffOp, after: &mut DiffOp, by: isize) {
    let moved = |index: usize| index.saturating_add_signed(by);
    match op {
        DiffOp::Insert {
            old_index, new_index, ..
        }
        | DiffOp::Delete {
            old_index, new_index, ..
        } => {
            (*old_index, *new_index) = (moved(*old_index), moved(*new_index));
        }
        _ => {}
    }
    if let DiffOp::Equal { len, .. } = before {
        *len = moved(*len);
    }
    if let DiffOp::Equal {
        old_index,
        new_index,
        len,
    } = after
    {
        (*old_index, *new_index) = (moved(*old_index), moved(*new_index));
        *len = len.saturating_add_signed(-by);
    }
}

/// The hunks between two texts.
pub fn hunks<'t>(before: &'t str, after: &'t str) -> Vec<Hunk<'t>> {
    if before == after {
        return Vec::new();
    }
    let (old, new) = (lines(before), lines(after));
    let groups = group_diff_ops(operations(&old, &new), CONTEXT);
    groups
        .iter()
        .filter(|ops| !ops.is_empty())
        .map(|ops| hunk(ops, &old, &new))
        .collect()
}

fn hunk<'t>(ops: &[DiffOp], old: &[&'t str], new: &[&'t str]) -> Hunk<'t> {
    let (first, last) = (ops[0], ops[ops.len() - 1]);
    let mut hunk = Hunk {
        old: first.old_range().start..last.old_range().end,
        new: first.new_range().start..last.new_range().end,
        lines: Vec::new(),
    };
    let tagged = |tag| move |text: &&'t str| Line { tag, text };
    // A change may come as several operations: git shows all that goes before all that comes.
    let mut added = Vec::new();
    for op in ops {
        if let DiffOp::Equal { .. } = op {
            hunk.lines.append(&mut added);
            hunk.lines.extend(old[op.old_range()].iter().map(tagged(Tag::Same)));
            continue;
        }
        hunk.lines.extend(old[op.old_range()].iter().map(tagged(Tag::Removed)));
        added.extend(new[op.new_range()].iter().map(tagged(Tag::Added)));
    }
    hunk.lines.append(&mut added);
    hunk
}

/// Pairs of a block's removed and added lines that belong together, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Indices of lines that are the same but for the whitespace before and behind.
    pub indented: Vec<(usize, usize)>,
    /// Indices of lines of which some words changed.
    pub changed: Vec<(usize, usize)>,
}

/// How alike two lines must be to be shown as one changed line.
const ALIKE: f32 = 0.5;
/// Lines on both sides of a gap up to which all are compared with all.
const COMPARED: usize = 40;

/// Finds the pairs between removed and added lines of one block.
pub fn pairs(removed: &[&str], added: &[&str]) -> Pairs {
    let (old, new): (Vec<&str>, Vec<&str>) = (trimmed(removed), trimmed(added));
    let mut pairs = Pairs::default();
    for op in capture_diff_slices(Algorithm::Histogram, &old, &new) {
        match op {
            DiffOp::Equal {
                old_index,
                new_index,
                len,
            } => {
                let equal = (0..len).map(|i| (old_index + i, new_index + i));
                pairs.indented.extend(equal.filter(|(o, _)| !old[*o].is_empty()));
            }
            DiffOp::Replace { .. } => alike(&old, &new, op.old_range(), op.new_range(), &mut pairs.changed),
            DiffOp::Delete { .. } | DiffOp::Insert { .. } => {}
        }
    }
    pairs
}

fn trimmed<'t>(lines: &[&'t str]) -> Vec<&'t str> {
    lines.iter().map(|line| line.trim()).collect()
}

fn alike(old: &[&str], new: &[&str], removed: Range<usize>, added: Range<usize>, out: &mut Vec<(usize, usize)>) {
    if removed.len() > COMPARED || added.len() > COMPARED {
        return;
    }
    let new: Vec<Vec<&str>> = new[added.clone()].iter().map(|line| words(line)).collect();
    let mut from = added.start;
    for o in removed {
        let old = words(old[o]);
        let mut best = None;
        for n in from..added.end {
            // Of several that are as like, the first.
            let least = best.map_or(ALIKE, |(_, likeness): (usize, f32)| likeness.next_up());
            let likeness = likeness(&old, &new[n - added.start], least);
            best = likeness.map(|likeness| (n, likeness)).or(best);
        }
        if let Some((n, _)) = best {
            out.push((o, n));
            from = n + 1;
        }
    }
}

/// How much of two lines' words is the same, 1 for all; `None` for less than `least`.
fn likeness(old: &[&str], new: &[&str], least: f32) -> Option<f32> {
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let total = length(old) + length(new);
    let enough = |same: usize| Some(2.0 * same as f32 / total as f32).filter(|likeness| *likeness >= least);
    // Even if what they have in common stood in the same order.
    let mut rest: Vec<&str> = new.to_vec();
    let in_common = old.iter().filter(|word| {
        let at = rest.iter().position(|other| other == *word);
        at.map(|at| rest.swap_remove(at)).is_some()
    });
    enough(in_common.map(|word| word.len()).sum())?;
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let equal = ops.iter().filter(|op| matches!(op, DiffOp::Equal { .. }));
    enough(equal.map(|op| length(&old[op.old_range()])).sum())
}

/// A line in pieces: Nix identifiers and numbers, runs of blanks, and every other character by itself.
pub fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let class = class(first);
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| class == Class::Other || self::class(*c) != class)
            .map_or(rest.len(), |(i, _)| i);
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Word,
    Blank,
    Other,
}

fn class(c: char) -> Class {
    match c {
        c if c.is_alphanumeric() || matches!(c, '_' | '-' | '\'') => Class::Word,
        c if c.is_whitespace() => Class::Blank,
        _ => Class::Other,
    }
}

/// A piece of a line and whether it differs from the other line of the pair.
pub type Piece<'t> = (&'t str, bool);

/// The pieces of two lines, with what differs. Another indentation is nothing to point at.
pub fn emphasised<'t>(old: &'t str, new: &'t str) -> (Vec<Piece<'t>>, Vec<Piece<'t>>) {
    let (a, b) = (words(old), words(new));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let (mut old_at, mut new_at) = (0, 0);
    for op in capture_diff_slices(Algorithm::Myers, &a, &b) {
        let differs = !matches!(op, DiffOp::Equal { .. });
        let taken = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
        let indents = op.old_range().start == 0 && op.new_range().start == 0;
        let differs = |words: &[&str]| differs && !(indents && words.concat().trim().is_empty());
        let (gone, come) = (&a[op.old_range()], &b[op.new_range()]);
        push(&mut left, old, &mut old_at, taken(gone), differs(gone));
        push(&mut right, new, &mut new_at, taken(come), differs(come));
    }
    (left, right)
}

fn push<'t>(pieces: &mut Vec<Piece<'t>>, line: &'t str, at: &mut usize, length: usize, differs: bool) {
    if length > 0 {
        pieces.push((&line[*at..*at + length], differs));
        *at += length;
    }
}

#[cfg(test)]
#[path = "hunks_tests.rs"]
mod tests;
