//! A three-way merge of lines: the edits that lead from a text to another one, made in a copy that somebody has edited too.
//!
//! Edits that touch meet, as for git. What both have made alike is there once.
//!
//! `commit::undo` has a merge of its own, with another answer to edits that touch: it puts both there, since two services are
//! neighbouring lines of one list, and keeps the brackets around what comes later. It gives a whole text or nothing. Here each
//! clash is an answer: its place is shown to a person, who may have meant another line. One merge for both would have to carry
//! each rule of the other as a case.

use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// What the edits make of the copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Byte ranges of the copy and what stands there afterwards, in their order.
    pub edits: Vec<(Range<usize>, String)>,
    /// Where both have edited the same lines: these stay as they are in the copy.
    pub clashes: Vec<Clash>,
}

/// Lines that both have edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The bytes of the copy.
    pub range: Range<usize>,
    /// What stood there.
    pub base: String,
    /// What the edits put there.
    pub theirs: String,
}

impl Merged {
    /// The copy with the edits.
    pub fn applied(&self, copy: &str) -> String {
        let mut text = copy.to_owned();
        for (range, new) in self.edits.iter().rev() {
            text.replace_range(range.clone(), new);
        }
        text
    }

    /// As [`Merged::applied`]; `None` where something clashes.
    pub fn clean(&self, copy: &str) -> Option<String> {
        self.clashes.is_empty().then(|| self.applied(copy))
    }
}

/// Makes the edits that lead from `base` to `theirs` in `ours`.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    let [base, ours, theirs] = [base, ours, theirs].map(|text| text.split_inclusive('\n').collect::<Vec<&str>>());
    let (in_ours, in_theirs) = (matches(&base, &ours), matches(&base, &theirs));
    let starts: Vec<usize> = std::iter::once(0)
        .chain(ours.iter().scan(0, |at, line| {
            *at += line.len();
            Some(*at)
        }))
        .collect();
    let mut merged = Merged::default();
    let (mut b, mut o, mut t) = (0, 0, 0);
    loop {
        while b < base.len() && in_ours[b] == Some(o) && in_theirs[b] == Some(t) {
            (b, o, t) = (b + 1, o + 1, t + 1);
        }
        // The next line that all three have.
        let next = (b..base.len()).find_map(|at| Some((at, in_ours[at]?, in_theirs[at]?)));
        let (to_b, to_o, to_t) = next.unwrap_or((base.len(), ours.len(), theirs.len()));
        let (was, own, new) = (&base[b..to_b], &ours[o..to_o], &theirs[t..to_t]);
        let range = starts[o]..starts[to_o];
        if was != new && own != new {
            match was == own {
                true => merged.edits.push((range, new.concat())),
                false => merged.clashes.push(Clash {
                    range,
                    base: was.concat(),
                    theirs: new.concat(),
                }),
            }
        }
        if next.is_none() {
            return merged;
        }
        (b, o, t) = (to_b, to_o, to_t);
    }
}

/// For each line of `base`, the line of `other` that it is.
fn matches(base: &[&str], other: &[&str]) -> Vec<Option<usize>> {
    let mut found = vec![None; base.len()];
    for op in capture_diff_slices(Algorithm::Patience, base, other) {
        if op.tag() == DiffTag::Equal {
            let (old, new) = (op.old_range(), op.new_range());
            old.zip(new).for_each(|(old, new)| found[old] = Some(new));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "a\nb\nc\nd\ne\n";

    fn of(ours: &str, theirs: &str) -> Option<String> {
        merge(BASE, ours, theirs).clean(ours)
    }

    #[test]
    fn edits_of_different_lines_are_both_there() {
        let merged = "A\nb\nc\nd\nE\nf\n";
        assert_eq!(of("A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\nf\n").as_deref(), Some(merged));
        assert_eq!(of("a\nb\nc\nd\nE\nf\n", "A\nb\nc\nd\ne\n").as_deref(), Some(merged));
        assert_eq!(of(BASE, "").as_deref(), Some(""));
        assert_eq!(of("", BASE).as_deref(), Some(""));
        assert_eq!(of("a\nc\nd\ne\n", "a\nb\nc\nd\n").as_deref(), Some("a\nc\nd\n"));
    }

    #[test]
    fn what_both_have_made_alike_is_there_once() {
        let both = "a\nX\nc\nd\ne\n";
        assert_eq!(of(both, both).as_deref(), Some(both));
        assert_eq!(of("a\nc\nd\ne\n", "a\nc\nd\nE\n").as_deref(), Some("a\nc\nd\nE\n"));
    }

    #[test]
    fn edits_of_the_same_lines_clash_and_the_copy_stays_there() {
        let ours = "a\nmine\nc\nd\ne\n";
        let merged = merge(BASE, ours, "a\nnew\nc\nd\nE\n");
        assert_eq!(merged.clean(ours), None);
        assert_eq!(merged.applied(ours), "a\nmine\nc\nd\nE\n");
        let clash = &merged.clashes[0];
        assert_eq!(&ours[clash.range.clone()], "mine\n");
        assert_eq!((clash.base.as_str(), clash.theirs.as_str()), ("b\n", "new\n"));
        // Neighbours touch.
        assert_eq!(of("a\nB\nc\nd\ne\n", "a\nb\nC\nd\ne\n"), None);
        // Both put something at the same place.
        assert_eq!(of("a\nb\nx\nc\nd\ne\n", "a\nb\ny\nc\nd\ne\n"), None);
    }
}
