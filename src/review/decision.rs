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
    /// It takes away what somebody has written, and only an answer on a terminal takes it.
    OverwriteNotAccepted,
    /// Its kind is skipped, by an option or by the repository's configuration.
    Skipped,
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
    /// The person wants what was decided before this proposal back.
    Back,
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

/// The answers of an approval, to be taken up by a later one of the same proposal.
#[derive(Clone, Debug)]
pub struct Answers {
    steps: Vec<Step>,
    order: Vec<GroupId>,
    together: usize,
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

/// The approval of one proposal, group by group, or all that preserves at once.
pub struct Review<'p> {
    proposal: &'p dyn Proposal,
    check: Check<'p>,
    start: State,
    steps: Vec<Step>,
    /// The groups in the order in which they are answered.
    order: Vec<GroupId>,
    /// How many of the first steps are one answer.
    together: usize,
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
            order: proposal.groups().iter().map(|group| group.id).collect(),
            together: 0,
        })
    }

    /// The group to be answered; `None` once all are.
    pub fn current(&self) -> Option<&'p Group> {
        let id = self.order.get(self.steps.len())?;
        self.proposal.groups().get(id.0)
    }

    /// Begins anew, group by group.
    pub fn restart(&mut self) {
        self.steps.clear();
        self.together = 0;
        self.order = self.proposal.groups().iter().map(|group| group.id).collect();
    }

    /// The answers so far; `None` where nothing is taken, so that there is nothing to be kept.
    pub fn answers(&self) -> Option<Answers> {
        let has_taken = self.is_complete() && !self.state().accepted.is_empty();
        has_taken.then(|| Answers {
            steps: self.steps.clone(),
            order: self.order.clone(),
            together: self.together,
        })
    }

    /// Takes up answers that were given before, if they make of the files today what they made of them then. Returns whether
    /// they do.
    ///
    /// # Errors
    /// When the proposal refuses to render them.
    pub fn take_up(&mut self, answers: Answers) -> Result<bool> {
        let Some(last) = answers.steps.last().filter(|_| answers.order.len() == self.len()) else {
            return Ok(false);
        };
        let is_there = |id: &GroupId| self.proposal.groups().get(id.0).is_some();
        if !last.state.accepted.iter().all(is_there) {
            return Ok(false);
        }
        let mut change = self.proposal.render(&last.state.accepted)?;
        let edits = lay_over(&mut change, &last.state.edits, &[], &|_, _| Ok(()));
        if edits.is_err() || !change.is_same_as(&last.state.change) {
            return Ok(false);
        }
        self.steps = answers.steps;
        self.order = answers.order;
        self.together = answers.together;
        Ok(true)
    }

    /// What was taken by one answer as the person had edited it, to be offered so again; `None` where it was not edited.
    pub fn edited_together(&self) -> Option<Proposed> {
        let state = &self.steps.get(self.together.checked_sub(1)?)?.state;
        (!state.edits.is_empty()).then(|| Proposed {
            state: state.clone(),
            delta: between(&self.start.change, &state.change),
        })
    }

    /// The texts that are the person's own, as they were planned and as they were made.
    pub fn edits(&self) -> SourceChange {
        let edited = |edit: &Override| FileChange {
            from: Some(edit.path.clone()),
            to: Some(edit.path.clone()),
            before: edit.base.clone(),
            after: edit.edited.clone(),
            ..FileChange::default()
        };
        SourceChange {
            files: self.state().edits.iter().map(edited).collect(),
        }
    }

    /// Whether all that preserves was taken by one answer.
    pub fn is_taken_together(&self) -> bool {
        self.together > 0
    }

    /// Whether every group has its answer.
    pub fn is_complete(&self) -> bool {
        self.steps.len() == self.order.len()
    }

    /// What the answers so far make of the files.
    pub fn change(&self) -> &SourceChange {
        &self.state().change
    }

    /// All that preserves and that nothing speaks against, to be taken at once; where every group has its answer, what
    /// these make.
    ///
    /// # Errors
    /// When the proposal refuses to render it.
    pub fn whole(&self) -> Result<Proposed> {
        let state = match self.is_complete() && !self.steps.is_empty() {
            true => self.state().clone(),
            false => {
                let accepted = preserving(self.proposal);
                let change = self.proposal.render(&accepted)?;
                State {
                    accepted,
                    edits: Vec::new(),
                    change,
                }
            }
        };
        let delta = between(&self.start.change, &state.change);
        Ok(Proposed { state, delta })
    }

    /// Takes the whole, exactly as it was offered: the groups in it are answered, and the others come behind them.
    pub fn accept_whole(&mut self, proposed: Proposed) {
        if let (true, Some(last)) = (self.is_complete(), self.steps.last_mut()) {
            last.state = proposed.state;
            return;
        }
        self.restart();
        let taken = &proposed.state.accepted;
        let (first, then) = self.order.iter().partition::<Vec<GroupId>, _>(|id| taken.contains(id));
        self.together = first.len();
        self.order = [first, then].concat();
        self.steps = vec![
            Step {
                declined: None,
                state: proposed.state,
            };
            self.together
        ];
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
        let followed = |step: &Step| matches!(step.declined, Some(Reason::Needs(_) | Reason::Skipped));
        let Some(answered) = self.steps.iter().rposition(|step| !followed(step)) else {
            return false;
        };
        match answered < self.together {
            // What was one answer is taken back as one.
            true => self.restart(),
            false => self.steps.truncate(answered),
        }
        true
    }

    /// The decision, once every group has its answer.
    pub fn decision(&self) -> Decision {
        let answered = self.order.iter().zip(&self.steps);
        let declined = answered.filter_map(|(group, step)| {
            let reason = step.declined.clone()?;
            Some(Declined { group: *group, reason })
        });
        let mut declined: Vec<Declined> = declined.collect();
        declined.sort_by_key(|declined| declined.group);
        let state = self.state().clone();
        Decision {
            accepted: state.accepted,
            declined,
            edited: state.edits.into_iter().map(|edit| edit.path).collect(),
            change: state.change,
        }
    }
}

/// The groups that leave the configuration as it is, that are wanted, and that need no others than such.
pub fn preserving(proposal: &dyn Proposal) -> Accepted {
    let mut accepted = Accepted::new();
    for group in proposal.groups() {
        let has_all = group.needs.iter().all(|need| accepted.contains(need));
        if has_all && group.safety == Safety::Preserves && !proposal.unwanted().contains(&group.id) {
            accepted.insert(group.id);
        }
    }
    accepted
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
            _ if proposal.unwanted().contains(&group.id) => Reason::Skipped,
            (Some(need), _) => Reason::Needs(need),
            (None, Safety::Gains) if !accept_gains => Reason::GainNotAccepted,
            (None, Safety::Overwrites) => Reason::OverwriteNotAccepted,
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
