//! `qgroget check`: what is wrong with the contracts, found in the source alone, all of it in one run.
//!
//! The collector makes the same checks at evaluation time, and says the same words. What the code does not determine
//! (a port that another module computes) is never a fault here: it is left to the evaluation, and a note says so.
//! Beyond the collector, `check` looks at the form of the modules: Patterns 1 to 6 and 10.

mod circles;
mod coexistence;
mod databases;
mod dynamic;
mod fields;
pub mod installed;
pub mod mend;
mod middlewares;
pub mod output;
mod patterns;
mod ports;
mod relations;
mod routes;
mod schema;
mod sections;
mod services;
mod statics;
mod storage;
mod texts;
mod types;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, Place};
use crate::listeners::Listeners;
use crate::repo::Repository;
use crate::repo::hosts::Host;
use crate::resolve::{Def, Model, Module};
use crate::rules::{ContractField, Rules, parts};
use crate::syntax::SyntaxNode;
use mend::QuickFix;
pub use schema::misfit;
use services::{Service, Services};
use statics::StaticReader;
use texts::Subject;
use types::Submodule;

/// The names of the option that takes Traefik's dynamic configuration, the newest first.
const TRAEFIK: [&[&str]; 3] = [
    &["services", "traefik", "routing", "settings"],
    &["services", "traefik", "dynamic", "settings"],
    &["services", "traefik", "dynamicConfigOptions"],
];

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration does not evaluate, or a service would not work. Exit status 1.
    Error,
    /// A pattern is not kept. Nothing breaks.
    Warning,
    /// Worth knowing; shown with `-v`.
    Note,
}

/// One thing that was found.
#[derive(Debug)]
pub struct Finding {
    pub severity: Severity,
    /// The service that it is about.
    pub service: Option<String>,
    /// Code, message, place and the line to paste.
    pub error: Error,
    /// The edit that settles it, where that is mechanical.
    pub mend: Option<QuickFix>,
}

impl Finding {
    /// The message with the line to paste below it, as the collector prints it.
    pub fn text(&self) -> String {
        let hints = self.error.hints();
        // Further hints are not the collector's.
        let last = hints.iter().position(|hint| hint.starts_with("Fix: ")).unwrap_or(0);
        let lines = hints.iter().take(last + 1).map(|hint| format!("\n  {hint}"));
        std::iter::once(self.error.message().to_owned()).chain(lines).collect()
    }

    fn at(mut self, place: Option<Place>) -> Finding {
        if let Some(place) = place {
            self.error = self.error.at(place);
        }
        self
    }

    fn reason(mut self, reason: Option<String>) -> Finding {
        if let Some(reason) = reason {
            self.error = self.error.reason(reason);
        }
        self
    }

    fn mend(mut self, mend: Option<QuickFix>) -> Finding {
        self.mend = mend;
        self
    }
}

/// Checks the contracts of `host`; findings in the order of the files, those without a place last.
pub fn run(repo: &Repository, host: &Host, model: &Model) -> Vec<Finding> {
    let mut context = CheckContext::new(repo, host, model);
    let mut found = context.unparsable();
    context.blind = !found.is_empty();
    context.contracts.open |= context.blind;
    context.legacy.open |= context.blind;
    for (name, service) in &context.contracts.services {
        fields::check(&context, name, service, fields::State::Active, &mut found);
    }
    for (name, service) in &context.dormant.services {
        fields::check(&context, name, service, fields::State::Dormant, &mut found);
    }
    coexistence::check(&context, &mut found);
    storage::check(&context, &mut found);
    ports::check(&context, &mut found);
    routes::check(&context, &mut found);
    dynamic::check(&context, &mut found);
    databases::check(&context, &mut found);
    middlewares::check(&context, &mut found);
    relations::dependencies(&context, &mut found);
    storage::idle(&context, &mut found);
    relations::backups(&context, &mut found);
    patterns::check(&context, &mut found);
    found.sort_by(|a, b| {
        let key = |finding: &Finding| {
            finding
                .error
                .place()
                .map_or((true, PathBuf::new(), 0), |p| (false, p.path.clone(), p.span.start))
        };
        key(a).cmp(&key(b)).then(a.severity.cmp(&b.severity))
    });
    found
}

/// What the checks look at.
struct CheckContext<'a> {
    repo: &'a Repository,
    host: &'a Host,
    reader: StaticReader<'a>,
    /// The contract's fields.
    schema: Submodule,
    /// Services with a contract, of the modules that the host imports.
    contracts: Services<'a>,
    /// Services with a contract in modules that the host does not import.
    dormant: Services<'a>,
    /// Services in the legacy pattern, of which some may have a contract.
    legacy: Services<'a>,
    /// The collector's file.
    collector: PathBuf,
    /// Whether files could not be read that may declare anything.
    blind: bool,
}

