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

/// The same where the program did not do it; `files` are what it has to be run on.
pub fn unformatted(format: Format, because: &Because, fault: &str, files: &[PathBuf]) -> String {
    let name = format.name();
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    format!(
        "Formatted by {name}, {}, but {name} {fault}: new code is indented and no more. Format it afterwards:\n  {name} {}",
        reason(because),
        files.join(" ")
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
