//! Taking facts from where they stand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::model::{Fact, FactId};
use super::ops::{Ops, Taken};
use crate::edit::GroupId;
use crate::syntax::SyntaxNode;

/// Nodes that go, file by file, each with the group that takes it.
pub type Removed = BTreeMap<PathBuf, Vec<(SyntaxNode, GroupId)>>;

/// What the accepted groups take.
pub struct Taking<'t, 'a> {
    ops: &'t mut Ops<'a>,
    removed: Removed,
}

impl<'t, 'a> Taking<'t, 'a> {
    /// Nothing taken yet; what is taken is noted in `ops`.
    pub fn new(ops: &'t mut Ops<'a>) -> Taking<'t, 'a> {
        Taking {
            ops,
            removed: Removed::new(),
        }
    }

    /// Takes a fact that goes as a whole.
    pub fn whole(&mut self, fact: &Fact, group: GroupId) {
        let taken = Taken {
            what: fact.origin.name.clone(),
            place: fact.place(),
        };
        self.values(fact.id, vec![taken]);
        self.remove(fact.path(), fact.origin.node.clone(), group);
    }

    /// Notes values of a fact; their nodes are removed by [`Taking::remove`].
    pub fn values(&mut self, fact: FactId, values: Vec<Taken>) {
        self.ops.take(fact, values);
    }

    /// Removes a node.
    pub fn remove(&mut self, path: &Path, node: SyntaxNode, group: GroupId) {
        self.removed.entry(path.to_owned()).or_default().push((node, group));
    }

    /// The nodes that go.
    pub fn removed(self) -> Removed {
        self.removed
    }
}
