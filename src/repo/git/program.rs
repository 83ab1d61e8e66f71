//! Running the program `git`.

use std::io::Write;
use std::process::{Command, Stdio};

use super::{GitState, Unhonoured};
use crate::error::{self, Result};

/// What a run of `git` gave.
pub(crate) struct Output {
    /// Whether it ended with status 0.
    pub(crate) success: bool,
    /// Its standard output.
    pub(crate) stdout: Vec<u8>,
    /// Its standard error.
    pub(crate) stderr: Vec<u8>,
}

impl Output {
    /// Both outputs as text, for a person.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&self.stderr));
        text
    }
}

impl GitState {
    /// A `git` command at the top of the working tree, with this repository's environment.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("git");
        self.environment.put_into(&mut command);
        command.current_dir(&self.workdir);
        command
    }

    /// Runs `git` with `arguments`, gives it `input`, and waits for it. A status other than 0 is no error here.
    /// `why` is what it is needed for.
    ///
    /// # Errors
    /// Refuses if `git` cannot be run.
    pub(crate) fn run(&self, arguments: &[&str], input: Option<&[u8]>, why: &[Unhonoured]) -> Result<Output> {
        let missing = |cause| error::git::program_missing(&needed_for(why), cause);
        let mut child = self
            .command()
            .args(arguments)
            .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(missing)?;
        // A program that ends without reading all of its input is judged by its status.
        if let (Some(input), Some(mut stdin)) = (input, child.stdin.take()) {
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().map_err(missing)?;
        Ok(Output {
            success: output.status.success(),
            stdout: output.stdout,
            stderr: output.stderr,
        })
    }

    /// Runs `git` with `arguments` and gives its standard output.
    ///
    /// # Errors
    /// Refuses if `git` cannot be run or fails.
    pub(crate) fn run_for_output(
        &self,
        arguments: &[&str],
        input: Option<&[u8]>,
        why: &[Unhonoured],
    ) -> Result<Vec<u8>> {
        let output = self.run(arguments, input, why)?;
        if output.success {
            Ok(output.stdout)
        } else {
            Err(error::git::program_failed(&arguments.join(" "), &output.text()))
        }
    }

    /// The environment variable's value as this repository's git commands see it.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        self.environment.get(name)
    }
}

/// What `git` is needed for, in words.
pub(crate) fn needed_for(why: &[Unhonoured]) -> String {
    let words: Vec<String> = why.iter().map(Unhonoured::to_string).collect();
    words.join(", ")
}
