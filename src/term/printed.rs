//! What of a text reaches a terminal.

use std::borrow::Cow;

use super::foreign::visible;

/// A styled text as it is printed: with its styles or without, and whatever else would be a command to the terminal shown
/// instead of obeyed, wherever it comes from (a name, a path, a hook's output).
pub fn printed(text: &str, color: bool) -> Cow<'_, str> {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\n');
    if text.as_bytes().iter().all(is_plain) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&visible(&rest[..at]));
        rest = &rest[at..];
        let length = style(rest);
        match length {
            0 => out.push_str("^["),
            _ if color => out.push_str(&rest[..length]),
            _ => {}
        }
        rest = &rest[length.max(1)..];
    }
    out.push_str(&visible(rest));
    out.into()
}

/// How many bytes of `text` are a sequence that sets a style and nothing else; 0 if it begins with another.
fn style(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let length = parameters
        .bytes()
        .take_while(|byte| byte.is_ascii_digit() || *byte == b';')
        .count();
    // Colours of the theme, and effects but blinking and hiding.
    let is_ours =
        |code: &str| matches!(code.parse(), Ok(0..=4 | 7 | 22..=24 | 27 | 30..=37 | 39 | 90..=97)) || code.is_empty();
    let ends = parameters[length..].starts_with('m');
    match ends && parameters[..length].split(';').all(is_ours) {
        true => "\u{1b}[".len() + length + 1,
        false => 0,
    }
}
