//! The only place that starts nix: restricted, without network or builds, bounded in time and output.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use crate::error::{Result, prove as text};
use crate::process::{self, Failure, Group, Guarded, Limits};

/// The most that one evaluation may print; a whole host is about one megabyte.
const OUTPUT_LIMIT: u64 = 256 << 20;
/// The most of its messages that is kept.
const MESSAGE_LIMIT: u64 = 16 << 20;
/// Arguments of setpriv(1): the program behind them is killed when the thread that started it is gone. Evaluations are
/// started by threads that live as long as the process does.
const DIES_WITH_US: [&str; 2] = ["--pdeathsig", "KILL"];

/// What one evaluation does.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The file that is evaluated.
    pub file: PathBuf,
    /// `--arg name expression`.
    pub arguments: Vec<(String, String)>,
    /// What may be read; all else is forbidden.
    pub readable: Vec<PathBuf>,
}

/// How an evaluation ended.
#[derive(Debug)]
pub enum Outcome {
    /// It printed this, and these messages.
    Value(Vec<u8>, String),
    /// It failed with this message and trace.
    Failed(String),
}

/// A nix that can evaluate.
#[derive(Clone, Debug)]
pub struct Nix {
    program: PathBuf,
    timeout: Duration,
}

impl Nix {
    /// `program`, or the `nix-instantiate` on `PATH`.
    ///
    /// # Errors
    /// Refuses when there is none.
    pub fn find(program: Option<&Path>, timeout: Duration) -> Result<Nix> {
        let program = match program {
            Some(program) => Some(program.to_owned()),
            None => on_path("nix-instantiate"),
        };
        match program {
            Some(program) if program.is_file() => Ok(Nix { program, timeout }),
            Some(program) => Err(text::no_nix(Some(&program))),
            None => Err(text::no_nix(None)),
        }
    }

    /// A program that stands beside this one (`nix` beside `nix-instantiate`) or on `PATH`.
    pub fn sibling(&self, name: &str) -> Option<PathBuf> {
        let beside = self.program.with_file_name(name);
        if beside.is_file() { Some(beside) } else { on_path(name) }
    }

    /// What `<nixpkgs/lib>` is on `NIX_PATH`, if it is there. An entry of `NIX_PATH` may lead to a network.
    ///
    /// # Errors
    /// As [`Nix::run`].
    pub fn search_path_lib(&self) -> Result<Option<PathBuf>> {
        let mut command = self.command();
        command.args(["--find-file", "nixpkgs/lib"]);
        let Outcome::Value(out, _) = self.limited(command)? else {
            return Ok(None);
        };
        let path = PathBuf::from(String::from_utf8_lossy(&out).trim());
        let there = path.join("default.nix").is_file();
        Ok(there.then(|| path.canonicalize().unwrap_or(path)))
    }

    /// Evaluates to JSON with nothing but `readable` at hand, in a store that does not exist.
    ///
    /// # Errors
    /// Refuses when the time or output limit is reached.
    pub fn evaluate(&self, evaluation: &Evaluation) -> Result<Outcome> {
        let mut command = self.command();
        command.args([
            "--eval",
            "--strict",
            "--json",
            "--show-trace",
            "--readonly-mode",
            "--store",
            "dummy://",
        ]);
        for (name, value) in [
            ("restrict-eval", "true"),
            ("allow-import-from-derivation", "false"),
            ("allowed-uris", ""),
            ("substitute", "false"),
            ("builders", ""),
        ] {
            command.args(["--option", name, value]);
        }
        for path in &evaluation.readable {
            command.arg("-I").arg(path);
        }
        for (name, value) in &evaluation.arguments {
            command.args(["--arg", name, value]);
        }
        command.arg(&evaluation.file);
        self.run(command)
    }

    /// Runs a command of nix's under the limits; its standard output, or its messages.
    ///
    /// # Errors
    /// Refuses when the time or output limit is reached, and when a signal stops the run.
    pub fn run(&self, mut command: Command) -> Result<Outcome> {
        // NIX_PATH would widen what restricted evaluation may read.
        command.env_remove("NIX_PATH");
        self.limited(command)
    }

