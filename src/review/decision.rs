//! The approval as a value: which groups are taken, which are left and why, and the files that makes.
//!
//! [`Review`] is the state machine, without any input or output. It goes through the groups in order; every
//! answer is a step with the state it led to, so taking one back is going to the state before. The change
//! a step holds is the one that was shown for it, and the last one is what is written.

use std::path::{Path, PathBuf};

use super::delta::between;
use super::overrides::{Check, Conflict, Override, Settled, lay_over};
use crate::edit::{FileChange, GroupId, SourceChange};
use crate::error::{self, Result};
use crate::plan::{Accepted, Group, Proposal, Safety};

/// Why a group is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The person said so.
    Answer,
    /// This group, which it needs, is not taken.
    Needs(GroupId),
    /// It is a gain, and nobody said yes to gains.
    GainNotAccepted,
}

/// A group that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// The group.
    pub group: GroupId,
    /// Why.
    pub reason: Reason,
}

/// What was decided about one proposal.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The groups that are taken.
    pub accepted: Accepted,
    /// The groups that are not, in order.
    pub declined: Vec<Declined>,
    /// Files whose text is the person's own edit, by their path afterwards.
    pub edited: Vec<PathBuf>,
    /// What is written, byte for byte as it was shown.
    pub change: SourceChange,
}

/// How an approval ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Every group has its answer.
    Decided(Decision),
    /// The person quit: nothing is to be written.
    Quit,
}

#[derive(Clone, Debug, Default)]
struct State {
    accepted: Accepted,
    edits: Vec<Override>,
    change: SourceChange,
}

#[derive(Clone, Debug)]
struct Step {
    /// `None` for a group that was taken.
    declined: Option<Reason>,
    state: State,
}

/// A group's change, ready to be shown and then taken as it is.
#[derive(Clone, Debug)]
pub struct Proposed {
    state: State,
    /// What taking the group does to the files as they stand after the answers so far.
    pub delta: SourceChange,
}

/// What taking the current group would do.
#[derive(Debug)]
pub enum Offer {
    /// It can be taken.
    Ready(Proposed),
    /// It meets an edit of the person's own, which has to be settled first.
    Conflict(Box<Conflict>),
}

/// The approval of one proposal, group by group.
pub struct Review<'p> {
    proposal: &'p dyn Proposal,
    check: Check<'p>,
    start: State,
    steps: Vec<Step>,
}

