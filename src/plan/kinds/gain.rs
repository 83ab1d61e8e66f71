//! Paths that are declared for backups and that nothing reads: a real backup, where a person wants it.

use super::{ChangeKind, Draft, GAIN, Outline, backup};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{Slot, Writer};
use crate::plan::definition::Definition;
use crate::plan::groups::Proposed;
use crate::plan::model::{Fact, ServiceFacts};
use crate::plan::texts;
use crate::rules::ContractField;

pub struct Gain;

fn unread<'f, 'a>(facts: &'f ServiceFacts<'a>) -> impl Iterator<Item = &'f Fact<'a>> {
    facts.unread().filter(|fact| fact.field == ContractField::BackupPaths)
}

impl ChangeKind for Gain {
    fn name(&self) -> &'static str {
        GAIN
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let field = &unread(outline.facts).next()?.origin.name;
        let title = texts::gain_title(&outline.facts.name, field);
        (!backup::is_there(outline.facts)).then(|| Proposed::gaining(title, texts::gain_why(field)))
    }

    fn declare(&self, draft: &Draft) -> Vec<Definition> {
        let facts = draft.facts();
        let paths = unread(facts).flat_map(|fact| fact.list().into_iter().map(|path| (fact.origin.module, path)));
        let paths: Vec<_> = paths.collect();
        Definition::backup(draft.context(), facts, &paths).into_iter().collect()
    }

    // The contract takes the fields, whether they become a backup or a comment.
    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot == Slot::Backups {
            unread(draft.facts()).for_each(|fact| contract.carry(group, fact));
        }
        Ok(())
    }
}
