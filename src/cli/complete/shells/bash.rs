//! bash, which puts a completion into the line as it gets it.

use std::env;
use std::ffi::OsString;

use clap::Command;

use super::{PROGRAM, Shell, VARIABLE, offers};

pub struct Bash;

/// Set by the script: at which of the words the cursor is.
const INDEX: &str = "QGROGET_COMPLETE_WORD";

impl Shell for Bash {
    fn script(&self) -> String {
        format!(
            r#"_qgroget() {{
    local words=("${{COMP_WORDS[@]}}")
    mapfile -t COMPREPLY < <({VARIABLE}=bash {INDEX}=$COMP_CWORD {PROGRAM} -- "${{words[@]}}" 2>/dev/null)
    # What goes on is no word yet.
    [[ ${{COMPREPLY-}} == *[=/,] ]] && compopt -o nospace
}}
complete -o nosort -F _qgroget {PROGRAM}
"#
        )
    }

    fn answer(&self, command: &mut Command, typed: Vec<OsString>) -> String {
        let index = env::var(INDEX).ok().and_then(|index| index.parse().ok());
        let index: usize = index.unwrap_or(typed.len() - 1).min(typed.len() - 1);
        let (mut words, before) = joined(&typed[..=index]);
        let last = words.len() - 1;
        if let Some(text) = words[last].to_str().map(unquoted) {
            words[last] = text.into();
        }
        let offers = offers(command, words, last).into_iter();
        let lines = offers.map(|(value, _)| {
            let value = value.strip_prefix(&before).unwrap_or(&value);
            format!("{}\n", quoted(value))
        });
        lines.collect()
    }
}

/// The words, with `--option`, `=` and `value` in one as they were typed; and what of the last one bash takes for words before
/// it, and leaves in the line.
fn joined(words: &[OsString]) -> (Vec<OsString>, String) {
    let mut joined: Vec<OsString> = Vec::new();
    let mut before = String::new();
    let mut is_value = false;
    for word in words {
        before.clear();
        match joined.last_mut() {
            Some(last) if is_value || (word == "=" && is_option(last)) => {
                let sign = if is_value { "" } else { "=" };
                before = format!("{}{sign}", last.to_string_lossy());
                last.push(word);
                is_value = !is_value;
            }
            _ => {
                joined.push(word.clone());
                is_value = false;
            }
        }
    }
    (joined, before)
}

fn is_option(word: &OsString) -> bool {
    word.to_str()
        .is_some_and(|word| word.starts_with("--") && word.len() > 2)
}

/// The word without its quotes and backslashes.
fn unquoted(word: &str) -> String {
    let mut out = String::new();
    let mut characters = word.chars();
    let mut within = None;
    while let Some(character) = characters.next() {
        match (character, within) {
            ('\\', None) => out.extend(characters.next()),
            ('\'' | '"', None) => within = Some(character),
            (quote, Some(open)) if quote == open => within = None,
            _ => out.push(character),
        }
    }
    out
}

/// The word with a backslash before everything that means something to bash.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./,:@%+=^~".contains(c);
    let mut out = String::new();
    for character in word.chars() {
        if !is_plain(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn what_bash_divides_at_the_equals_sign_is_one_word() {
        let (joined_words, before) = joined(&words(&["qgroget", "status", "--host", "=", "Se"]));
        assert_eq!(joined_words, words(&["qgroget", "status", "--host=Se"]));
        assert_eq!(before, "--host=");
        let (joined_words, before) = joined(&words(&["qgroget", "status", "--host", "="]));
        assert_eq!(joined_words, words(&["qgroget", "status", "--host="]));
        assert_eq!(before, "--host=");
        let (joined_words, before) = joined(&words(&["qgroget", "status", "--host", "=", "S", "je"]));
        assert_eq!(joined_words, words(&["qgroget", "status", "--host=S", "je"]));
        assert_eq!(before, "");
    }

    #[test]
    fn a_word_is_quoted_and_read_back() {
        for word in ["jellyfin", "a b", "$(touch x)", "it's", "a;b|c&d", "a\\b", "*", "~x"] {
            assert_eq!(unquoted(&quoted(word)), word);
        }
        assert_eq!(quoted("$(x)"), "\\$\\(x\\)");
    }
}
