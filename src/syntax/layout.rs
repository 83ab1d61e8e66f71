//! Whole files as alejandra formats them, where it can be relied on.

use super::{Source, parses, screen, string_parts};

/// Formats a whole Nix file as alejandra does; `None` if it does not parse.
pub fn format(text: &str) -> Option<String> {
    Source::new("", text).formatted()
}

/// How many parentheses and interpolations may stand in each other in what alejandra formats: its time grows to the
/// threefold with each (0.5 s for 8 of them, minutes for 16).
const MOST_PARENTHESES: usize = 8;

/// The text as alejandra formats it; as it is where that would change what a string says, or take too long. `None` if it
/// does not parse.
pub(super) fn alejandra(text: &str) -> Option<String> {
    // alejandra 3.1 takes any white space of Unicode for indentation, and cuts it by bytes.
    let is_foreign = |c: char| !c.is_ascii() && c.is_whitespace();
    let is_odd = !text.is_ascii() && text.chars().any(is_foreign);
    if is_odd || screen::parentheses(text) > MOST_PARENTHESES {
        return parses(text).then(|| text.to_owned());
    }
    let formatted = alejandra_alone(text)?;
    // alejandra 3.1 takes blanks away that stand at the end of a line in a string between `''`, and tabs that it is indented
    // by, which are text for Nix.
    // With a carriage return at its end, a line is not blank for Nix, and may be the least indented one.
    let is_odd = |line: &str| line.ends_with(' ') || line.contains(['\t', '\r']);
    let is_doubtful = text.contains("''") && text.split('\n').any(is_odd);
    match is_doubtful && string_parts(text) != string_parts(&formatted) {
        true => Some(text.to_owned()),
        false => Some(formatted),
    }
}

pub(super) fn alejandra_alone(text: &str) -> Option<String> {
    match alejandra::format::in_memory("<text>".to_owned(), text.to_owned()) {
        (alejandra::format::Status::Error(_), _) => None,
        (alejandra::format::Status::Changed(_), formatted) => Some(formatted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_never_changes_what_a_string_says() {
        let text = "{b=1;\n a = ''\n    one  \n       \n    two\n  '';\n}\n";
        let formatted = format(text).expect("parses");
        assert_eq!(string_parts(&formatted), string_parts(text));
        assert!(formatted.starts_with("{\n  b = 1;\n  a = ''\n"), "{formatted}");
        let formatted = format("{\n a = ''\n    one\n\n    two\n  '';  \n}\n");
        assert_eq!(
            formatted.as_deref(),
            Some("{\n  a = ''\n    one\n\n    two\n  '';\n}\n")
        );
    }

    #[test]
    fn what_takes_too_long_to_format_is_left_as_it_is() {
        for (open, close) in [("(lib.mkMerge [(f\n", ")])"), ("({a}:\n", ")"), ("\"${f\n ", "}\"")] {
            let text = |depth| format!("{{a={}1{};}}\n", open.repeat(depth), close.repeat(depth));
            assert_eq!(alejandra(&text(40)).as_deref(), Some(&*text(40)));
            assert_ne!(alejandra(&text(3)).as_deref(), Some(&*text(3)));
            let begun = std::time::Instant::now();
            assert!(format(&text(40)).is_some());
            assert!(begun.elapsed().as_secs() < 2, "{open}");
        }
    }

    #[test]
    fn block_comments_in_other_scripts_are_formatted_or_left() {
        for last in ["é */", "ééé bar */", "日本 */", "*/"] {
            for indent in 0..12 {
                let text = format!("{{\n        /* foo\n{}{last}\n  a = 1;\n}}\n", " ".repeat(indent));
                let formatted = format(&text).expect("it parses");
                assert!(parses(&formatted), "{formatted}");
            }
        }
    }
}
