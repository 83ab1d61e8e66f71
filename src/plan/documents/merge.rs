//! A change of a text, made in a copy that somebody may have written in.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

/// What becomes of the copy.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Byte ranges of the copy and what stands there afterwards, in their order.
    pub edits: Vec<(Range<usize>, String)>,
    /// Byte ranges of the copy that read otherwise than the text did: they are left.
    pub conflicts: Vec<Range<usize>>,
}

/// Makes the change from `old` to `new` in `copy`, where the lines that it is about, and their neighbours, are those of `old`.
pub fn merge(old: &str, new: &str, copy: &str) -> Merged {
    let [old, new, copy] = [old, new, copy].map(|text| text.split_inclusive('\n').collect::<Vec<&str>>());
    let kept = same(&old, &copy);
    let starts: Vec<usize> = copy
        .iter()
        .scan(0, |at, line| Some(std::mem::replace(at, *at + line.len())))
        .chain([copy.iter().map(|line| line.len()).sum()])
        .collect();
    let mut merged = Merged::default();
    for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        let (lines, replacement) = (op.old_range(), new[op.new_range()].concat());
        let around = lines.start.saturating_sub(1)..(lines.end + 1).min(old.len());
        match kept
            .iter()
            .find(|(own, _)| own.start <= around.start && around.end <= own.end)
        {
            Some((own, at)) => {
                let place = |line: usize| starts[at + line - own.start];
                merged.edits.push((place(lines.start)..place(lines.end), replacement));
            }
            None if new_is_there(&kept, &around, &copy, &replacement) => {}
            None => merged.conflicts.push(near(&kept, &around, &starts)),
        }
    }
    merged
}

/// Runs of lines that the copy has as the text had them: where they stood, and where they begin.
fn same(old: &[&str], copy: &[&str]) -> Vec<(Range<usize>, usize)> {
    let equal = |op: &DiffOp| op.tag() == DiffTag::Equal;
    let ops = capture_diff_slices(Algorithm::Myers, old, copy);
    ops.iter()
        .filter(|op| equal(op))
        .map(|op| (op.old_range(), op.new_range().start))
        .collect()
}

/// The lines of the copy between what it has from before `lines` and from behind them.
fn between(kept: &[(Range<usize>, usize)], lines: &Range<usize>, end: usize) -> Range<usize> {
    let before = kept.iter().rfind(|(own, _)| own.start <= lines.start);
    let start = before.map_or(0, |(own, at)| at + (own.end.min(lines.start + 1) - own.start));
    let behind = kept
        .iter()
        .find(|(own, _)| own.end >= lines.end && own.start >= lines.start);
    let stop = behind.map_or(end, |(own, at)| {
        at + lines.end.saturating_sub(1).max(own.start) - own.start
    });
    start..stop.max(start)
}

/// Whether somebody has made the change already.
fn new_is_there(kept: &[(Range<usize>, usize)], lines: &Range<usize>, copy: &[&str], new: &str) -> bool {
    !new.trim().is_empty() && copy[between(kept, lines, copy.len())].concat().contains(new.trim_end())
}

fn near(kept: &[(Range<usize>, usize)], lines: &Range<usize>, starts: &[usize]) -> Range<usize> {
    let own = between(kept, lines, starts.len() - 1);
    starts[own.start]..starts[own.end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(old: &str, new: &str, copy: &str) -> (String, usize) {
        let merged = merge(old, new, copy);
        let mut text = copy.to_owned();
        for (range, new) in merged.edits.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        (text, merged.conflicts.len())
    }

    #[test]
    fn an_untouched_copy_becomes_the_new_text() {
        for (old, new) in [("a\nb\nc\n", "a\nc\nd\n"), ("a\n", ""), ("a\nb\n", "b\na\n")] {
            assert_eq!(applied(old, new, old), (new.to_owned(), 0), "{old:?} {new:?}");
        }
    }

    #[test]
    fn what_somebody_wrote_elsewhere_stays() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\n", "a\nb\nX\nd\ne\nf\n");
        assert_eq!(
            applied(old, new, "mine\na\nb\nc\nd\nmine\n"),
            ("mine\na\nb\nX\nd\nmine\n".to_owned(), 0)
        );
    }

    #[test]
    fn what_somebody_wrote_at_the_place_stays_and_is_told() {
        let (old, new) = ("a\nb\nc\nd\ne\n", "a\nb\nX\nd\ne\n");
        let copy = "a\nb\nmine\nd\ne\n";
        assert_eq!(applied(old, new, copy), (copy.to_owned(), 1));
        let conflict = merge(old, new, copy).conflicts.remove(0);
        assert_eq!(&copy[conflict], "mine\n");
        // Made by hand, there is nothing to tell.
        assert_eq!(applied(old, new, new), (new.to_owned(), 0));
    }
}
