//! The groups of one service's migration: what each is called, and why it is proposed.

use super::group::{Accepted, Group, Safety};
use super::model::{Context, ServiceFacts};
use super::needs::reads::ContractReads;
use super::needs::{self, Requirements};
use super::vmtest::NewTest;
use super::{sections, texts};
use crate::edit::GroupId;
use crate::rules::ContractField;

/// The groups of a migration by what they are; the optional ones exist only where the service has something of the kind.
#[derive(Clone, Debug)]
pub struct Groups {
    pub contract: GroupId,
    /// `None` for a module that the host does not import: a setting for it would have no option to go to.
    pub enablement: Option<GroupId>,
    pub persistence: Option<GroupId>,
    pub backup: Option<GroupId>,
    pub gain: Option<GroupId>,
    pub depends: Option<GroupId>,
    pub databases: Option<GroupId>,
    /// `None` where the service's code says nothing that its contract could tell it.
    pub reads: Option<GroupId>,
    pub secrets: Option<GroupId>,
    pub placement: Option<GroupId>,
    /// `None` for a service that has a test.
    pub test: Option<GroupId>,
}

impl Groups {
    /// Whether the host's settings enable the service.
    pub fn enables(&self, accepted: &Accepted) -> bool {
        self.enablement.is_some_and(|group| accepted.contains(&group))
    }
}

/// The groups of a service's migration, in the order in which they are asked about.
pub fn list(
    context: &Context,
    facts: &ServiceFacts,
    needs: &Requirements,
    reads: &ContractReads,
    test: Option<&NewTest>,
) -> (Groups, Vec<Group>) {
    let mut builder = GroupBuilder {
        context,
        facts,
        list: Vec::new(),
    };
    let contract = builder.contract();
    let enablement = builder.enablement();
    let persistence = builder.persistence();
    let backup = builder.backup();
    let gain = builder.gain(backup.is_some());
    let depends = builder.depends(needs);
    let databases = builder.databases(needs);
    let groups = Groups {
        contract,
        enablement,
        persistence,
        backup,
        gain,
        depends,
        databases,
        reads: databases.and_then(|databases| builder.reads(reads, databases)),
        secrets: builder.secrets(),
        placement: builder.placement(),
        test: builder.preserving(test.is_some(), "test", texts::test_title(&facts.name), texts::TEST_WHY),
    };
    (groups, builder.list)
}

struct GroupBuilder<'l, 'a> {
    context: &'l Context<'a>,
    facts: &'l ServiceFacts<'a>,
    list: Vec<Group>,
}

impl GroupBuilder<'_, '_> {
    /// A group; what it moves, its operations say.
    fn add(&mut self, kind: &'static str, title: String, why: &str, safety: Safety) -> GroupId {
        let id = GroupId(self.list.len());
        self.list.push(Group {
            id,
            kind,
            title,
            why: why.to_owned(),
            safety,
            // The contract comes first, and everything else goes into it.
            needs: self.list.first().map(|contract| contract.id).into_iter().collect(),
            moves: Vec::new(),
        });
        id
    }

    /// A group that leaves the configuration as it is, where there is something of its kind.
    fn preserving(&mut self, there: bool, kind: &'static str, title: String, why: &str) -> Option<GroupId> {
        there.then(|| self.add(kind, title, why, Safety::Preserves))
    }

    fn contract(&mut self) -> GroupId {
        let title = texts::contract_title(&self.facts.name);
        self.add("contract", title, texts::CONTRACT_WHY, Safety::Preserves)
    }

    fn imported(&self) -> bool {
        self.context.model.is_imported(self.facts.home.source.path())
    }

    fn enablement(&mut self) -> Option<GroupId> {
        let title = texts::enablement_title(&self.facts.name, &self.context.host.settings);
        self.preserving(self.imported(), "enablement", title, texts::ENABLEMENT_WHY)
    }

    fn persistence(&mut self) -> Option<GroupId> {
        let facts = self.facts;
        let there = facts.first(&ContractField::PersistedData).is_some() || !facts.persisted.is_empty();
        let title = texts::persistence_title(&facts.name);
        self.preserving(there, "persistence", title, texts::PERSISTENCE_WHY)
    }

    fn backup(&mut self) -> Option<GroupId> {
        let facts = self.facts;
        let title = texts::backup_title(facts.jobs.first().map_or("", |job| job.name.as_str()));
        self.preserving(facts.of_jobs().next().is_some(), "backup", title, texts::BACKUP_WHY)
    }

    fn gain(&mut self, backed_up: bool) -> Option<GroupId> {
        let mut unread = self.facts.unread();
        let there = unread.any(|fact| fact.field == ContractField::BackupPaths);
        let title = texts::gain_title(&self.facts.name);
        (there && !backed_up).then(|| self.add("gain", title, texts::GAIN_WHY, Safety::Gains))
    }

    fn depends(&mut self, needs: &Requirements) -> Option<GroupId> {
        let on: Vec<&str> = needs.depends.iter().map(|depends| depends.on.as_str()).collect();
        let there = !on.is_empty() && self.facts.first(&ContractField::DependsOn).is_none();
        let title = needs::texts::depends_title(&self.facts.name, &on);
        self.preserving(there, "dependencies", title, needs::texts::DEPENDS_WHY)
    }

    fn databases(&mut self, needs: &Requirements) -> Option<GroupId> {
        let names: Vec<&str> = needs.databases.iter().map(|database| database.name.as_str()).collect();
        let there = !names.is_empty() && self.facts.first(&ContractField::Databases).is_none();
        let title = needs::texts::databases_title(&self.facts.name, &names);
        self.preserving(there, "databases", title, needs::texts::DATABASES_WHY)
    }

    fn reads(&mut self, reads: &ContractReads, databases: GroupId) -> Option<GroupId> {
        let title = needs::texts::reads_title(&self.facts.name);
        let there = !reads.list().is_empty();
        let id = self.preserving(there, "database-reads", title, needs::texts::READS_WHY)?;
        // What is not declared cannot be read.
        self.list[id.0].needs.push(databases);
        Some(id)
    }

    fn secrets(&mut self) -> Option<GroupId> {
        let there = self.facts.co_located.is_none() && !sections::secret_bindings(self.facts.home).is_empty();
        self.preserving(there, "secrets", texts::SECRETS_TITLE.to_owned(), texts::SECRETS_WHY)
    }

    fn placement(&mut self) -> Option<GroupId> {
        let (context, facts) = (self.context, self.facts);
        let elsewhere = facts.home.source.path() != facts.target;
        let moves = elsewhere && !context.choices.in_place && facts.co_located.is_none() && self.imported();
        let title = texts::placement_title(&facts.target);
        self.preserving(moves, "placement", title, texts::PLACEMENT_WHY)
    }
}
