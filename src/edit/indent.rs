//! Indentation of moved code, without changing what its strings say.

use std::ops::Range;

use super::{GroupId, TextEdit};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// Whether the lines of a string must not move: those of a `"` string, and of a `''` string whose text would change
/// (one that begins on the line of its opening quotes counts no indentation there, so shifting its other lines would
/// show).
fn is_fixed(string: &ast::Str) -> bool {
    let text = syntax::text_of(string.syntax());
    match text.strip_prefix("''") {
        Some(rest) => !rest.trim_start_matches(' ').starts_with(['\n', '\r']),
        None => text.contains('\n'),
    }
}

/// Insertions that indent the lines of `range` by `columns` spaces; empty lines, blank ones outside of strings, and the
/// inside of strings whose value would change stay. Blank lines of other strings move with the rest of these: what they
/// have beyond the string's own indentation is part of its value (Nix manual, "String literals"). `node` contains `range`.
/// The line in which `range` begins is not indented.
pub fn shift(text: &str, node: &SyntaxNode, range: Range<usize>, columns: usize, group: GroupId) -> Vec<TextEdit> {
    let strings = syntax::nodes::<ast::Str>(node).into_iter();
    let strings: Vec<(Range<usize>, bool)> = strings
        .map(|string| (syntax::span(string.syntax()), is_fixed(&string)))
        .collect();
    let mut edits = Vec::new();
    let mut at = range.start;
    while let Some(newline) = text[at..range.end].find('\n') {
        let line = at + newline + 1;
        at = line;
        let end = text[line..].find('\n').map_or(text.len(), |i| line + i);
        let content = text[line..end].trim_end_matches('\r');
        let mut around = strings
            .iter()
            .filter(|(string, _)| string.start < line && line < string.end);
        let is_blank = content.trim().is_empty();
        let stays = content.is_empty() || (is_blank && around.clone().next().is_none());
        if line < range.end && !stays && !around.any(|(_, is_fixed)| *is_fixed) {
            edits.push(TextEdit {
                range: line..line,
                text: " ".repeat(columns),
                group,
            });
        }
    }
    edits
}

/// `text` (lines after the first indented by at least `from` columns in the source) with those lines indented
/// `to` columns. For text that is formatted afterwards; strings are shifted as wholes and keep their value.
pub fn dedent(text: &str, from: usize) -> String {
    let mut lines = text.split('\n');
    let mut result = lines.next().unwrap_or("").to_owned();
    for line in lines {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        result.push('\n');
        result.push_str(&line[spaces.min(from)..]);
    }
    result
}

/// The column (in bytes) of the first character of the line that `offset` is in.
pub fn column_of_line(text: &str, offset: usize) -> usize {
    let line = text[..offset].rfind('\n').map_or(0, |i| i + 1);
    text[line..].len() - text[line..].trim_start_matches(' ').len()
}

/// `text` with every line but blank ones indented by `columns` more. Only for text without multi-line strings
/// that begin beside their quotes.
pub fn indent(text: &str, columns: usize) -> String {
    let pad = " ".repeat(columns);
    let lines: Vec<String> = text
        .split('\n')
        .map(|line| {
            if line.trim().is_empty() {
                line.to_owned()
            } else {
                format!("{pad}{line}")
            }
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Source;

    #[test]
    fn what_strings_say_stays() {
        let text = "{\n  a = ''\n    one\n        \n\n    two\n  '';\n   \n  b = \"c\n    d\";\n}\n";
        let strings = |text: &str| -> Vec<String> {
            let root = Source::new("x.nix", text).root();
            let strings = syntax::nodes::<ast::Str>(&root).into_iter();
            strings.filter_map(|string| syntax::string_value(&string)).collect()
        };
        let root = Source::new("x.nix", text).root();
        let mut edits = shift(text, &root, 0..text.len(), 4, GroupId(0));
        let shifted = crate::edit::render::apply(text, &mut edits).expect("applies");
        assert_eq!(strings(&shifted), strings(text));
        assert_eq!(strings(text), ["one\n    \n\ntwo\n", "c\n    d"]);
        assert!(shifted.contains("\n   \n      b = \"c\n    d\";\n"), "{shifted}");
    }
}
