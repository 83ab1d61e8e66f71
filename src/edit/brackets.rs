//! Indentation of new code by what is open around it.
//!
//! New code is put together from texts of many places. It is indented before it goes into a file, in the file's own units,
//! so that it fits in where nothing formats it, and formatting finds little to do where something does.

use crate::syntax::SyntaxKind::{self, *};
use crate::syntax::tokenize;

/// New code of one place, text after text.
pub struct Brackets<'u> {
    unit: &'u str,
    base: &'u str,
    /// The brackets and `let`s that are open.
    open: Vec<Open>,
    /// How many levels the line is indented by.
    levels: usize,
    /// The last token that is neither white space nor a comment.
    last: Option<SyntaxKind>,
    /// Whether the next token begins a line.
    begins_line: bool,
    indentation: String,
    result: String,
}

/// A bracket or `let` that is open.
struct Open {
    kind: SyntaxKind,
    /// How many levels the line is indented by that it stands in.
    levels: usize,
}

type Token<'t> = (SyntaxKind, &'t str);

impl<'u> Brackets<'u> {
    /// Code in a line that is indented by `base`, at its beginning or, with `begins_line` being false, in it; what is open is
    /// indented by `unit` more.
    pub fn new(base: &'u str, unit: &'u str, begins_line: bool) -> Brackets<'u> {
        Brackets {
            unit,
            base,
            open: Vec::new(),
            levels: 0,
            last: None,
            begins_line,
            indentation: base.to_owned(),
            result: String::new(),
        }
    }

    /// Goes on behind code that stands in the file already, which leaves open what was open before it.
    pub fn go_on(&mut self, begins_line: bool) {
        self.begins_line = begins_line;
        self.last = Some(TOKEN_SEMICOLON);
    }

    /// `text`, whole tokens, as it is when it follows the texts before it. What its strings say stays.
    pub fn put(&mut self, text: &str) -> String {
        let tokens: Vec<Token> = tokenize(text).collect();
        let mut at = 0;
        while let Some((kind, text)) = tokens.get(at) {
            at += match kind {
                TOKEN_WHITESPACE => self.white(text),
                TOKEN_STRING_START => self.string(&tokens[at..]),
                _ => self.token(&tokens[at..]),
            };
        }
        std::mem::take(&mut self.result)
    }

    fn white(&mut self, text: &str) -> usize {
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        match lines {
            0 if self.begins_line => {}
            0 => self.result.push_str(text),
            _ => {
                self.result.extend(std::iter::repeat_n('\n', lines));
                self.begins_line = true;
            }
        }
        1
    }

    fn token(&mut self, tokens: &[Token]) -> usize {
        let (kind, text) = tokens[0];
        let is_bracket = |(kind, _): &&Token| matches!(kind, TOKEN_R_BRACE | TOKEN_R_BRACK | TOKEN_R_PAREN);
        let closed = match kind == TOKEN_IN && self.is_in(TOKEN_LET) {
            true => 1,
            false => tokens.iter().take_while(is_bracket).count(),
        };
        self.begin(closed);
        self.open.truncate(self.open.len().saturating_sub(closed.min(1)));
        self.result.push_str(text);
        if matches!(kind, TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_LET) {
            self.open.push(Open {
                kind,
                levels: self.levels,
            });
        }
        if kind != TOKEN_COMMENT {
            self.last = Some(kind);
        }
        1
    }

    fn is_in(&self, kind: SyntaxKind) -> bool {
        self.open.last().is_some_and(|open| open.kind == kind)
    }

    /// Indents the line that the next token begins, if it does; so many brackets are closed at its beginning.
    fn begin(&mut self, closed: usize) {
        if !std::mem::take(&mut self.begins_line) {
            return;
        }
        let ends = [TOKEN_SEMICOLON, TOKEN_COMMA, TOKEN_L_BRACE, TOKEN_LET];
        let is_between = self.last.is_none_or(|last| ends.contains(&last));
        let goes_on = (self.is_in(TOKEN_L_BRACE) || self.is_in(TOKEN_LET)) && closed == 0 && !is_between;
        // A line that begins with closing brackets is indented as the one with the first of those that they close.
        self.levels = match closed {
            0 => self.open.last().map_or(0, |open| open.levels + 1) + usize::from(goes_on),
            _ => self
                .open
                .iter()
                .rev()
                .take(closed)
                .next_back()
                .map_or(0, |open| open.levels),
        };
        self.indentation.clear();
        self.indentation.push_str(self.base);
        self.indentation.extend(std::iter::repeat_n(self.unit, self.levels));
        self.result.push_str(&self.indentation);
    }

    /// The string that `tokens` begin with; returns how many tokens it is.
    fn string(&mut self, tokens: &[Token]) -> usize {
        self.begin(0);
        let mut depth = 0;
        let is_last = |(kind, _): &Token| {
            depth += usize::from(*kind == TOKEN_STRING_START);
            depth -= usize::from(*kind == TOKEN_STRING_END);
            depth == 0
        };
        let count = tokens.iter().position(is_last).map_or(tokens.len(), |last| last + 1);
        let text: String = tokens[..count].iter().map(|(_, text)| *text).collect();
        let is_code = |(kind, text): &Token| *kind == TOKEN_WHITESPACE && text.contains('\n');
        let spaces_only = self.unit.trim_matches(' ').is_empty() && self.indentation.trim_matches(' ').is_empty();
        // Only spaces are indentation in a string (Nix manual, "String literals").
        let moved = (spaces_only && !tokens[..count].iter().any(is_code))
            .then(|| moved(&text, &self.indentation, self.unit))
            .flatten();
        self.result.push_str(&moved.unwrap_or(text));
        self.last = Some(TOKEN_STRING_END);
        count
    }
}

