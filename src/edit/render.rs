//! Edits on the original bytes: sorted, disjoint, and nothing outside them changes.

use std::ops::Range;

use super::TextEdit;
use crate::error::{Error, Result};
use crate::syntax::{self, AstNode, Source, ast};

/// Sorts `edits` and applies them to `text`.
///
/// Insertions at one offset keep the order in which they are given; an insertion at the edge of a
/// replaced range stands before it or after it as given.
///
/// # Errors
/// An internal error where two edits overlap or a range does not lie on character boundaries: the planner
/// made them, so it is a fault of ours, and nothing may be written.
pub fn apply(text: &str, edits: &mut [TextEdit]) -> Result<String> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let mut result = String::with_capacity(text.len() + edits.iter().map(|e| e.text.len()).sum::<usize>());
    let mut at = 0;
    for edit in edits.iter() {
        if edit.range.start < at {
            return Err(Error::internal(format!(
                "two edits overlap at byte {}",
                edit.range.start
            )));
        }
        let kept = text.get(at..edit.range.start).zip(text.get(edit.range.clone()));
        let Some((kept, _)) = kept else {
            return Err(Error::internal(format!(
                "an edit's range {:?} splits a character or leaves the file",
                edit.range
            )));
        };
        result.push_str(kept);
        result.push_str(&edit.text);
        at = edit.range.end;
    }
    result.push_str(&text[at..]);
    Ok(result)
}

/// Whether the lines of `text` end in CRLF (most of them, as found).
pub fn has_crlf(text: &str) -> bool {
    let returns = memchr::memchr_iter(b'\r', text.as_bytes());
    let crlf = returns.filter(|at| text.as_bytes().get(at + 1) == Some(&b'\n')).count();
    crlf > 0 && crlf * 2 >= memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

/// Gives the inserted texts the line ends of the file they go into, but not inside strings, where a line end is a part
/// of the value.
///
/// # Errors
/// As [`apply`].
pub fn match_line_ends(text: &str, edits: &mut [TextEdit]) -> Result<()> {
    if !has_crlf(text) {
        return Ok(());
    }
    let strings = strings(&apply(text, edits)?);
    // `apply` has sorted them: where each text begins in the result, as long as no text has changed.
    let (mut removed, mut added) = (0, 0);
    for edit in edits {
        let start = edit.range.start + added - removed;
        let inside = |at: usize| strings.iter().any(|string| string.start < at && at < string.end);
        let mut new = String::with_capacity(edit.text.len());
        for (at, c) in edit.text.char_indices() {
            if c == '\n' && !new.ends_with('\r') && !inside(start + at) {
                new.push('\r');
            }
            new.push(c);
        }
        added += edit.text.len();
        removed += edit.range.len();
        edit.text = new;
    }
    Ok(())
}

/// The strings of several lines.
fn strings(text: &str) -> Vec<Range<usize>> {
    let root = Source::new("text.nix", text).root();
    let strings = root.descendants().filter_map(ast::Str::cast);
    let spans = strings.map(|string| syntax::span(string.syntax()));
    spans.filter(|span| text[span.clone()].contains('\n')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::GroupId;

    fn edit(range: std::ops::Range<usize>, text: &str) -> TextEdit {
        TextEdit {
            range,
            text: text.into(),
            group: GroupId(0),
        }
    }

    #[test]
    fn edits_are_sorted_and_applied() {
        let mut edits = vec![edit(4..5, "X"), edit(0..0, "<"), edit(0..1, "A"), edit(5..5, ">")];
        assert_eq!(apply("abcdef", &mut edits).unwrap(), "<AbcdX>f");
    }

    #[test]
    fn overlapping_edits_are_refused() {
        assert!(apply("abcdef", &mut [edit(0..3, ""), edit(2..4, "")]).is_err());
        assert!(apply("é", &mut [edit(1..2, "")]).is_err());
        assert!(apply("a", &mut [edit(1..9, "")]).is_err());
    }

    #[test]
    fn line_ends_inside_strings_are_a_part_of_the_value() {
        let mut edits = vec![
            edit(0..1, "{"),
            edit(3..3, "a =\n ''\n  x\n '';\n"),
            edit(3..3, "b = 1;\n"),
        ];
        match_line_ends("{\r\n}\r\n", &mut edits).unwrap();
        assert_eq!(edits[1].text, "a =\r\n ''\n  x\n '';\r\n");
        assert_eq!(edits[2].text, "b = 1;\r\n");
    }

    #[test]
    fn inserted_lines_end_as_the_file_does() {
        let mut edits = vec![edit(0..0, "x\ny\r\n")];
        match_line_ends("a\r\nb\r\n", &mut edits).unwrap();
        assert_eq!(edits[0].text, "x\r\ny\r\n");
    }
}
