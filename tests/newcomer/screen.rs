//! A terminal that remembers what it showed: a shell's prompt, commands typed at it, and their programs on a
//! pseudo-terminal of a fixed size.

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroU16;
use std::process::{Command, Stdio};

use crate::common::Repo;
use crate::common::person::{End, Person};

/// What the screen showed at a stop.
pub struct Screen {
    pub title: String,
    /// Its lines, without blanks at their ends.
    pub text: String,
    pub cells: vt100::Screen,
    /// How many rows and columns it has.
    pub size: (u16, u16),
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "── {}\n{}", self.title, self.text)
    }
}

fn empty(rows: u16, columns: u16) -> vt100::Parser {
    let size = [rows, columns].map(|size| NonZeroU16::new(size).unwrap());
    vt100::Parser::new(size[0], size[1], 0)
}

/// A person before it.
pub struct Session<'r> {
    repo: &'r Repo,
    rows: u16,
    columns: u16,
    terminal: vt100::Parser,
    program: Option<Person>,
    variables: Vec<(&'static str, OsString)>,
    pub screens: Vec<Screen>,
    /// How many keys were pressed at questions and in pagers.
    pub keys: usize,
}

impl<'r> Session<'r> {
    pub fn new(repo: &'r Repo, rows: u16, columns: u16) -> Session<'r> {
        Session {
            repo,
            rows,
            columns,
            terminal: empty(rows, columns),
            program: None,
            variables: Vec::new(),
            screens: Vec::new(),
            keys: 0,
        }
    }

    /// Sets a variable of the shell's environment.
    pub fn variable(&mut self, name: &'static str, value: impl Into<OsString>) {
        self.variables.push((name, value.into()));
    }

    /// Types a command at the shell's prompt, on a screen that was cleared for it.
    pub fn types(&mut self, line: &str) {
        assert!(self.program.is_none(), "a program is running");
        self.terminal = empty(self.rows, self.columns);
        self.terminal.process(format!("\x1b[1m$\x1b[0m {line}\r\n").as_bytes());
        let words: Vec<&str> = line.split(' ').skip(1).collect();
        let program = self.repo.qgroget(&words);
        // The size is that of the terminal from the program's first step on.
        let size = format!("stty rows {} cols {}; exec \"$0\" \"$@\"", self.rows, self.columns);
        let mut command = self.repo.command("sh");
        command
            .args(["-c", &size])
            .arg(program.get_program())
            .args(program.get_args())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("TERM", "xterm-256color")
            .env("PAGER", "less")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::inherit());
        self.program = Some(Person::at(command as Command));
    }

    /// Waits until the program shows `text` and asks; keeps the screen under this title, if there is one.
    #[track_caller]
    pub fn waits(&mut self, text: &str, title: &str) {
        let program = self.program.as_mut().expect("a program is running");
        let before = program.sees(text);
        self.shows(&(before + text));
        self.keeps(title);
    }

    /// Waits until the pager shows a screenful and waits for a key; keeps the screen.
    #[track_caller]
    pub fn pages(&mut self, title: &str) {
        self.waits(":\u{1b}[K", title);
    }

    /// Presses a key at a question.
    pub fn key(&mut self, key: &str) {
        let program = self.program.as_mut().expect("a program is running");
        program.0.send(key).unwrap();
        program.0.flush().unwrap();
        self.keys += 1;
    }

    /// Waits for the program's end, whatever its status is; keeps the screen under this title, if there is one.
    #[track_caller]
    pub fn ends(&mut self, title: &str) {
        let (rest, end) = self.program.take().expect("a program is running").leaves();
        assert!(matches!(end, End::Code(0 | 1)), "{end:?}: {rest}");
        self.shows(&rest);
        self.terminal.process(b"\x1b[1m$\x1b[0m ");
        self.keeps(title);
    }

    fn shows(&mut self, text: &str) {
        // What the pseudo-terminal's reader gives has a character for each byte.
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).expect("a byte")).collect();
        let text = String::from_utf8(bytes).expect("the program prints UTF-8");
        self.terminal.process(steady(&text).as_bytes());
    }

    fn keeps(&mut self, title: &str) {
        if title.is_empty() {
            return;
        }
        let cells = self.terminal.screen().clone();
        let lines: Vec<String> = cells
            .rows(0, self.columns)
            .map(|line| line.trim_end().to_owned())
            .collect();
        self.screens.push(Screen {
            title: title.to_owned(),
            text: lines.join("\n").trim_end().to_owned(),
            cells,
            size: (self.rows, self.columns),
        });
    }
}

/// The text without what differs from run to run, as wide as before: ids of commits, which change with every installed
/// text, and how long something took.
fn steady(text: &str) -> String {
    // Ten seconds and more, which a busy machine takes, may be one column more than a line has.
    let text = text.replace("\n  s)", " s)");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let is_inside = out.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.');
        let word = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .map_or(rest, |end| &rest[..end]);
        let is_hex = |word: &str| word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !is_inside && word.len() >= 7 && is_hex(word) && word.bytes().any(|b| b.is_ascii_digit()) {
            out.push_str(&"c0ffee".repeat(7)[..word.len()]);
            rest = &rest[word.len()..];
        } else if !is_inside && let Some(length) = seconds(rest) {
            out.push_str("0.0 s");
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// How long the seconds are that the text begins with: `1.3 s`, or `12 s` where that is all of a pair of brackets.
fn seconds(text: &str) -> Option<usize> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &text[digits..];
    let tenth = rest.strip_prefix('.').and_then(|rest| {
        let is_digit = rest.starts_with(|c: char| c.is_ascii_digit());
        (is_digit && rest[1..].starts_with(" s")).then_some(digits + 4)
    });
    (digits > 0).then_some(())?;
    tenth.or_else(|| rest.starts_with(" s)").then_some(digits + 2))
}
