//! Literals of the service's code that say what its contract says of its databases: read from there.

use super::{ChangeKind, DATABASE_READS, DATABASES, Outline};
use crate::plan::groups::Proposed;
use crate::plan::needs::texts;

pub struct DatabaseReads;

impl ChangeKind for DatabaseReads {
    fn name(&self) -> &'static str {
        DATABASE_READS
    }

    // What is not declared cannot be read.
    fn needs(&self) -> Option<&'static str> {
        Some(DATABASES)
    }

    // The layouts replace the literals, since they know what the module calls its contract.
    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let there = !outline.reads.list().is_empty() && outline.facts.contract.is_none();
        there.then(|| Proposed::preserving(texts::reads_title(&outline.facts.name), texts::READS_WHY))
    }
}
