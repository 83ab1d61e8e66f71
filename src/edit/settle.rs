//! Formatting of a file that was formatted before: alejandra's white space as further edits on the same original.
//!
//! alejandra changes white space only. The edited text and its formatted form therefore have the same other
//! tokens, and each run of white space between two of them that differs is one more replacement. Those are
//! carried back through the first edits to ranges of the original, so that "bytes outside edits are the same"
//! stays true by construction. A file that was not formatted before is left as the edits made it.

use std::ops::Range;

use super::render::apply;
use super::{GroupId, TextEdit};
use crate::error::{Error, Result};
use crate::syntax::{Layout, Source};

/// What edits make of a file.
pub struct Settled {
    /// The final text, parsed.
    pub source: Source,
    /// The edits that make it: disjoint, sorted, in offsets of the original.
    pub edits: Vec<TextEdit>,
}

/// What is known of the file that is edited.
pub trait Original {
    /// The file.
    fn source(&self) -> &Source;
    /// Its pieces.
    fn layout(&self) -> &Layout;
    /// Whether it is as alejandra would leave it.
    fn is_formatted(&self) -> bool;
}

/// Applies `edits` to `original` and formats what is new, where the original was formatted.
///
/// # Errors
/// An internal error where edits overlap, or the result does not parse although the original did.
pub fn settle(original: &impl Original, mut edits: Vec<TextEdit>) -> Result<Settled> {
    let before: &str = original.source().text();
    super::render::match_line_ends(before, &mut edits)?;
    let edited = apply(before, &mut edits)?;
    let changed = match (edits.first(), edits.last()) {
        (Some(first), Some(last)) => first.range.start..last.range.end,
        _ => 0..0,
    };
    let source = original.source().edited(edited, &changed);
    if source.expr().is_err() {
        return Err(Error::internal("the edited file would not parse").because(source.text().to_string()));
    }
    if edits.is_empty() {
        return Ok(Settled { source, edits });
    }
    let laid_out = source.laid_out(original.layout(), || original.is_formatted());
    let white = laid_out.and_then(|laid_out| Some((whitespace_edits(source.text(), &laid_out)?, laid_out)));
    Ok(match white {
        None => Settled { source, edits },
        Some((white, laid_out)) => Settled {
            source: Source::new(source.path(), laid_out),
            edits: compose(before, &edits, &white, edits[0].group),
        },
    })
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

/// Where a byte of a text comes from: its offset in the original, or the group that put it in.
#[derive(Clone, Copy)]
enum Origin {
    Kept(usize),
    New(GroupId),
}

/// The edits on `original` that do what `first` and then `second` (in offsets of the text after `first`) do. What
/// of `second` belongs to no edit before it belongs to `otherwise`.
pub fn compose(
    original: &str,
    first: &[TextEdit],
    second: &[(Range<usize>, String)],
    otherwise: GroupId,
) -> Vec<TextEdit> {
    let mut edited: Vec<(u8, Origin)> = Vec::new();
    let mut at = 0;
    let kept = |range: Range<usize>| range.map(|i| (original.as_bytes()[i], Origin::Kept(i)));
    for edit in first {
        edited.extend(kept(at..edit.range.start));
        edited.extend(edit.text.bytes().map(|byte| (byte, Origin::New(edit.group))));
        at = edit.range.end;
    }
    edited.extend(kept(at..original.len()));

    let mut settled: Vec<(u8, Origin)> = Vec::new();
    let mut at = 0;
    for (range, text) in second {
        settled.extend_from_slice(&edited[at..range.start]);
        let group = group_near(&edited, range.start, otherwise);
        settled.extend(text.bytes().map(|byte| (byte, Origin::New(group))));
        at = range.end;
    }
    settled.extend_from_slice(&edited[at..]);
    edits_of(original, &settled, first, otherwise)
}

/// The group whose text stands nearest before `at`: white space belongs to the change beside it.
fn group_near(edited: &[(u8, Origin)], at: usize, otherwise: GroupId) -> GroupId {
    edited[..at]
        .iter()
        .rev()
        .find_map(|(_, origin)| match origin {
            Origin::New(group) => Some(*group),
            Origin::Kept(_) => None,
        })
        .unwrap_or(otherwise)
}

/// Every gap between kept bytes as one edit.
fn edits_of(original: &str, settled: &[(u8, Origin)], first: &[TextEdit], otherwise: GroupId) -> Vec<TextEdit> {
    let mut edits = Vec::new();
    let (mut at, mut text, mut group) = (0, Vec::new(), None);
    let mut close = |from: usize, to: usize, text: &mut Vec<u8>, group: &mut Option<GroupId>| {
        if from < to || !text.is_empty() {
            let removed_by = || {
                first
                    .iter()
                    .find(|e| e.range.start < to && from < e.range.end)
                    .map(|e| e.group)
            };
            edits.push(TextEdit {
                range: from..to,
                text: String::from_utf8(std::mem::take(text)).expect("whole texts are put in"),
                group: group.take().or_else(removed_by).unwrap_or(otherwise),
            });
        }
    };
    for (byte, origin) in settled {
        match origin {
            Origin::New(by) => {
                text.push(*byte);
                group.get_or_insert(*by);
            }
            Origin::Kept(offset) => {
                close(at, *offset, &mut text, &mut group);
                at = offset + 1;
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

    struct Plain(Source, Layout);

    impl Plain {
        fn new(text: &str) -> Plain {
            let source = Source::new("x.nix", text);
            Plain(source.clone(), source.layout())
        }
    }

    impl Original for Plain {
        fn source(&self) -> &Source {
            &self.0
        }

        fn layout(&self) -> &Layout {
            &self.1
        }

        fn is_formatted(&self) -> bool {
            is_formatted(self.0.text())
        }
    }

    fn is_formatted(text: &str) -> bool {
        syntax::format(text).as_deref() == Some(text)
    }

    fn check(original: &str, edits: Vec<TextEdit>) -> String {
        let mut settled = settle(&Plain::new(original), edits).expect("settles");
        let text = settled.source.text().to_string();
        assert_eq!(apply(original, &mut settled.edits).expect("applies"), text);
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
    fn removals_are_carried_through() {
        let original = "{\n  a = 1;\n\n  b = 2;\n\n  c = 3;\n}\n";
        assert_eq!(
            check(original, vec![edit(4..10, ""), edit(24..30, "")]),
            "{\n  b = 2;\n}\n"
        );
    }

    #[test]
    fn a_result_that_does_not_parse_is_never_returned() {
        assert!(settle(&Plain::new("{ a = 1; }"), vec![edit(2..3, "=")]).is_err());
    }
}
