//! What a run that a signal stops has to say.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::Error;

const AGAIN: &str = "run the same command again";
const BEFORE_ALL: &str = ": nothing was written";

/// A signal stopped the run before anything was written.
pub fn stopped(signal: i32) -> Error {
    Error::refused(
        "stopped-by-signal",
        format!("stopped by {}{BEFORE_ALL}", signal_name(signal)),
    )
    .hint(AGAIN)
}

/// A signal stopped the run before anything of this service was written.
pub fn stopped_before(service: &str, signal: i32) -> Error {
    Error::refused(
        "stopped-by-signal",
        format!("stopped by {}: nothing was written of '{service}'", signal_name(signal)),
    )
    .hint(AGAIN)
}

/// A signal stopped `git commit` and its hooks; what becomes of the change is said besides.
pub fn stopped_commit(signal: i32) -> Error {
    Error::refused(
        "stopped-by-signal",
        format!("stopped by {} while the commit was being made", signal_name(signal)),
    )
    .hint(AGAIN)
}

/// Whether an error says no more than that a signal stopped the run before anything was written.
pub fn is_before_all(error: &Error) -> bool {
    error.message().ends_with(BEFORE_ALL)
}

/// What people call a signal.
fn signal_name(signal: i32) -> &'static str {
    match signal {
        SIGINT => "Ctrl-C (SIGINT)",
        SIGTERM => "SIGTERM",
        SIGHUP => "SIGHUP",
        _ => "a signal",
    }
}
