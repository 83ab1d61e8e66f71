//! The contract's installation into a repository: schema, collector, bridge, settings, template, tests, documents.
//!
//! What is installed is the text in `nix/`, fitted to the repository: the schema goes into its `options.nix`, the
//! bridge defines the fields that its legacy schema has, tests become checks of its flake. What is there already is
//! left as it is, so an installation that was begun is completed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use self::missing::{Contract, Missing, Tests, is_bridged};
use self::names::Names;
use self::upgrade::Upgrade;
use super::documents::{self, Document, Facts};
use super::flake::{Check, Flake};
use super::group::{Accepted, Group, Move, Proposal, Safety, Skipped};
use super::groups::{Groups, Proposed};
use super::model::{self, Context};
use super::ops::Ops;
use crate::edit::past::{self, Past};
use crate::edit::{GroupId, SourceChange};
use crate::error::Result;

pub mod fields;
mod missing;
pub mod names;
pub mod places;
pub mod schema;
mod text;
pub mod texts;
pub mod upgrade;
pub mod version;
pub mod wiring;

const OPTIONS: &str = include_str!("../../../nix/options.nix");
const COLLECTOR: &str = include_str!("../../../nix/collector.nix");
const BRIDGE: &str = include_str!("../../../nix/legacy-bridge.nix");
const TEMPLATE: &str = include_str!("../../../nix/template/default.nix");
/// The files of the collector and of the bridge, below the server's modules.
const COLLECTOR_FILE: &str = "collector.nix";
const BRIDGE_FILE: &str = "legacy-bridge.nix";

/// A part of the installation without which the contract works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Documents,
    Tests,
    Template,
    Integration,
}

impl Part {
    pub const ALL: [Part; 4] = [Part::Documents, Part::Tests, Part::Template, Part::Integration];

    /// Whether it is brought unless somebody does not want it.
    ///
    /// Tests across services are not: they try the collector on stand-ins, in a virtual machine. What they find about it, the
    /// evaluation test says in seconds, and about the repository's own services they say nothing.
    pub fn is_usual(self) -> bool {
        self != Part::Integration
    }
}

/// The parts that are wished for.
pub type Parts = BTreeSet<Part>;

/// The parts that are brought where nobody says otherwise.
pub fn usual() -> Parts {
    Part::ALL.into_iter().filter(|part| part.is_usual()).collect()
}

/// Whether services can be migrated: what else may be left to install goes with the contract and is no part of it.
pub fn has_contract(context: &Context) -> bool {
    Contract::missing(context, is_bridged(&schema::legacy_fields(context))).is_there()
}

/// Whether an installed contract is of an older version than this program's.
pub fn is_older(context: &Context) -> bool {
    upgrade::stand::is_older(context)
}

/// The kinds of its groups.
const CONTRACT: &str = "contract";
const SETTINGS: &str = "settings";
const MIDDLEWARES: &str = "middlewares";
const EXAMPLE: &str = "template";
const TESTS: &str = "tests";
const INTEGRATION: &str = "integration";
const DOCUMENTS: &str = "documents";
const UPGRADE: &str = "upgrade";
/// The kinds of the groups that upgrade what is installed besides the contract.
const UPGRADES: [(Part, &str, &str); 4] = [
    (Part::Template, "upgrade-template", upgrade::texts::TEMPLATE_TITLE),
    (Part::Tests, "upgrade-tests", upgrade::texts::TESTS_TITLE),
    (
        Part::Integration,
        "upgrade-integration",
        upgrade::texts::INTEGRATION_TITLE,
    ),
    (Part::Documents, "upgrade-documents", upgrade::texts::DOCUMENTS_TITLE),
];

/// The planned installation.
pub struct Installation<'a> {
    context: &'a Context<'a>,
    flake: Flake<'a>,
    names: Names,
    missing: Missing,
    upgrade: Upgrade,
    /// Fields of the repository's legacy schema, for the bridge; empty if none is made.
    legacy_fields: Vec<String>,
    groups: Groups,
    skipped: Vec<Skipped>,
}

