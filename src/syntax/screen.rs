//! What is looked for in a text before it is parsed: what would take the parser or a walk of its tree too long or too deep,
//! and what the parser reads otherwise than Nix does.
//!
//! The parser goes a call deeper with every bracket, operator and argument, and its tokens are found by looking ahead. So
//! both are counted first, token by token and without recursion. The limits are far from what anybody writes: the deepest
//! place in nixpkgs' library and its tests is 256 levels down, and the longest unbroken run there has 13 tokens.

use std::ops::Range;

use rnix::SyntaxKind::{self, *};

use crate::error::{Error, Place, syntax};

/// The largest text that is parsed, in bytes.
pub const LARGEST: usize = 4 * 1024 * 1024;

/// How deep expressions may stand in each other: open brackets, strings and `let`s, and in each of these the operators,
/// arguments and functions before the place in question.
pub const DEEPEST: usize = 1000;

/// How many tokens may follow each other without white space or a bracket between them. At each of them the tokenizer looks
/// at all of the others.
pub const UNBROKEN: usize = 500;

/// How deep the parser itself goes into functions, `let`, `if` and what stands in parentheses, braces and interpolations.
pub const NESTED: usize = 512;

/// Why a text is not parsed, or not read though it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenReason {
    /// It has more than [`LARGEST`] bytes.
    Large,
    /// It is nested deeper than [`DEEPEST`].
    Deep,
    /// The parser has given up, more than [`NESTED`] levels deep.
    Nested,
    /// It has a run of more than [`UNBROKEN`] tokens.
    Unbroken,
    /// A NUL: Nix ends the file there, or refuses it.
    Nul,
    /// A carriage return without a newline: Nix ends a comment there, the parser does not.
    CarriageReturn,
    /// White space that is none for Nix.
    Space(char),
    /// A byte order mark.
    ByteOrderMark,
}

impl ScreenReason {
    /// What is said of a file that is screened out for this, which lies at `place`.
    pub fn refusal(self, place: Place) -> Error {
        match self {
            ScreenReason::Large => syntax::too_large(place, LARGEST),
            ScreenReason::Deep => syntax::too_deep(place, DEEPEST),
            ScreenReason::Nested => syntax::too_nested(place, NESTED),
            ScreenReason::Unbroken => syntax::unbroken(place, UNBROKEN),
            ScreenReason::Nul => syntax::nul(place),
            ScreenReason::CarriageReturn => syntax::carriage_return(place),
            ScreenReason::Space(space) => syntax::foreign_space(place, space),
            ScreenReason::ByteOrderMark => syntax::byte_order_mark(place),
        }
    }
}

/// The first reason not to parse `text`, and where it lies.
pub fn screen(text: &str) -> Option<(ScreenReason, Range<usize>)> {
    let bytes = text.as_bytes();
    if bytes.len() > LARGEST {
        return Some((ScreenReason::Large, 0..0));
    }
    if let Some(at) = memchr::memchr(0, bytes) {
        return Some((ScreenReason::Nul, at..at + 1));
    }
    let lone = memchr::memchr_iter(b'\r', bytes).find(|at| bytes.get(at + 1) != Some(&b'\n'));
    if let Some(at) = lone {
        return Some((ScreenReason::CarriageReturn, at..at + 1));
    }
    if text.starts_with('\u{feff}') {
        return Some((ScreenReason::ByteOrderMark, 0..'\u{feff}'.len_utf8()));
    }
    let is_suspect = |byte: &u8| !byte.is_ascii() || matches!(byte, b'\x0b' | b'\x0c');
    let suspect = bytes.iter().any(is_suspect);
    // A level takes a byte at least.
    if !suspect && bytes.len() <= DEEPEST.min(UNBROKEN) {
        return None;
    }
    let (mut levels, mut unbroken, mut at) = (Levels::default(), 0, 0);
    for (kind, token) in rnix::tokenize(text) {
        if kind == TOKEN_WHITESPACE && suspect {
            let foreign = token
                .char_indices()
                .find(|(_, c)| !matches!(c, ' ' | '\t' | '\r' | '\n'));
            if let Some((offset, c)) = foreign {
                return Some((ScreenReason::Space(c), at + offset..at + offset + c.len_utf8()));
            }
        }
        unbroken = if is_looked_past(token) { unbroken + 1 } else { 0 };
        if unbroken > UNBROKEN {
            return Some((ScreenReason::Unbroken, at..at + token.len()));
        }
        levels.take(kind);
        if levels.depth > DEEPEST {
            return Some((ScreenReason::Deep, at..at + token.len()));
        }
        at += token.len();
    }
    None
}

/// The first token of the deepest place of `text`.
pub(super) fn deepest(text: &str) -> Range<usize> {
    let (mut levels, mut at, mut deepest) = (Levels::default(), 0, (0, 0..0));
    for (kind, token) in rnix::tokenize(text) {
        levels.take(kind);
        if levels.depth > deepest.0 {
            deepest = (levels.depth, at..at + token.len());
        }
        at += token.len();
    }
    deepest.1
}

