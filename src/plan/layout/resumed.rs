//! What was left of a service, put into the contract that it has.

use crate::edit::{GroupId, indent, trivia};
use crate::plan::kinds::Draft;
use crate::plan::model::OwnContract;
use crate::plan::ops::{ContractFragment, Ops};
use crate::plan::taking::Removed;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode};

use super::Orphan;

/// A contract that stands already.
pub struct Resumed<'c, 'a> {
    draft: &'c Draft<'c, 'a>,
    contract: &'c OwnContract<'a>,
    removed: Removed,
}

impl<'c, 'a> Resumed<'c, 'a> {
    pub fn new(draft: &'c Draft<'c, 'a>, contract: &'c OwnContract<'a>, removed: Removed) -> Resumed<'c, 'a> {
        Resumed {
            draft,
            contract,
            removed,
        }
    }

    /// Removes what goes; returns the comments that lose their place.
    pub fn remove(&self, ops: &mut Ops) -> Vec<Orphan> {
        super::remove_nodes(self.draft, ops, &self.removed)
    }

    /// Puts the fragments in, each behind the fields that come before its own in a contract.
    pub fn render(&self, ops: &mut Ops, fragments: Vec<ContractFragment>, above: &[String]) {
        let source = &self.contract.module.source;
        let pad = indent::inside(source.text(), self.contract.set.syntax());
        let mut at = None;
        let mut comments = above.iter().map(|comment| format!("{comment}\n")).collect::<String>();
        for fragment in fragments {
            if let Some(field) = &fragment.field {
                at = Some(self.behind(field));
                self.remove_empty(ops, field, fragment.group);
            }
            let at = at.unwrap_or_else(|| trivia::end_of(source.text(), &self.contract.set));
            let group = fragment.group;
            let text = format!(
                "{}{}",
                std::mem::take(&mut comments),
                ops.put_fragment(&fragment).trim()
            );
            ops.insert(source.path(), at, format!("\n{}", indent::indent(&text, &pad)), group);
        }
    }

    /// Removes the empty list that a field has.
    fn remove_empty(&self, ops: &mut Ops, field: &ContractField, group: GroupId) {
        let source = &self.contract.module.source;
        let Some(entry) = self.contract.empty(field) else {
            return;
        };
        let taken = self.removed.values().flatten().any(|(node, _)| *node == entry.node);
        if !taken {
            let range = trivia::extent(source.text(), &entry.node).whole;
            ops.remove(source.path(), range, group);
        }
    }

    /// Behind the last binding of the contract that comes before a field, or at its end where none does.
    fn behind(&self, field: &ContractField) -> usize {
        let source = &self.contract.module.source;
        let before = self.contract.entries().iter().filter(|(own, _)| own <= field);
        let last = before.map(|(_, entry)| syntax::span(&entry.node).end).max();
        let node = self
            .contract
            .entries()
            .iter()
            .find(|(_, entry)| Some(syntax::span(&entry.node).end) == last);
        match node {
            Some((_, entry)) => trivia::extent(source.text(), &entry.node).text.end,
            None => trivia::end_of(source.text(), &self.contract.set),
        }
    }
}
