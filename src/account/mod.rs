//! What a commit says: every sentence from what the accepted groups did or from the tree as it then is, and the checklist
//! from what the run has proved.
//!
//! [`Evidence`] is what is known; [`sentences`] and [`checklist`] only put it into words. The rules of the checklist stand in
//! `docs/checklist.md` as well, for people.

pub mod checklist;
mod evidence;
mod sentences;
mod texts;

use std::collections::BTreeMap;

use crate::commit::{Check, Message, Template, Tick};
use crate::error::Result;
use crate::plan::migrate::Migration;
use crate::plan::model::Context;
use crate::plan::{Accepted, Proposal};

pub use evidence::{Evidence, Job};

/// The message of a service's migration: `before` and `after` are the host as it was planned on and as the commit leaves it;
/// `proved` has what of the checklist a proof covers.
///
/// # Errors
/// Refuses a `[commit]` table in the repository's `qgroget.toml` that does not fit.
pub fn migration(
    after: &Context,
    migration: &Migration,
    accepted: &Accepted,
    proved: &BTreeMap<Check, Tick>,
) -> Result<Message> {
    let template = Template::embedded().replaced_by(after.rules().commit.clone())?;
    let evidence = Evidence::of(after, migration, accepted);
    Ok(Message::migration(
        &template,
        migration.name(),
        &sentences::of(&evidence),
        &checklist::ticks(&evidence, proved),
    ))
}
