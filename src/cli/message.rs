//! The commit message of what was decided. That of a migration is made in [`account`](crate::account).

use crate::commit::Message;
use crate::plan::cleanup::Cleanup;
use crate::plan::install::Installation;
use crate::plan::{Accepted, Proposal};

pub use crate::account::migration;

/// The message of the contract's installation.
pub fn installation(installation: &Installation, accepted: &Accepted) -> Message {
    let subject = match installation.has_contract() {
        true => crate::plan::install::texts::SUBJECT_MORE,
        false => crate::plan::install::texts::SUBJECT,
    };
    groups(subject, installation, accepted)
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
    let lines: Vec<String> = proposal
        .groups()
        .iter()
        .filter(|group| accepted.contains(&group.id))
        .map(|group| format!("- {}", group.title))
        .collect();
    Message::new(subject, &[lines.join("\n")], &[])
}
