//! Child processes that end with this one, and the signal that asks it to end.
//!
//! Every child that may run for longer than a moment is started by [`Guarded::spawn`]: as long as it runs it is
//! registered, so that [`end_children`] finds it when a signal comes, and it is killed when its [`Guarded`] is dropped.
//!
//! - [`Group::Own`]: a process group of its own, for what works for us alone (nix). All of it is killed at once.
//! - [`Group::Shared`]: our process group, for what needs the terminal (git, whose hooks and pinentry ask there). Its
//!   descendants are found through `/proc`; each is asked to end and is killed when it does not. A process that has
//!   left its parents, such as an agent or a file system monitor, is nobody's descendant and stays. A git that Ctrl-C ends
//!   leaves a hook that ignores it: such hooks are found as [`Guarded::end_left_behind`] says.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions};
use signal_hook::consts::SIGINT;

use crate::error::{self, Result};

pub(crate) mod table;

use table::{Process, descendants, processes, start_of};

/// How long a child that shares our process group may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(3);
/// How often is looked whether it has.
const TICK: Duration = Duration::from_millis(10);

/// The signal that asked this process to end and was held back; 0 if there is none.
static NOTED: AtomicI32 = AtomicI32::new(0);
/// Whether the process is about to end by a signal that nothing holds back.
static ENDING: AtomicBool = AtomicBool::new(false);
/// The children that run.
static CHILDREN: Mutex<Vec<Registered>> = Mutex::new(Vec::new());

/// The signal that asked this process to end and was held back, by its number; `None` if there was none.
pub fn interrupted() -> Option<i32> {
    match NOTED.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(signal),
    }
}

/// Refuses to begin what a signal has called off already.
///
/// # Errors
/// `stopped-by-signal`, if [`interrupted`] says so. Where the process is ending this does not return.
pub fn check() -> Result<()> {
    if ENDING.load(Ordering::SeqCst) {
        // Another thread cleans up and ends the process; whatever this one said now would be about that.
        loop {
            thread::park();
        }
    }
    interrupted().map_or(Ok(()), |signal| Err(error::process::stopped(signal)))
}

/// Notes a signal.
pub(crate) fn note(signal: i32) {
    NOTED.store(signal, Ordering::SeqCst);
}

/// Forgets `signal` if it is the one that was noted; whether it was.
pub(crate) fn forget(signal: i32) -> bool {
    NOTED
        .compare_exchange(signal, 0, Ordering::SeqCst, Ordering::SeqCst)
        .is_ok()
}

/// Ends this process by `signal`, after its children and scratch directories: whoever waits for it sees the signal (a
/// shell: the status 128 + its number). `hurry` is asked whether to wait no longer for children.
pub(crate) fn end_by(signal: i32, hurry: &mut dyn FnMut() -> bool) -> ! {
    ENDING.store(true, Ordering::SeqCst);
    note(signal);
    end_children(signal, hurry);
    crate::scratch::remove_all();
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    // Not reached: these signals end a process.
    signal_hook::low_level::exit(128 + signal)
}

/// Which process group a child runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// One of its own, without the terminal. It is not started once a signal was noted.
    Own,
    /// This process's, with the terminal.
    Shared,
}

#[derive(Clone, Copy, Debug)]
struct Registered {
    pid: Pid,
    group: Group,
}

fn children() -> MutexGuard<'static, Vec<Registered>> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A child that is ended when this is dropped, and by a signal that ends us.
#[derive(Debug)]
pub struct Guarded {
    child: Child,
    registered: Registered,
    /// When it started, as [`start_of`] says.
    began: Option<u64>,
    /// How it ended; until then its process id is its own.
    status: Option<ExitStatus>,
}

/// What a child may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time until it has closed its outputs.
    pub time: Duration,
    /// Bytes of standard output.
    pub output: u64,
    /// Bytes of standard error that are kept; what is beyond is dropped.
    pub messages: u64,
}

/// What a child gave.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// The beginning of its standard error.
    pub stderr: Vec<u8>,
}

/// Why a child gave nothing; it has ended.
#[derive(Debug)]
pub enum Failure {
    /// It could not be waited for.
    Io(io::Error),
    /// It took longer than it may.
    Time,
    /// It printed more than it may.
    Output,
}

