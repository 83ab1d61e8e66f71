//! The commit message of what was decided. That of a migration is made in [`account`](crate::account).

use std::collections::BTreeMap;

use crate::account;
use crate::commit::{Check, Message, Tick};
use crate::error::Result;
use crate::plan::cleanup::Cleanup;
use crate::plan::install::{self, Installation};
use crate::plan::migrate::Migration;
use crate::plan::model::Context;
use crate::plan::{Accepted, Proposal};
use crate::repo::git::history::TRAILER;

/// The message of a service's migration, or of what was left of one.
///
/// # Errors
/// As [`account::migration`].
pub fn migration(
    after: &Context,
    migration: &Migration,
    accepted: &Accepted,
    proved: &BTreeMap<Check, Tick>,
) -> Result<Message> {
    let message = match migration.is_resumed() {
        false => account::migration(after, migration, accepted, proved)?,
        true => {
            let name = migration.name();
            let trailer = (TRAILER.to_owned(), name.to_owned());
            Message::new(
                &crate::plan::texts::continued_subject(name),
                &[lines(migration, accepted)],
                &[trailer],
            )
        }
    };
    Ok(message.with_gains(&migration.gained(accepted)))
}

/// The message of the contract's installation.
pub fn installation(installation: &Installation, accepted: &Accepted) -> Message {
    let is_begun = installation.has_contract() || !installation.put_back_for().is_empty();
    let subject = match (installation.upgrades(), is_begun) {
        (true, _) if installation.renames() => install::upgrade::texts::SUBJECT_OF_NAMES.to_owned(),
        (true, _) => install::upgrade::texts::subject(install::version::current()),
        (false, true) => install::texts::SUBJECT_MORE.to_owned(),
        (false, false) => install::texts::SUBJECT.to_owned(),
    };
    groups(&subject, installation, accepted)
}

/// The message of the legacy pattern's removal, or of a part of it.
pub fn cleanup(cleanup: &Cleanup, accepted: &Accepted) -> Message {
    let subject = match cleanup.removes(accepted) {
        true => crate::plan::texts::CLEANUP_SUBJECT,
        false => crate::plan::texts::READERS_SUBJECT,
    };
    groups(subject, cleanup, accepted)
}

/// A message that lists the accepted groups.
pub fn groups(subject: &str, proposal: &dyn Proposal, accepted: &Accepted) -> Message {
    Message::new(subject, &[lines(proposal, accepted)], &[])
}

fn lines(proposal: &dyn Proposal, accepted: &Accepted) -> String {
    let accepted = proposal.groups().iter().filter(|group| accepted.contains(&group.id));
    accepted
        .map(|group| format!("- {}", group.title))
        .collect::<Vec<_>>()
        .join("\n")
}
