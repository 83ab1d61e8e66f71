//! Paths that are declared for backups and that nothing reads: a real backup, where a person wants it.

use super::{ChangeKind, Draft, GAIN, Outline, backup};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{BACKUP_ORDER, Slot, Writer};
use crate::plan::definition::Definition;
use crate::plan::groups::Proposed;
use crate::plan::model::{Fact, OwnContract, ServiceFacts, Unsaved};
use crate::plan::texts;
use crate::rules::ContractField;
use crate::syntax;

pub struct Gain;

fn unread<'f, 'a>(facts: &'f ServiceFacts<'a>) -> impl Iterator<Item = &'f Fact<'a>> {
    facts.unread().filter(|fact| fact.field == ContractField::BackupPaths)
}

/// What a service with a contract keeps and no backup has.
fn unsaved<'f>(facts: &'f ServiceFacts) -> &'f [Unsaved] {
    facts.contract.as_ref().map_or(&[], |contract| &contract.unsaved)
}

/// What no backup has, for people.
fn shown(facts: &ServiceFacts) -> Vec<String> {
    let directories = unsaved(facts).iter();
    directories
        .map(|unsaved| syntax::string_text(&unsaved.directory))
        .collect()
}

impl ChangeKind for Gain {
    fn name(&self) -> &'static str {
        GAIN
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let facts = outline.facts;
        // Beside other fields of a backup, paths would be more than a list of paths.
        let of_backup = |contract: &OwnContract| BACKUP_ORDER.iter().any(|field| contract.says(field));
        if backup::is_there(facts) || facts.contract.as_ref().is_some_and(of_backup) {
            return None;
        }
        if !unsaved(facts).is_empty() {
            let title = texts::unsaved_title(&facts.name, &shown(facts));
            return Some(Proposed::gaining(title, texts::UNSAVED_WHY));
        }
        let field = &unread(facts).next()?.origin.name;
        let title = texts::gain_title(&facts.name, field);
        Some(Proposed::gaining(title, texts::gain_why(field)))
    }

    fn declare(&self, draft: &Draft) -> Vec<Definition> {
        let facts = draft.facts();
        let paths = unread(facts).flat_map(|fact| fact.list().into_iter().map(|path| (fact.origin.module, path)));
        let own: Vec<&str> = unsaved(facts).iter().map(|own| own.directory.as_str()).collect();
        let declared = Definition::backup(draft.context(), facts, &paths.collect::<Vec<_>>(), &own);
        declared.into_iter().collect()
    }

    // The contract takes the fields, whether they become a backup or a comment.
    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot == Slot::Backups {
            let facts = draft.facts();
            unread(facts).for_each(|fact| contract.carry(group, fact));
            if !unsaved(facts).is_empty() {
                let field = ContractField::BackupPaths;
                let paths: Vec<&str> = unsaved(facts).iter().map(|own| own.source.as_str()).collect();
                let text = format!("{field} = [\n{}\n];\n", paths.join("\n"));
                contract.add(group, text, &field, shown(facts));
            }
        }
        Ok(())
    }
}
