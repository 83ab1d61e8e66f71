//! What a run that a signal stops has to say.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::Error;

/// A signal stopped the run before anything was written.
pub fn stopped(signal: i32) -> Error {
    Error::refused(
        "stopped-by-signal",
        format!("stopped by {}: nothing was written", signal_name(signal)),
    )
}

/// A signal stopped the run before anything of this service was written.
pub fn stopped_before(service: &str, signal: i32) -> Error {
    Error::refused(
        "stopped-by-signal",
        format!("stopped by {}: nothing was written of '{service}'", signal_name(signal)),
    )
}

/// A signal stopped `git commit` and its hooks; what becomes of the change is said besides.
pub fn stopped_commit(signal: i32) -> Error {
    Error::refused(
        "stopped-by-signal",
        format!("stopped by {} while the commit was being made", signal_name(signal)),
    )
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
