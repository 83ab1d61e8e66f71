//! Edits on the original bytes: sorted, disjoint, and nothing outside them changes.

use super::TextEdit;
use crate::error::{Error, Result};

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
    let crlf = text.matches("\r\n").count();
    crlf > 0 && crlf * 2 >= text.matches('\n').count()
}

/// Gives the inserted texts the line ends of the file they go into.
pub fn match_line_ends(text: &str, edits: &mut [TextEdit]) {
    if has_crlf(text) {
        for edit in edits {
            edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
    }
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
    fn inserted_lines_end_as_the_file_does() {
        let mut edits = vec![edit(0..0, "x\ny\r\n")];
        match_line_ends("a\r\nb\r\n", &mut edits);
        assert_eq!(edits[0].text, "x\r\ny\r\n");
    }
}
