//! The contract's installation into a repository: schema, collector, bridge, settings, template, tests, documents.
//!
//! What is installed is the text in `nix/`, fitted to the repository: the schema goes into its `options.nix`, the
//! bridge defines the fields that its legacy schema has, tests become checks of its flake. What is there already is
//! left as it is, so an installation that was begun is completed.

use std::path::{Path, PathBuf};

use self::names::Names;
use self::wiring::OutsideMiddlewares;
use super::flake::{Check, Flake};
use super::group::{Accepted, Group, Move, Proposal, Skipped};
use super::groups::{Groups, Proposed};
use super::model::Context;
use super::ops::Ops;
use super::vmtest;
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
    middlewares: OutsideMiddlewares,
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
    /// Whether the library of service tests is missing.
    library: bool,
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
            if !flake.has(name) && !flake.tests(&path) && (new || flake.takes()) {
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

/// The kinds of its groups.
const CONTRACT: &str = "contract";
const SETTINGS: &str = "settings";
const MIDDLEWARES: &str = "middlewares";
const EXAMPLE: &str = "template";
const TESTS: &str = "tests";
const INTEGRATION: &str = "integration";
const DOCUMENTS: &str = "documents";

/// The planned installation.
pub struct Installation<'a> {
    context: &'a Context<'a>,
    flake: Flake<'a>,
    names: Names,
    missing: Missing,
    /// Fields of the repository's legacy schema, for the bridge; empty if none is made.
    legacy_fields: Vec<String>,
    groups: Groups,
    skipped: Vec<Skipped>,
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
            groups: Groups::default(),
            skipped: Vec::new(),
        };
        installation.groups = installation.propose();
        let all = installation.groups.all();
        installation.skipped = installation.flake.skipped(&installation.checks(&all));
        let ops = installation.ops(&all)?;
        installation.groups.try_all(ops)?;
        Ok(installation)
    }

    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.groups.list().is_empty()
    }

    /// Whether the contract is there, whatever else is proposed.
    pub fn has_contract(&self) -> bool {
        self.missing.contract.is_there()
    }

    fn server(&self, file: &str) -> PathBuf {
        self.context.rules().paths.server.join(file)
    }

    fn propose(&self) -> Groups {
        let missing = &self.missing;
        let middlewares = texts::middlewares_title(&missing.middlewares.names, missing.middlewares.unread.is_some());
        let middlewares_why = match &missing.middlewares.unread {
            Some(place) => texts::middlewares_unread_why(place),
            None => texts::MIDDLEWARES_WHY.to_owned(),
        };
        // Whether something is missing, and the group's kind, title and reason.
        let parts = [
            (!missing.contract.is_there(), CONTRACT, texts::TITLE, texts::WHY),
            (missing.settings, SETTINGS, texts::SETTINGS_TITLE, texts::SETTINGS_WHY),
            (
                !missing.middlewares.names.is_empty(),
                MIDDLEWARES,
                &middlewares,
                &middlewares_why,
            ),
            (missing.template, EXAMPLE, texts::TEMPLATE_TITLE, texts::TEMPLATE_WHY),
            (
                self.adds(&missing.tests),
                TESTS,
                texts::EVAL_TEST_TITLE,
                texts::EVAL_TEST_WHY,
            ),
            (
                self.adds(&missing.integration),
                INTEGRATION,
                texts::INTEGRATION_TITLE,
                texts::INTEGRATION_WHY,
            ),
            (
                !missing.documents.is_empty(),
                DOCUMENTS,
                texts::DOCUMENTS_TITLE,
                texts::DOCUMENTS_WHY,
            ),
        ];
        let mut groups = Groups::default();
        for (_, kind, title, why) in parts.into_iter().filter(|part| part.0) {
            let contract = groups.of(CONTRACT);
            groups.propose(kind, Proposed::preserving(title, why).needing(contract));
        }
        groups
    }

    /// Whether tests or their checks are added.
    fn adds(&self, tests: &Tests) -> bool {
        tests.library || !tests.files.is_empty() || (!tests.checks.is_empty() && self.flake.takes())
    }

    /// The checks of the accepted groups.
    fn checks(&self, accepted: &Accepted) -> Vec<Check> {
        let of = |kind: &str, tests: &Tests| -> Vec<Check> {
            let group = self.groups.accepted(kind, accepted);
            group.map_or_else(Vec::new, |group| tests.checks(group).collect())
        };
        let mut checks = of(TESTS, &self.missing.tests);
        checks.extend(of(INTEGRATION, &self.missing.integration));
        checks
    }

    /// The operations of the accepted groups.
    fn ops(&self, accepted: &Accepted) -> Result<Ops<'a>> {
        let mut ops = Ops::new(self.context.repo);
        let accepts = |kind: &str| self.groups.accepted(kind, accepted);
        if let Some(group) = accepts(CONTRACT) {
            self.contract(&mut ops, group)?;
        }
        if let Some(group) = accepts(SETTINGS) {
            wiring::settings(&mut ops, self.context, group)?;
            ops.tell(group, [Move::added_to(texts::SETTINGS, &self.context.host.settings)]);
        }
        if let Some(group) = accepts(MIDDLEWARES) {
            let outside = &self.missing.middlewares;
            wiring::middlewares(&mut ops, self.context, outside, group)?;
            let settings = &self.context.host.settings;
            let moves = outside
                .names
                .iter()
                .map(|name| Move::added_to(texts::middleware(name), settings));
            ops.tell(group, moves);
        }
        if let Some(group) = accepts(EXAMPLE) {
            let path = self.server("_template/default.nix");
            ops.create(path.clone(), self.names.fitted(&path, TEMPLATE)?);
            ops.tell(group, [Move::added_to(texts::TEMPLATE, &path)]);
        }
        for (kind, tests) in [(TESTS, &self.missing.tests), (INTEGRATION, &self.missing.integration)] {
            if let Some(group) = accepts(kind) {
                self.tests(&mut ops, tests, group)?;
            }
        }
        if let Some(group) = accepts(DOCUMENTS) {
            for (path, text) in &self.missing.documents {
                ops.create(path.clone(), self.names.fitted(path, &for_host(self.context, text))?);
                ops.tell(group, [Move::added_to(texts::document(path), path)]);
            }
        }
        self.flake.insert(&mut ops, &self.checks(accepted));
        Ok(ops)
    }

    fn contract(&self, ops: &mut Ops, group: GroupId) -> Result<()> {
        let missing = &self.missing.contract;
        let mut made = Vec::new();
        if !missing.schema.is_empty() {
            schema::render(ops, self.context, &self.names, &missing.schema, group)?;
            made.push(Move::added_to(texts::SCHEMA, &self.server("options.nix")));
        }
        if missing.collector {
            let path = self.server("collector.nix");
            made.push(Move::added_to(texts::COLLECTOR, &path));
            ops.create(path, self.names.code(&schema::collector(self.context)?)?);
        }
        if missing.bridge {
            let path = self.server("legacy-bridge.nix");
            made.push(Move::added_to(texts::BRIDGE, &path));
            let bridge = schema::bridge(self.context.rules(), &self.legacy_fields)?;
            ops.create(path, self.names.code(&bridge)?);
        }
        wiring::imports(ops, self.context, &missing.imports, group)?;
        if made.is_empty() {
            // The files are there, and have no effect yet.
            let imported = missing.imports.iter();
            made.extend(imported.map(|file| Move::added_to(texts::IMPORT, &self.server(file))));
        }
        ops.tell(group, made);
        Ok(())
    }

    /// Makes the files of tests, and says what of their checks goes to the flake.
    fn tests(&self, ops: &mut Ops, tests: &Tests, group: GroupId) -> Result<()> {
        for (path, text) in &tests.files {
            ops.create(path.clone(), self.names.fitted(path, text)?);
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let what = match &*name {
                "eval-test" => texts::EVAL_TEST.to_owned(),
                name => texts::integration(name),
            };
            ops.tell(group, [Move::added_to(what, path)]);
        }
        if tests.library {
            let path = vmtest::library_path(self.context);
            ops.create(path.clone(), vmtest::library_text(self.context)?);
            ops.tell(group, [Move::added_to(super::texts::TEST_LIBRARY, &path)]);
        }
        if self.flake.takes() {
            let checks = tests.checks.iter();
            let checks =
                checks.map(|(name, _)| Move::added_to(super::texts::check_named(name), Path::new("flake.nix")));
            ops.tell(group, checks);
        }
        Ok(())
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
        integration.push(("routing-integration", test("integration/routing.nix"), text));
    }
    if uses(&["services", "authelia"]) && uses(&["services", "lldap"]) {
        let text = include_str!("../../../nix/tests/vm/auth.nix");
        integration.push(("auth-integration", test("integration/auth.nix"), text));
    }
    let library = vmtest::library_path(context);
    let eval_test = vec![(
        "collector-eval",
        test("collector/eval-test.nix"),
        include_str!("../../../nix/tests/collector/eval-test.nix"),
    )];
    Ok(Missing {
        contract: Contract::missing(context, bridged),
        settings: !wiring::has_settings(context)?,
        middlewares: wiring::outside_middlewares(context),
        template: !has("_template/default.nix"),
        tests: Tests {
            library: !context.repo.has(&library),
            ..Tests::missing(context, flake, eval_test)
        },
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
        self.groups.list()
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    fn render(&self, accepted: &Accepted) -> Result<SourceChange> {
        self.ops(accepted)?.finish()
    }
}
