//! The only place that starts nix: restricted, without network or builds, bounded in time and output.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Result, prove as text};

/// The most that one evaluation may print; a whole host is about one megabyte.
const OUTPUT_LIMIT: u64 = 256 << 20;
/// The most of its messages that is kept.
const MESSAGE_LIMIT: u64 = 16 << 20;

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

    /// What `<nixpkgs/lib>` is on `NIX_PATH`.
    pub fn search_path_lib(&self) -> Option<PathBuf> {
        let out = Command::new(&self.program)
            .args(["--find-file", "nixpkgs/lib"])
            .stdin(Stdio::null())
            .output()
            .ok()?;
        let path = PathBuf::from(String::from_utf8(out.stdout).ok()?.trim());
        (out.status.success() && path.join("default.nix").is_file()).then(|| path.canonicalize().unwrap_or(path))
    }

    /// Evaluates to JSON with nothing but `readable` at hand, in a store that does not exist.
    ///
    /// # Errors
    /// Refuses when the time or output limit is reached.
    pub fn evaluate(&self, evaluation: &Evaluation) -> Result<Outcome> {
        let mut command = Command::new(&self.program);
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
    /// Refuses when the time or output limit is reached.
    pub fn run(&self, mut command: Command) -> Result<Outcome> {
        // NIX_PATH would widen what restricted evaluation may read.
        command.env_remove("NIX_PATH").env("NO_COLOR", "1");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.process_group(0);
        let mut child = command
            .spawn()
            .map_err(|cause| text::nix_does_not_start(&self.program, cause))?;
        let (send, receive) = mpsc::channel();
        let stdout = child.stdout.take();
        let stderr = child.stderr.take();
        let readers = [
            stdout.map(|pipe| reader(pipe, OUTPUT_LIMIT, 0, send.clone())),
            stderr.map(|pipe| reader(pipe, MESSAGE_LIMIT, 1, send.clone())),
        ];
        drop(send);
        let mut streams = [Vec::new(), Vec::new()];
        let deadline = Instant::now() + self.timeout;
        for _ in readers.iter().flatten() {
            match receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((1, bytes, _)) => streams[1] = bytes,
                Ok((stream, bytes, whole)) => {
                    if !whole {
                        end(&mut child);
                        return Err(text::too_much_output(OUTPUT_LIMIT));
                    }
                    streams[stream] = bytes;
                }
                Err(_) => {
                    end(&mut child);
                    return Err(text::takes_too_long(self.timeout));
                }
            }
        }
        let status = child
            .wait()
            .map_err(|cause| text::nix_does_not_start(&self.program, cause))?;
        let [output, messages] = streams;
        let messages = String::from_utf8_lossy(&messages).into_owned();
        Ok(if status.success() {
            Outcome::Value(output, messages)
        } else {
            Outcome::Failed(messages)
        })
    }
}

/// Reads a pipe to its end or its limit, and reports once.
fn reader(
    pipe: impl Read + Send + 'static,
    limit: u64,
    stream: usize,
    send: mpsc::Sender<(usize, Vec<u8>, bool)>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut pipe = pipe;
        let read = pipe.by_ref().take(limit).read_to_end(&mut bytes);
        let whole = read.is_ok() && (bytes.len() as u64) < limit;
        if stream == 1 && !whole {
            // Messages beyond the limit are read and dropped, or the evaluation would wait for ever.
            let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        }
        // The receiver is gone when the time limit was reached: then nobody wants it.
        let _ = send.send((stream, bytes, whole));
    })
}

/// Ends an evaluation and all that it started.
fn end(child: &mut Child) {
    let group = format!("-{}", child.id());
    let killed = Command::new("kill")
        .args(["-KILL", "--", &group])
        .stderr(Stdio::null())
        .status();
    if !killed.is_ok_and(|s| s.success()) {
        let _ = child.kill();
    }
    let _ = child.wait();
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
    let mut found = Vec::new();
    for line in message.lines() {
        let Some(rest) = line.trim_start().strip_prefix("at ") else {
            continue;
        };
        let rest = rest.trim_end_matches(':');
        let mut fields = rest.rsplitn(3, ':');
        let (Some(column), Some(row), Some(file)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        if let (Ok(column), Ok(row)) = (column.parse(), row.parse()) {
            found.push((PathBuf::from(file), row, column));
        }
    }
    found
}

/// The message without its trace: what a person reads.
pub fn headline(message: &str) -> String {
    let lines: Vec<&str> = message.lines().collect();
    // Newer versions print the trace first and the error itself last.
    let start = lines
        .iter()
        .rposition(|l| l.trim_start().starts_with("error:"))
        .unwrap_or(0);
    let mut head = Vec::new();
    for line in &lines[start..] {
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
        assert_eq!(positions(NEW).len(), 2);
    }

    #[test]
    fn strings_are_quoted() {
        assert_eq!(string_expression("a\"${b}\\"), "\"a\\\"\\${b}\\\\\"");
    }
}
