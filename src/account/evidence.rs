//! What is known of a migration when it is committed: what its groups did, and what the tree says then.

use std::path::{Path, PathBuf};

use super::mentions;
use crate::plan::kinds::{BACKUP, ENABLEMENT, TEST};
use crate::plan::migrate::Migration;
use crate::plan::model::{Context, topmost};
use crate::plan::share::ownership::Names;
use crate::plan::vmtest::Registration;
use crate::plan::{Accepted, Proposal, placement, tested};
use crate::resolve::module::path_text;
use crate::rules::parts;
use crate::status::{self, Service};
use crate::syntax::{self, AstNode};

/// A backup job that had something of the service.
#[derive(Clone, Debug)]
pub struct Job {
    pub name: String,
    /// Its option path.
    pub option: String,
    /// Whether it is declared still, for others or because it was left.
    pub stands: bool,
}

/// A test that was added.
#[derive(Clone, Debug)]
pub struct NewTest {
    pub path: PathBuf,
    pub check: String,
    /// What became of the check.
    pub registration: Registration,
}

/// What is known of a service's migration.
pub struct Evidence {
    pub host: String,
    /// The kinds of the groups that are accepted, and of those that are not.
    pub accepted: Vec<&'static str>,
    pub declined: Vec<&'static str>,
    /// The file that has the contract.
    pub module: PathBuf,
    /// Whether no other service is declared in it.
    pub is_own: bool,
    /// The file that says whether the service runs, and what it says, where that was moved there.
    pub setting: Option<(PathBuf, String)>,
    /// Whether the legacy pattern declared it, and the option paths of what is left of that.
    pub was_legacy: bool,
    pub legacy_left: Vec<String>,
    pub jobs: Vec<Job>,
    /// What held while the service is off as well, and does not in its contract.
    pub follows_switch: Vec<&'static str>,
    /// Whether the contract names directories to persist, and to back up.
    pub persists: bool,
    pub backs_up: bool,
    /// Whether readers of the legacy options are shown the contract.
    pub is_bridged: bool,
    pub depends_on: Vec<String>,
    pub databases: Vec<String>,
    /// Whether a database is the service's, and whether its contract says so.
    pub has_database: bool,
    pub declares_database: bool,
    pub has_secrets: bool,
    /// The tests of the service, and whether one that was there before imports its module at another place, or turns it on
    /// otherwise, than before.
    pub tests: Vec<PathBuf>,
    pub test_imports: bool,
    pub test_switches: bool,
    pub new_test: Option<NewTest>,
    pub has_flake: bool,
    /// Whether nothing of the service is in the host's configuration, since it is off.
    pub is_off: bool,
    /// Whether nothing of it is, since no import of the host leads to its module.
    pub is_unimported: bool,
    /// The service as `status` has it then; `None` where the tree does not tell of it any more.
    pub service: Option<Service>,
}

impl Evidence {
    /// What is known when exactly `accepted` was taken; `after` is the host as that leaves it.
    pub fn of(after: &Context, migration: &Migration, accepted: &Accepted) -> Evidence {
        let name = migration.name();
        let facts = migration.facts();
        let groups = migration.groups();
        let (taken, left): (Vec<_>, Vec<_>) = groups.iter().partition(|group| accepted.contains(&group.id));
        let kinds = |groups: Vec<&crate::plan::Group>| groups.iter().map(|group| group.kind).collect::<Vec<_>>();
        let (accepted_kinds, declined) = (kinds(taken), kinds(left));
        let has = |kind: &str| accepted_kinds.contains(&kind);
        let tree = Tree { context: after, name };
        let module = migration.module_path(accepted);
        let namespaces = &after.rules().namespaces;
        let service = status::service(after, name);
        let new_test = migration.test().filter(|_| has(TEST)).map(|test| NewTest {
            path: test.path.clone(),
            check: test.check.clone(),
            registration: test.registration.clone(),
        });
        let moved = module != facts.home.source.path();
        let importing = tree.tests_importing(&module);
        let old = |path: &PathBuf| new_test.as_ref().is_none_or(|new| new.path != *path);
        let says = |field| status::contract_says(after, name, field);
        Evidence {
            host: after.host.name.clone(),
            is_own: tree.is_own(&module),
            setting: has(ENABLEMENT).then(|| tree.setting()).flatten(),
            was_legacy: !facts.declarations.is_empty(),
            legacy_left: tree.declared(&namespaces.services),
            jobs: facts.jobs.iter().map(|job| tree.job(&job.name)).collect(),
            follows_switch: migration.follow_switch(accepted),
            persists: says("persistedData"),
            backs_up: says("backupPaths"),
            is_bridged: tree.is_bridged(service.as_ref()),
            depends_on: migration.needs().depends.iter().map(|d| d.on.clone()).collect(),
            databases: migration.needs().databases.iter().map(|d| d.name.clone()).collect(),
            has_database: migration.needs().has_database
                || after
                    .model
                    .module(&module)
                    .is_some_and(|own| mentions::database(after, own)),
            declares_database: says("databases"),
            has_secrets: tree.has_secrets(&module),
            tests: tested::tests_of(after.repo, name, Some(&module)),
            test_imports: moved && importing.iter().any(old),
            test_switches: has(ENABLEMENT) && migration.switches_test(),
            has_flake: after.repo.has(Path::new("flake.nix")),
            is_off: service
                .as_ref()
                .is_some_and(|service| service.enabled.known() == Some(&false)),
            is_unimported: !after.model.is_imported(&module),
            accepted: accepted_kinds,
            declined,
            module,
            new_test,
            service,
        }
    }

