//! Single keys: the terminal hands them over as they are pressed, and is as it was again whatever happens.

use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use crate::review::Reply;

/// How the terminal was before it was asked for keys.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// While it lives, standard input gives keys and shows none of them. Ctrl-C still is a signal.
pub struct Keys(());

impl Keys {
    /// Asks the terminal for keys. What was typed before is dropped: it was no answer to what is asked now. `None` where
    /// there is no such terminal.
    pub fn wanted() -> Option<Keys> {
        // A terminal that cannot move its cursor is an editor's shell, in which a line is sent at once.
        if std::env::var_os("TERM").is_none_or(|term| term == "dumb") {
            return None;
        }
        let input = io::stdin();
        let before = tcgetattr(input.as_fd()).ok()?;
        let mut raw = before.clone();
        raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        *saved() = Some(before);
        if tcsetattr(input.as_fd(), OptionalActions::Flush, &raw).is_err() {
            restore();
            return None;
        }
        Some(Keys(()))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        restore();
    }
}

fn saved() -> std::sync::MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a list to choose from is shown, for which the cursor is hidden.
static CHOOSING: AtomicBool = AtomicBool::new(false);

/// Says that a list to choose from is shown, or is not any more.
pub fn choosing(is_shown: bool) {
    CHOOSING.store(is_shown, Ordering::SeqCst);
}

/// Makes the terminal what it was, if it gives keys or has its cursor hidden. A signal that ends the process does this too.
pub fn restore() {
    if CHOOSING.swap(false, Ordering::SeqCst) {
        // It is drawn on standard error.
        let _ = io::stderr().write_all(b"\x1b[?25h\n");
    }
    if let Some(before) = saved().take() {
        // It may be gone by now.
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Now, &before);
    }
}

/// A key as it is pressed: a character, or the sequence that a key without one sends. Enter is one only where `enter` says
/// so: pressed out of habit behind the key that answered one question, it would answer the next one.
pub fn read_key(enter: bool) -> Reply {
    let input = io::stdin();
    let is_enter = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut first = byte(input.as_fd());
    while !enter && first.as_ref().is_some_and(is_enter) {
        first = byte(input.as_fd());
    }
    let Some(first) = first else {
        return Reply::End;
    };
    match first {
        // Ctrl-D is the end of the input.
        4 => Reply::End,
        enter if is_enter(&enter) => Reply::Line(String::new()),
        _ => {
            let mut bytes = vec![first];
            let long = first == 0x1b || first >= 0x80;
            while long && bytes.len() < 16 && is_waiting(input.as_fd()) {
                bytes.extend(byte(input.as_fd()));
            }
            Reply::Line(String::from_utf8_lossy(&bytes).into_owned())
        }
    }
}

/// A line, its newline included.
pub fn read_line() -> Reply {
    let input = io::stdin();
    let mut line = Vec::new();
    while let Some(byte) = byte(input.as_fd()) {
        line.push(byte);
        if byte == b'\n' {
            break;
        }
    }
    match line.is_empty() {
        true => Reply::End,
        false => Reply::Line(String::from_utf8_lossy(&line).into_owned()),
    }
}

fn byte(input: BorrowedFd<'_>) -> Option<u8> {
    let mut byte = [0];
    loop {
        match rustix::io::read(input, &mut byte) {
            Ok(1) => return Some(byte[0]),
            Err(rustix::io::Errno::INTR) => {}
            _ => return None,
        }
    }
}

/// Whether more of a sequence has come already.
fn is_waiting(input: BorrowedFd<'_>) -> bool {
    rustix::io::ioctl_fionread(input).is_ok_and(|count| count > 0)
}
