//! The commit message of what was decided: what the accepted groups did, and what this run checked of it.

use std::collections::BTreeMap;

use super::texts;
use crate::commit::{Check, Message, Section, Template, Tick};
use crate::error::Result;
use crate::plan::cleanup::Cleanup;
use crate::plan::install::Installation;
use crate::plan::kinds;
use crate::plan::migrate::Migration;
use crate::plan::{Accepted, Proposal};
use crate::rules::Rules;

/// The message of a service's migration.
///
/// # Errors
/// Refuses a `[commit]` table in the repository's `qgroget.toml` that does not fit.
pub fn migration(
    rules: &Rules,
    migration: &Migration,
    accepted: &Accepted,
    proved: &BTreeMap<Check, Tick>,
) -> Result<Message> {
    let template = Template::embedded().replaced_by(rules.commit.clone())?;
    let mut ticks = proved.clone();
    let mut not_applicable = |check, applies: bool, why: &str| {
        if !applies {
            ticks.insert(check, Tick::NotApplicable(why.to_owned()));
        }
    };
    not_applicable(Check::Secrets, migration.has_secrets(), texts::NO_SECRETS);
    not_applicable(Check::Database, migration.has_database(), texts::NO_DATABASE);
    let proposed = migration.proposed();
    if proposed.of(kinds::GAIN).is_some_and(|gain| !accepted.contains(&gain)) {
        ticks.insert(Check::Backup, Tick::Open(texts::GAP_LEFT.to_owned()));
    }
    let declared = proposed.accepted(kinds::DATABASES, accepted).is_some();
    if migration.has_database() && !declared {
        ticks.insert(Check::Database, Tick::Open(texts::DATABASE_LEFT.to_owned()));
    } else if declared && ticks.get(&Check::Contract) == Some(&Tick::Ticked) {
        ticks.insert(Check::Database, Tick::Ticked);
    }
    Ok(Message::migration(
        &template,
        migration.name(),
        &done(migration, accepted),
        &ticks,
    ))
}

fn done(migration: &Migration, accepted: &Accepted) -> BTreeMap<Section, Vec<String>> {
    let has = |kind: &str| migration.proposed().accepted(kind, accepted).is_some();
    let mut done: BTreeMap<Section, Vec<String>> = BTreeMap::new();
    let mut say = |section, text: String| done.entry(section).or_default().push(text);
    say(
        Section::Contract,
        format!(
            "{}, {}",
            texts::DONE_CONTRACT,
            migration.module_path(accepted).display()
        ),
    );
    if has(kinds::ENABLEMENT) {
        say(Section::Contract, texts::DONE_ENABLED.to_owned());
    }
    if has(kinds::DEPENDENCIES) {
        let on: Vec<String> = migration.needs().depends.iter().map(|d| d.on.clone()).collect();
        say(Section::Contract, texts::done_depends(&on));
    }
    if has(kinds::DATABASES) {
        let names: Vec<String> = migration.needs().databases.iter().map(|d| d.name.clone()).collect();
        say(Section::Contract, texts::done_databases(&names));
    }
    if has(kinds::DATABASE_READS) {
        say(Section::Contract, texts::DONE_READS.to_owned());
    }
    say(Section::Collector, texts::DONE_BRIDGE.to_owned());
    if has(kinds::GAIN) {
        say(Section::Collector, texts::DONE_GAIN.to_owned());
    }
    if has(kinds::PLACEMENT) && migration.moves_test() {
        say(Section::VmTest, texts::DONE_TEST.to_owned());
    }
    if has(kinds::ENABLEMENT) && migration.switches_test() {
        say(Section::VmTest, texts::DONE_TEST_SWITCH.to_owned());
    }
    if let Some(test) = migration.test().filter(|_| has(kinds::TEST)) {
        say(Section::VmTest, texts::done_new_test(&test.path, &test.check));
    }
    say(Section::Removal, texts::DONE_REMOVED.to_owned());
    if has(kinds::BACKUP) {
        say(Section::Removal, texts::DONE_JOB.to_owned());
    }
    done
}

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
