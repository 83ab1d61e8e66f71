//! Lines that go in one place and come in another, in the whole change: found by their text.

use std::collections::HashMap;

use super::rows::{Aligned, Moved, Row, key};

/// Letters and digits that a line by itself must have to be known again, as in `git diff --color-moved`.
const KNOWN_AGAIN: usize = 20;
/// The same of a line that stays in its file.
const KNOWN_AGAIN_THERE: usize = 10;

/// A line that goes or comes: its file, its row, its index in the text.
#[derive(Clone, Copy)]
struct Side {
    file: usize,
    row: usize,
    line: usize,
}

/// Notes on the rows of `files` what stands elsewhere.
pub fn mark(files: &mut [Aligned<'_>]) {
    let (gone, come) = sides(files);
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, side) in gone.iter().enumerate() {
        let key = key(files[side.file].old[side.line]);
        if weight(key) > 0 {
            places.entry(key).or_default().push(at);
        }
    }
    let mut taken = vec![false; gone.len()];
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    let mut at = 0;
    while at < come.len() {
        let length = |from: &usize| run(files, &gone, &come, &taken, *from, at);
        let candidates = places.get(key(files[come[at].file].new[come[at].line]));
        let best = candidates
            .into_iter()
            .flatten()
            .map(|from| (length(from), *from))
            .max_by_key(|(length, from)| (*length, gone[*from].file == come[at].file, usize::MAX - from));
        match best {
            Some((length, from)) if is_known_again(files, &come[at..at + length], gone[from].file) => {
                taken[from..from + length].fill(true);
                found.push((from, at, length));
                at += length;
            }
            _ => at += 1,
        }
    }
    for (number, (from, to, length)) in found.into_iter().enumerate() {
        note(files, &gone[from..from + length], &come[to..to + length], number);
    }
}

/// All lines that go, and all that come.
fn sides(files: &[Aligned<'_>]) -> (Vec<Side>, Vec<Side>) {
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    for (file, aligned) in files.iter().enumerate() {
        for (row, what) in aligned.rows.iter().enumerate() {
            match *what {
                Row::Removed(line, _) => gone.push(Side { file, row, line }),
                Row::Added(line, _) => come.push(Side { file, row, line }),
                _ => {}
            }
        }
    }
    (gone, come)
}

/// How many lines from these two on are the same, one below the other on both sides.
fn run(files: &[Aligned<'_>], gone: &[Side], come: &[Side], taken: &[bool], from: usize, to: usize) -> usize {
    let (first, start) = (gone[from], come[to]);
    let mut length = 0;
    while let (Some(old), Some(new)) = (gone.get(from + length), come.get(to + length)) {
        let in_step = (old.file, old.line) == (first.file, first.line + length)
            && (new.file, new.line) == (start.file, start.line + length);
        let same = || key(files[old.file].old[old.line]) == key(files[new.file].new[new.line]);
        if taken[from + length] || !in_step || !same() {
            break;
        }
        length += 1;
    }
    // A run does not end with blank lines.
    let blank = |at: &usize| files[come[to + at].file].new[come[to + at].line].trim().is_empty();
    while length > 0 && blank(&(length - 1)) {
        length -= 1;
    }
    length
}

fn weight(line: &str) -> usize {
    line.chars().filter(|c| c.is_alphanumeric()).count()
}

fn is_known_again(files: &[Aligned<'_>], run: &[Side], origin: usize) -> bool {
    let weights = run.iter().map(|side| weight(files[side.file].new[side.line]));
    let (mut lines, mut all) = (0, 0);
    for weight in weights {
        lines += usize::from(weight > 0);
        all += weight;
    }
    let stays = run.iter().all(|side| side.file == origin);
    all >= KNOWN_AGAIN || ((lines > 1 || stays) && all >= KNOWN_AGAIN_THERE)
}

fn note(files: &mut [Aligned<'_>], gone: &[Side], come: &[Side], run: usize) {
    let length = come.len();
    let (Some(from), Some(to)) = (gone.first().copied(), come.first().copied()) else {
        return;
    };
    let moved = |other: Side| Moved {
        run,
        file: other.file,
        line: other.line,
        length,
    };
    for side in gone {
        files[side.file].rows[side.row] = Row::Removed(side.line, Some(moved(to)));
    }
    for side in come {
        files[side.file].rows[side.row] = Row::Added(side.line, Some(moved(from)));
    }
}
