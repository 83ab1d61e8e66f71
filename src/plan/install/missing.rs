//! What of the installation a repository does not have yet.

use std::path::PathBuf;

use super::wiring::{self, OutsideMiddlewares};
use super::{Part, Parts, places, schema, texts};
use crate::edit::GroupId;
use crate::error::Result;
use crate::plan::documents::Document;
use crate::plan::flake::{Check, Flake};
use crate::plan::model::Context;

/// A file that is installed as it is: its path and text.
type File = (PathBuf, &'static str);

/// What is not there yet of the contract.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contract {
    /// Options of the schema, by their paths.
    pub schema: Vec<String>,
    pub collector: bool,
    pub bridge: bool,
    /// Files below the server's modules that nothing imports.
    pub imports: Vec<&'static str>,
}

impl Contract {
    /// What of it the repository does not have; with `bridged`, the bridge is a part of it.
    pub fn missing(context: &Context, bridged: bool) -> Contract {
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

    /// What is missing, for people.
    pub fn parts(&self) -> Vec<String> {
        let files = [
            (!self.schema.is_empty(), texts::SCHEMA),
            (self.collector, texts::COLLECTOR),
            (self.bridge, texts::BRIDGE),
        ];
        let files = files.into_iter().filter(|file| file.0).map(|file| file.1.to_owned());
        files
            .chain(self.imports.iter().map(|file| texts::import(file)))
            .collect()
    }

    /// Whether nothing of it is missing.
    pub fn is_there(&self) -> bool {
        *self == Contract::default()
    }
}

/// Whether the repository has a legacy schema, readable or not, which the bridge shows contracts in.
pub(super) fn is_bridged(legacy_fields: &Result<Vec<String>>) -> bool {
    legacy_fields.as_ref().map_or(true, |fields| !fields.is_empty())
}

/// What is not there yet.
#[derive(Debug, Default)]
pub(super) struct Missing {
    pub contract: Contract,
    pub settings: bool,
    pub middlewares: OutsideMiddlewares,
    pub template: bool,
    pub tests: Tests,
    pub integration: Tests,
    pub documents: Vec<Document>,
}

/// Tests that are missing, and checks that are missing whether or not their test is.
#[derive(Debug, Default)]
pub(super) struct Tests {
    pub files: Vec<File>,
    pub checks: Vec<(&'static str, PathBuf)>,
}

/// A test: the name of its check, its path and its text.
pub(super) type Test = (&'static str, PathBuf, &'static str);

impl Tests {
    /// Of `tests` (name, path, text), those that have no file or no check.
    fn missing(context: &Context, flake: &Flake, tests: Vec<Test>) -> Tests {
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

    pub fn checks(&self, group: GroupId) -> impl Iterator<Item = Check> {
        self.checks.iter().map(move |(name, test)| Check {
            name: (*name).to_owned(),
            test: test.clone(),
            inputs: false,
            group,
        })
    }
}

impl Missing {
    /// What of the wished parts, and of what is no part, the repository does not have yet.
    ///
    /// # Errors
    /// `no-settings` without a file for the host's settings.
    pub fn of(context: &Context, flake: &Flake, bridged: bool, parts: &Parts) -> Result<Missing> {
        let wished = |part: Part, tests: fn(&Context) -> Vec<Test>| match parts.contains(&part) {
            true => Tests::missing(context, flake, tests(context)),
            false => Tests::default(),
        };
        let template = context.rules().paths.server.join(places::TEMPLATE);
        let documents = Document::ALL
            .into_iter()
            .filter(|document| !document.is_there(context.repo));
        Ok(Missing {
            contract: Contract::missing(context, bridged),
            settings: !wiring::has_settings(context)?,
            middlewares: wiring::outside_middlewares(context),
            template: parts.contains(&Part::Template) && !context.repo.has(&template),
            tests: wished(Part::Tests, evaluation),
            integration: wished(Part::Integration, across_services),
            documents: documents.filter(|_| parts.contains(&Part::Documents)).collect(),
        })
    }
}

/// The collector's evaluation test.
pub(super) fn evaluation(context: &Context) -> Vec<Test> {
    let path = context.rules().paths.tests.join(places::EVALUATION);
    let text = include_str!("../../../nix/tests/collector/eval-test.nix");
    vec![("collector-eval", path, text)]
}

/// Virtual machine tests of what several services do together, of those that the repository uses.
pub(super) fn across_services(context: &Context) -> Vec<Test> {
    let uses = |option: &[&str]| {
        let definitions = context.model.under(option);
        // What the collector defines for whoever has it is no use.
        let collector = context.rules().paths.server.join("collector.nix");
        definitions.iter().any(|(module, _)| {
            let path = module.source.path();
            path != collector && context.model.is_imported(path)
        })
    };
    let test = |path: &str| context.rules().paths.tests.join(path);
    let mut found = Vec::new();
    if uses(&["services", "traefik"]) {
        let text = include_str!("../../../nix/tests/vm/routing.nix");
        found.push(("routing-integration", test("integration/routing.nix"), text));
    }
    if uses(&["services", "authelia"]) && uses(&["services", "lldap"]) {
        let text = include_str!("../../../nix/tests/vm/auth.nix");
        found.push(("auth-integration", test("integration/auth.nix"), text));
    }
    found
}
