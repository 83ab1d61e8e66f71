//! `kill -9` at a writing call.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use super::calls::{Call, Process};
use super::wrapper::Wrapper;
use crate::common::faults::{Ended, Lab, program};

/// Who dies, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// The process that is about to make the call; the others go on.
    Itself,
    /// The program, when a git process of its has just made the call and goes on.
    Parent,
    /// Both, when the git process has just made the call.
    Both,
}

impl std::fmt::Display for Death {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Death::Itself => "it is killed before",
            Death::Parent => "qgroget is killed after, git goes on",
            Death::Both => "qgroget and git are killed after",
        })
    }
}

/// How a run was hurt.
pub enum Hurt {
    /// Somebody died; where the program went on, how it ended.
    Killed(Option<Ended>),
    /// The run came to its end without making that call.
    Missed,
}

/// Runs the program in the lab and kills.
pub fn kill(lab: &Lab, arguments: &[&str], call: &Call, death: Death) -> Hurt {
    match (call.process, death) {
        (Process::Qgroget, _) => kill_qgroget(lab, arguments, call),
        (Process::Git(number), Death::Itself) => kill_git(lab, arguments, call, number),
        (Process::Git(number), _) => kill_around(lab, arguments, call, number, death),
    }
}

/// The arguments of `strace` that do something at a call of one process.
pub fn injection(lab: &Lab, call: &Call, what: &str) -> Vec<String> {
    let name = &call.site.call;
    // Other programs would be counted by themselves, and one of them could be the first to come to that number.
    let log = lab.directory().join("log").display().to_string();
    let inject = format!("inject={name}:{what}:when={}", call.nth);
    let words = [
        "-f",
        "--detach-on=execve",
        "-q",
        "-o",
        &log,
        "-e",
        &format!("trace={name}"),
        "-e",
        &inject,
    ];
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn kill_qgroget(lab: &Lab, arguments: &[&str], call: &Call) -> Hurt {
    let mut command = lab.command("strace");
    command
        .args(injection(lab, call, "signal=KILL"))
        .arg(program())
        .args(arguments);
    // strace ends as what it traces did.
    match command.output().unwrap().status.signal() {
        Some(9) => Hurt::Killed(None),
        _ => Hurt::Missed,
    }
}

fn kill_git(lab: &Lab, arguments: &[&str], call: &Call, number: usize) -> Hurt {
    let wrapper = Wrapper::tracing(lab, number, &injection(lab, call, "signal=KILL"));
    let mut command = lab.qgroget(arguments);
    wrapper.put_into(&mut command);
    let output = command.output().unwrap();
    let log = fs::read_to_string(lab.directory().join("log")).unwrap_or_default();
    match log.contains("killed by SIGKILL") {
        true => Hurt::Killed(Some(Ended::of(lab, &output))),
        false => Hurt::Missed,
    }
}

/// Stops the git process at the call, kills the program, and lets git go on or kills it as well.
fn kill_around(lab: &Lab, arguments: &[&str], call: &Call, number: usize, death: Death) -> Hurt {
    let fifo = lab.directory().join("log");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // Open for both, so that neither side waits for the other to come.
    let both = || fs::File::options().read(true).write(true).open(&fifo).unwrap();
    let mut lines = BufReader::new(both()).lines().map(Result::unwrap);
    let wrapper = Wrapper::tracing(lab, number, &injection(lab, call, "signal=STOP"));
    let mut command = lab.qgroget(arguments);
    wrapper.put_into(&mut command);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let id = child.id().to_string();
    let mut end = both();
    let waiting = std::thread::spawn(move || {
        child.wait().unwrap();
        writeln!(end, "{ENDED}").unwrap();
    });
    let (mut stopped, mut over, mut ended) = (None, false, false);
    while !ended || (stopped.is_some() && !over) {
        let line = lines.next().unwrap();
        let git = line.split(' ').next().unwrap_or_default().to_owned();
        if line == ENDED {
            ended = true;
        } else if line.contains("stopped by SIGSTOP") {
            signal("KILL", &id);
            signal(if death == Death::Both { "KILL" } else { "CONT" }, &git);
            stopped = Some(git);
        } else if line.contains("+++") && stopped.as_ref() == Some(&git) {
            over = true;
        }
    }
    waiting.join().unwrap();
    fs::remove_file(&fifo).unwrap();
    match stopped {
        Some(_) => Hurt::Killed(None),
        None => Hurt::Missed,
    }
}

/// What is written into the pipe when the program has ended.
const ENDED: &str = "the program has ended";

fn signal(name: &str, id: &str) {
    // What has ended by itself meanwhile needs no signal.
    let _ = Command::new("kill")
        .args([&format!("-{name}"), id])
        .stderr(Stdio::null())
        .status();
}
