//! The secrets that the module declares: together, in the third section.

use super::{ChangeKind, Outline, SECRETS};
use crate::plan::groups::Proposed;
use crate::plan::{layout, texts};

pub struct Secrets;

impl ChangeKind for Secrets {
    fn name(&self) -> &'static str {
        SECRETS
    }

    // The layout moves the bindings, since it makes the section. A service that leaves a shared file has them there anyway.
    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let facts = outline.facts;
        let there =
            facts.contract.is_none() && facts.co_located.is_none() && !layout::secret_bindings(facts.home).is_empty();
        there.then(|| Proposed::preserving(texts::SECRETS_TITLE.to_owned(), texts::SECRETS_WHY))
    }
}
