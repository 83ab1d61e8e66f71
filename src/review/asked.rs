//! An approval as it stands: what was answered, and what is asked next.

use super::decision::{Answers, Proposed, Review};
use crate::edit::SourceChange;
use crate::plan::Proposal;

/// Whether the rest is still asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Run {
    Ask,
    /// After `a`.
    Take,
    /// After `d`.
    Leave,
}

/// Why a question comes back with its answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    /// A proof of what was answered failed.
    Failed,
    /// What was written for them is taken back.
    TakenBack,
}

/// What was answered about a proposal that was decided, to be taken up where it is asked about again.
#[derive(Clone, Debug)]
pub struct Kept {
    pub(super) answers: Option<Answers>,
    pub(super) asks_message: bool,
    /// The texts that the person had edited, as they were planned and as they were made.
    pub(super) edits: SourceChange,
}

impl Kept {
    /// What the person had edited.
    pub fn edits(&self) -> SourceChange {
        self.edits.clone()
    }
}

/// How far a run is, and what comes then.
#[derive(Clone, Debug, Default)]
pub struct Position {
    /// The number of the service, counted from one.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// The one that comes then.
    pub next: Option<String>,
    /// Whether there is an earlier one that can be taken back.
    pub can_go_back: bool,
}

/// The approval of one proposal.
pub struct Approval<'p> {
    pub(super) proposal: &'p dyn Proposal,
    pub(super) review: Review<'p>,
    pub(super) run: Run,
    /// Whether the question about all of it has its answer.
    pub(super) begun: bool,
    /// Why there are answers already, where the question about all of it comes back with them.
    pub(super) again: Option<Again>,
    /// All that preserves, as the person edited it.
    pub(super) edited: Option<Proposed>,
    pub(super) asks_message: bool,
    /// Whether the message was to be shown before `s` asked for it.
    pub(super) asked_before: Option<bool>,
    pub(super) position: Position,
}