impl<'a> CheckContext<'a> {
    fn new(repo: &'a Repository, host: &'a Host, model: &'a Model) -> CheckContext<'a> {
        let rules = repo.rules();
        let reader = StaticReader::new(model);
        let contract = parts(&rules.namespaces.contract);
        let active = |module: &Module, _: &Def| model.is_imported(module.source.path());
        let contracts = Services::collect(&reader, &contract, active);
        let mut dormant = Services::collect(&reader, &contract, |module, def| {
            !active(module, def) && !is_template(module.source.path())
        });
        dormant
            .services
            .retain(|name, _| !contracts.services.contains_key(name));
        let legacy = Services::collect(&reader, &parts(&rules.namespaces.services), |module, def| {
            active(module, def) && !is_bridge(rules, module, def)
        });
        CheckContext {
            repo,
            host,
            reader,
            schema: schema::of_contract(model, &contract),
            contracts,
            dormant,
            legacy,
            collector: rules.paths.server.join("collector.nix"),
            blind: false,
        }
    }

    fn rules(&self) -> &'a Rules {
        self.repo.rules()
    }

    fn subject<'s>(&'s self, service: &'s str) -> Subject<'s> {
        Subject {
            contract: &self.repo.rules().namespaces.contract,
            service,
        }
    }

    /// The number of parts of the contract's namespace.
    fn depth(&self) -> usize {
        parts(&self.rules().namespaces.contract).len()
    }

    /// The module that the service's contract stands in.
    fn home(&self, service: &Service<'a>) -> Option<&'a Module> {
        service.home(&self.host.settings)
    }

    /// Where to point for a service as a whole.
    fn anchor(&self, service: &Service<'a>) -> Option<Place> {
        service.anchor(self.home(service))
    }

    /// Whether the service is on; `None` where that is not known.
    fn is_enabled(&self, service: &Service) -> Option<bool> {
        service.is("enable", false)
    }

    /// What listens besides the services.
    fn listeners(&self) -> Listeners<'_> {
        Listeners::new(self.reader.model(), &self.collector)
    }

    /// The path of an option of the contract as a whole.
    fn contract_option(&self, rest: &[&'static str]) -> Vec<&'a str> {
        let mut path: Vec<&'a str> = parts(&self.rules().namespaces.contract_options);
        path.extend(rest);
        path
    }

    /// What a field is called in the legacy pattern.
    fn legacy_field(&self, field: ContractField) -> String {
        let rules = self.rules();
        let name = rules.fields.iter().find(|(_, known)| **known == field);
        name.map_or_else(|| field.path().to_string(), |(name, _)| name.clone())
    }

    /// The module of the model that `module` is.
    fn in_model(&self, module: &Module) -> Option<&'a Module> {
        self.reader.model().module(module.source.path())
    }

    /// What a service's domain most likely is, as Nix.
    fn domain_example(&self) -> String {
        let rule = &self.rules().values.domain;
        let declared = rule.strip_prefix("config.").is_some_and(|path| {
            let model = self.reader.model();
            let names = parts(path);
            model.declaration(&names).is_some() || !model.definitions(&names).is_empty()
        });
        match declared {
            true => rule.clone(),
            false => "\"example.org\"".to_owned(),
        }
    }

    /// Files of the server and of the host that do not parse: what they declare is not seen.
    fn unparsable(&self) -> Vec<Finding> {
        let rules = self.rules();
        let own = rules.paths.hosts.join(&self.host.name);
        self.repo
            .nix_files()
            .filter(|path| path.starts_with(&rules.paths.server) || path.starts_with(&own))
            .filter_map(|path| self.repo.source(path)?.syntax_error())
            .map(|error| finding(Severity::Error, None, error))
            .collect()
    }
}

/// Every two of a group, unless neither has a contract, or one is the legacy form of the other: `of` gives the service and
/// whether it has a contract.
fn pairs<'c, T>(group: &[&'c T], of: impl for<'t> Fn(&'t T) -> (&'t str, bool)) -> Vec<(&'c T, &'c T)> {
    let mut found = Vec::new();
    for (i, a) in group.iter().enumerate() {
        for b in &group[i + 1..] {
            let ((one, is_contract), (other, too)) = (of(a), of(b));
            if (is_contract || too) && one != other {
                found.push((*a, *b));
            }
        }
    }
    found
}

/// Adds a finding that may be found in two ways, as the collector does.
fn tell_once(found: &mut Vec<Finding>, finding: Finding) {
    if found.iter().all(|known| known.text() != finding.text()) {
        found.push(finding);
    }
}

fn finding(severity: Severity, service: Option<&str>, error: Error) -> Finding {
    Finding {
        severity,
        service: service.map(str::to_owned),
        error,
        mend: None,
    }
}

fn fault(service: &str, error: Error) -> Finding {
    finding(Severity::Error, Some(service), error)
}

fn warning(service: &str, error: Error) -> Finding {
    finding(Severity::Warning, Some(service), error)
}

fn note(service: &str, error: Error) -> Finding {
    finding(Severity::Note, Some(service), error)
}

/// A template declares a service that is none.
fn is_template(path: &Path) -> bool {
    path.components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with('_'))
}

/// The bridge shows contract services in the legacy option; what it defines there are no services of their own.
fn is_bridge(rules: &Rules, module: &Module, def: &Def) -> bool {
    !services::is_plain(def.value.as_ref()) && module.source.text().contains(rules.namespaces.contract.as_str())
}

/// The part `index` of a definition's path as it stands in its binding.
fn name_part(def: &Def, index: usize) -> Option<SyntaxNode> {
    use crate::syntax::{AstNode, ast};
    let ast::Entry::AttrpathValue(binding) = &def.entry else {
        return None;
    };
    let first = def.path.len() - def.own;
    let attr = binding.attrpath()?.attrs().nth(index.checked_sub(first)?)?;
    Some(attr.syntax().clone())
}
