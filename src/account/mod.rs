//! What a commit says: every sentence from what the accepted groups did or from the tree as it then is, and the checklist
//! from what the run has proved.
//!
//! [`Evidence`] is what is known; [`sentences`] and [`checklist`] only put it into words. The rules of the checklist stand in
//! `docs/checklist.md` as well, for people.

pub mod checklist;
mod evidence;
mod mentions;
mod sentences;
mod texts;

use std::collections::BTreeMap;

use crate::commit::{Check, Message, Template, Tick};
use crate::edit::SourceChange;
use crate::error::Result;
use crate::plan::migrate::Migration;
use crate::plan::model::Context;
use crate::plan::{Accepted, Proposal};
use crate::rules::Rules;

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

/// The message of the commit that only moves a service's module; `change` is all that it does.
///
/// # Errors
/// As [`migration`].
pub fn move_alone(rules: &Rules, service: &str, change: &SourceChange) -> Result<Message> {
    let template = Template::embedded().replaced_by(rules.commit.clone())?;
    let (moved, mended): (Vec<_>, Vec<_>) = change.files.iter().partition(|file| file.from != file.to);
    let mut paragraphs = Vec::new();
    for file in moved {
        if let (Some(from), Some(to)) = (&file.from, &file.to) {
            paragraphs.push(texts::moved(from, to, file.before == file.after));
        }
    }
    if !mended.is_empty() {
        let paths: Vec<_> = mended.iter().map(|file| file.path()).collect();
        paragraphs.push(texts::mended(&paths));
    }
    paragraphs.push(texts::NOTHING_ELSE.to_owned());
    Ok(template.move_alone(service, &paragraphs))
}
