//! What makes foreign text safe to print.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text that comes from a file, made safe to print: control characters, terminal escapes and
/// bidirectional overrides are shown instead of obeyed. Tabs and newlines stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    // All but a few texts have nothing else.
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n');
    if text.as_bytes().iter().all(is_plain) || !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if !is_hidden(c) => out.push(c),
            '\u{0}'..='\u{1f}' => {
                out.push('^');
                out.push(char::from(c as u8 + 0x40));
            }
            '\u{7f}' => out.push_str("^?"),
            _ => {
                let _ = write!(out, "<U+{:04X}>", c as u32);
            }
        }
    }
    Cow::Owned(out)
}

/// Controls (C0, DEL, C1), and what is invisible or turns the direction of text: soft hyphens, zero widths, marks,
/// embeddings, overrides, isolates, line separators, annotations and tags.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{0}'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_shown_and_not_obeyed() {
        assert_eq!(visible("a\tb\n"), "a\tb\n");
        assert_eq!(visible("\u{1b}[31mred\r\n"), "^[[31mred^M\n");
        assert_eq!(visible("x\u{202e}y\u{7f}"), "x<U+202E>y^?");
        assert_eq!(
            visible("\u{9b}31m\u{200b}\u{2066}\u{ad}"),
            "<U+009B>31m<U+200B><U+2066><U+00AD>"
        );
        assert_eq!(visible("é 漢"), "é 漢");
    }
}
