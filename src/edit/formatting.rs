//! Formatting of a file that was formatted before, as alejandra does it: its white space as further edits on the same original.
//!
//! alejandra changes white space only. The edited text and its formatted form therefore have the same other
//! tokens, and each run of white space between two of them that differs is one more replacement. Those are
//! carried back through the first edits to ranges of the original, so that "bytes outside edits are the same"
//! stays true by construction. A file that was not formatted before is left as the edits made it.

use std::ops::Range;

use super::render::apply;
use super::{GroupId, TextEdit};
use crate::error::{Error, Result};
use crate::syntax::Source;

/// What edits make of a file.
pub struct Applied {
    /// The final text, parsed.
    pub source: Source,
    /// The edits that make it: disjoint, sorted, in offsets of the original, with bytes of the original between any two.
    pub edits: Vec<TextEdit>,
}

/// Applies `edits` to the file `original`.
///
/// # Errors
/// An internal error where edits overlap, or the result does not parse although the original did.
pub fn apply_alone(original: &Source, edits: Vec<TextEdit>) -> Result<Applied> {
    let Applied { source, edits } = applied(original, edits)?;
    let group = edits.first().map_or(GroupId(0), |edit| edit.group);
    let edits = compose(original.text(), &edits, &[], group);
    Ok(Applied { source, edits })
}

fn applied(original: &Source, mut edits: Vec<TextEdit>) -> Result<Applied> {
    let before: &str = original.text();
    super::render::match_line_ends(before, &mut edits)?;
    let source = Source::new(original.path(), apply(before, &mut edits)?);
    match source.expr() {
        Ok(_) => Ok(Applied { source, edits }),
        Err(_) => Err(Error::internal("the edited file would not parse").because(source.text().to_string())),
    }
}

/// Applies `edits` to the file `original` and formats what is new as alejandra does, where what it comes to was formatted.
///
/// # Errors
/// As [`apply_alone`].
pub fn apply_and_format(original: &Source, edits: Vec<TextEdit>) -> Result<Applied> {
    let before: &str = original.text();
    let Applied { mut source, edits } = applied(original, edits)?;
    if edits.is_empty() {
        return Ok(Applied { source, edits });
    }
    let mut white = Vec::new();
    if let Some(text) = source.laid_out(original)
        && let Some(found) = whitespace_edits(source.text(), &text)
    {
        white = found;
        source = Source::new(source.path(), text);
    }
    // Also where nothing is added: no two edits are left at one place, whose order would be lost.
    let edits = compose(before, &edits, &white, edits[0].group);
    Ok(Applied { source, edits })
}

/// The replacements of white space that make `formatted` of `edited`; `None` if anything else differs.
pub fn whitespace_edits(edited: &str, formatted: &str) -> Option<Vec<(Range<usize>, String)>> {
    let mut found = Vec::new();
    let (mut a, mut b) = (0, 0);
    let (left, right) = (edited.as_bytes(), formatted.as_bytes());
    loop {
        let (a0, b0) = (a, b);
        while a < left.len() && left[a].is_ascii_whitespace() {
            a += 1;
        }
        while b < right.len() && right[b].is_ascii_whitespace() {
            b += 1;
        }
        // Bytes, because an empty run may lie within a character.
        if left[a0..a] != right[b0..b] {
            found.push((a0..a, formatted[b0..b].to_owned()));
        }
        match (left.get(a), right.get(b)) {
            (None, None) => return Some(found),
            (Some(x), Some(y)) if x == y => {
                a += 1;
                b += 1;
            }
            _ => return None,
        }
    }
}

/// A stretch of a text by where it comes from.
#[derive(Clone, Copy)]
enum Stretch<'t> {
    /// So many bytes of the original, from an offset on.
    Kept(usize, usize),
    /// What a group has put in.
    New(GroupId, &'t str),
}

