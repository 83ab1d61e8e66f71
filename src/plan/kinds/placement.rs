//! The module at the place that its service's name gives it.

use super::{ChangeKind, Draft, Outline, PLACEMENT};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::groups::Proposed;
use crate::plan::ops::Ops;
use crate::plan::{placement, texts};

pub struct Placement;

impl ChangeKind for Placement {
    fn name(&self) -> &'static str {
        PLACEMENT
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let (context, facts) = (outline.context, outline.facts);
        let home = facts.home.source.path();
        let moves = home != facts.target && !context.choices.in_place && facts.co_located.is_none();
        let there = moves && context.model.is_imported(home) && placement::is_named(context.repo, facts);
        there.then(|| Proposed::preserving(texts::placement_title(&facts.target), texts::PLACEMENT_WHY))
    }

    fn edit(&self, draft: &Draft, group: GroupId, ops: &mut Ops) -> Result<()> {
        placement::render(ops, draft.context().repo, draft.facts(), group)
    }
}
