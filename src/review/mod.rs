//! Review: what a plan would do, shown and decided.
//!
//! [`summary`] and [`diff`] say it to a person, [`json`] and [`patch`](mod@patch) to a program. [`decision`] is the pure
//! state machine behind the approval and [`prompt`] its dialogue. A decision carries the exact texts that
//! were shown: nothing is rendered again after the last answer.

pub mod decision;
pub mod delta;
pub mod diff;
pub mod hunks;
pub mod json;
pub mod overrides;
pub mod patch;
pub mod prompt;
pub mod summary;
pub mod texts;

pub use decision::{Decision, Declined, Outcome, Reason, decide_noninteractive};
pub use prompt::{CommitAnswer, Reply, Terminal, confirm_commit, decide};
