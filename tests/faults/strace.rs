//! Running something under `strace`, and reading what it noted.

use std::path::Path;
use std::process::Command;

/// The calls that write, or that make, change or remove a name. A question mark: not known on every machine.
pub const WRITING: &str = "openat,?open,?creat,write,pwrite64,writev,pwritev,?rename,?renameat,renameat2,?link,linkat,\
     ?symlink,symlinkat,?unlink,unlinkat,?mkdir,mkdirat,?rmdir,truncate,ftruncate,fallocate,fsync,fdatasync,sync_file_range,\
     ?chmod,fchmod,fchmodat,?chown,?lchown,fchown,fchownat,?utime,?utimes,utimensat,copy_file_range,sendfile,flock,fcntl";

/// Whether processes can be traced here; says by name what a test is skipped for if not.
pub fn available() -> bool {
    let tried = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).output();
    let there = tried.is_ok_and(|output| output.status.success());
    if !there {
        crate::common::skip("strace, and the right to trace");
    }
    there
}

/// A line of a trace: a call and what became of it.
pub struct Line<'t> {
    pub call: &'t str,
    pub arguments: &'t str,
    pub result: &'t str,
}

/// Reads a line; `None` for what is no call (a signal, an exit).
pub fn line(text: &str) -> Option<Line<'_>> {
    let (call, rest) = text.split_once('(')?;
    if call.is_empty() || !call.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    let (arguments, result) = rest.rsplit_once(" = ")?;
    Some(Line {
        call,
        arguments: arguments.trim_end().trim_end_matches(')'),
        result,
    })
}

impl Line<'_> {
    /// Whether it writes: opening a file for reading does not, nor do the calls of `fcntl` that lock nothing.
    pub fn writes(&self) -> bool {
        let any = |words: &[&str]| words.iter().any(|word| self.arguments.contains(word));
        match self.call {
            "openat" | "open" => any(&["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]),
            "fcntl" => any(&["SETLK"]),
            _ => true,
        }
    }

    /// The paths that it is about: of a call with two, both.
    pub fn paths(&self) -> Vec<String> {
        let quoted = !matches!(self.call, "write" | "pwrite64" | "writev" | "pwritev");
        let mut paths = Vec::new();
        let mut directory = None;
        let mut rest = self.arguments;
        while let Some(at) = rest.find(['<', '"']) {
            let inner = &rest[at + 1..];
            let close = if rest.as_bytes()[at] == b'<' { '>' } else { '"' };
            let Some(end) = inner.find(close) else { break };
            let text = &inner[..end];
            match close {
                '>' => directory = Some(text),
                _ if !quoted => break,
                _ => paths.push(match directory {
                    Some(directory) if !text.starts_with('/') => format!("{directory}/{text}"),
                    _ => text.to_owned(),
                }),
            }
            rest = &inner[end + 1..];
        }
        if paths.is_empty() {
            paths.extend(directory.map(str::to_owned));
        }
        paths
    }
}

/// The name of the program that an `execve` starts; of git, the command as well.
pub fn program(arguments: &str) -> String {
    let words: Vec<&str> = arguments.split('"').skip(1).step_by(2).collect();
    let base = |word: &str| {
        let name = Path::new(word).file_name();
        name.map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let name = base(words.first().copied().unwrap_or_default());
    if name != "git" {
        return name;
    }
    // The first word is the path, the second one how the program was called.
    let mut rest = words.iter().skip(2);
    while let Some(word) = rest.next() {
        match *word {
            "-c" | "-C" => drop(rest.next()),
            word if word.starts_with('-') => {}
            word => return format!("git {word}"),
        }
    }
    name
}
