//! A person at a pseudo-terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rexpect::session::{PtySession, spawn_command};

/// How long to wait for something that has to come, in milliseconds: other tests run at the same time.
const PATIENCE: Option<u64> = Some(60_000);

pub struct Person(pub PtySession);

impl Person {
    pub fn at(command: Command) -> Person {
        Person(spawn_command(command, PATIENCE).unwrap())
    }

    /// Waits for `text` and returns what came before it.
    #[track_caller]
    pub fn sees(&mut self, text: &str) -> String {
        self.0
            .exp_string(text)
            .unwrap_or_else(|error| panic!("{text:?} did not come: {error}"))
    }

    /// Waits for a question and answers it; returns what came before the question.
    #[track_caller]
    pub fn answers(&mut self, question: &str, answer: &str) -> String {
        let before = self.sees(question);
        self.sees("]?");
        self.0.send_line(answer).unwrap();
        before
    }

    /// Presses keys, without Enter.
    #[track_caller]
    pub fn types(&mut self, keys: &str) {
        self.0.send(keys).unwrap();
        self.0.flush().unwrap();
    }

    /// Waits for the question about all of a service and presses a key, without Enter; returns what came before.
    #[track_caller]
    pub fn presses(&mut self, key: &str) -> String {
        let before = self.sees("[y]es, [n]o, [s]elect");
        self.sees("[?]");
        self.0.send(key).unwrap();
        self.0.flush().unwrap();
        before
    }

    /// The same with Enter behind, for a terminal that gives lines.
    #[track_caller]
    pub fn sends(&mut self, key: &str) {
        self.sees("[y]es, [n]o, [s]elect");
        self.sees("[?]");
        self.0.send_line(key).unwrap();
    }

    /// Wants to be asked about one change after the other.
    #[track_caller]
    pub fn selects(&mut self) -> String {
        self.presses("s")
    }

    /// Waits for the end: the rest of what is shown, and how the process ended.
    pub fn leaves(mut self) -> (String, End) {
        let rest = self.0.exp_eof().unwrap();
        // The type is not one that can be named from here: `Exited(Pid(7), 0)`, `Signaled(Pid(7), SIGINT, false)`.
        let status = format!("{:?}", self.0.process().wait().unwrap());
        let (kind, rest_of_status) = status.split_once('(').unwrap();
        let what = rest_of_status.split(", ").nth(1).unwrap().trim_end_matches(')');
        let end = match kind {
            "Exited" => End::Code(what.parse().unwrap()),
            _ => End::Signal(what.to_owned()),
        };
        (rest, end)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Code(i32),
    Signal(String),
}

pub fn code(end: End) -> i32 {
    match end {
        End::Code(code) => code,
        End::Signal(signal) => panic!("ended by {signal}"),
    }
}

/// An editor: a shell script that gets the file as `$1`.
pub fn editor(directory: &Path, script: &str) -> PathBuf {
    let path = directory.join("editor");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