    /// Whether a group of this kind is accepted.
    pub fn did(&self, kind: &str) -> bool {
        self.accepted.contains(&kind)
    }

    /// Whether a group of this kind was proposed and is not accepted.
    pub fn left(&self, kind: &str) -> bool {
        self.declined.contains(&kind)
    }

    /// The jobs that are left as they were.
    pub fn jobs_left(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|_| self.left(BACKUP))
    }
}

/// The questions about one service that the tree answers.
struct Tree<'t> {
    context: &'t Context<'t>,
    name: &'t str,
}

impl<'t> Tree<'t> {
    fn path<'p>(&'p self, namespace: &'p str, rest: &[&'p str]) -> Vec<&'p str> {
        [&parts(namespace)[..], &[self.name], rest].concat()
    }

    fn contract(&self) -> &str {
        &self.context.rules().namespaces.contract
    }

    /// The option paths of what declares the service below `namespace`: its fields, or the whole where it has none.
    fn declared(&self, namespace: &str) -> Vec<String> {
        let service = self.path(namespace, &[]);
        let under = self.context.model.under(&service).into_iter();
        let fields = under.filter(|(_, def)| def.path.len() == service.len() + 1);
        let mut paths: Vec<String> = fields.map(|(_, def)| def.path_text()).collect();
        if paths.is_empty() {
            let whole = topmost(self.context.model, &service).into_iter();
            paths.extend(whole.map(|declaration| declaration.def.path_text()));
        }
        paths.sort();
        paths.dedup();
        paths
    }

    fn job(&self, job: &str) -> Job {
        let backups = &self.context.rules().namespaces.backups;
        let path = [&parts(backups)[..], &[job]].concat();
        Job {
            name: job.to_owned(),
            option: path_text(&path.iter().map(Some).collect::<Vec<_>>()),
            stands: !topmost(self.context.model, &path).is_empty(),
        }
    }

    fn is_own(&self, module: &Path) -> bool {
        let namespaces = &self.context.rules().namespaces;
        let others = |namespace: &str| {
            let prefix = parts(namespace);
            let module = self.context.model.module(module);
            let mut defs = module.into_iter().flat_map(|module| module.under(&prefix));
            defs.any(|def| def.name(prefix.len()).is_some_and(|name| name != self.name))
        };
        !others(&namespaces.contract) && !others(&namespaces.services)
    }

    fn setting(&self) -> Option<(PathBuf, String)> {
        let settings = &self.context.host.settings;
        let path = self.path(self.contract(), &["enable"]);
        let definitions = self.context.model.definitions(&path).into_iter();
        let mut there = definitions.filter(|(module, _)| module.source.path() == settings);
        let (_, def) = there.next()?;
        let value = def.value.as_ref()?;
        Some((settings.clone(), syntax::text_of(value.syntax())))
    }

    /// The bridge shows what runs and is exposed.
    fn is_bridged(&self, service: Option<&Service>) -> bool {
        let bridge = self.context.rules().paths.server.join("legacy-bridge.nix");
        let shown = service.is_some_and(|service| service.exposed.is_some() && service.enabled.known() != Some(&false));
        shown && self.context.model.is_imported(&bridge)
    }

    /// Whether the service's module has secrets or reads some, or some that are named after it stand elsewhere.
    fn has_secrets(&self, module: &Path) -> bool {
        let own = self.context.model.module(module);
        if own.is_some_and(|own| own.under(&["age"]).next().is_some() || mentions::secrets(self.context, own)) {
            return true;
        }
        let names = Names::of(self.context, self.name);
        let secrets = self.context.model.under(&["sops"]).into_iter();
        let mut own = secrets.filter(|(home, def)| {
            let named = def.name(2).is_some_and(|secret| names.owner(secret) == Some(self.name));
            home.source.path() == module || named
        });
        own.next().is_some()
    }

    fn tests_importing(&self, module: &Path) -> Vec<PathBuf> {
        let tests = &self.context.rules().paths.tests;
        let references = placement::references(self.context.repo, module, module).into_iter();
        let files = references.map(|reference| reference.file);
        files.filter(|file| file.starts_with(tests)).collect()
    }
}
