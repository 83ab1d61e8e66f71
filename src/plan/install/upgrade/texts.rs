//! What an upgrade of the contract says.

use std::path::Path;

use super::stand::{Stand, State};
use crate::plan::install::version::current;

pub const SUBJECT_OF_NAMES: &str = "feat(server): fit the service contract to the names of fields";
pub fn subject(to: u32) -> String {
    format!("feat(server): upgrade the service contract to version {to}")
}

pub fn title(from: Option<u32>, to: u32) -> String {
    match from {
        Some(from) if from == to => "fit the contract to the names that the repository's fields have now".to_owned(),
        Some(from) => format!("upgrade the contract from version {from} to version {to}"),
        None => format!("upgrade the contract to version {to}; it was installed before it had versions"),
    }
}

pub const NAMES_WHY: &str = "The collector and the bridge were installed when qgroget.toml or the legacy schema had other names. What you have \
     changed in their files stays. Declined, the contract stays as it is, and fields of those names are not collected.";
pub const WHY: &str = "It brings what was repaired and added in the contract since it was installed. What you have changed in its files stays. \
     Declined, the contract stays as it is.";

pub fn replace_title(files: &[&Path], to: u32) -> String {
    format!("replace {} by version {to} of the contract", list(files))
}

pub fn replace_why(files: &[&Path]) -> String {
    format!(
        "No commit in this history has {} as it was installed, so what you have changed there cannot be told from what is \
         older: all of it is replaced, but for fields that were added to the contract. Look at every line that goes. Declined, the \
         contract stays as it is.",
        list(files)
    )
}

fn list(files: &[&Path]) -> String {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

pub const TEMPLATE_TITLE: &str = "upgrade the annotated template";
pub const TESTS_TITLE: &str = "upgrade the tests that were installed";
pub const INTEGRATION_TITLE: &str = "upgrade the tests across services";
pub const DOCUMENTS_TITLE: &str = "upgrade the contract's documents";
pub const OTHERS_WHY: &str =
    "They go with the contract's version. What you have changed in them stays. Declined, they stay as they are.";

pub fn brought(from: Option<u32>, to: u32) -> String {
    match from {
        Some(from) if from == to => "the names of fields".to_owned(),
        Some(from) => format!("version {from} → {to}"),
        None => format!("version {to}"),
    }
}

pub fn left(path: &Path, to: u32) -> String {
    format!(
        "{}, of which version {to} of the contract has another text",
        path.display()
    )
}
pub const BASE_UNKNOWN: &str = "no commit in this history has it as it was installed, so what you have changed there cannot be told from what is older";
pub const MEETS: &str = "you have changed the lines that are other ones now";
pub const UNSOUND: &str = "with your changes the new text would not parse";
pub fn left_next(path: &Path) -> String {
    format!(
        "to have the new text: remove it with git rm {}, commit, and run qgroget init; git log -p then shows what was yours",
        crate::error::shell_word(&path.to_string_lossy())
    )
}

/// What is to be said of a file where there is nothing to upgrade.
pub fn stands(stand: &Stand) -> String {
    let path = stand.path.display();
    match &stand.state {
        State::Renamed => format!("{path}: {RENAMED}"),
        State::Changed { missing, added, .. } => format!("{path} has changes of yours: {}", lines(*missing, *added)),
        State::Newer(version) => format!(
            "{path} is of version {version}, which this qgroget does not know: it has version {}",
            current()
        ),
        State::Older { version, .. } => format!("{path}: {}", outdated(*version)),
    }
}

/// That the contract was installed with other names.
pub const RENAMED: &str = "the contract was installed when the repository's fields had other names";

/// That the contract is older than what would be installed.
pub fn outdated(version: Option<u32>) -> String {
    match version {
        Some(version) => format!(
            "the contract is of version {version}; this qgroget has version {}",
            current()
        ),
        None => format!(
            "the contract was installed before it had versions; this qgroget has version {}",
            current()
        ),
    }
}

/// `31 lines are missing, 2 are added`.
pub fn lines(missing: usize, added: usize) -> String {
    let count = |number: usize, what: &str| match number {
        1 => format!("1 line is {what}"),
        number => format!("{number} lines are {what}"),
    };
    match (missing, added) {
        (0, added) => count(added, "added"),
        (missing, 0) => count(missing, "missing"),
        (missing, added) => format!("{}, {}", count(missing, "missing"), count(added, "added")),
    }
}