impl Stretch<'_> {
    fn len(&self) -> usize {
        match self {
            Stretch::Kept(_, length) => *length,
            Stretch::New(_, text) => text.len(),
        }
    }

    /// The part of it that begins at `start` and ends before `end`.
    fn part(&self, start: usize, end: usize) -> Self {
        match self {
            Stretch::Kept(offset, _) => Stretch::Kept(offset + start, end - start),
            Stretch::New(group, text) => Stretch::New(*group, &text[start..end]),
        }
    }
}

/// The edits on `original` that do what `first` and then `second` (in offsets of the text after `first`) do. What
/// of `second` belongs to no edit before it belongs to `otherwise`.
pub fn compose(
    original: &str,
    first: &[TextEdit],
    second: &[(Range<usize>, String)],
    otherwise: GroupId,
) -> Vec<TextEdit> {
    let mut edited: Vec<Stretch> = Vec::new();
    let mut at = 0;
    for edit in first {
        edited.push(Stretch::Kept(at, edit.range.start - at));
        edited.push(Stretch::New(edit.group, &edit.text));
        at = edit.range.end;
    }
    edited.push(Stretch::Kept(at, original.len() - at));
    let stretches = replaced(&edited, second, otherwise);
    edits_of(original, &stretches, first, otherwise)
}

/// A text in stretches with others in the place of some ranges. What is put in belongs to the group whose text stands nearest
/// before it: white space belongs to the change beside it.
fn replaced<'t>(text: &[Stretch<'t>], changes: &'t [(Range<usize>, String)], otherwise: GroupId) -> Vec<Stretch<'t>> {
    let mut result = Vec::with_capacity(text.len() + 2 * changes.len());
    let mut changes = changes.iter().peekable();
    let (mut start, mut group, mut gone) = (0, otherwise, 0);
    for stretch in text {
        let end = start + stretch.len();
        let mut at = start.max(gone.min(end));
        while let Some((range, new)) = changes.next_if(|(range, _)| range.start < end) {
            if at < range.start {
                result.push(stretch.part(at - start, range.start - start));
            }
            if let (Stretch::New(own, _), true) = (stretch, start < range.start) {
                group = *own;
            }
            result.push(Stretch::New(group, new));
            gone = range.end;
            at = gone.min(end);
        }
        if at < end {
            result.push(stretch.part(at - start, end - start));
        }
        if let (Stretch::New(own, _), true) = (stretch, start < end) {
            group = *own;
        }
        start = end;
    }
    result.extend(changes.map(|(_, new)| Stretch::New(group, new)));
    result
}

