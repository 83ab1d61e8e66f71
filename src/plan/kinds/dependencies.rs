//! The services that this one is of no use without, as the configuration says it.

use super::{ChangeKind, DEPENDENCIES, Draft, Outline};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::contract::{Slot, Writer};
use crate::plan::groups::Proposed;
use crate::plan::needs::texts;
use crate::rules::ContractField;

pub struct Dependencies;

impl ChangeKind for Dependencies {
    fn name(&self) -> &'static str {
        DEPENDENCIES
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let names: Vec<&str> = outline
            .requirements
            .depends
            .iter()
            .map(|depends| depends.on.as_str())
            .collect();
        // What the declarations say is carried.
        let there = !names.is_empty() && !outline.facts.says(&ContractField::DependsOn);
        let title = texts::depends_title(&outline.facts.name, &names);
        there.then(|| Proposed::preserving(title, texts::DEPENDS_WHY))
    }

    fn write(&self, draft: &Draft, group: GroupId, slot: Slot, contract: &mut Writer) -> Result<()> {
        if slot == Slot::Requirements {
            let requirements = draft.outline.requirements;
            let what = requirements.depends.iter().map(|depends| depends.text()).collect();
            contract.add(group, requirements.depends_text(), &ContractField::DependsOn, what);
        }
        Ok(())
    }
}