impl<'p> Review<'p> {
    /// Starts at the first group. `check` says whether a text is a correct file.
    ///
    /// # Errors
    /// When the proposal refuses to render even nothing.
    pub fn new(proposal: &'p dyn Proposal, check: Check<'p>) -> Result<Review<'p>> {
        let start = State {
            change: proposal.render(&Accepted::new())?,
            ..State::default()
        };
        Ok(Review {
            proposal,
            check,
            start,
            steps: Vec::new(),
        })
    }

    /// The group to be answered; `None` once all are.
    pub fn current(&self) -> Option<&'p Group> {
        self.proposal.groups().get(self.steps.len())
    }

    /// Whether `text` is a correct file.
    ///
    /// # Errors
    /// When it is not.
    pub fn check(&self, path: &Path, text: &str) -> Result<()> {
        (self.check)(path, text)
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.proposal.groups().len()
    }

    /// Whether there is no group at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> &State {
        self.steps.last().map_or(&self.start, |step| &step.state)
    }

    /// The declined group that the current one needs.
    pub fn missing_need(&self) -> Option<GroupId> {
        let needs = &self.current()?.needs;
        needs.iter().copied().find(|need| !self.state().accepted.contains(need))
    }

    /// What taking the current group would do, with conflicts settled as far as `settled` says.
    ///
    /// # Errors
    /// When the proposal refuses to render it.
    pub fn offer(&self, settled: &[Settled]) -> Result<Offer> {
        let mut accepted = self.state().accepted.clone();
        accepted.extend(self.current().map(|group| group.id));
        let mut change = self.proposal.render(&accepted)?;
        let edits = match lay_over(&mut change, &self.state().edits, settled, self.check) {
            Ok(edits) => edits,
            Err(conflict) => return Ok(Offer::Conflict(conflict)),
        };
        let delta = between(&self.state().change, &change);
        let state = State {
            accepted,
            edits,
            change,
        };
        Ok(Offer::Ready(Proposed { state, delta }))
    }

    /// The offer with the text of `file` (one of its delta's) replaced by what the person made of it.
    ///
    /// # Errors
    /// When the text is not a correct file.
    pub fn edited(&self, proposed: &Proposed, file: &FileChange, text: &str) -> Result<Proposed> {
        let path = file.path();
        (self.check)(path, text)?;
        let mut state = proposed.state.clone();
        // What the plan alone makes of the file: an earlier edit of it is part of the new one.
        let rendered = self.proposal.render(&state.accepted)?;
        let base = |file: &&FileChange| file.to.as_deref() == Some(path);
        let planned = rendered.files.iter().find(base).map_or(&file.after, |file| &file.after);
        state.edits.retain(|edit| edit.path != path);
        let of = |file: &&FileChange| file.to.as_deref() == Some(path);
        let from = state.change.files.iter().find(of).and_then(|file| file.from.clone());
        let group = self.current().map_or(GroupId(0), |group| group.id);
        state.edits.push(Override {
            from,
            path: path.to_owned(),
            base: planned.clone(),
            edited: text.into(),
            group,
        });
        let mut change = rendered;
        let unchecked: Check<'_> = &|_, _| Ok(());
        // Every edit is of exactly this rendering, so that none of them can conflict.
        if let Ok(edits) = lay_over(&mut change, &state.edits, &[], unchecked) {
            state.edits = edits;
            state.change = change;
        }
        let delta = between(&self.state().change, &state.change);
        Ok(Proposed { state, delta })
    }

    /// Takes the current group, exactly as it was offered.
    pub fn accept(&mut self, proposed: Proposed) {
        self.steps.push(Step {
            declined: None,
            state: proposed.state,
        });
    }

    /// Leaves the current group.
    pub fn decline(&mut self, reason: Reason) {
        let state = self.state().clone();
        self.steps.push(Step {
            declined: Some(reason),
            state,
        });
    }

    /// Takes the last answer back: its group is the current one again. Groups that only followed from an
    /// answer go with it. `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let followed = |step: &Step| matches!(step.declined, Some(Reason::Needs(_)));
        let Some(answered) = self.steps.iter().rposition(|step| !followed(step)) else {
            return false;
        };
        self.steps.truncate(answered);
        true
    }

    /// The decision, once every group has its answer.
    pub fn finish(mut self) -> Decision {
        let numbered = self.steps.iter().enumerate();
        let declined = numbered.filter_map(|(index, step)| {
            let reason = step.declined.clone()?;
            Some(Declined {
                group: GroupId(index),
                reason,
            })
        });
        let declined = declined.collect();
        let state = self.steps.pop().map_or(self.start, |step| step.state);
        Decision {
            accepted: state.accepted,
            declined,
            edited: state.edits.into_iter().map(|edit| edit.path).collect(),
            change: state.change,
        }
    }
}

/// Decides without asking: `yes` takes every group that leaves the configuration as it is, `accept_gains`
/// the others as well.
///
/// # Errors
/// Without `yes` there is no answer to be had (`not-interactive`); or the proposal refuses to render.
pub fn decide_noninteractive(proposal: &dyn Proposal, yes: bool, accept_gains: bool) -> Result<Decision> {
    if !yes {
        return Err(error::review::not_interactive());
    }
    let mut accepted = Accepted::new();
    let mut declined = Vec::new();
    for group in proposal.groups() {
        let missing = group.needs.iter().copied().find(|need| !accepted.contains(need));
        let reason = match (missing, group.safety) {
            (Some(need), _) => Reason::Needs(need),
            (None, Safety::Gains) if !accept_gains => Reason::GainNotAccepted,
            _ => {
                accepted.insert(group.id);
                continue;
            }
        };
        declined.push(Declined {
            group: group.id,
            reason,
        });
    }
    let change = proposal.render(&accepted)?;
    Ok(Decision {
        accepted,
        declined,
        edited: Vec::new(),
        change,
    })
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
