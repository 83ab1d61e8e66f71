//! Whole files as alejandra formats them, where it can be relied on.

use super::{Source, effort, parses, string_parts};

/// Formats a whole Nix file as alejandra does; `None` if it does not parse.
pub fn format(text: &str) -> Option<String> {
    Source::new("", text).formatted()
}

/// How often alejandra may lay out the tokens of a text altogether, as [`effort::layouts`] finds it. It takes 6 µs for each at
/// most (measured on 10,000 made-up texts, the longest 0.16 s) and far less as a rule; of the 4,400 pieces of a homelab of
/// a hundred files, none comes to 30,000.
const MOST_LAYOUTS: u64 = 40_000;

/// The text as alejandra formats it; as it is where that would change what a string says, or take too long. `None` if it
/// does not parse.
pub(super) fn alejandra(text: &str) -> Option<String> {
    // alejandra 3.1 takes any white space of Unicode for indentation, and cuts it by bytes.
    let is_foreign = |c: char| !c.is_ascii() && c.is_whitespace();
    let is_odd = !text.is_ascii() && text.chars().any(is_foreign);
    if is_odd || effort::layouts(text) > MOST_LAYOUTS {
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

    /// Every kind of expression in itself, broken in every way: `~` is where white space is.
    const NESTINGS: [(&str, &str); 38] = [
        ("(~", "~)"),
        ("f~(~", "~)~a"),
        ("(lib.mkMerge~[(f~", ")])"),
        ("\"${~", "~}\""),
        ("''${~", "~}''"),
        ("./a/${~", "~}"),
        ("a.${~", "~}"),
        ("[~", "~]"),
        ("f~[~", "~]"),
        ("{~a~=~", "~;~}"),
        ("{~a~=~f~", "~;~}"),
        ("f~{~a~=~", "~;~}"),
        ("{~a~=~(~", "~)~;~}"),
        ("{~a~=~x:~", "~;~}"),
        ("{~inherit~(~", "~)~a;~}"),
        ("{~${~", "~}~=~1;~}"),
        ("x:~", ""),
        ("(~x:~", "~)"),
        ("f~x:~", ""),
        ("{~x~}:~", ""),
        ("{~x~?~", "~}: x"),
        ("x~@~{~y~?~", "~}: x"),
        ("let~a~=~", "~;~in~b"),
        ("let~in~", ""),
        ("with~", "~;~b"),
        ("with~a;~", ""),
        ("assert~", "~;~b"),
        ("assert~a;~", ""),
        ("if~", "~then~b~else~c"),
        ("if~a~then~", "~else~c"),
        ("if~a~then~b~else~", ""),
        ("", "~a"),
        ("", "~{~}"),
        ("a~++~", ""),
        ("", "~//~a"),
        ("(~a~.~b~or~", "~)"),
        ("!~", ""),
        ("", "~?~a"),
    ];

    #[test]
    fn what_takes_too_long_to_format_is_left_as_it_is() {
        let mut left = 0;
        for (open, close) in NESTINGS {
            for between in [" ", " \n", " /**/ ", " # c\n"] {
                let put = |text: &str| text.replace('~', between);
                let text = |depth| {
                    let (open, close) = (put(open).repeat(depth), put(close).repeat(depth));
                    format!("{{a={open} z {between}{close};}}\n")
                };
                assert_ne!(format(&text(2)).as_deref(), Some(&*text(2)), "{open} {close}");
                let begun = std::time::Instant::now();
                left += usize::from(format(&text(40)).expect("it parses") == text(40));
                assert!(begun.elapsed().as_secs() < 2, "{}", text(40));
            }
        }
        assert!((20..80).contains(&left), "{left}");
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
