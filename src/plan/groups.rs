//! The groups of one service's migration: what each is called, why it is proposed, and what it moves.

use super::facts::{Context, Field, ServiceFacts};
use super::group::{Accepted, Group, Move, Safety};
use super::needs::reads::ContractReads;
use super::needs::{self, Requirements};
use super::vmtest::{self, NewTest};
use super::{enablement, placement, sections, texts};
use crate::edit::GroupId;
use crate::syntax::{self, AstNode};

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
        test: test.and_then(|test| {
            let title = texts::test_title(&facts.name);
            builder.preserving("test", title, texts::TEST_WHY, test.moves())
        }),
    };
    (groups, builder.list)
}

struct GroupBuilder<'l, 'a> {
    context: &'l Context<'a>,
    facts: &'l ServiceFacts<'a>,
    list: Vec<Group>,
}

impl GroupBuilder<'_, '_> {
    fn add(&mut self, kind: &'static str, title: String, why: &str, safety: Safety, moves: Vec<Move>) -> GroupId {
        let id = GroupId(self.list.len());
        self.list.push(Group {
            id,
            kind,
            title,
            why: why.to_owned(),
            safety,
            // The contract comes first, and everything else goes into it.
            needs: self.list.first().map(|contract| contract.id).into_iter().collect(),
            moves,
        });
        id
    }

    /// A group that leaves the configuration as it is; none if nothing moves.
    fn preserving(&mut self, kind: &'static str, title: String, why: &str, moves: Vec<Move>) -> Option<GroupId> {
        (!moves.is_empty()).then(|| self.add(kind, title, why, Safety::Preserves, moves))
    }

    /// A field of the contract, for people.
    fn to(&self, field: &str) -> Option<String> {
        let namespace = &self.context.rules().namespaces.contract;
        Some(format!("{namespace}.{}.{field}", syntax::attr_text(&self.facts.name)))
    }

    fn moved(&self, field: &Field, target: &str) -> Move {
        Move {
            what: field.name.clone(),
            from: Some(field.place()),
            to: self.to(target),
        }
    }

    fn added(&self, what: String, field: &str) -> Move {
        Move {
            what,
            from: None,
            to: self.to(field),
        }
    }

    fn contract(&mut self) -> GroupId {
        let rules = self.context.rules();
        let target = |field: &Field| match field.name.as_str() {
            "url" => "port".to_owned(),
            name => rules.fields[name].clone(),
        };
        let own = self.facts.fields.iter().filter(|field| {
            let unread = rules.unread.fields.contains(&field.name);
            field.name != "persistedData" && !unread
        });
        let moves = own.map(|field| self.moved(field, &target(field))).collect();
        let title = texts::contract_title(&self.facts.name);
        self.add("contract", title, texts::CONTRACT_WHY, Safety::Preserves, moves)
    }

    fn imported(&self) -> bool {
        self.context.model.is_imported(self.facts.home.source.path())
    }

    fn enablement(&mut self) -> Option<GroupId> {
        let (context, facts) = (self.context, self.facts);
        self.imported().then(|| {
            let title = texts::enablement_title(&facts.name, &context.host.settings);
            let moves = [enablement::moves(context, facts), vmtest::moves(context, facts)].concat();
            self.add("enablement", title, texts::ENABLEMENT_WHY, Safety::Preserves, moves)
        })
    }

    fn persistence(&mut self) -> Option<GroupId> {
        let fields = self.facts.named("persistedData");
        let mut moves: Vec<Move> = fields.map(|field| self.moved(field, "persistedData")).collect();
        moves.extend(self.facts.persisted.iter().map(|entry| Move {
            what: format!("persistence of {}", entry.element.syntax().text()),
            from: Some(entry.module.source.place_of(entry.element.syntax())),
            to: self.to("persistedData"),
        }));
        let title = texts::persistence_title(&self.facts.name);
        self.preserving("persistence", title, texts::PERSISTENCE_WHY, moves)
    }

