//! Syntax errors in words.

use std::ops::Range;

use rnix::ParseError;
use rnix::SyntaxKind::{self, *};

use super::to_range;

/// What is wrong, as what follows "syntax error: ", and the bytes of `text` that it is about.
pub(super) fn error(error: &ParseError, text: &str) -> (String, Range<usize>) {
    use ParseError as E;
    let end = text.len()..text.len();
    match error {
        E::UnexpectedWanted(got, range, wanted) => {
            let span = to_range(*range);
            // The text of a string that has no end goes on to the end of the file.
            if *got == TOKEN_ERROR && wanted.contains(&TOKEN_STRING_CONTENT) {
                return (
                    "the string that begins before this has no end".into(),
                    span.start..span.start,
                );
            }
            let found = found(*got, &text[span.clone()]);
            (format!("expected {}, found {found}", expected(wanted)), span)
        }
        E::UnexpectedEOFWanted(wanted) => (format!("expected {}, but the file ends here", expected(wanted)), end),
        E::UnexpectedEOF if is_blank(text) => ("there is no expression in the file".into(), 0..0),
        E::UnexpectedEOF => ("expected a value, but the file ends here".into(), end),
        E::UnexpectedExtra(range) => {
            let span = to_range(*range);
            let found = rnix::tokenize(&text[span.clone()])
                .next()
                .map_or_else(|| "something else".into(), |(kind, _)| found(kind, &text[span.clone()]));
            (format!("expected the end of the file, found {found}"), span)
        }
        E::UnexpectedDoubleBind(range) => ("the pattern has two names".into(), to_range(*range)),
        E::DuplicatedArgs(range, name) => (format!("the argument '{name}' is declared twice"), to_range(*range)),
        E::Unexpected(range) => ("this can't stand here".into(), to_range(*range)),
        // More kinds may come with a later parser.
        E::RecursionLimitExceeded => ("this is nested too deeply to be read".into(), end),
        _ => ("this is no Nix".into(), end),
    }
}

fn is_blank(text: &str) -> bool {
    rnix::tokenize(text).all(|(kind, _)| kind.is_trivia())
}

/// What stands in the place of what was expected: the first token of `text`, which is of this kind.
fn found(kind: SyntaxKind, text: &str) -> String {
    let token = rnix::tokenize(text).next().map_or("", |(_, token)| token);
    match kind {
        TOKEN_IDENT | TOKEN_INTEGER | TOKEN_FLOAT | TOKEN_URI => format!("'{token}'"),
        TOKEN_PATH_ABS | TOKEN_PATH_REL | TOKEN_PATH_HOME | TOKEN_PATH_SEARCH => format!("the path '{token}'"),
        TOKEN_STRING_START => "a string".into(),
        TOKEN_STRING_CONTENT => "text".into(),
        TOKEN_STRING_END => "the end of a string".into(),
        TOKEN_INTERPOL_START => "'${'".into(),
        TOKEN_INTERPOL_END => "'}'".into(),
        TOKEN_ERROR if text.starts_with("/*") => "a comment that has no end".into(),
        TOKEN_ERROR => match text.chars().next() {
            Some(c) if is_operator(c) => format!("'{c}', which is no operator of Nix"),
            Some(c) => format!("'{c}', which means nothing here"),
            None => "nothing".into(),
        },
        _ => format!("'{token}'"),
    }
}

fn is_operator(c: char) -> bool {
    "&|^%".contains(c)
}

/// What would have been right.
fn expected(wanted: &[SyntaxKind]) -> String {
    if wanted.contains(&TOKEN_STRING_CONTENT) {
        return "the end of the string".into();
    }
    if wanted.contains(&TOKEN_L_PAREN) && wanted.len() > 1 {
        return "a value".into();
    }
    if wanted.contains(&TOKEN_OR) {
        return "a name".into();
    }
    let mut words: Vec<&str> = Vec::new();
    for word in wanted.iter().filter_map(|kind| word(*kind)) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => "a value".into(),
    }
}