    fn limited(&self, mut command: Command) -> Result<Outcome> {
        process::check()?;
        command.env("NO_COLOR", "1");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let limits = Limits {
            time: self.timeout,
            output: OUTPUT_LIMIT,
            messages: MESSAGE_LIMIT,
        };
        let output = Guarded::spawn(&mut command, Group::Own)
            .map_err(Failure::Io)
            .and_then(|child| child.output(limits));
        // An evaluation that a signal ended has not failed.
        process::check()?;
        let output = output.map_err(|failure| match failure {
            Failure::Io(cause) => text::nix_does_not_start(&self.program, cause),
            Failure::Time => text::takes_too_long(self.timeout),
            Failure::Output => text::too_much_output(OUTPUT_LIMIT),
        })?;
        let messages = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(if output.status.success() {
            Outcome::Value(output.stdout, messages)
        } else {
            Outcome::Failed(messages)
        })
    }

    /// A command that runs nix, and that the kernel kills when this process is killed, where util-linux is there to ask
    /// for it. Where it is not, nix runs to its end, for nobody.
    fn command(&self) -> Command {
        static SETPRIV: OnceLock<Option<PathBuf>> = OnceLock::new();
        // Busybox has a program of this name that does not know the option.
        let knows = |setpriv: &PathBuf| {
            let mut asked = Command::new(setpriv);
            asked.args(DIES_WITH_US).arg("true").stdin(Stdio::null());
            asked.stdout(Stdio::null()).stderr(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        };
        match SETPRIV.get_or_init(|| on_path("setpriv").filter(knows)) {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(DIES_WITH_US).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        }
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|p| p.is_file())
}

/// A Nix expression for a path.
pub fn path_expression(path: &Path) -> String {
    format!("(/. + {})", string_expression(&path.to_string_lossy()))
}

/// A Nix string literal.
pub fn string_expression(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// The positions `file:line:column` of a message and its trace, innermost first.
pub fn positions(message: &str) -> Vec<(PathBuf, u32, u32)> {
    let lines: Vec<&str> = message.lines().collect();
    let (before, after) = lines.split_at(start(&lines));
    // Newer versions print the trace first, outermost first.
    after.iter().chain(before.iter().rev()).filter_map(position).collect()
}

/// The line on which the error itself stands: newer versions print it last.
fn start(lines: &[&str]) -> usize {
    let error = lines.iter().rposition(|line| line.trim_start().starts_with("error:"));
    error.unwrap_or(0)
}

fn position(line: &&str) -> Option<(PathBuf, u32, u32)> {
    let rest = line.trim_start().strip_prefix("at ")?.trim_end_matches(':');
    let mut fields = rest.rsplitn(3, ':');
    let (column, row, file) = (fields.next()?, fields.next()?, fields.next()?);
    Some((PathBuf::from(file), row.parse().ok()?, column.parse().ok()?))
}

/// The message without its trace: what a person reads.
pub fn headline(message: &str) -> String {
    let lines: Vec<&str> = message.lines().collect();
    let mut head = Vec::new();
    for line in &lines[start(&lines)..] {
        let trimmed = line.trim();
        if trimmed.starts_with("at ") || trimmed.starts_with('…') || trimmed.starts_with("(use '--show-trace'") {
            break;
        }
        if !trimmed.is_empty() {
            head.push(trimmed);
        }
        if head.len() == 12 {
            head.push("…");
            break;
        }
    }
    let text = head.join("\n");
    text.strip_prefix("error:")
        .map_or(text.clone(), |t| t.trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "error: attribute 'user' missing\n\n       at /x/m.nix:10:13:\n\n            9| a\n           10| b\n\n       … while evaluating the attribute 'c'\n\n       at /x/n.nix:1:2:\n";
    const NEW: &str = "error:\n       … while evaluating the attribute 'c'\n         at /x/n.nix:1:2:\n            1| a\n\n       error: attribute 'user' missing\n       at /x/m.nix:10:13:\n            9| a\n";

    #[test]
    fn the_headline_is_found_in_old_and_new_messages() {
        assert_eq!(headline(OLD), "attribute 'user' missing");
        assert_eq!(headline(NEW), "attribute 'user' missing");
        assert_eq!(positions(OLD)[0], (PathBuf::from("/x/m.nix"), 10, 13));
        assert_eq!(positions(NEW)[0], (PathBuf::from("/x/m.nix"), 10, 13));
        assert_eq!(positions(NEW)[1], (PathBuf::from("/x/n.nix"), 1, 2));
    }

    #[test]
    fn strings_are_quoted() {
        assert_eq!(string_expression("a\"${b}\\"), "\"a\\\"\\${b}\\\\\"");
    }
}
