//! What is said of a repository's format, in one place.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::Because;
use crate::rules::Format;

/// How new code is laid out, and why.
pub fn formatted_by(format: Format, because: &Because) -> String {
    match format {
        Format::None => format!("Not formatted, {}: new code is indented and no more.", reason(because)),
        format => format!("Formatted by {}, {}.", format.name(), reason(because)),
    }
}

/// The same where the program does not do it.
pub fn unformatted(format: Format, because: &Because, fault: &str) -> String {
    let (name, reason) = (format.name(), reason(because));
    format!("To be formatted by {name}, {reason}. But {name} {fault}: new code is indented and no more.")
}

/// Files that the program would have changed before.
pub fn unlike(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let is = if files.len() == 1 {
        "was not before and is"
    } else {
        "were not before and are"
    };
    format!(" {} {is} left as the edits make it.", files.join(", "))
}

/// What the program has to be run on in the end.
pub fn afterwards(format: Format, files: &[PathBuf]) -> String {
    let files = files
        .iter()
        .map(|file| crate::error::shell_word(&file.to_string_lossy()));
    format!(
        "Format it afterwards: {} {}",
        format.name(),
        files.collect::<Vec<String>>().join(" ")
    )
}

fn reason(because: &Because) -> String {
    match because {
        Because::Said(path, Some(line)) => format!("as {}:{line} says", path.display()),
        Because::Said(path, None) => format!("as {} says", path.display()),
        Because::Files { kept, of } => format!("which leaves {kept} of {of} files as they are"),
        Because::Default => "since nothing else is said".to_owned(),
    }
}

pub const NOT_ON_PATH: &str = "is not on the PATH";
pub const PRINTS_TOO_MUCH: &str = "prints too much";
pub const CHANGES_THE_CODE: &str = "makes other code of it";

pub fn does_not_start(cause: &io::Error) -> String {
    format!("does not start ({cause})")
}

pub fn takes_too_long(limit: Duration) -> String {
    format!("takes longer than {} s", limit.as_secs_f64())
}

pub fn failed(status: ExitStatus, message: Option<&str>) -> String {
    match message {
        Some(message) => format!("fails on it ({message})"),
        None => format!("fails on it ({status})"),
    }
}