impl Guarded {
    /// Starts a child.
    ///
    /// # Errors
    /// When it does not start; with [`io::ErrorKind::Interrupted`] where it would have a group of its own and a signal
    /// was noted already.
    pub fn spawn(command: &mut Command, group: Group) -> io::Result<Guarded> {
        if group == Group::Own {
            command.process_group(0);
        }
        // Whoever ends the children notes the signal first and takes this lock then: it finds this child, or this finds
        // the signal.
        let mut children = children();
        if group == Group::Own && interrupted().is_some() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut child = command.spawn()?;
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            let _ = child.kill();
            return Err(io::Error::other("a process id out of range"));
        };
        let registered = Registered { pid, group };
        children.push(registered);
        Ok(Guarded {
            child,
            registered,
            began: start_of(pid.as_raw_pid()),
            status: None,
        })
    }

    /// The child, for its pipes. It must be waited for by [`Guarded::wait`].
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the child to end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.status {
            return Ok(status);
        }
        drop(self.child.stdin.take());
        // It stays a zombie until it is taken off the list: no other process can have its id while it is there.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(cause) = rustix::process::waitid(WaitId::Pid(self.registered.pid), options) {
            if cause != rustix::io::Errno::INTR {
                return Err(cause.into());
            }
        }
        let mut children = children();
        let status = self.child.wait()?;
        children.retain(|child| child.pid != self.registered.pid);
        self.status = Some(status);
        Ok(status)
    }

    /// Ends what a child in our process group has left running in that group, though the child itself was ended by a
    /// signal. It is found where [`adopt_orphans`] was called before the child was started.
    pub fn end_left_behind(&self) {
        let Some(began) = self.began else { return };
        let (us, all) = (rustix::process::getpid(), processes());
        let group = Some(rustix::process::getpgrp());
        let orphans: Vec<i32> = all
            .iter()
            .filter(|process| process.parent == us.as_raw_pid() && process.start >= Some(began))
            .map(|process| process.id)
            .filter(|&id| rustix::process::getpgid(Pid::from_raw(id)).ok() == group)
            .collect();
        let mut family = descendants(&orphans, &all);
        end_family(&mut family, false, &mut || false);
    }

    /// Reads what the child prints to those of its outputs that are pipes, and waits for it.
    ///
    /// # Errors
    /// When it passes its limits; it is killed then.
    pub fn output(mut self, limits: Limits) -> Result<Output, Failure> {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + limits.time;
        let (send, receive) = mpsc::channel();
        let stdout = self.child.stdout.take().map(|pipe| (0, boxed(pipe), limits.output));
        let stderr = self.child.stderr.take().map(|pipe| (1, boxed(pipe), limits.messages));
        let pipes = [stdout, stderr];
        let open = pipes.iter().flatten().count();
        for (stream, pipe, limit) in pipes.into_iter().flatten() {
            read(pipe, limit, stream, send.clone());
        }
        let mut streams = [Vec::new(), Vec::new()];
        for _ in 0..open {
            match receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok((0, _, false)) => return Err(Failure::Output),
                Ok((stream, bytes, _)) => streams[stream] = bytes,
                Err(_) => return Err(Failure::Time),
            }
        }
        let status = self.wait().map_err(Failure::Io)?;
        let [stdout, stderr] = streams;
        Ok(Output { status, stdout, stderr })
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if self.status.is_some() {
            return;
        }
        end(&[self.registered], false, &mut || false);
        let _ = self.wait();
    }
}

fn boxed(pipe: impl Read + Send + 'static) -> Box<dyn Read + Send> {
    Box::new(pipe)
}

/// Reads a pipe to its end or its limit on a thread of its own, and reports once: the bytes, and whether they are all.
fn read(mut pipe: Box<dyn Read + Send>, limit: u64, stream: usize, send: mpsc::Sender<(usize, Vec<u8>, bool)>) {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.by_ref().take(limit).read_to_end(&mut bytes);
        let whole = read.is_ok() && (bytes.len() as u64) < limit;
        if stream == 1 && !whole {
            // Messages beyond the limit are read and dropped, or the child would wait for ever.
            let _ = io::copy(&mut pipe, &mut io::sink());
        }
        // The receiver is gone when the time limit was reached: then nobody wants it.
        let _ = send.send((stream, bytes, whole));
    });
}

/// Ends all children that run, and their descendants. Ctrl-C has reached those that share our process group through the
/// terminal: they are asked to end only when they have not done so by themselves within three seconds. Returns when all
/// have ended, or were killed; `hurry` is asked whether to kill at once.
pub(crate) fn end_children(signal: i32, hurry: &mut dyn FnMut() -> bool) {
    let running = children().clone();
    end(&running, signal == SIGINT, hurry);
}

fn end(running: &[Registered], asked_already: bool, hurry: &mut dyn FnMut() -> bool) {
    let mut shared = Vec::new();
    {
        let listed = children();
        for child in running.iter().filter(|c| listed.iter().any(|l| l.pid == c.pid)) {
            match child.group {
                // Who has ended meanwhile needs no signal.
                Group::Own => drop(rustix::process::kill_process_group(child.pid, Signal::KILL)),
                Group::Shared => shared.push(child.pid.as_raw_pid()),
            }
        }
    }
    if !shared.is_empty() {
        end_family(&mut descendants(&shared, &processes()), asked_already, hurry);
    }
}

/// Ends processes: they are asked to, unless they were already, and are killed when they take too long.
fn end_family(family: &mut Vec<Process>, asked_already: bool, hurry: &mut dyn FnMut() -> bool) {
    if asked_already && wait_for(family, hurry) {
        return;
    }
    send(family, Signal::TERM);
    if wait_for(family, hurry) {
        return;
    }
    send(family, Signal::KILL);
}

/// From now on, who loses its parent among our descendants becomes our child, so that it can be found and ended with us.
/// Linux alone has this (`prctl(2)`, `PR_SET_CHILD_SUBREAPER`); elsewhere it does nothing.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Waits until all of a family have ended, for [`GRACE`] at most; whether they have. Who is born meanwhile is added.
fn wait_for(family: &mut Vec<Process>, hurry: &mut dyn FnMut() -> bool) -> bool {
    let deadline = Instant::now() + GRACE;
    loop {
        let all = processes();
        family.retain(|process| all.iter().any(|other| other.is(process) && !other.ended));
        let ids: Vec<i32> = family.iter().map(|process| process.id).collect();
        for process in descendants(&ids, &all) {
            if !process.ended && !family.iter().any(|known| known.is(&process)) {
                family.push(process);
            }
        }
        if family.is_empty() {
            return true;
        }
        if hurry() || Instant::now() >= deadline {
            return false;
        }
        thread::sleep(TICK);
    }
}

fn send(family: &[Process], signal: Signal) {
    for process in family {
        let same = process.start.is_none() || start_of(process.id) == process.start;
        if let (true, Some(pid)) = (same, Pid::from_raw(process.id)) {
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

#[cfg(test)]
mod tests;
