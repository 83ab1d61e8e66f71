//! The databases of the service, as the configuration says them.

use super::{ChangeKind, DATABASES, Draft, Outline};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{Slot, Writer};
use crate::plan::groups::Proposed;
use crate::plan::needs::texts;
use crate::rules::ContractField;

pub struct Databases;

impl ChangeKind for Databases {
    fn name(&self) -> &'static str {
        DATABASES
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let names: Vec<&str> = outline
            .requirements
            .databases
            .iter()
            .map(|database| database.name.as_str())
            .collect();
        // What the declarations say is carried.
        let there = !names.is_empty() && !outline.facts.says(&ContractField::Databases);
        let title = texts::databases_title(&outline.facts.name, &names);
        there.then(|| Proposed::preserving(title, texts::DATABASES_WHY))
    }

    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot == Slot::Requirements {
            let requirements = draft.outline.requirements;
            let what = requirements.databases.iter().map(|database| database.line()).collect();
            contract.add(group, requirements.databases_text(), &ContractField::Databases, what);
        }
        Ok(())
    }
}