/// What a token is called; those that no sentence names have no word.
fn word(kind: SyntaxKind) -> Option<&'static str> {
    let word = match kind {
        TOKEN_SEMICOLON => "';'",
        TOKEN_L_BRACE => "'{'",
        TOKEN_R_BRACE | TOKEN_INTERPOL_END => "'}'",
        TOKEN_R_BRACK => "']'",
        TOKEN_R_PAREN => "')'",
        TOKEN_ASSIGN => "'='",
        TOKEN_COLON => "':'",
        TOKEN_COMMA => "','",
        TOKEN_AT => "'@'",
        TOKEN_IN => "'in'",
        TOKEN_THEN => "'then'",
        TOKEN_ELSE => "'else'",
        TOKEN_ELLIPSIS => "'...'",
        TOKEN_IDENT => "a name",
        TOKEN_STRING_START | TOKEN_STRING_END => "a quote",
        _ => return None,
    };
    Some(word)
}

#[cfg(test)]
mod tests {
    use super::super::Source;

    fn said(text: &str) -> String {
        let error = Source::new("x.nix", text).syntax_error().expect("an error");
        let place = error.place().expect("a place");
        format!("{}:{}: {}", place.line, place.column, error.message())
    }

    #[test]
    fn errors_are_said_in_words() {
        for (text, expected) in [
            ("{ a = ; }", "1:7: syntax error: expected a value, found ';'"),
            ("{ a = }", "1:7: syntax error: expected a value, found '}'"),
            ("{ a = 1 }", "1:9: syntax error: expected ';', found '}'"),
            (
                "{ a = 1;",
                "1:9: syntax error: expected a value, but the file ends here",
            ),
            ("{ a 1; }", "1:5: syntax error: expected '=', found '1'"),
            ("{ = 1; }", "1:3: syntax error: expected a name, found '='"),
            (
                "{ a = \"b; }",
                "1:8: syntax error: the string that begins before this has no end",
            ),
            (
                "{ a = ''b; }",
                "1:9: syntax error: the string that begins before this has no end",
            ),
            (
                "{ a = \"",
                "1:8: syntax error: expected the end of the string, but the file ends here",
            ),
            (
                "{ a = 1; /* }",
                "1:10: syntax error: expected a name, found a comment that has no end",
            ),
            (
                "{ a = 1; } }",
                "1:12: syntax error: expected the end of the file, found '}'",
            ),
            (
                "let a = 1; a",
                "1:13: syntax error: expected '=', but the file ends here",
            ),
            ("if a else b", "1:6: syntax error: expected 'then', found 'else'"),
            ("{ a, b b }: 1", "1:8: syntax error: expected '}', found 'b'"),
            (
                "{ a, = }: 1",
                "1:6: syntax error: expected '}', '...' or a name, found '='",
            ),
            (
                "a & b",
                "1:3: syntax error: expected the end of the file, found '&', which is no operator of Nix",
            ),
            ("a@{}@b: 1", "1:5: syntax error: the pattern has two names"),
            ("[ 1", "1:4: syntax error: expected a value, but the file ends here"),
            ("# nothing", "1:1: syntax error: there is no expression in the file"),
            ("", "1:1: syntax error: there is no expression in the file"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    /// No sentence says that something is expected without saying what.
    #[test]
    fn every_error_says_what_it_is_about() {
        let whole = include_str!("../../examples/homelab/modules/server/media/video/jellyseerr.nix");
        let parts = [
            "", "}", "{", "]", ")", "(", ";", "=", "\"", "''", "${", "in", "then", "@", ":", ",", "...", "&", "/*", ".",
        ];
        let mut errors = 0;
        for (at, _) in whole.char_indices() {
            for part in parts {
                let text = format!("{}{part}{}", &whole[..at], &whole[(at + 1).min(whole.len())..]);
                if let Some(error) = Source::new("x.nix", text.as_str()).syntax_error() {
                    let message = error.message();
                    let vague = ["something else", "another token", "nothing,", "this can't"];
                    assert!(!vague.iter().any(|vague| message.contains(vague)), "{message}:\n{text}");
                    errors += 1;
                }
            }
        }
        assert!(errors > 1000, "{errors}");
    }
}
