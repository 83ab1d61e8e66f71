//! Indentation of moved code, without changing what its strings say.

use std::ops::Range;

use super::{GroupId, TextEdit};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// Whether the lines of a string must not move: those of a `"` string, and of a `''` string whose text would change
/// (one that begins on the line of its opening quotes counts no indentation there, so shifting its other lines would
/// show; and a carriage return at a line's end is text for Nix, so that a line of nothing else counts).
fn is_fixed(string: &ast::Str) -> bool {
    let text = syntax::text_of(string.syntax());
    match text.strip_prefix("''") {
        Some(rest) => !rest.trim_start_matches(' ').starts_with('\n') || rest.contains('\r'),
        None => text.contains('\n'),
    }
}

/// Insertions that put `pad` before the lines of `range`; empty lines, blank ones outside of strings, and the inside of
/// strings whose value would change stay. Blank lines of other strings move with the rest of these: what they have beyond
/// the string's own indentation, which is of spaces alone, is part of its value (Nix manual, "String literals"). `node`
/// contains `range`. The line in which `range` begins is not indented.
pub fn shift(text: &str, node: &SyntaxNode, range: Range<usize>, pad: &str, group: GroupId) -> Vec<TextEdit> {
    let moves_strings = pad.trim_matches(' ').is_empty();
    let strings = syntax::nodes::<ast::Str>(node).into_iter();
    let strings: Vec<(Range<usize>, bool)> = strings
        .map(|string| (syntax::span(string.syntax()), !moves_strings || is_fixed(&string)))
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
                text: pad.to_owned(),
                group,
            });
        }
    }
    edits
}

/// `text` without the white space `white` at the beginning of the lines after the first, as far as they have it. For text
/// that stands in a comment or is formatted afterwards.
pub fn dedent(text: &str, white: &str) -> String {
    let mut lines = text.split('\n');
    let mut result = lines.next().unwrap_or("").to_owned();
    for line in lines {
        let same = line.bytes().zip(white.bytes()).take_while(|(a, b)| a == b).count();
        result.push('\n');
        result.push_str(&line[same..]);
    }
    result
}

/// The white space that the line begins with which `offset` is in.
pub fn of_line(text: &str, offset: usize) -> &str {
    let line = &text[line_start(text, offset)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// Where the line begins that `offset` is in.
pub fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |i| i + 1)
}

/// How many lines tell what a file indents by.
const ENOUGH: usize = 32;

/// What a file indents the inside of brackets by: what is found most often behind the first opening brackets at the ends of
/// lines; two spaces where no line ends with one.
pub fn unit(text: &str) -> &str {
    let mut found: Vec<(&str, usize)> = Vec::new();
    let mut seen = 0;
    let mut around: Option<&str> = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let white = of_line(line, 0);
        let more = around.and_then(|around| white.strip_prefix(around));
        if seen == ENOUGH {
            break;
        }
        if let Some(more) = more.filter(|more| !more.is_empty()) {
            seen += 1;
            match found.iter_mut().find(|(unit, _)| *unit == more) {
                Some((_, count)) => *count += 1,
                None => found.push((more, 1)),
            }
        }
        around = line.trim_end().ends_with(['{', '[', '(']).then_some(white);
    }
    // Of those that are found as often, the first.
    let most = found.iter().rev().max_by_key(|(_, count)| *count);
    most.map_or("  ", |(unit, _)| unit)
}

/// The white space that an entry of `set` begins its line with, one to come if there is none on a line of its own.
pub fn inside(text: &str, set: &SyntaxNode) -> String {
    let own = syntax::span(set);
    let on_own_line = |node: &SyntaxNode| text[own.start..syntax::span(node).start].contains('\n');
    match set.first_child().filter(on_own_line) {
        Some(entry) => of_line(text, syntax::span(&entry).start).to_owned(),
        None => format!("{}{}", of_line(text, own.start), unit(text)),
    }
}

/// `text` with `pad` before every line but blank ones. Only for text without multi-line strings that begin beside their
/// quotes.
pub fn indent(text: &str, pad: &str) -> String {
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
        let mut edits = shift(text, &root, 0..text.len(), "    ", GroupId(0));
        let shifted = crate::edit::render::apply(text, &mut edits).expect("applies");
        assert_eq!(strings(&shifted), strings(text));
        assert_eq!(strings(text), ["one\n    \n\ntwo\n", "c\n    d"]);
        assert!(shifted.contains("\n   \n      b = \"c\n    d\";\n"), "{shifted}");
    }

    #[test]
    fn tabs_are_no_indentation_of_strings() {
        let text = "{\n\ta = ''\n\t\tone\n\t'';\n\tb = 1;\n}\n";
        let root = Source::new("x.nix", text).root();
        let mut edits = shift(text, &root, 0..text.len(), "\t", GroupId(0));
        let shifted = crate::edit::render::apply(text, &mut edits).expect("applies");
        assert_eq!(shifted, "{\n\t\ta = ''\n\t\tone\n\t'';\n\t\tb = 1;\n\t}\n");
    }

    #[test]
    fn a_file_tells_what_it_indents_by() {
        assert_eq!(unit("{\n  a = {\n    b = 1;\n  };\n}\n"), "  ");
        assert_eq!(unit("{ lib, ... }:\n{\n\ta = [\n\t\tb\n\t];\n}\n"), "\t");
        assert_eq!(
            unit("{\n    a = ''\n      {\n        x\n      }\n    '';\n    b = {\n        c = 1;\n    };\n}\n"),
            "    "
        );
        assert_eq!(unit("{ a = 1; }"), "  ");
        assert_eq!(unit(""), "  ");
    }

    #[test]
    fn the_inside_of_a_set_is_indented_as_its_entries_are() {
        let inside = |text: &str| {
            let root = Source::new("x.nix", text).root();
            let sets = syntax::nodes::<ast::AttrSet>(&root);
            inside(text, sets.last().expect("a set").syntax())
        };
        assert_eq!(inside("{\n   a = 1;\n}"), "   ");
        assert_eq!(inside("{\n\ta = { b = 1; };\n}"), "\t\t");
        assert_eq!(inside("{\n    a = {};\n}"), "        ");
        assert_eq!(inside("  { }"), "    ");
    }
}
