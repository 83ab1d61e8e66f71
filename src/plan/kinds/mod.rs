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

use std::ops::Range;
use std::path::PathBuf;

use super::contract::{Comments, Slot, Writer};
use super::definition::Definition;
use super::group::Accepted;
use super::groups::{Groups, Proposed};
use super::model::{Context, Guard, ServiceFacts};
use super::needs::Requirements;
use super::needs::reads::ContractReads;
use super::ops::{ContractFragment, Ops};
use super::restated::Restated;
use super::taking::Taking;
use super::texts;
use super::vmtest::NewTest;
use crate::edit::GroupId;
use crate::error::Result;
use crate::rules::kinds::Optional;

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

    /// What it moves that holds while the service is off as well, and in the contract does not: in a word.
    fn follows_switch(&self, _facts: &ServiceFacts) -> Option<&'static str> {
        None
    }

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
    /// What the code says of its database and can read from the contract.
    pub reads: &'o ContractReads,
    /// What the code says again of port and directory.
    pub restated: &'o Restated,
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

    /// Whether the code says again what the contract says.
    pub fn restates(&self) -> bool {
        !self.outline.restated.is_empty()
    }

    /// Whether the module has a name for its contract: where it asks for more than its own switch.
    pub fn names_contract(&self) -> bool {
        let switched = matches!(self.facts().guard, Guard::Switch { .. });
        let database = self
            .accepts(DATABASE_READS)
            .map_or(0, |_| self.outline.reads.list().len());
        !switched || self.restates() || database > 1
    }

    /// The ranges of the home file that become reads of the contract, which the expression `contract` is: each with its
    /// group and its new text.
    pub fn read_texts(&self, contract: &str) -> Vec<(GroupId, Range<usize>, String)> {
        let database = self
            .accepts(DATABASE_READS)
            .map(|group| (group, self.outline.reads.texts(contract)));
        let path = super::contract::path(self.context(), self.facts());
        let own = (self.contract(), self.outline.restated.texts(contract, &path));
        let all = database.into_iter().chain([own]);
        all.flat_map(|(group, texts)| texts.into_iter().map(move |(range, text)| (group, range, text)))
            .collect()
    }

    /// Notes in `ops` what the code reads from the contract.
    pub fn tell_reads(&self, ops: &mut Ops) {
        if let Some(group) = self.accepts(DATABASE_READS) {
            ops.tell(group, self.outline.reads.moves(self.context(), self.facts()));
        }
        let path = super::contract::path(self.context(), self.facts());
        ops.tell(self.contract(), self.outline.restated.moves(&path, self.facts()));
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
        let Some(mut proposed) = kind.propose(outline) else {
            continue;
        };
        if let Some(what) = kind.follows_switch(outline.facts) {
            proposed = proposed.saying(&texts::follow_switch(&[what], &outline.facts.name));
        }
        let other = kind.needs().map(|other| groups.of(other));
        if other == Some(None) {
            continue;
        }
        let needed = groups.of(CONTRACT).into_iter().chain(other.flatten());
        groups.propose(kind.name(), proposed.needing(needed.collect::<Vec<_>>()));
    }
    groups
}

/// The groups of kinds that the repository, or this run, does without.
pub fn unwanted(context: &Context, groups: &Groups) -> Accepted {
    let kinds = |optional: Optional| match optional {
        Optional::Tests => vec![TEST],
        Optional::Placement => vec![PLACEMENT],
        Optional::Secrets => vec![SECRETS],
        Optional::Dependencies => vec![DEPENDENCIES],
        Optional::Databases => vec![DATABASES, DATABASE_READS],
    };
    let (run, repository) = (&context.choices.wanted, &context.rules().migrate);
    let without = Optional::ALL.into_iter().filter(|kind| !run.has(*kind, repository));
    without.flat_map(kinds).filter_map(|kind| groups.of(kind)).collect()
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
    contract.finish(draft.names_contract())
}

/// What the accepted groups change the configuration by on purpose.
pub fn declare(draft: &Draft) -> Vec<Definition> {
    accepted(draft).flat_map(|(kind, _)| kind.declare(draft)).collect()
}

/// What the accepted groups move that holds while the service is off as well, and in the contract does not.
pub fn follow_switch(draft: &Draft) -> Vec<&'static str> {
    let kinds = accepted(draft);
    kinds
        .filter_map(|(kind, _)| kind.follows_switch(draft.facts()))
        .collect()
}

/// Makes the edits of the accepted groups beside the contract's module.
///
/// # Errors
/// What cannot be edited.
pub fn edit(draft: &Draft, ops: &mut Ops) -> Result<()> {
    accepted(draft).try_for_each(|(kind, group)| kind.edit(draft, group, ops))
}