impl<'a> Installation<'a> {
    /// Plans what is missing of the usual parts; a plan without groups means that everything is there.
    ///
    /// # Errors
    /// As [`Installation::of`].
    pub fn plan(context: &'a Context<'a>) -> Result<Installation<'a>> {
        Installation::of(context, &usual(), &past::Unknown)
    }

    /// Plans what is missing of these parts, and of what is no part; where the contract is there, its upgrade as well, with what
    /// the tool has written by `past`.
    ///
    /// # Errors
    /// `unsupported-module` where a file that has to be extended has another form; `legacy-schema-unreadable` where a
    /// bridge is missing and the fields that it has to have are not known; as [`Upgrade::of`].
    pub fn of(context: &'a Context<'a>, parts: &Parts, past: &dyn Past) -> Result<Installation<'a>> {
        let legacy_fields = schema::legacy_fields(context);
        let flake = Flake::read(context.repo);
        let missing = Missing::of(context, &flake, is_bridged(&legacy_fields), parts)?;
        let legacy_fields = match missing.contract.bridge {
            true => legacy_fields?,
            false => Vec::new(),
        };
        let upgrade = match missing.contract.is_there() {
            true => Upgrade::of(context, parts, past)?,
            false => Upgrade::default(),
        };
        let mut installation = Installation {
            context,
            flake,
            names: Names::of(context.rules()),
            missing,
            upgrade,
            legacy_fields,
            groups: Groups::default(),
            skipped: Vec::new(),
        };
        installation.groups = installation.propose();
        let all = installation.groups.all();
        installation.skipped = installation.flake.skipped(&installation.checks(&all));
        installation.skipped.append(&mut installation.upgrade.skipped);
        let ops = installation.ops(&all)?;
        installation.groups.try_all(ops)?;
        Ok(installation)
    }

    /// Whether there is nothing to do.
    pub fn is_done(&self) -> bool {
        self.groups.list().is_empty()
    }

    /// Whether what is installed is brought to another version.
    pub fn upgrades(&self) -> bool {
        let kinds = UPGRADES.iter().map(|(_, kind, _)| *kind).chain([UPGRADE]);
        kinds.into_iter().any(|kind| self.groups.of(kind).is_some())
    }

    /// Whether the contract is of this version, and only fitted to other names.
    pub fn renames(&self) -> bool {
        self.upgrade.from() == Some(version::current())
    }

    /// The files of the contract that can only be replaced.
    pub fn replaced(&self) -> Vec<&Path> {
        self.upgrade.replaced(None)
    }

    /// The services whose contracts what is missing of the contract is put back for; none where nothing is missing of it.
    /// It is a gain then: the machine is not what the contracts say until it is there.
    pub fn put_back_for(&self) -> Vec<String> {
        match self.has_contract() {
            true => Vec::new(),
            false => model::contract_names(self.context.model, self.context.rules()),
        }
    }

    /// The files, if of these groups only that is taken by which the machine gains; `None` where none of them is.
    ///
    /// # Errors
    /// As [`Proposal::render`].
    pub fn gained(&self, accepted: &Accepted) -> Result<Option<SourceChange>> {
        let gains = |id: &GroupId| self.groups.list()[id.0].safety == Safety::Gains;
        let gaining: Accepted = accepted.iter().copied().filter(gains).collect();
        match gaining.is_empty() {
            true => Ok(None),
            false => self.render(&gaining).map(Some),
        }
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
        if !missing.contract.is_there() {
            let services = self.put_back_for();
            let proposed = match services.is_empty() {
                true => Proposed::preserving(texts::TITLE, texts::WHY),
                false => Proposed::gaining(
                    texts::put_back_title(&missing.contract.parts()),
                    texts::put_back_why(&services),
                ),
            };
            groups.propose(CONTRACT, proposed);
        }
        for (_, kind, title, why) in parts.into_iter().filter(|part| part.0) {
            let contract = groups.of(CONTRACT);
            groups.propose(kind, Proposed::preserving(title, why).needing(contract));
        }
        self.propose_upgrade(&mut groups);
        groups
    }

    fn propose_upgrade(&self, groups: &mut Groups) {
        let to = version::current();
        if self.upgrade.has(None) {
            let replaced = self.replaced();
            let proposed = match replaced.is_empty() {
                true => {
                    let why = match self.renames() {
                        true => upgrade::texts::NAMES_WHY,
                        false => upgrade::texts::WHY,
                    };
                    Proposed::preserving(upgrade::texts::title(self.upgrade.from(), to), why)
                }
                false => Proposed::overwriting(
                    upgrade::texts::replace_title(&replaced, to),
                    upgrade::texts::replace_why(&replaced),
                ),
            };
            groups.propose(UPGRADE, proposed);
        }
        for (part, kind, title) in UPGRADES {
            if self.upgrade.has(Some(part)) {
                let contract = groups.of(UPGRADE);
                let proposed = Proposed::preserving(title, upgrade::texts::OTHERS_WHY);
                groups.propose(kind, proposed.needing(contract));
            }
        }
    }

    /// Whether tests or their checks are added.
    fn adds(&self, tests: &Tests) -> bool {
        !tests.files.is_empty() || (!tests.checks.is_empty() && self.flake.takes())
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
            let guide = Document::Template;
            let has_guide = guide.is_there(self.context.repo) || accepts(DOCUMENTS).is_some();
            let (path, text) = text::template(self.context, &self.names, has_guide)?;
            ops.tell(group, [Move::added_to(texts::TEMPLATE, &path)]);
            ops.create_from_template(path, text);
        }
        for (kind, tests) in [(TESTS, &self.missing.tests), (INTEGRATION, &self.missing.integration)] {
            if let Some(group) = accepts(kind) {
                self.tests(&mut ops, tests, group)?;
            }
        }
        if let Some(group) = accepts(DOCUMENTS) {
            let facts = self.facts(accepted)?;
            for document in &self.missing.documents {
                let path = document.path();
                ops.create_from_template(path.to_owned(), documents::text(*document, &facts)?);
                ops.tell(group, [Move::added_to(texts::document(path), path)]);
            }
        }
        if let Some(group) = accepts(UPGRADE) {
            self.upgrade.render(&mut ops, None, group);
        }
        for (part, kind, _) in UPGRADES {
            if let Some(group) = accepts(kind) {
                self.upgrade.render(&mut ops, Some(part), group);
            }
        }
        self.flake.insert(&mut ops, &self.checks(accepted));
        Ok(ops)
    }

    /// What will be true of the repository that documents speak of.
    fn facts(&self, accepted: &Accepted) -> Result<Facts<'a>> {
        let comes = |kind: &str| self.groups.accepted(kind, accepted).is_some();
        let mut facts = Facts::of(self.context)?;
        facts.template |= comes(EXAMPLE);
        facts.evaluation |= comes(TESTS);
        facts.documents.extend(&self.missing.documents);
        Ok(facts)
    }

    fn contract(&self, ops: &mut Ops, group: GroupId) -> Result<()> {
        let missing = &self.missing.contract;
        let mut made = Vec::new();
        if !missing.schema.is_empty() {
            schema::render(ops, self.context, &self.names, &missing.schema, group)?;
            made.push(Move::added_to(texts::SCHEMA, &self.server("options.nix")));
        }
        if missing.collector {
            let path = self.server(COLLECTOR_FILE);
            made.push(Move::added_to(texts::COLLECTOR, &path));
            ops.create_from_template(path, text::collector(self.context, &self.names)?);
        }
        if missing.bridge {
            let path = self.server(BRIDGE_FILE);
            made.push(Move::added_to(texts::BRIDGE, &path));
            let bridge = text::bridge(self.context.rules(), &self.names, &self.legacy_fields)?;
            ops.create_from_template(path, bridge);
        }
        wiring::imports(ops, self.context, &missing.imports, group)?;
        if made.is_empty() {
            // The files are there, and have no effect yet.
            let imported = missing.imports.iter();
            made.extend(imported.map(|file| Move::added_to(texts::import(file), &self.server("default.nix"))));
        }
        ops.tell(group, made);
        Ok(())
    }

    /// Makes the files of tests, and says what of their checks goes to the flake.
    fn tests(&self, ops: &mut Ops, tests: &Tests, group: GroupId) -> Result<()> {
        for (path, text) in &tests.files {
            ops.create_from_template(path.clone(), text::test(&self.names, path, text)?);
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            let what = match &*name {
                "eval-test" => texts::EVAL_TEST.to_owned(),
                name => texts::integration(name),
            };
            ops.tell(group, [Move::added_to(what, path)]);
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

impl Proposal for Installation<'_> {
    fn name(&self) -> &str {
        match self.upgrades() {
            true => "upgrade",
            false => "init",
        }
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
