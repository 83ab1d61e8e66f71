//! The kinds of change that a migration proposes, a file each: what a kind proposes, which facts it takes, what it writes
//! into the contract, and which edits it makes elsewhere. Adding one is a file and a line in [`KINDS`].

mod backup;
mod contract;
mod database_reads;
mod databases;
mod dependencies;
pub mod enablement;
mod gain;
mod persistence;
mod placement;
mod secrets;
mod test;

use std::path::PathBuf;

use super::contract::{Comments, Slot, Writer};
use super::definition::Definition;
use super::group::Accepted;
use super::groups::{Groups, Proposed};
use super::model::{Context, ServiceFacts};
use super::needs::Requirements;
use super::needs::reads::ContractReads;
use super::ops::{ContractFragment, Ops};
use super::taking::Taking;
use super::vmtest::NewTest;
use crate::edit::GroupId;
use crate::error::Result;

/// The kinds, in the order in which people are asked about them. The contract comes first, and everything else goes
/// into it.
const KINDS: [&dyn ChangeKind; 11] = [
    &contract::Contract,
    &enablement::Enablement,
    &persistence::Persistence,
    &backup::Backup,
    &gain::Gain,
    &dependencies::Dependencies,
    &databases::Databases,
    &database_reads::DatabaseReads,
    &secrets::Secrets,
    &placement::Placement,
    &test::Test,
];

pub const CONTRACT: &str = "contract";
pub const ENABLEMENT: &str = "enablement";
pub const PERSISTENCE: &str = "persistence";
pub const BACKUP: &str = "backup";
pub const GAIN: &str = "gain";
pub const DEPENDENCIES: &str = "dependencies";
pub const DATABASES: &str = "databases";
pub const DATABASE_READS: &str = "database-reads";
pub const SECRETS: &str = "secrets";
pub const PLACEMENT: &str = "placement";
pub const TEST: &str = "test";

/// A kind of change.
trait ChangeKind: Sync {
    /// A short machine-readable name.
    fn name(&self) -> &'static str;

    /// Another kind without which it makes no sense; the contract goes without saying.
    fn needs(&self) -> Option<&'static str> {
        None
    }

    /// The group that is proposed, where the service has something of the kind.
    fn propose(&self, outline: &Outline) -> Option<Proposed>;

    /// Takes the facts that go with the group from where they stand.
    fn take(&self, _draft: &Draft, _group: GroupId, _taking: &mut Taking) {}

    /// Writes what belongs into one slot of the contract.
    ///
    /// # Errors
    /// What cannot be said there.
    fn write(&self, _draft: &Draft, _group: GroupId, _slot: Slot, _contract: &mut Writer) -> Result<()> {
        Ok(())
    }

    /// What the group changes the configuration by on purpose; empty for one that leaves it as it is, and where that cannot
    /// be written down.
    fn declare(&self, _draft: &Draft) -> Vec<Definition> {
        Vec::new()
    }

    /// Makes the edits elsewhere.
    ///
    /// # Errors
    /// What cannot be edited.
    fn edit(&self, _draft: &Draft, _group: GroupId, _ops: &mut Ops) -> Result<()> {
        Ok(())
    }
}

/// What is known of a service before anything is proposed.
#[derive(Clone, Copy)]
pub struct Outline<'o, 'a> {
    pub context: &'a Context<'a>,
    pub facts: &'o ServiceFacts<'a>,
    pub requirements: &'o Requirements,
    pub reads: &'o ContractReads,
    /// A test that the service does not have yet.
    pub test: Option<&'o NewTest<'a>>,
}

/// A service with the groups that are accepted.
pub struct Draft<'d, 'a> {
    pub outline: Outline<'d, 'a>,
    pub groups: &'d Groups,
    pub accepted: &'d Accepted,
}

impl<'d, 'a> Draft<'d, 'a> {
    /// The repository with what is chosen for the run.
    pub fn context(&self) -> &'a Context<'a> {
        self.outline.context
    }

    /// What is known of the service.
    pub fn facts(&self) -> &'d ServiceFacts<'a> {
        self.outline.facts
    }

    /// The group of the contract.
    pub fn contract(&self) -> GroupId {
        contract_of(self.groups)
    }

    /// The file that holds the service's contract afterwards.
    pub fn module_path(&self) -> PathBuf {
        match self.accepts(PLACEMENT).is_some() || self.facts().co_located.is_some() {
            true => self.facts().target.clone(),
            false => self.facts().home.source.path().to_owned(),
        }
    }

    /// What the code reads from the contract, where that is accepted, with its group.
    pub fn reads(&self) -> Option<(GroupId, &ContractReads)> {
        Some((self.accepts(DATABASE_READS)?, self.outline.reads))
    }

    /// The group of a kind, where it is accepted.
    pub fn accepts(&self, kind: &str) -> Option<GroupId> {
        self.groups.accepted(kind, self.accepted)
    }
}

/// The group of the contract; the first one for a service that has its contract already.
pub fn contract_of(groups: &Groups) -> GroupId {
    groups.of(CONTRACT).unwrap_or(GroupId(0))
}

/// The groups of a service's migration, in the order in which they are asked about. What they move, the operations of a
/// rendering say.
pub fn propose(outline: &Outline) -> Groups {
    let mut groups = Groups::default();
    for kind in KINDS {
        let Some(proposed) = kind.propose(outline) else {
            continue;
        };
        let other = kind.needs().map(|other| groups.of(other));
        if other == Some(None) {
            continue;
        }
        let needed = groups.of(CONTRACT).into_iter().chain(other.flatten());
        groups.propose(kind.name(), proposed.needing(needed.collect::<Vec<_>>()));
    }
    groups
}

/// The kinds whose groups are accepted.
fn accepted<'k>(draft: &'k Draft) -> impl Iterator<Item = (&'static dyn ChangeKind, GroupId)> + use<'k> {
    let kinds = KINDS.into_iter();
    kinds.filter_map(|kind| Some((kind, draft.accepts(kind.name())?)))
}

/// Takes the facts of the accepted groups from where they stand.
pub fn take(draft: &Draft, taking: &mut Taking) {
    accepted(draft).for_each(|(kind, group)| kind.take(draft, group, taking));
}

/// The bindings of `qgroget.serviceModules.<service>`, in the contract's order.
///
/// # Errors
/// Refuses values whose names would mean something else at the contract's place, and an unclear `dataDir`.
pub fn write(draft: &Draft, comments: Comments) -> Result<Vec<ContractFragment>> {
    let mut contract = Writer::new(
        draft.context(),
        draft.facts(),
        draft.contract(),
        draft.module_path(),
        comments,
    );
    for slot in Slot::ALL {
        contract.begin(slot);
        for (kind, group) in accepted(draft) {
            kind.write(draft, group, slot, &mut contract)?;
        }
    }
    contract.finish()
}

/// What the accepted groups change the configuration by on purpose.
pub fn declare(draft: &Draft) -> Vec<Definition> {
    accepted(draft).flat_map(|(kind, _)| kind.declare(draft)).collect()
}

/// Makes the edits of the accepted groups beside the contract's module.
///
/// # Errors
/// What cannot be edited.
pub fn edit(draft: &Draft, ops: &mut Ops) -> Result<()> {
    accepted(draft).try_for_each(|(kind, group)| kind.edit(draft, group, ops))
}