    fn backup(&mut self) -> Option<GroupId> {
        let target = |field: &Field| self.context.rules().backup_fields[&field.name].clone();
        let mut moves = Vec::new();
        for job in &self.facts.jobs {
            match &job.part {
                None => moves.extend(job.fields.iter().map(|field| self.moved(field, &target(field)))),
                Some(part) => {
                    for (field, elements) in part {
                        moves.extend(elements.iter().map(|element| Move {
                            what: format!("{} of the job {}", element.syntax().text(), job.name),
                            from: Some(field.module.source.place_of(element.syntax())),
                            to: self.to(&target(field)),
                        }));
                    }
                }
            }
        }
        let title = texts::backup_title(self.facts.jobs.first().map_or("", |job| job.name.as_str()));
        self.preserving("backup", title, texts::BACKUP_WHY, moves)
    }

    fn gain(&mut self, backed_up: bool) -> Option<GroupId> {
        let fields = self.facts.named("backupDirectories");
        let moves: Vec<Move> = fields.map(|field| self.moved(field, "backupPaths")).collect();
        let title = texts::gain_title(&self.facts.name);
        (!moves.is_empty() && !backed_up).then(|| self.add("gain", title, texts::GAIN_WHY, Safety::Gains, moves))
    }

    fn depends(&mut self, needs: &Requirements) -> Option<GroupId> {
        let on: Vec<&str> = needs.depends.iter().map(|depends| depends.on.as_str()).collect();
        let entries = needs.depends.iter();
        let moves = entries.map(|depends| self.added(depends.text(), "dependsOn")).collect();
        let title = needs::texts::depends_title(&self.facts.name, &on);
        self.preserving("dependencies", title, needs::texts::DEPENDS_WHY, moves)
    }

    fn databases(&mut self, needs: &Requirements) -> Option<GroupId> {
        let names: Vec<&str> = needs.databases.iter().map(|database| database.name.as_str()).collect();
        let entries = needs.databases.iter();
        let moves = entries
            .map(|database| self.added(database.line(), "databases"))
            .collect();
        let title = needs::texts::databases_title(&self.facts.name, &names);
        self.preserving("databases", title, needs::texts::DATABASES_WHY, moves)
    }

    fn reads(&mut self, reads: &ContractReads, databases: GroupId) -> Option<GroupId> {
        let home = &self.facts.home.source;
        // One address says several fields.
        let literals = reads.list().chunk_by(|a, b| a.node() == b.node());
        let moves = literals.map(|literal| {
            let fields: Vec<&str> = literal.iter().map(|said| said.field.name()).collect();
            let to = match fields[..] {
                [field] => format!("databaseConfig.{field}"),
                _ => "databaseConfig".to_owned(),
            };
            Move {
                what: needs::texts::read_move(&fields),
                from: Some(home.place_of(literal[0].node())),
                to: self.to(&to),
            }
        });
        let moves = moves.collect();
        let title = needs::texts::reads_title(&self.facts.name);
        let id = self.preserving("database-reads", title, needs::texts::READS_WHY, moves)?;
        // What is not declared cannot be read.
        self.list[id.0].needs.push(databases);
        Some(id)
    }

    fn secrets(&mut self) -> Option<GroupId> {
        let home = self.facts.home;
        let bindings = match self.facts.co_located {
            Some(_) => Vec::new(),
            None => sections::secret_bindings(home),
        };
        let moves = bindings.iter().map(|binding| Move {
            what: "secrets".into(),
            from: Some(home.source.place_of(binding)),
            to: Some("section 3".into()),
        });
        let moves = moves.collect();
        self.preserving("secrets", texts::SECRETS_TITLE.to_owned(), texts::SECRETS_WHY, moves)
    }

    fn placement(&mut self) -> Option<GroupId> {
        let (context, facts) = (self.context, self.facts);
        let elsewhere = facts.home.source.path() != facts.target;
        let moves = elsewhere && !context.choices.in_place && facts.co_located.is_none() && self.imported();
        moves.then(|| {
            let title = texts::placement_title(&facts.target);
            let moves = placement::moves(context.repo, facts);
            self.add("placement", title, texts::PLACEMENT_WHY, Safety::Preserves, moves)
        })
    }
}
