//! What a formatter has made of a text, as edits of it, provided that it is the same code with the same comments.
//!
//! Formatters change more than white space: they write a comma behind the last formal of several lines, indent strings anew
//! and write `# …` for `/* … */`. All of that stands between two tokens of code or in a string, so each such gap and each
//! string that differs is one edit. Whatever else differs makes it another code, and nothing is taken.

use std::ops::Range;

use crate::syntax::SyntaxKind::{self, *};
use crate::syntax::{self, tokenize};

/// The edits that make `after` of `before`; `None` where `after` is other code, has other comments, or does not parse.
pub fn relaid(before: &str, after: &str) -> Option<Vec<(Range<usize>, String)>> {
    let (old, new) = (Code::of(before), Code::of(after));
    let is_same = old.tokens.len() == new.tokens.len()
        && old.tokens.iter().zip(&new.tokens).all(|(old, new)| old.is_like(new))
        && old.words == new.words
        && syntax::string_parts(before) == syntax::string_parts(after)
        && syntax::parses(after);
    if !is_same {
        return None;
    }
    let (mut edits, mut at, mut to) = (Vec::new(), 0, 0);
    for (old, new) in old.tokens.iter().zip(&new.tokens) {
        gap(before, at..old.range.start, &after[to..new.range.start], &mut edits);
        if old.text != new.text {
            edits.push((old.range.clone(), new.text.to_owned()));
        }
        (at, to) = (old.range.end, new.range.end);
    }
    gap(before, at..before.len(), &after[to..], &mut edits);
    Some(edits)
}

/// What stands between two tokens, as the other text has it.
fn gap(before: &str, range: Range<usize>, new: &str, edits: &mut Vec<(Range<usize>, String)>) {
    if before[range.clone()] != *new {
        edits.push((range, new.to_owned()));
    }
}

/// A text's tokens without white space and comments, a string being one.
struct Code<'t> {
    tokens: Vec<Token<'t>>,
    /// The words of all comments, in order.
    words: Vec<&'t str>,
}

struct Token<'t> {
    kind: SyntaxKind,
    text: &'t str,
    range: Range<usize>,
}

impl Token<'_> {
    /// Whether two are the same but for how a string is laid out. What it says is compared elsewhere, for all strings.
    fn is_like(&self, other: &Token) -> bool {
        match (self.code(), other.code()) {
            (Some(own), Some(others)) => own == others,
            (None, None) => self.text == other.text,
            _ => false,
        }
    }

    /// The code in the interpolations of a string, without white space; `None` for what is no string.
    fn code(&self) -> Option<Vec<&str>> {
        if self.kind != TOKEN_STRING_START {
            return None;
        }
        let is_code = |(kind, _): &(SyntaxKind, &str)| {
            let is_quote = matches!(kind, TOKEN_STRING_START | TOKEN_STRING_END);
            !is_quote && !matches!(kind, TOKEN_STRING_CONTENT | TOKEN_WHITESPACE | TOKEN_COMMENT)
        };
        Some(tokenize(self.text).filter(is_code).map(|(_, text)| text).collect())
    }
}

impl<'t> Code<'t> {
    fn of(text: &'t str) -> Code<'t> {
        let (mut tokens, mut words): (Vec<Token>, Vec<&str>) = (Vec::new(), Vec::new());
        let (mut at, mut depth, mut begun) = (0, 0_usize, 0);
        for (kind, token) in tokenize(text) {
            let range = at..at + token.len();
            at = range.end;
            if kind == TOKEN_COMMENT {
                words.extend(said(token));
            }
            match kind {
                TOKEN_STRING_START => {
                    if depth == 0 {
                        begun = range.start;
                    }
                    depth += 1;
                }
                TOKEN_STRING_END => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        let range = begun..range.end;
                        let (kind, text) = (TOKEN_STRING_START, &text[range.clone()]);
                        tokens.push(Token { kind, text, range });
                    }
                }
                _ if depth > 0 => {}
                TOKEN_WHITESPACE | TOKEN_COMMENT => {}
                _ => {
                    // A comma behind the last formal says nothing.
                    let is_last = kind == TOKEN_R_BRACE && tokens.last().is_some_and(|last| last.kind == TOKEN_COMMA);
                    if is_last {
                        tokens.pop();
                    }
                    let text = token;
                    tokens.push(Token { kind, text, range });
                }
            }
        }
        Code { tokens, words }
    }
}

/// The words of a comment, without what makes it one.
fn said(comment: &str) -> impl Iterator<Item = &str> {
    let inside = comment.strip_prefix("/*").and_then(|rest| rest.strip_suffix("*/"));
    let inside = inside.unwrap_or_else(|| comment.trim_start_matches('#'));
    // A line of a block comment may begin with an asterisk.
    inside.split_whitespace().filter(|word| word.chars().any(|c| c != '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that the edits make the text.
    fn taken(before: &str, after: &str) -> bool {
        let Some(edits) = relaid(before, after) else {
            return false;
        };
        let mut made = before.to_owned();
        edits
            .iter()
            .rev()
            .for_each(|(range, text)| made.replace_range(range.clone(), text));
        assert_eq!(made, after);
        true
    }

    #[test]
    fn white_space_a_last_comma_and_the_form_of_comments_may_change() {
        let before = "{config, lib, ...}: {\n  /* one\n   * two */\n  a = [ 1 2 ];\n  b = ''\n    x ${f   y}\n      z\n  '';\n}\n";
        let after = "{\n  config,\n  lib,\n  ...\n}:\n{\n  # one two\n  a = [\n    1\n    2\n  ];\n  b = ''\n      x ${f y}\n        z\n    '';\n}\n";
        assert!(taken(before, after));
        assert!(taken("{a, b}: a", "{\n  a,\n  b,\n}:\na\n"));
        assert!(taken("{\n  a,\n  b,\n}:\na\n", "{ a, b }: a\n"));
        assert!(taken("{a = 1;}", "{a = 1;}"));
    }

    #[test]
    fn what_means_something_else_is_not_taken() {
        for (before, after) in [
            ("{a = 1;}", "{ a = 2; }\n"),
            ("{a = 1; b = 2;}", "{ a = 1; }\n"),
            ("{a = 1;}", "{ a = 1; b = 2; }\n"),
            ("{a = (1);}", "{ a = 1; }\n"),
            ("{a = ''\n  b\n   c\n'';}", "{ a = ''\n  b\n  c\n''; }\n"),
            ("{a = \"b ${c}\";}", "{ a = \"b ${d}\"; }\n"),
            ("{a = \"b ${c \"d\"}\";}", "{ a = \"b ${c \"e\"}\"; }\n"),
            ("{a = 1; # why\n}", "{ a = 1; }\n"),
            ("{a = 1; # why\n}", "{ a = 1; # how\n}\n"),
            ("{a = 1;}", "{ a = 1; # new\n}\n"),
            ("{a = 1;}", "{ a = 1;"),
            ("{a = 1;}", ""),
            ("[a.b]", "[ a .b c ]"),
        ] {
            assert_eq!(relaid(before, after), None, "{after}");
        }
    }
}