/// A string between `''` whose first line is empty, with its lines indented by `unit` more than `indentation`, and its end
/// by that; `None` for any other string.
fn moved(text: &str, indentation: &str, unit: &str) -> Option<String> {
    let (first, rest) = text.strip_prefix("''")?.split_once('\n')?;
    if !first.trim_matches(' ').is_empty() || text.contains('\r') {
        return None;
    }
    let (lines, end) = rest.rsplit_once('\n').unwrap_or(("", rest));
    let end_is_blank = end.trim_start_matches(' ') == "''";
    let spaces = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut all: Vec<&str> = match rest.contains('\n') {
        true => lines.split('\n').collect(),
        false => Vec::new(),
    };
    if !end_is_blank {
        all.push(end);
    }
    let with_text = all.iter().filter(|line| !line.trim_matches(' ').is_empty());
    let own = with_text.map(|line| spaces(line)).min().unwrap_or(0);
    let mut result = format!("''{first}");
    for line in all {
        result.push('\n');
        let inner = &line[own.min(spaces(line))..];
        if !inner.is_empty() {
            result.push_str(indentation);
            result.push_str(unit);
            result.push_str(inner);
        }
    }
    if end_is_blank {
        result.push('\n');
        result.push_str(indentation);
        result.push_str("''");
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    /// Code in which every line begins at the left.
    fn flat(text: &str) -> String {
        text.lines().map(|line| format!("{}\n", line.trim_start())).collect()
    }

    fn put(text: &str, unit: &str) -> String {
        Brackets::new("", unit, true).put(text)
    }

    #[test]
    fn code_is_indented_by_what_is_open() {
        let text = "{\n  config,\n  lib,\n  ...\n}: with lib; let\n  a = 1;\n  # two\n  b =\n    if a\n    then 2\n    else 3;\nin {\n  \
                    config = lib.mkMerge [\n    # one\n    {\n      x.y = {\n        enable = true; # (on\n\n        list = [\n          \
                    \"a\"\n          b\n        ];\n      };\n    }\n\n    (lib.mkIf c {\n      d =\n        {\n          e =\n            {};\n        }\n        \
                    // f;\n    })\n  ];\n}\n";
        assert_eq!(put(&flat(text), "  "), text);
        assert_eq!(put(text, "  "), text);
        assert_eq!(put(text, "\t"), text.replace("  ", "\t"));
        assert!(syntax::parses(text));
    }

    #[test]
    fn texts_follow_each_other() {
        let mut code = Brackets::new("  ", "    ", false);
        assert_eq!(
            code.put("lib.mkMerge [\n# one\n{\n"),
            "lib.mkMerge [\n      # one\n      {\n"
        );
        assert_eq!(code.put("a = 1;\n"), "          a = 1;\n");
        assert_eq!(code.put("}\n\n(mkIf c "), "      }\n\n      (mkIf c ");
        code.go_on(false);
        assert_eq!(code.put(")\n\n# two\n"), ")\n\n      # two\n");
        code.go_on(true);
        assert_eq!(code.put("]"), "  ]");
    }

    #[test]
    fn strings_say_what_they_said() {
        let text = "{\n        a = ''\n                one\n                  two ${b \"}\"} ''${\n\n             \n            \
                    three'';\n   c = ''\n one\n                      ''; d = ''one\n two\n   '';\n e = \"one\n   two\";\n f = ''\n  ${if \
                    g\n   then \"h\"\n  else i}\n '';\n j = ''\n''; k = ''\n \tx\n'';\n}\n";
        let strings = |text: &str| -> Vec<String> {
            let parts = syntax::string_parts(text).into_iter();
            parts.filter(|part| !part.is_empty()).collect()
        };
        for unit in ["  ", "    ", "\t"] {
            let indented = put(text, unit);
            assert_eq!(strings(&indented), strings(text), "{indented}");
        }
        assert!(
            put(text, "  ").starts_with(
                "{\n  a = ''\n        one\n          two ${b \"}\"} ''${\n\n     \n    three'';\n  c = ''\n    one\n  ''; d = ''one\n \
                 two\n   '';\n  e = \"one\n"
            ),
            "{}",
            put(text, "  ")
        );
    }
}
