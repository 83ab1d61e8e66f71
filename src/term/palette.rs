//! The palette.
//!
//! The sixteen colours of the terminal's own theme only, so that they are readable on light and on dark
//! backgrounds: no yellow, no white, no black. Colour never carries meaning alone: with the styles stripped
//! every text still says the same in words or signs, which the tests without colour check.

use anstyle::{AnsiColor, Effects, Style};

/// A line that is added.
pub const ADDED: Style = AnsiColor::Green.on_default();
/// A line that is removed.
pub const REMOVED: Style = AnsiColor::Red.on_default();
/// The words that differ inside an added line.
pub const ADDED_WORD: Style = ADDED.effects(Effects::INVERT);
/// The words that differ inside a removed line.
pub const REMOVED_WORD: Style = REMOVED.effects(Effects::INVERT);
/// An added line that only got another indentation.
pub const ADDED_INDENT: Style = ADDED.effects(Effects::DIMMED);
/// A removed line that only got another indentation.
pub const REMOVED_INDENT: Style = REMOVED.effects(Effects::DIMMED);
/// A hunk's header.
pub const HUNK: Style = AnsiColor::Cyan.on_default();
/// A title, a file's header in a diff.
pub const TITLE: Style = Style::new().bold();
/// Something secondary.
pub const FAINT: Style = Style::new().dimmed();
/// What a machine gains: needs a yes of its own.
pub const GAIN: Style = AnsiColor::Magenta.on_default().effects(Effects::BOLD);
/// Something that is accepted or done.
pub const GOOD: Style = AnsiColor::Green.on_default().effects(Effects::BOLD);
/// An error, a decline.
pub const BAD: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
/// A warning.
pub const WARNING: Style = AnsiColor::Magenta.on_default().effects(Effects::BOLD);
/// A question.
pub const PROMPT: Style = AnsiColor::Blue.on_default().effects(Effects::BOLD);

/// `text` in `style`, each line on its own: a pager that cuts at a line's end never bleeds a colour.
pub fn paint(style: Style, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    paint_into(&mut out, style, text);
    out
}

/// Appends what [`paint`] returns.
pub fn paint_into(out: &mut String, style: Style, text: &str) {
    if style.is_plain() {
        return out.push_str(text);
    }
    let (open, close) = (style.render().to_string(), style.render_reset().to_string());
    for declaration in text.split_inclusive('\n') {
        let line = declaration.strip_suffix('\n');
        let body = line.unwrap_or(declaration);
        if !body.is_empty() {
            out.extend([&*open, body, &*close]);
        }
        if line.is_some() {
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_ends_before_its_line_does() {
        assert_eq!(paint(ADDED, "a\nb"), "\u{1b}[32ma\u{1b}[0m\n\u{1b}[32mb\u{1b}[0m");
        assert_eq!(paint(ADDED, ""), "");
    }
}
