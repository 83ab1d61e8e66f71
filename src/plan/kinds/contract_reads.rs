//! What the service's code says again of its port and its directory: read from the contract.

use super::{CONTRACT_READS, ChangeKind, Outline};
use crate::plan::groups::Proposed;
use crate::plan::texts;

pub struct ContractReadsKind;

impl ChangeKind for ContractReadsKind {
    fn name(&self) -> &'static str {
        CONTRACT_READS
    }

    // The layouts replace the texts, since they know what the module calls its contract.
    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let there = !outline.restated.is_empty() && outline.facts.contract.is_none();
        let title = || texts::restated_title(&outline.facts.name, &outline.restated.fields());
        there.then(|| Proposed::preserving(title(), texts::RESTATED_WHY))
    }
}
