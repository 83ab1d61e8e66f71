//! Messages about an installed contract that is brought to another version.

use std::path::Path;

use super::{Error, Place};

/// Lines that both a person and a newer version have changed.
#[derive(Clone, Debug)]
pub struct Met {
    pub place: Place,
    /// What was installed there.
    pub installed: String,
    /// What the newer version has there.
    pub now: String,
}

/// How many lines of a place are shown.
const SHOWN: usize = 12;

/// A person's changes meet those of a newer version.
pub fn upgrade_conflict(places: &[Met], to: u32) -> Error {
    let message = match places.len() {
        1 => format!("a change of yours and version {to} of the contract meet in one place"),
        many => format!("changes of yours and version {to} of the contract meet in {many} places"),
    };
    let error = Error::refused("upgrade-conflict", message);
    let error = match places.first() {
        Some(first) => error.at(first.place.clone()),
        None => error,
    };
    let error =
        error.reason("the contract is upgraded as a whole or not at all; what is to stand there is yours to say");
    let places = places
        .iter()
        .filter(|met| !met.place.span.is_empty() || !met.now.is_empty());
    places
        .fold(error, |error, met| error.hint(difference(met, to)))
        .hint(format!(
            "put the lines of version {to} there, commit, run qgroget init, and make your change anew on top"
        ))
}

fn difference(met: &Met, to: u32) -> String {
    format!(
        "{}:{}\ninstalled:\n{}version {to}:\n{}",
        met.place.path.display(),
        met.place.line,
        quoted(&met.installed),
        quoted(&met.now).trim_end()
    )
}

fn quoted(text: &str) -> String {
    let mut lines = text.lines();
    let shown: String = lines.by_ref().take(SHOWN).map(|line| format!("  | {line}\n")).collect();
    match (lines.count(), shown.is_empty()) {
        (0, true) => "  (nothing)\n".to_owned(),
        (0, false) => shown,
        (more, _) => format!("{shown}  | … and {more} more\n"),
    }
}

/// What is missing of the contract has effects on the machine, and nobody takes them by name.
pub fn contract_off(services: &[String]) -> Error {
    let have = match services {
        [one] => format!("{one} has"),
        many => format!("{} have", many.join(", ")),
    };
    Error::refused(
        "contract-off",
        "something of the contract is missing, and putting it back changes the machine",
    )
    .reason(format!(
        "{have} a contract, and what the missing part makes of it comes back: that needs a yes of its own"
    ))
    .hint("see it: qgroget init --dry-run")
    .hint("take it: qgroget init --yes --accept-gains, or on a terminal qgroget init")
}

/// What was installed is not known, and nobody is asked.
pub fn base_unknown(files: &[&Path], to: u32) -> Error {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    Error::refused(
        "contract-base-unknown",
        format!("version {to} of the contract can only replace {}", names.join(", ")),
    )
    .reason(
        "no commit in this history has what was installed there, so what you have changed cannot be told from what is older; \
         --yes does not decide about that",
    )
    .hint("look at what goes: qgroget init --dry-run --full")
    .hint("decide on a terminal: qgroget init")
}