/// Whether the tokenizer, which looks for the end of what may be a path, goes on past a token.
fn is_looked_past(token: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"/_.+-<".contains(&byte);
    token.bytes().all(is_part)
}

/// What is open.
#[derive(Default)]
struct Levels {
    open: Vec<Level>,
    /// The expressions of the file itself.
    outermost: Level,
    /// How many are open, and how many expressions are nested in them before the current place.
    depth: usize,
    last: Option<SyntaxKind>,
}

#[derive(Default)]
struct Level {
    kind: Option<SyntaxKind>,
    /// How many expressions stand in each other here.
    chain: usize,
    /// The chain before each `with` and `assert` that has not come to its semicolon: what follows that stands beside the
    /// condition.
    clauses: Vec<usize>,
    /// Whether these are elements side by side.
    is_list: bool,
    /// Whether these are the names behind an `inherit`.
    is_inherited: bool,
}

impl Levels {
    fn current(&mut self) -> &mut Level {
        self.open.last_mut().unwrap_or(&mut self.outermost)
    }

    fn take(&mut self, kind: SyntaxKind) {
        match kind {
            TOKEN_WHITESPACE | TOKEN_COMMENT | TOKEN_STRING_CONTENT | TOKEN_DOT => {}
            TOKEN_L_BRACE | TOKEN_L_BRACK | TOKEN_L_PAREN | TOKEN_INTERPOL_START | TOKEN_STRING_START | TOKEN_LET => {
                self.operand(kind);
                self.open.push(Level {
                    kind: Some(kind),
                    is_list: kind == TOKEN_L_BRACK,
                    ..Level::default()
                });
                self.depth += 1;
            }
            TOKEN_R_BRACE => self.close(TOKEN_L_BRACE),
            TOKEN_R_BRACK => self.close(TOKEN_L_BRACK),
            TOKEN_R_PAREN => self.close(TOKEN_L_PAREN),
            TOKEN_INTERPOL_END => self.close(TOKEN_INTERPOL_START),
            TOKEN_STRING_END => self.close(TOKEN_STRING_START),
            TOKEN_IN => self.close(TOKEN_LET),
            TOKEN_INHERIT => self.current().is_inherited = true,
            TOKEN_SEMICOLON => {
                self.current().is_inherited = false;
                let before = self.current().clauses.pop();
                self.back_to(before.map_or(0, |before| before + 1));
            }
            TOKEN_COMMA | TOKEN_ASSIGN => self.back_to(0),
            TOKEN_WITH | TOKEN_ASSERT => {
                let level = self.current();
                level.clauses.push(level.chain);
                self.operand(kind);
            }
            // The parser takes a function for an element, and what follows it for its body.
            TOKEN_COLON | TOKEN_AT => {
                self.current().is_list = false;
                self.operand(kind);
            }
            _ => self.operand(kind),
        }
        if !matches!(kind, TOKEN_WHITESPACE | TOKEN_COMMENT) {
            self.last = Some(kind);
        }
    }

    /// Ends what is nested deeper than `chain` at the current level.
    fn back_to(&mut self, chain: usize) {
        let level = self.current();
        let ended = level.chain.saturating_sub(chain);
        level.chain -= ended;
        self.depth -= ended;
    }

    /// An operator, or an operand beside others.
    fn operand(&mut self, kind: SyntaxKind) {
        // The names of an attribute path stand side by side, and so do a list's elements and a string's parts.
        let is_attribute = self.last == Some(TOKEN_DOT);
        let level = self.current();
        let is_beside = (level.is_list || level.is_inherited) && kind != TOKEN_OR;
        if !is_attribute && !is_beside && level.kind != Some(TOKEN_STRING_START) {
            level.chain += 1;
            self.depth += 1;
        }
    }

