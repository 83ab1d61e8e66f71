//! Paths that are declared for backups and that nothing reads: a real backup, where a person wants it.

use super::{ChangeKind, Draft, GAIN, Outline, backup};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{BACKUP_ORDER, Slot, Writer};
use crate::plan::definition::Definition;
use crate::plan::groups::Proposed;
use crate::plan::model::{Fact, OwnContract, ServiceFacts};
use crate::plan::texts;
use crate::rules::ContractField;
use crate::syntax::{self, AstNode, ast};

pub struct Gain;

fn unread<'f, 'a>(facts: &'f ServiceFacts<'a>) -> impl Iterator<Item = &'f Fact<'a>> {
    facts.unread().filter(|fact| fact.field == ContractField::BackupPaths)
}

/// What the contract that the service has keeps and no backup has, as source.
fn unsaved<'f>(facts: &'f ServiceFacts) -> &'f [ast::Expr] {
    facts.contract.as_ref().map_or(&[], |contract| &contract.unsaved)
}

/// What no backup has, for people: the directories where they are known, else their source.
fn shown(outline: &Outline) -> Vec<String> {
    let eval = outline.context.eval(outline.facts.home);
    let paths = unsaved(outline.facts).iter();
    paths.map(|path| eval.text_as_source(path)).collect()
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
            let title = texts::unsaved_title(&facts.name, &shown(outline));
            return Some(Proposed::gaining(title, texts::UNSAVED_WHY));
        }
        let field = &unread(facts).next()?.origin.name;
        let title = texts::gain_title(&facts.name, field);
        Some(Proposed::gaining(title, texts::gain_why(field)))
    }

    fn declare(&self, draft: &Draft) -> Vec<Definition> {
        let facts = draft.facts();
        let paths = unread(facts).flat_map(|fact| fact.list().into_iter().map(|path| (fact.origin.module, path)));
        let own = unsaved(facts).iter().map(|path| (facts.home, path.clone()));
        let paths: Vec<_> = paths.chain(own).collect();
        Definition::backup(draft.context(), facts, &paths).into_iter().collect()
    }

    // The contract takes the fields, whether they become a backup or a comment.
    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot == Slot::Backups {
            let facts = draft.facts();
            unread(facts).for_each(|fact| contract.carry(group, fact));
            if !unsaved(facts).is_empty() {
                let field = ContractField::BackupPaths;
                let paths = unsaved(facts).iter().map(|path| syntax::text_of(path.syntax()));
                let text = format!("{field} = [\n{}\n];\n", paths.collect::<Vec<_>>().join("\n"));
                contract.add(group, text, &field, shown(&draft.outline));
            }
        }
        Ok(())
    }
}
