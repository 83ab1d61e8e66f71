//! The version of the contract: one for all that is installed, as a line in each file.
//!
//! It is raised when an installed text changes, so that a repository whose contract was installed before gets the change by
//! `qgroget init`. A text that was installed before there were versions has no such line.

use std::path::Path;
use std::sync::OnceLock;

/// The version and the digest of the texts in `nix/`, which a test compares.
const RECORD: &str = include_str!("../../../nix/contract.toml");

/// What a line of Nix with the version begins with.
const NIX: &str = "# qgroget contract ";
/// What a line of Markdown with the version is.
const MARKDOWN: (&str, &str) = ("<!-- qgroget contract ", " -->");

/// The version of what this program installs.
pub fn current() -> u32 {
    static CURRENT: OnceLock<u32> = OnceLock::new();
    *CURRENT.get_or_init(|| {
        let line = RECORD.lines().find_map(|line| line.strip_prefix("version = "));
        line.and_then(|version| version.parse().ok())
            .expect("nix/contract.toml has a version")
    })
}

/// The version that a text says it is of; `None` where it says none.
pub fn of(text: &str) -> Option<u32> {
    text.lines().find_map(of_line)
}

fn of_line(line: &str) -> Option<u32> {
    let line = line.trim();
    let nix = line.strip_prefix(NIX);
    let markdown = || line.strip_prefix(MARKDOWN.0)?.strip_suffix(MARKDOWN.1);
    nix.or_else(markdown)?.parse().ok()
}

/// The line of this program's version, in Nix.
pub fn line() -> String {
    format!("{NIX}{}", current())
}

/// An installed text with the line of this program's version: the first of Nix, the last of anything else.
pub fn marked(path: &Path, text: &str) -> String {
    match path.extension().is_some_and(|extension| extension == "nix") {
        true => format!("{}\n{text}", line()),
        false => format!("{text}{}{}{}\n", MARKDOWN.0, current(), MARKDOWN.1),
    }
}

/// A text without the line.
pub fn without(text: &str) -> String {
    let lines = text.split_inclusive('\n');
    lines.filter(|line| of_line(line).is_none()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_its_version_and_reads_as_before_without_it() {
        for (path, text) in [("collector.nix", "# What\n{}\n"), ("guide.md", "# What\n\nText.\n")] {
            let marked = marked(Path::new(path), text);
            assert_eq!(of(&marked), Some(current()), "{marked}");
            assert_eq!(of(text), None);
            assert_eq!(without(&marked), text);
            assert_eq!(without(text), text);
        }
        assert_eq!(of("  # qgroget contract 7\r\n"), Some(7));
        assert_eq!(of("# qgroget contract seven\n"), None);
    }
}
