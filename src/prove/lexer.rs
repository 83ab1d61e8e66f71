//! Tokens of Nix source, as far as the search for stand-ins needs them.
//!
//! This is no parser: it never decides an edit. It finds names, attribute paths and strings in any text,
//! valid or not, and skips comments.

/// One token with its byte offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Byte offset of its first character.
    pub start: usize,
    /// Byte offset after its last character.
    pub end: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An identifier or keyword.
    Ident(String),
    /// A string begins.
    StringStart,
    /// Literal text in a string, escapes not resolved.
    Text(String),
    /// A string ends.
    StringEnd,
    /// `${`
    Open,
    /// The `}` that ends a `${`.
    Close,
    /// A path that starts with `./` or `../`, interpolations included as written.
    Path(String),
    /// A number.
    Number,
    /// Any other character; `==`, `++`, `//`, `&&`, `||`, `->`, `!=`, `<=` and `>=` are one token.
    Punct(&'static str),
}

impl Token {
    /// Whether it is this punctuation.
    pub fn is(&self, punct: &str) -> bool {
        matches!(self.kind, TokenKind::Punct(p) if p == punct)
    }

    /// Whether it is this identifier or keyword.
    pub fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, TokenKind::Ident(name) if name == word)
    }

    /// The identifier's name.
    pub fn word(&self) -> Option<&str> {
        match &self.kind {
            TokenKind::Ident(name) => Some(name),
            _ => None,
        }
    }
}

const PUNCT: [&str; 33] = [
    "...", "==", "!=", "<=", ">=", "++", "//", "&&", "||", "->", "{", "}", "[", "]", "(", ")", "=", ";", ":", ",", ".",
    "@", "?", "+", "-", "*", "/", "<", ">", "!", "|", "$", "~",
];

/// What the lexer is inside of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// An expression; the count of open `{`.
    Code(usize),
    /// A `"` string.
    Quoted,
    /// A `''` string.
    Indented,
}

/// The tokens of `text`. Whatever it does not know it skips; it ends for every input.
pub fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut modes = vec![Mode::Code(0)];
    let mut at = 0;
    while at < bytes.len() {
        let mode = *modes.last().unwrap_or(&Mode::Code(0));
        match mode {
            Mode::Quoted | Mode::Indented => at = string_part(text, at, mode, &mut modes, &mut out),
            Mode::Code(depth) => at = code_part(text, at, depth, &mut modes, &mut out),
        }
    }
    out
}

