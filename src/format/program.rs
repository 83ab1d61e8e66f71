//! A formatter that is a program: it is given the texts as files in a directory of their own, all at once, and what it has
//! made of them is read back.
//!
//! Every version of nixfmt and nixpkgs-fmt formats the files that it is given in place; what they do without any differs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::texts;
use crate::process::{Failure, Group, Guarded, Limits};
use crate::scratch;

/// What a formatter may take. One of a hundred files takes a second or two.
pub const LIMITS: Limits = Limits {
    time: Duration::from_secs(30),
    output: 1 << 20,
    messages: 1 << 16,
};

/// A formatter on the disk.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    limits: Limits,
}

/// Why nothing was formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It refused some text, with this message. Others it may take.
    Refused(String),
    /// It cannot be run, or takes too long: it is not asked again.
    Broken(String),
}

impl Program {
    /// The program `name` in the absolute directories of `path`, a list as `PATH` is one.
    pub fn find(name: &str, path: Option<&std::ffi::OsStr>, limits: Limits) -> Option<Program> {
        let is_program = |path: &PathBuf| {
            let data = fs::metadata(path);
            data.is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
        };
        // What a relative entry leads to may be the repository's own.
        let directories = std::env::split_paths(path?).filter(|directory| directory.is_absolute());
        let path = directories.map(|directory| directory.join(name)).find(is_program)?;
        Some(Program { path, limits })
    }

    /// The texts as the program formats them. Where it refuses one, each is given to it alone.
    pub fn format(&self, texts: &[&str]) -> Vec<Result<String, Fault>> {
        let fault = match self.run(texts) {
            Ok(formatted) => return formatted.into_iter().map(Ok).collect(),
            Err(fault) => fault,
        };
        match (texts, &fault) {
            ([_, _, ..], Fault::Refused(_)) => texts.iter().flat_map(|text| self.format(&[text])).collect(),
            _ => vec![Err(fault); texts.len()],
        }
    }

    fn run(&self, texts: &[&str]) -> Result<Vec<String>, Fault> {
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let directory = scratch::Directory::new().map_err(|error| Fault::Broken(error.message().to_owned()))?;
        let unusable = |cause: std::io::Error| Fault::Broken(cause.to_string());
        let names: Vec<String> = (0..texts.len()).map(|number| format!("{number}.nix")).collect();
        for (name, text) in names.iter().zip(texts) {
            fs::write(directory.path().join(name), text).map_err(unusable)?;
        }
        self.start(directory.path(), &names)?;
        let read = |name: &String| fs::read_to_string(directory.path().join(name)).map_err(unusable);
        names.iter().map(read).collect()
    }

    fn start(&self, directory: &Path, files: &[String]) -> Result<(), Fault> {
        let mut command = Command::new(&self.path);
        command.args(files).current_dir(directory).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let output = Guarded::spawn(&mut command, Group::Own)
            .map_err(Failure::Io)
            .and_then(|child| child.output(self.limits));
        let output = output.map_err(|failure| {
            Fault::Broken(match failure {
                Failure::Io(cause) => texts::does_not_start(&cause),
                Failure::Time => texts::takes_too_long(self.limits.time),
                Failure::Output => texts::PRINTS_TOO_MUCH.to_owned(),
            })
        })?;
        match output.status.success() {
            true => Ok(()),
            false => {
                let messages = String::from_utf8_lossy(&output.stderr);
                let first = messages.lines().map(str::trim).find(|line| !line.is_empty());
                Err(Fault::Refused(texts::failed(output.status, first)))
            }
        }
    }
}
