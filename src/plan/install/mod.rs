//! The contract's installation into a repository: schema, collector, bridge, settings, template, tests, documents.
//!
//! What is installed is the text in `nix/`, fitted to the repository: the schema goes into its `options.nix`, the
//! bridge defines the fields that its legacy schema has, tests become checks of its flake. What is there already is
//! left as it is, so an installation that was begun is completed.

use std::path::{Path, PathBuf};

use self::names::Names;
use super::flake::{Check, Flake};
use super::group::{Accepted, Group, Move, Proposal, Safety, Skipped};
use super::model::Context;
use super::ops::Ops;
use crate::edit::{GroupId, SourceChange};
use crate::error::Result;

pub mod fields;
pub mod names;
pub mod schema;
pub mod texts;
pub mod wiring;

const OPTIONS: &str = include_str!("../../../nix/options.nix");
const COLLECTOR: &str = include_str!("../../../nix/collector.nix");
const BRIDGE: &str = include_str!("../../../nix/legacy-bridge.nix");
const TEMPLATE: &str = include_str!("../../../nix/template/default.nix");

/// A file that is installed as it is: its path and text.
type File = (PathBuf, &'static str);

/// What is not there yet of the contract.
#[derive(Debug, Default, PartialEq, Eq)]
struct Contract {
    /// Options of the schema, by their paths.
    schema: Vec<String>,
    collector: bool,
    bridge: bool,
    /// Files below the server's modules that nothing imports.
    imports: Vec<&'static str>,
}

impl Contract {
    /// What of it the repository does not have; with `bridged`, the bridge is a part of it.
    fn missing(context: &Context, bridged: bool) -> Contract {
        let has = |file: &str| context.repo.has(&context.rules().paths.server.join(file));
        let mut files = vec!["options.nix", "collector.nix"];
        if bridged {
            files.push("legacy-bridge.nix");
        }
        Contract {
            schema: schema::missing(context),
            collector: !has("collector.nix"),
            bridge: bridged && !has("legacy-bridge.nix"),
            imports: wiring::unimported(context, &files),
        }
    }

    /// Whether nothing of it is missing.
    fn is_there(&self) -> bool {
        *self == Contract::default()
    }
}

/// Whether services can be migrated: what else may be left to install goes with the contract and is no part of it.
pub fn has_contract(context: &Context) -> bool {
    Contract::missing(context, is_bridged(&schema::legacy_fields(context))).is_there()
}

/// Whether the repository has a legacy schema, readable or not, which the bridge shows contracts in.
fn is_bridged(legacy_fields: &Result<Vec<String>>) -> bool {
    legacy_fields.as_ref().map_or(true, |fields| !fields.is_empty())
}

/// What is not there yet.
#[derive(Debug, Default)]
struct Missing {
    contract: Contract,
    settings: bool,
    middlewares: Vec<String>,
    template: bool,
    tests: Tests,
    integration: Tests,
    documents: Vec<File>,
}

/// Tests that are missing, and checks that are missing whether or not their test is.
#[derive(Debug, Default)]
struct Tests {
    files: Vec<File>,
    checks: Vec<(&'static str, PathBuf)>,
}

impl Tests {
    /// Of `tests` (name, path, text), those that have no file or no check.
    fn missing(context: &Context, flake: &Flake, tests: Vec<(&'static str, PathBuf, &'static str)>) -> Tests {
        let mut missing = Tests::default();
        for (name, path, text) in tests {
            let new = !context.repo.has(&path);
            if new {
                missing.files.push((path.clone(), text));
            }
            // A flake that takes no check is mentioned once, when the test is made.
            if !flake.has(name) && (new || flake.takes()) {
                missing.checks.push((name, path));
            }
        }
        missing
    }

    fn checks(&self, group: GroupId) -> impl Iterator<Item = Check> {
        self.checks.iter().map(move |(name, test)| Check {
            name: (*name).to_owned(),
            test: test.clone(),
            inputs: false,
            group,
        })
    }
}

/// The groups by what they are.
#[derive(Debug, Default)]
struct Groups {
    contract: Option<GroupId>,
    settings: Option<GroupId>,
    middlewares: Option<GroupId>,
    template: Option<GroupId>,
    tests: Option<GroupId>,
    integration: Option<GroupId>,
    documents: Option<GroupId>,
}

/// The planned installation.
pub struct Installation<'a> {
    context: &'a Context<'a>,
    flake: Flake<'a>,
    names: Names,
    missing: Missing,
    /// Fields of the repository's legacy schema, for the bridge; empty if none is made.
    legacy_fields: Vec<String>,
    list: Vec<Group>,
    groups: Groups,
    left: Vec<Skipped>,
}

impl<'a> Installation<'a> {
    /// Plans what is missing; a plan without groups means that everything is there.
    ///
    /// # Errors
    /// `unsupported-module` where a file that has to be extended has another form; `legacy-schema-unreadable` where a
    /// bridge is missing and the fields that it has to have are not known.
    pub fn plan(context: &'a Context<'a>) -> Result<Installation<'a>> {
        let legacy_fields = schema::legacy_fields(context);
        let flake = Flake::read(context.repo);
        let missing = missing(context, &flake, is_bridged(&legacy_fields))?;
        let legacy_fields = match missing.contract.bridge {
            true => legacy_fields?,
            false => Vec::new(),
        };
        let mut installation = Installation {
            context,
            flake,
            names: Names::of(context.rules()),
            missing,
            legacy_fields,
            list: Vec::new(),
            groups: Groups::default(),
            left: Vec::new(),
        };
        installation.list_groups();
        let all = installation.list.iter().map(|group| group.id).collect();
        installation.left = installation.flake.left(&installation.checks(&all));
        installation.render(&all)?;
        Ok(installation)
    }

    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether the contract is there, whatever else is proposed.
    pub fn has_contract(&self) -> bool {
        self.missing.contract.is_there()
    }

    fn server(&self, file: &str) -> PathBuf {
        self.context.rules().paths.server.join(file)
    }

    fn list_groups(&mut self) {
        let added = |what: &str, path: &Path| Move {
            what: what.to_owned(),
            from: None,
            to: Some(path.display().to_string()),
        };
        let missing = &self.missing;
        let mut list: Vec<Group> = Vec::new();
        let mut add = |kind, title: &str, why: &str, needs: Option<GroupId>, moves: Vec<Move>| {
            if moves.is_empty() {
                return None;
            }
            let id = GroupId(list.len());
            list.push(Group {
                id,
                kind,
                title: title.into(),
                why: why.into(),
                safety: Safety::Preserves,
                needs: needs.into_iter().collect(),
                moves,
            });
            Some(id)
        };
        let parts = [
            (!missing.contract.schema.is_empty(), texts::SCHEMA, "options.nix"),
            (missing.contract.collector, texts::COLLECTOR, "collector.nix"),
            (missing.contract.bridge, texts::BRIDGE, "legacy-bridge.nix"),
        ];
        let parts: Vec<Move> = match parts.iter().any(|part| part.0) {
            true => parts
                .into_iter()
                .filter(|part| part.0)
                .map(|(_, what, file)| added(what, &self.server(file)))
                .collect(),
            // The files are there, and have no effect yet.
            false => missing
                .contract
                .imports
                .iter()
                .map(|file| added(texts::IMPORT, &self.server(file)))
                .collect(),
        };
        let contract = add("contract", texts::TITLE, texts::WHY, None, parts);
        let settings = &self.context.host.settings;
        let block = missing.settings.then(|| added(texts::SETTINGS, settings));
        let extra = missing.middlewares.iter();
        let extra = extra.map(|name| added(&texts::middleware(name), settings)).collect();
        let template = missing
            .template
            .then(|| added(texts::TEMPLATE, &self.server("_template/default.nix")));
        let tests = |tests: &Tests| -> Vec<Move> {
            let files = tests.files.iter().map(|(path, _)| {
                let name = path.file_stem().unwrap_or_default().to_string_lossy();
                match &*name {
                    "eval-test" => added(texts::EVAL_TEST, path),
                    name => added(&texts::integration(name), path),
                }
            });
            let checks = tests.checks.iter().filter(|_| self.flake.takes());
            let checks = checks.map(|(name, _)| added(&super::texts::check_named(name), Path::new("flake.nix")));
            files.chain(checks).collect()
        };
        let documents = missing.documents.iter();
        let documents = documents.map(|(path, _)| added(&texts::document(path), path)).collect();
        self.groups = Groups {
            contract,
            settings: add(
                "settings",
                texts::SETTINGS_TITLE,
                texts::SETTINGS_WHY,
                contract,
                block.into_iter().collect(),
            ),
            middlewares: add(
                "middlewares",
                &texts::middlewares_title(&missing.middlewares),
                texts::MIDDLEWARES_WHY,
                contract,
                extra,
            ),
            template: add(
                "template",
                texts::TEMPLATE_TITLE,
                texts::TEMPLATE_WHY,
                contract,
                template.into_iter().collect(),
            ),
            tests: add(
                "tests",
                texts::EVAL_TEST_TITLE,
                texts::EVAL_TEST_WHY,
                contract,
                tests(&missing.tests),
            ),
            integration: add(
                "integration",
                texts::INTEGRATION_TITLE,
                texts::INTEGRATION_WHY,
                contract,
                tests(&missing.integration),
            ),
            documents: add(
                "documents",
                texts::DOCUMENTS_TITLE,
                texts::DOCUMENTS_WHY,
                contract,
                documents,
            ),
        };
        self.list = list;
    }

    /// The checks of the accepted groups.
    fn checks(&self, accepted: &Accepted) -> Vec<Check> {
        let of = |group: Option<GroupId>, tests: &Tests| -> Vec<Check> {
            let group = group.filter(|group| accepted.contains(group));
            group.map_or_else(Vec::new, |group| tests.checks(group).collect())
        };
        let mut checks = of(self.groups.tests, &self.missing.tests);
        checks.extend(of(self.groups.integration, &self.missing.integration));
        checks
    }

    fn contract(&self, work: &mut Ops, group: GroupId) -> Result<()> {
        if !self.missing.contract.schema.is_empty() {
            schema::render(work, self.context, &self.names, &self.missing.contract.schema, group)?;
        }
        if self.missing.contract.collector {
            work.create(
                self.server("collector.nix"),
                self.names.code(&schema::collector(self.context)?)?,
            );
        }
        if self.missing.contract.bridge {
            let bridge = schema::bridge(self.context.rules(), &self.legacy_fields)?;
            work.create(self.server("legacy-bridge.nix"), self.names.code(&bridge)?);
        }
        wiring::imports(work, self.context, &self.missing.contract.imports, group)
    }

    /// The edits that the accepted groups make.
    fn work(&self, accepted: &Accepted) -> Result<Ops<'a>> {
        let mut work = Ops::new(self.context.repo);
        let taken = |group: Option<GroupId>| group.filter(|group| accepted.contains(group));
        if let Some(group) = taken(self.groups.contract) {
            self.contract(&mut work, group)?;
        }
        if let Some(group) = taken(self.groups.settings) {
            wiring::settings(&mut work, self.context, group)?;
        }
        if let Some(group) = taken(self.groups.middlewares) {
            wiring::middlewares(&mut work, self.context, &self.missing.middlewares, group)?;
        }
        let template = vec![(self.server("_template/default.nix"), TEMPLATE)];
        let files = [
            (self.groups.template, &template),
            (self.groups.tests, &self.missing.tests.files),
            (self.groups.integration, &self.missing.integration.files),
        ];
        for (_, files) in files.into_iter().filter(|(group, _)| taken(*group).is_some()) {
            for (path, text) in files {
                work.create(path.clone(), self.names.fitted(path, text)?);
            }
        }
        let documents = taken(self.groups.documents).map(|_| &self.missing.documents);
        for (path, text) in documents.into_iter().flatten() {
            work.create(path.clone(), self.names.fitted(path, &for_host(self.context, text))?);
        }
        self.flake.insert(&mut work, &self.checks(accepted));
        Ok(work)
    }
}

