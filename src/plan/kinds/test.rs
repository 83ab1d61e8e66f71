//! A test in a virtual machine for a service that has none.

use super::{ChangeKind, Draft, Outline, TEST};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::groups::Proposed;
use crate::plan::ops::Ops;
use crate::plan::texts;

pub struct Test;

impl ChangeKind for Test {
    fn name(&self) -> &'static str {
        TEST
    }

    fn propose(&self, outline: &Outline) -> Option<Proposed> {
        let there = outline.test.is_some();
        there.then(|| Proposed::preserving(texts::test_title(&outline.facts.name), texts::TEST_WHY))
    }

    fn edit(&self, draft: &Draft, group: GroupId, ops: &mut Ops) -> Result<()> {
        match draft.outline.test {
            Some(test) => test.render(ops, draft.context(), &draft.module_path(), group),
            None => Ok(()),
        }
    }
}
