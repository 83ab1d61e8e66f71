//! The groups of a plan: proposed one after the other, and what each moves, as the operations of a rendering have it.

use super::group::{Accepted, Group, Safety};
use super::ops::Ops;
use crate::edit::{GroupId, SourceChange};
use crate::error::Result;

/// A group as it is proposed, before it has its number.
#[derive(Clone, Debug)]
pub struct Proposed {
    title: String,
    why: String,
    safety: Safety,
    needs: Vec<GroupId>,
}

impl Proposed {
    /// A group that leaves the configuration as it is.
    pub fn preserving(title: impl Into<String>, why: impl Into<String>) -> Proposed {
        Proposed {
            title: title.into(),
            why: why.into(),
            safety: Safety::Preserves,
            needs: Vec::new(),
        }
    }

    /// A group by which the machine gains something.
    pub fn gaining(title: impl Into<String>, why: impl Into<String>) -> Proposed {
        Proposed {
            safety: Safety::Gains,
            ..Proposed::preserving(title, why)
        }
    }

    /// A group by which something that a person has written may go.
    pub fn overwriting(title: impl Into<String>, why: impl Into<String>) -> Proposed {
        Proposed {
            safety: Safety::Overwrites,
            ..Proposed::preserving(title, why)
        }
    }

    /// The same, with another sentence to its reason.
    pub fn saying(mut self, sentence: &str) -> Proposed {
        self.why = format!("{} {sentence}", self.why);
        self
    }

    /// The same, which makes no sense without these groups.
    pub fn needing(mut self, groups: impl IntoIterator<Item = GroupId>) -> Proposed {
        self.needs.extend(groups);
        self
    }
}

/// The groups of a plan, in the order in which they are asked about.
#[derive(Clone, Debug, Default)]
pub struct Groups(Vec<Group>);

impl Groups {
    /// Adds a group of a kind (a short machine-readable name) behind those that are there.
    pub fn propose(&mut self, kind: &'static str, proposed: Proposed) -> GroupId {
        let id = GroupId(self.0.len());
        self.0.push(Group {
            id,
            kind,
            title: proposed.title,
            why: proposed.why,
            safety: proposed.safety,
            needs: proposed.needs,
            moves: Vec::new(),
        });
        id
    }

    /// All of them.
    pub fn list(&self) -> &[Group] {
        &self.0
    }

    /// The numbers of all of them.
    pub fn all(&self) -> Accepted {
        self.0.iter().map(|group| group.id).collect()
    }

    /// The first group of a kind; `None` where nothing of it is proposed.
    pub fn of(&self, kind: &str) -> Option<GroupId> {
        self.0.iter().find(|group| group.kind == kind).map(|group| group.id)
    }

    /// The first group of a kind, where it is accepted.
    pub fn accepted(&self, kind: &str, accepted: &Accepted) -> Option<GroupId> {
        self.of(kind).filter(|group| accepted.contains(group))
    }

    /// Notes what goes where for each group, from the operations of all of them.
    pub fn note_moves(&mut self, ops: &Ops) {
        for group in &mut self.0 {
            group.moves = ops.moves(group.id);
        }
    }

    /// Notes what goes where, and tries what the operations of all groups make.
    ///
    /// # Errors
    /// As [`Ops::finish`].
    pub fn try_all(&mut self, ops: Ops) -> Result<SourceChange> {
        self.note_moves(&ops);
        ops.finish()
    }
}