/// Every gap between kept bytes as one edit.
fn edits_of(original: &str, stretches: &[Stretch], first: &[TextEdit], otherwise: GroupId) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let (mut at, mut text, mut group) = (0, String::new(), None);
    let mut close = |from: usize, to: usize, text: &mut String, group: &mut Option<GroupId>| {
        if from < to || !text.is_empty() {
            let removed_by = || {
                first
                    .iter()
                    .find(|e| e.range.start < to && from < e.range.end)
                    .map(|e| e.group)
            };
            edits.push(TextEdit {
                range: from..to,
                text: std::mem::take(text),
                group: group.take().or_else(removed_by).unwrap_or(otherwise),
            });
        }
    };
    for stretch in stretches.iter().filter(|stretch| stretch.len() > 0) {
        match stretch {
            Stretch::New(by, new) => {
                text.push_str(new);
                group.get_or_insert(*by);
            }
            Stretch::Kept(offset, length) => {
                close(at, *offset, &mut text, &mut group);
                at = offset + length;
            }
        }
    }
    close(at, original.len(), &mut text, &mut group);
    edits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    fn edit(range: Range<usize>, text: &str) -> TextEdit {
        TextEdit {
            range,
            text: text.into(),
            group: GroupId(1),
        }
    }

    fn file(text: &str) -> Source {
        Source::new("x.nix", text)
    }

    fn is_formatted(text: &str) -> bool {
        syntax::format(text).as_deref() == Some(text)
    }

    fn check(original: &str, edits: Vec<TextEdit>) -> String {
        let mut applied = apply_and_format(&file(original), edits).expect("applies");
        let text = applied.source.text().to_string();
        assert_eq!(apply(original, &mut applied.edits).expect("applies"), text);
        assert!(is_formatted(&text) || !is_formatted(original), "{text}");
        text
    }

    #[test]
    fn what_was_not_formatted_elsewhere_stays_so() {
        let long = "x".repeat(120);
        let original = format!("{{\n  a = {{\n    c = \"{long}\";\n  }};\n  b={{\n   d = \"{long}\";\n  }};\n}}\n");
        let into_a = original.find("    c").expect("is there");
        let text = check(&original, vec![edit(into_a..into_a, "q=1;\n")]);
        assert!(
            text.contains("  a = {\n    q = 1;\n    c = ") && text.contains("  b={\n   d"),
            "{text}"
        );
    }

    #[test]
    fn a_formatted_file_stays_formatted() {
        let original = "{\n  a = 1;\n  b = {\n    c = 2;\n  };\n}\n";
        let text = check(original, vec![edit(4..4, "x={y=1;z=[1 2 3];};")]);
        assert_eq!(syntax::format(&text).as_deref(), Some(text.as_str()));
        assert!(text.contains("x = {"), "{text}");
    }

    #[test]
    fn a_file_that_was_not_formatted_is_left_as_the_edits_made_it() {
        assert_eq!(check("{a=1;}", vec![edit(1..1, "b=2;")]), "{b=2;a=1;}");
    }

    #[test]
    fn no_two_edits_are_left_at_one_place() {
        let (one, mut other) = (edit(1..1, "b=2;"), edit(1..1, "c=3;"));
        other.group = GroupId(2);
        let applied = apply_and_format(&file("{a=1;}"), vec![one, other]).expect("applies");
        let found: Vec<(Range<usize>, &str)> = applied.edits.iter().map(|e| (e.range.clone(), &*e.text)).collect();
        assert_eq!(found, [(1..1, "b=2;c=3;")]);
    }

    #[test]
    fn removals_are_carried_through() {
        let original = "{\n  a = 1;\n\n  b = 2;\n\n  c = 3;\n}\n";
        assert_eq!(
            check(original, vec![edit(4..10, ""), edit(24..30, "")]),
            "{\n  b = 2;\n}\n"
        );
    }

    #[test]
    fn two_rounds_of_edits_are_one() {
        let original = "abcdefgh";
        let first = [edit(2..4, "XYZ"), edit(6..6, "12")];
        let mut firsts = first.to_vec();
        let between = apply(original, &mut firsts).expect("applies");
        assert_eq!(between, "abXYZef12gh");
        // Within what is kept, across a border, within what is new, all of it, behind it, at both ends.
        for second in [
            vec![(0..1, "_")],
            vec![(1..3, "_"), (4..6, "__")],
            vec![(3..4, ""), (7..9, "")],
            vec![(2..5, "_")],
            vec![(0..0, "_"), (9..9, "_"), (11..11, "_")],
            vec![(0..11, "")],
        ] {
            let second: Vec<(Range<usize>, String)> =
                second.into_iter().map(|(range, text)| (range, text.into())).collect();
            let mut expected = between.clone();
            second
                .iter()
                .rev()
                .for_each(|(range, text)| expected.replace_range(range.clone(), text));
            let mut composed = compose(original, &first, &second, GroupId(9));
            assert_eq!(apply(original, &mut composed).expect("applies"), expected, "{second:?}");
        }
    }

    #[test]
    fn a_result_that_does_not_parse_is_never_returned() {
        assert!(apply_and_format(&file("{ a = 1; }"), vec![edit(2..3, "=")]).is_err());
    }
}
