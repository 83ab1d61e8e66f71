//! Strings and names: what they say, and how they are written.

use std::ops::Range;

use super::{AstNode, InterpolPart, Source, ast, nodes, text_of, token_span};

/// A text with all white space in it a single blank, and none around it.
pub fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The parts of a string, with escapes and indentation resolved as Nix does.
pub fn string_parts_of(string: &ast::Str) -> Vec<InterpolPart<String>> {
    let mut parts = string.normalized_parts();
    // Between double quotes, Nix takes a line end of two characters for one of one (`unescapeStr`); the parser does not.
    let first = string.syntax().first_token();
    if first.is_some_and(|token| token.text() == "\"" && text_of(string.syntax()).contains('\r')) {
        for (part, raw) in parts.iter_mut().zip(string.parts()) {
            if let (InterpolPart::Literal(value), InterpolPart::Literal(raw)) = (part, raw) {
                *value = unescaped(&literal_text(&raw));
            }
        }
    }
    parts
}

/// The value of the literal text of a string between double quotes.
fn unescaped(raw: &str) -> String {
    let mut value = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('r') => value.push('\r'),
                Some('t') => value.push('\t'),
                other => value.extend(other),
            },
            '\r' => {
                value.push('\n');
                chars.next_if_eq(&'\n');
            }
            c => value.push(c),
        }
    }
    value
}

/// The value of a string without interpolations (escapes and indentation resolved), or `None`.
pub fn string_value(string: &ast::Str) -> Option<String> {
    let mut value = String::new();
    for part in string_parts_of(string) {
        match part {
            InterpolPart::Literal(text) => value.push_str(&text),
            InterpolPart::Interpolation(_) => return None,
        }
    }
    Some(value)
}

/// The text of a literal part of a string, as it stands in the source.
pub fn literal_text(part: &ast::StrContent) -> String {
    use rnix::ast::AstToken as _;
    part.syntax().text().to_owned()
}

/// The byte range of a literal part of a string.
pub fn literal_span(part: &ast::StrContent) -> Range<usize> {
    use rnix::ast::AstToken as _;
    token_span(part.syntax())
}

/// An attribute name as Nix source: quoted where it is no identifier.
pub fn attr_text(name: &str) -> String {
    const KEYWORDS: [&str; 9] = ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"];
    let mut chars = name.chars();
    let identifier = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c))
        && !KEYWORDS.contains(&name);
    if identifier { name.to_owned() } else { string_text(name) }
}

/// A string as Nix source in double quotes.
pub fn string_text(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' if chars.peek() == Some(&'{') => text.push_str("\\$"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// The literal parts of all strings of a file, in order.
pub(crate) fn string_parts(text: &str) -> Vec<String> {
    let root = Source::new("", text).root();
    let parts = nodes::<ast::Str>(&root)
        .into_iter()
        .flat_map(|string| string_parts_of(&string));
    let literal = |part| match part {
        InterpolPart::Literal(text) => Some(text),
        InterpolPart::Interpolation(_) => None,
    };
    parts.filter_map(literal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_in_strings_are_read_as_nix_reads_them() {
        let value = |text: &str| match Source::new("x.nix", text).expr() {
            Ok(ast::Expr::Str(string)) => string_value(&string),
            _ => None,
        };
        for (text, expected) in [
            ("\"a\r\nb\"", "a\nb"),
            ("\"a\\r\\n\r\n\\\"\\q\"", "a\r\n\n\"q"),
            ("''\n  a\r\n  b\n''", "a\r\nb\n"),
            ("''\r\n  a\r\n  ''", "\r\n  a\r\n"),
        ] {
            assert_eq!(value(text).as_deref(), Some(expected), "{text:?}");
        }
    }

    #[test]
    fn names_that_are_no_identifiers_are_quoted() {
        assert_eq!(attr_text("sonarr-anime"), "sonarr-anime");
        assert_eq!(attr_text("server/x"), "\"server/x\"");
        assert_eq!(attr_text("in"), "\"in\"");
        assert_eq!(attr_text("9p"), "\"9p\"");
        assert_eq!(string_text("a${b}\"$c"), "\"a\\${b}\\\"$c\"");
    }
}
