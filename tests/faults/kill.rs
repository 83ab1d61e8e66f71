//! `kill -9` at a writing call.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;

use super::calls::{Call, Process};
use super::stop;
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
    let trace = format!("trace={name}");
    let words = [
        "-f",
        "--detach-on=execve",
        "-q",
        "-o",
        &log,
        "-e",
        &trace,
        "-e",
        &inject,
    ];
    let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    if let Some(path) = &call.named {
        let path = lab.directory().join(path).display().to_string();
        words.splice(0..0, ["-P".to_owned(), path]);
    }
    words
}

fn kill_qgroget(lab: &Lab, arguments: &[&str], call: &Call) -> Hurt {
    let traced = |call: &Call, what: &str| {
        let mut command = lab.command("strace");
        command.args(injection(lab, call, what)).arg(program()).args(arguments);
        command
    };
    if call.is_exact() {
        // strace ends as what it traces did.
        return match traced(call, "signal=KILL").output().unwrap().status.signal() {
            Some(9) => Hurt::Killed(None),
            _ => Hurt::Missed,
        };
    }
    // Before it is after the one before.
    let Some(previous) = call.previous.as_ref().filter(|call| call.is_exact()) else {
        return Hurt::Missed;
    };
    let killed = stop::run(lab, traced(previous, "signal=STOP"), |stopped| {
        stop::signal("KILL", stopped.process);
    });
    killed.map_or(Hurt::Missed, |_| Hurt::Killed(None))
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
    let wrapper = Wrapper::tracing(lab, number, &injection(lab, call, "signal=STOP"));
    let mut command = lab.qgroget(arguments);
    wrapper.put_into(&mut command);
    let killed = stop::run(lab, command, |stopped| {
        stop::signal("KILL", stopped.started);
        stop::signal(if death == Death::Both { "KILL" } else { "CONT" }, stopped.process);
    });
    killed.map_or(Hurt::Missed, |_| Hurt::Killed(None))
}