    /// Ends what `opener` has opened; where something else is open, the file has an error, and that one stays.
    fn close(&mut self, opener: SyntaxKind) {
        let is_open = self.open.last().is_some_and(|level| level.kind == Some(opener));
        if let Some(level) = is_open.then(|| self.open.pop()).flatten() {
            self.depth -= level.chain + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::nix_texts;

    fn why(text: &str) -> Option<ScreenReason> {
        screen(text).map(|(why, _)| why)
    }

    /// The deepest place of a text and its longest unbroken run.
    fn extremes(text: &str) -> (usize, usize) {
        let (mut levels, mut unbroken, mut extremes) = (Levels::default(), 0, (0, 0));
        for (kind, token) in rnix::tokenize(text) {
            unbroken = if is_looked_past(token) { unbroken + 1 } else { 0 };
            levels.take(kind);
            extremes = (levels.depth.max(extremes.0), unbroken.max(extremes.1));
        }
        extremes
    }

    #[test]
    fn what_nests_is_counted() {
        for (text, depth) in [
            ("[ 1 2 3 4 5 6 ]", 2),
            ("[ [ [ ] ] ]", 4),
            ("a.b.c.d.e.f", 1),
            ("f a b c", 4),
            ("a + b + c", 5),
            ("! ! ! a", 4),
            ("{ a = 1 + 1; b = 2 + 2; }", 5),
            ("{ inherit (a) b c d e f g h i; }", 4),
            ("{ a, b, c, d, e, f }: 1", 3),
            ("let a = 1; b = 2; in a", 3),
            ("assert a; assert a; assert a; 1", 4),
            ("\"a ${b} ${c} ${d}\"", 4),
            ("[ (x: a ++ b) ]", 8),
            ("a or (b or c)", 7),
        ] {
            assert_eq!(extremes(text).0, depth, "{text}");
        }
        assert_eq!(extremes("a.b.c + 1+2+3 ").1, 5);
    }

    #[test]
    fn what_would_take_too_long_or_too_deep_is_found_in_no_time() {
        let chain = |part: &str, times: usize| format!("{}a", part.repeat(times));
        for (text, expected) in [
            ("[".repeat(24_000), ScreenReason::Deep),
            ("{a=".repeat(24_000), ScreenReason::Deep),
            ("(".repeat(24_000), ScreenReason::Deep),
            ("x: ".repeat(24_000), ScreenReason::Deep),
            ("\"${".repeat(24_000), ScreenReason::Deep),
            ("let a = ".repeat(24_000), ScreenReason::Deep),
            (chain("with a; ", 24_000), ScreenReason::Deep),
            (chain("if a then b else ", 24_000), ScreenReason::Deep),
            (chain("a or ", 24_000), ScreenReason::Deep),
            (format!("[ {} ]", chain("a.b or ", 24_000)), ScreenReason::Deep),
            (chain("a ++ ", 30_000), ScreenReason::Deep),
            (chain("a // ", 50_000), ScreenReason::Deep),
            (chain("a -> ", 50_000), ScreenReason::Deep),
            (chain("a + ", 200_000), ScreenReason::Deep),
            (chain("! ", 100_000), ScreenReason::Deep),
            ("!".repeat(100_000), ScreenReason::Deep),
            (chain("f ", 60_000), ScreenReason::Deep),
            (chain("a.", 60_000), ScreenReason::Unbroken),
            (chain("a+", 60_000), ScreenReason::Unbroken),
            ("-".repeat(60_000), ScreenReason::Unbroken),
            ("<".repeat(60_000), ScreenReason::Unbroken),
            (" ".repeat(LARGEST + 1), ScreenReason::Large),
        ] {
            let begun = std::time::Instant::now();
            assert_eq!(why(&text), Some(expected), "{}…", &text[..20]);
            assert!(begun.elapsed().as_secs() < 5, "{}…", &text[..20]);
        }
    }

    #[test]
    fn what_nix_reads_otherwise_is_found_where_it_stands() {
        for (text, expected) in [
            ("{ # on\r a = 1;\n}", Some((ScreenReason::CarriageReturn, 6..7))),
            ("{\r\r\n}", Some((ScreenReason::CarriageReturn, 1..2))),
            ("\"a\rb\"", Some((ScreenReason::CarriageReturn, 2..3))),
            ("{\r\n}", None),
            ("1\0", Some((ScreenReason::Nul, 1..2))),
            ("\u{feff}1", Some((ScreenReason::ByteOrderMark, 0..3))),
            ("1 \u{c}", Some((ScreenReason::Space('\u{c}'), 2..3))),
            ("1 \u{b}", Some((ScreenReason::Space('\u{b}'), 2..3))),
            ("1\u{85}", Some((ScreenReason::Space('\u{85}'), 1..3))),
            ("1\u{a0}+ 1", Some((ScreenReason::Space('\u{a0}'), 1..3))),
            ("1\u{2028}", Some((ScreenReason::Space('\u{2028}'), 1..4))),
            ("1\u{3000}", Some((ScreenReason::Space('\u{3000}'), 1..4))),
            ("\"a\u{a0}b\" # c\u{2028}d\n", None),
            ("''a\u{c}b'' /* c\u{85} */", None),
        ] {
            assert_eq!(screen(text), expected, "{text:?}");
        }
        // All that the tokenizer takes for white space is known to be Nix's, or found.
        for c in (1..=0x10_ffff_u32).filter_map(char::from_u32) {
            let is_nix = matches!(c, ' ' | '\t' | '\n');
            if c.is_whitespace() && !is_nix {
                assert!(screen(&format!("1{c}+ 1")).is_some(), "{c:?}");
            }
        }
    }

    /// The long form: `QGROGET_REAL=directory`.
    #[test]
    fn what_people_write_is_far_from_the_limits() {
        let own = || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let root = std::env::var_os("QGROGET_REAL").map_or_else(own, Into::into);
        for (path, text) in nix_texts(&root) {
            assert_eq!(screen(&text), None, "{}", path.display());
            let (depth, unbroken) = extremes(&text);
            assert!(depth * 3 < DEEPEST && unbroken * 20 < UNBROKEN, "{}", path.display());
        }
    }
}