/// An installed document with the repository's own host and the host's settings.
fn for_host(context: &Context, text: &str) -> String {
    let host = context.host;
    let text = text.replace("hosts/Server/settings.nix", &host.settings.display().to_string());
    let text = text.replace(
        "nixosConfigurations.Server",
        &format!("nixosConfigurations.{}", host.name),
    );
    text.replace(".#Server", &format!(".#{}", host.name))
}

/// What the repository does not have yet.
fn missing(context: &Context, flake: &Flake, bridged: bool) -> Result<Missing> {
    let rules = context.rules();
    let has = |file: &str| context.repo.has(&rules.paths.server.join(file));
    let uses = |option: &[&str]| {
        let definitions = context.model.under(option);
        // What the collector defines for whoever has it is no use.
        let collector = rules.paths.server.join("collector.nix");
        definitions.iter().any(|(module, _)| {
            let path = module.source.path();
            path != collector && context.model.is_imported(path)
        })
    };
    let test = |path: &str| rules.paths.tests.join(path);
    let mut integration = Vec::new();
    if uses(&["services", "traefik"]) {
        let text = include_str!("../../../nix/tests/vm/routing.nix");
        integration.push(("routingIntegrationTest", test("integration/routing.nix"), text));
    }
    if uses(&["services", "authelia"]) && uses(&["services", "lldap"]) {
        let text = include_str!("../../../nix/tests/vm/auth.nix");
        integration.push(("authIntegrationTest", test("integration/auth.nix"), text));
    }
    let eval_test = vec![(
        "collectorEvalTest",
        test("collector/eval-test.nix"),
        include_str!("../../../nix/tests/collector/eval-test.nix"),
    )];
    Ok(Missing {
        contract: Contract::missing(context, bridged),
        settings: !wiring::has_settings(context)?,
        middlewares: wiring::outside_middlewares(context),
        template: !has("_template/default.nix"),
        tests: Tests::missing(context, flake, eval_test),
        integration: Tests::missing(context, flake, integration),
        documents: documents(context),
    })
}

fn documents(context: &Context) -> Vec<File> {
    let all = [
        (
            "docs/architecture-decision-record.md",
            include_str!("../../../nix/docs/architecture-decision-record.md"),
        ),
        (
            "docs/migration-guide.md",
            include_str!("../../../nix/docs/migration-guide.md"),
        ),
        (
            "docs/service-template-guide.md",
            include_str!("../../../nix/docs/service-template-guide.md"),
        ),
    ];
    all.into_iter()
        .map(|(path, text)| (PathBuf::from(path), text))
        .filter(|(path, _)| !context.repo.exists(path))
        .collect()
}

impl Proposal for Installation<'_> {
    fn name(&self) -> &str {
        "init"
    }

    fn groups(&self) -> &[Group] {
        &self.list
    }

    fn left(&self) -> &[Skipped] {
        &self.left
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        self.work(accepted)?.finish()
    }
}
