//! Review: what a plan would do, shown and decided.
//!
//! [`summary`], [`folded`] and [`columns`] say it to a person, [`json`] and [`patch`](mod@patch) to a program. [`decision`] is the pure
//! state machine behind the approval and [`prompt`] its dialogue. A decision carries the exact texts that
//! were shown: nothing is rendered again after the last answer.

pub mod aligned;
pub mod approval;
mod asked;
pub mod columns;
pub mod commit_message;
pub mod decision;
pub mod delta;
pub mod diff;
pub mod folded;
pub mod grid;
pub mod hunks;
pub mod json;
pub mod moved;
pub mod overrides;
mod page;
pub mod patch;
pub mod prompt;
mod rows;
pub mod summary;
pub mod table;
pub mod texts;
pub mod view;

pub use approval::{Approval, Kept, Position};
pub use commit_message::{CommitAnswer, confirm_commit};
pub use decision::{Decision, Declined, Outcome, Reason, decide_noninteractive};
pub use prompt::{Reply, Terminal};
