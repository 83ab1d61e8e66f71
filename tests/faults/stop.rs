//! A run that is stopped at a writing call, for something else to happen.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::common::faults::Lab;

/// Who is stopped, and whom the program is known by.
pub struct Stopped<'s> {
    /// The process that has just made the call.
    pub process: &'s str,
    /// What was started: the program, or `strace` that traces it.
    pub started: &'s str,
}

/// Runs `command`, of which `strace` stops a process and notes it in the lab's `log`; then does `meanwhile`, which has to
/// end the process or let it go on. `None` if nothing was stopped.
pub fn run(lab: &Lab, mut command: Command, meanwhile: impl FnOnce(&Stopped<'_>)) -> Option<Output> {
    let fifo = lab.directory().join("log");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    // Open for both, so that neither side waits for the other to come.
    let open = File::options().read(true).write(true).open(&fifo).unwrap();
    let reader = BufReader::new(File::open(&fifo).unwrap());
    // Two senders, since what they said would be mixed up in one pipe: strace writes a line in pieces.
    let (sender, events) = mpsc::channel();
    let own = sender.clone();
    let reading = thread::spawn(move || {
        for line in reader.lines() {
            let _ = own.send(Event::Line(line.unwrap()));
        }
        let _ = own.send(Event::Closed);
    });
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = child.id().to_string();
    let waiting = thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        let _ = sender.send(Event::Ended);
        output
    });
    let mut meanwhile = Some(meanwhile);
    let mut noted = Vec::new();
    let mut open = Some(open);
    let (mut stopped, mut closed, mut ended) = (false, false, false);
    while !ended || (stopped && !closed) {
        let event = events.recv_timeout(PATIENCE);
        let event =
            event.unwrap_or_else(|_| panic!("ended: {ended}, stopped: {stopped}, noted:\n{}", noted.join("\n")));
        match event {
            Event::Ended => ended = true,
            Event::Closed => closed = true,
            Event::Line(line) => {
                // strace has opened the pipe: it is closed when strace ends, which is when all it traces has ended.
                open = None;
                let process = line.split(' ').next().unwrap_or_default();
                if line.contains("stopped by SIGSTOP")
                    && let Some(meanwhile) = meanwhile.take()
                {
                    meanwhile(&Stopped {
                        process,
                        started: &started,
                    });
                    stopped = true;
                }
                noted.push(line);
            }
        }
    }
    let output = waiting.join().unwrap();
    drop(open);
    reading.join().unwrap();
    fs::remove_file(&fifo).unwrap();
    stopped.then_some(output)
}

/// How long nothing may be heard; the longest that a run waits for something itself is far shorter.
const PATIENCE: Duration = Duration::from_secs(60);

enum Event {
    /// What strace noted.
    Line(String),
    /// strace has ended.
    Closed,
    /// What was started has ended.
    Ended,
}

/// Sends a signal; what has ended by itself meanwhile needs none.
pub fn signal(name: &str, process: &str) {
    let mut kill = Command::new("kill");
    let _ = kill.args([&format!("-{name}"), process]).stderr(Stdio::null()).status();
}
