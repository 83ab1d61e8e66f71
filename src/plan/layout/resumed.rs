//! What was left of a service, put into the contract that it has.

use crate::edit::{GroupId, indent, trivia};
use crate::plan::kinds::Draft;
use crate::plan::model::OwnContract;
use crate::plan::ops::{ContractFragment, Ops};
use crate::plan::taking::Removed;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, SyntaxNode};

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
                if let Some(node) = self.empty(field) {
                    self.declined(ops, field, fragment.group);
                    let text = format!(
                        "{}{}",
                        std::mem::take(&mut comments),
                        ops.put_fragment(&fragment).trim()
                    );
                    let text = indent::indent(&text, &pad);
                    ops.replace(source.path(), syntax::span(&node), text.trim_start(), fragment.group);
                    continue;
                }
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

    /// The empty list that a field has, if it stays where it stands.
    fn empty(&self, field: &ContractField) -> Option<SyntaxNode> {
        let entry = self.contract.empty(field)?;
        let taken = self.removed.values().flatten().any(|(node, _)| *node == entry.node);
        (!taken).then(|| entry.node.clone())
    }

    /// Says no more that nothing is backed up.
    fn declined(&self, ops: &mut Ops, field: &ContractField, group: GroupId) {
        let declined = self.contract.declined.as_ref();
        if let Some(declined) = declined.filter(|_| *field == ContractField::BackupPaths) {
            let source = &self.contract.module.source;
            let range = match declined.text.is_empty() {
                true => trivia::lines(source.text(), declined.range.clone()),
                false => declined.range.clone(),
            };
            ops.replace(source.path(), range, declined.text.clone(), group);
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