fn string_part(text: &str, start: usize, mode: Mode, modes: &mut Vec<Mode>, out: &mut Vec<Token>) -> usize {
    let bytes = text.as_bytes();
    let mut at = start;
    let flush = |out: &mut Vec<Token>, end: usize| {
        if end > start {
            out.push(Token {
                kind: TokenKind::Text(text[start..end].to_owned()),
                start,
                end,
            });
        }
    };
    while at < bytes.len() {
        let rest = &bytes[at..];
        let quoted = mode == Mode::Quoted;
        if (quoted && rest[0] == b'\\') || (!quoted && rest.starts_with(b"''\\")) {
            at += if quoted { 1 } else { 3 };
            at += text[at.min(bytes.len())..].chars().next().map_or(0, char::len_utf8);
        } else if rest.starts_with(b"$${") || rest.starts_with(b"$$") {
            at += 2;
        } else if !quoted && (rest.starts_with(b"''$") || rest.starts_with(b"'''")) {
            at += 3;
        } else if rest.starts_with(b"${") {
            flush(out, at);
            out.push(Token {
                kind: TokenKind::Open,
                start: at,
                end: at + 2,
            });
            modes.push(Mode::Code(0));
            return at + 2;
        } else if (quoted && rest[0] == b'"') || (!quoted && rest.starts_with(b"''")) {
            let end = at + if quoted { 1 } else { 2 };
            flush(out, at);
            out.push(Token {
                kind: TokenKind::StringEnd,
                start: at,
                end,
            });
            modes.pop();
            return end;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn code_part(text: &str, at: usize, depth: usize, modes: &mut Vec<Mode>, out: &mut Vec<Token>) -> usize {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    let mut push = |kind: TokenKind, end: usize| {
        out.push(Token { kind, start: at, end });
        end
    };
    let first = rest[0];
    if first.is_ascii_whitespace() {
        at + 1
    } else if first == b'#' {
        at + memchr::memchr(b'\n', rest).unwrap_or(rest.len())
    } else if rest.starts_with(b"/*") {
        at + memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len(), |n| n + 4)
    } else if first == b'"' {
        modes.push(Mode::Quoted);
        push(TokenKind::StringStart, at + 1)
    } else if rest.starts_with(b"''") {
        modes.push(Mode::Indented);
        push(TokenKind::StringStart, at + 2)
    } else if rest.starts_with(b"${") {
        modes.push(Mode::Code(0));
        push(TokenKind::Open, at + 2)
    } else if rest.starts_with(b"./") || rest.starts_with(b"../") {
        let end = path_end(bytes, at);
        push(TokenKind::Path(text[at..end].to_owned()), end)
    } else if first.is_ascii_alphabetic() || first == b'_' {
        let end = at + rest.iter().position(|b| !is_word_byte(*b)).unwrap_or(rest.len());
        push(TokenKind::Ident(text[at..end].to_owned()), end)
    } else if first.is_ascii_digit() {
        let end = at
            + rest
                .iter()
                .position(|b| !b.is_ascii_alphanumeric())
                .unwrap_or(rest.len());
        push(TokenKind::Number, end)
    } else if first == b'{' {
        set_depth(modes, depth + 1);
        push(TokenKind::Punct("{"), at + 1)
    } else if first == b'}' {
        if depth == 0 && modes.len() > 1 {
            modes.pop();
            return push(TokenKind::Close, at + 1);
        }
        set_depth(modes, depth.saturating_sub(1));
        push(TokenKind::Punct("}"), at + 1)
    } else if let Some(punct) = PUNCT.iter().find(|p| rest.starts_with(p.as_bytes())) {
        push(TokenKind::Punct(punct), at + punct.len())
    } else {
        at + text[at..].chars().next().map_or(1, char::len_utf8)
    }
}

fn set_depth(modes: &mut [Mode], depth: usize) {
    if let Some(last) = modes.last_mut() {
        *last = Mode::Code(depth);
    }
}

fn is_word_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'\'')
}

fn path_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < bytes.len() {
        if bytes[at..].starts_with(b"${") {
            at += memchr::memchr(b'}', &bytes[at..]).map_or(bytes.len() - at, |n| n + 1);
        } else if bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'.' | b'_' | b'-' | b'+' | b'/') {
            at += 1;
        } else {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text)
            .iter()
            .filter_map(|t| t.word().map(str::to_owned))
            .collect()
    }

    #[test]
    fn comments_and_literal_text_yield_no_words() {
        assert_eq!(words("a /* b */ # c\n \"d\" ''e ''${f} '''g''"), ["a"]);
    }

    #[test]
    fn interpolations_are_code_at_any_depth() {
        assert_eq!(words(r#""x ${a { b = "${c}"; }} y" d"#), ["a", "b", "c", "d"]);
        assert_eq!(words("''\n ${a} $${b} ''\\${c''"), ["a"]);
    }

    #[test]
    fn paths_keep_their_interpolations() {
        let found = tokens("[./${host}/settings.nix ../x.nix]");
        let paths: Vec<_> = found
            .iter()
            .filter_map(|t| match &t.kind {
                TokenKind::Path(p) => Some(p.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(paths, ["./${host}/settings.nix", "../x.nix"]);
    }

    #[test]
    fn ends_on_broken_text() {
        for text in ["\"", "''", "${", "\"${", "/*", "}}}", "\"\\", "''\\", "é\"é${é", "$"] {
            tokens(text);
        }
    }
}
