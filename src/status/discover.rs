//! Which services there are: declared in the old pattern, by a contract, or nowhere at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::Pattern;
use crate::plan::model::{self, Context};
use crate::plan::share::ownership::Names;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module, attribute};
use crate::resolve::value::{Known, Value};
use crate::rules::parts;
use crate::syntax::{AstNode, ast};

/// A service that was found.
pub struct Found<'a> {
    pub name: String,
    pub pattern: Pattern,
    /// The binding that it is found by, and its module.
    pub module: &'a Module,
    pub def: Def,
    /// The names of its containers.
    pub containers: Vec<String>,
    /// Those of the other containers in its module, where no other service is declared there: what helps it.
    pub helpers: Vec<String>,
}

impl Found<'_> {
    /// The names of every service, and of this one.
    pub fn names(&self, context: &Context) -> Names {
        Names::of(context, &self.name)
    }
}

/// A container.
struct Container<'a> {
    name: String,
    module: &'a Module,
    def: &'a Def,
}

/// Every service, by name.
pub fn services<'a>(context: &Context<'a>) -> Vec<Found<'a>> {
    let rules = context.rules();
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    let contracts = model::contract_names(context.model, rules);
    let legacy = model::legacy_names(context.model, rules);
    let declared = [
        (Pattern::Contract, contracts, &rules.namespaces.contract),
        (Pattern::Legacy, legacy, &rules.namespaces.services),
    ];
    for (pattern, names, namespace) in declared {
        for name in names {
            let Some((module, def)) = declaration(context, namespace, &name, pattern) else {
                continue;
            };
            found.entry(name.clone()).or_insert(Found {
                name,
                pattern,
                module,
                def,
                containers: Vec::new(),
                helpers: Vec::new(),
            });
        }
    }
    let names = Names::of(context, "");
    let mut nobodys = Vec::new();
    for container in containers(context) {
        match names.owner(&container.name).and_then(|owner| found.get_mut(owner)) {
            Some(service) => service.containers.push(container.name),
            None => nobodys.push(container),
        }
    }
    // A container beside declared services helps them: their database, their cache.
    let mut homes: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    for service in found.values() {
        let services = homes.entry(service.module.source.path()).or_default();
        services.push(service.name.clone());
    }
    nobodys.retain(|container| {
        let services = homes.get(container.module.source.path());
        if let Some([only]) = services.map(Vec::as_slice)
            && let Some(service) = found.get_mut(only)
        {
            service.helpers.push(container.name.clone());
        }
        services.is_none()
    });
    for service in undeclared(context, nobodys) {
        found.entry(service.name.clone()).or_insert(service);
    }
    found.into_values().collect()
}

/// The binding that a person would look for: the one with the whole set in a module of its own, or else the first that
/// is not a host's setting.
fn declaration<'a>(context: &Context<'a>, namespace: &str, name: &str, pattern: Pattern) -> Option<(&'a Module, Def)> {
    let prefix: Vec<&str> = namespace.split('.').chain([name]).collect();
    let declarations = model::topmost(context.model, &prefix);
    let setting = |declaration: &model::Declaration| {
        pattern == Pattern::Contract
            && declaration.def.path.len() == prefix.len() + 1
            && declaration.def.name(prefix.len()) == Some("enable")
    };
    let whole = declarations
        .iter()
        .find(|declaration| declaration.def.path.len() == prefix.len());
    let declaration = whole
        .or_else(|| declarations.iter().find(|declaration| !setting(declaration)))
        .or(declarations.first())?;
    Some((declaration.module, declaration.def.clone()))
}

fn containers<'a>(context: &Context<'a>) -> Vec<Container<'a>> {
    named(context, &context.rules().containers.options)
}

/// The attributes of `options`, each once.
fn named<'a>(context: &Context<'a>, options: &[String]) -> Vec<Container<'a>> {
    let mut found: Vec<Container> = Vec::new();
    for option in options {
        let prefix = parts(option);
        for (module, def) in context.model.under(&prefix) {
            let Some(name) = def.name(prefix.len()) else { continue };
            if !found.iter().any(|c| c.name == name) {
                found.push(Container {
                    name: name.to_owned(),
                    module,
                    def,
                });
            }
        }
    }
    found
}

/// The services that run in containers of files that declare none, and those that only a backup job tells of.
fn undeclared<'a>(context: &Context<'a>, containers: Vec<Container<'a>>) -> Vec<Found<'a>> {
    let pods = named(context, &context.rules().containers.pods);
    let mut groups: BTreeMap<String, Vec<Container>> = BTreeMap::new();
    let all: Vec<(String, &Path)> = containers
        .iter()
        .map(|c| (c.name.clone(), c.module.source.path()))
        .collect();
    for container in containers {
        let file = container.module.source.path();
        let heads = all.iter().filter(|(_, f)| *f == file).map(|(name, _)| name.as_str());
        let pods = pods
            .iter()
            .filter(|p| p.module.source.path() == file)
            .map(|p| p.name.as_str());
        let known = context.rules().known.iter();
        let mut alias = known
            .filter(|(_, known)| known.aliases.contains(&container.name))
            .map(|(service, _)| service.as_str());
        let head = pods
            .chain(heads)
            .filter(|head| belongs(&container.name, head))
            .min_by_key(|head| head.len());
        let name = alias.next_back().or(head).unwrap_or(&container.name);
        groups.entry(name.to_owned()).or_default().push(container);
    }
    let helpers = helpers(context, &groups);
    groups
        .into_iter()
        .filter(|(name, _)| !helpers.contains(name))
        .map(|(name, containers)| Found {
            name,
            pattern: Pattern::Undeclared,
            module: containers[0].module,
            def: containers[0].def.clone(),
            containers: containers.into_iter().map(|c| c.name).collect(),
            helpers: Vec::new(),
        })
        .collect()
}

/// Whether a container is `head` itself or a part of it: `honcho-db` of `honcho`.
fn belongs(container: &str, head: &str) -> bool {
    container
        .strip_prefix(head)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
}

/// The groups that another group's containers require: a tunnel, a database. They serve and are no services.
fn helpers(context: &Context, groups: &BTreeMap<String, Vec<Container>>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (name, containers) in groups {
        for required in containers.iter().flat_map(|container| requires(context, container)) {
            found.extend(
                groups
                    .iter()
                    .filter(|(other, members)| *other != name && members.iter().any(|c| c.name == required))
                    .map(|(other, _)| other.clone()),
            );
        }
    }
    found
}

/// The containers that a container's unit requires.
fn requires(context: &Context, container: &Container) -> Vec<String> {
    let mut found = Vec::new();
    for option in &context.rules().containers.options {
        let path: Vec<&str> = parts(option)
            .into_iter()
            .chain([container.name.as_str(), "unitConfig"])
            .collect();
        for (module, def) in context.model.under(&path) {
            let eval = context.eval(module);
            let Some(value) = &def.value else { continue };
            let lists: Vec<ast::Expr> = match (def.name(path.len()), eval.force(value)) {
                (None, Value::Set(set)) => DEPENDENCIES.iter().filter_map(|name| attribute(&set, name)).collect(),
                (Some(name), _) if DEPENDENCIES.contains(&name) => vec![value.clone()],
                _ => Vec::new(),
            };
            let mut elements = Vec::new();
            lists.iter().for_each(|list| list_elements(list, &mut elements));
            for element in elements {
                match eval.eval(&element) {
                    Value::Option(path) if path.last().is_some_and(|l| l == "ref") => {
                        found.extend(path.get(path.len() - 2).cloned());
                    }
                    Value::Known(Known::Str(unit)) => {
                        found.push(unit.strip_suffix(".service").unwrap_or(&unit).to_owned());
                    }
                    _ => {}
                }
            }
        }
    }
    found
}

/// Settings of a unit that name units it cannot do without.
const DEPENDENCIES: [&str; 3] = ["Requires", "BindsTo", "Requisite"];

/// The backup jobs that `claimed` does not name, as services that nothing else tells of.
pub fn by_jobs<'a>(context: &Context<'a>, claimed: &BTreeSet<String>) -> Vec<Found<'a>> {
    let namespace = parts(&context.rules().namespaces.backups);
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for (module, def) in context.model.under(&namespace) {
        let Some(name) = def.name(namespace.len()).filter(|name| !claimed.contains(*name)) else {
            continue;
        };
        found.entry(name.to_owned()).or_insert_with(|| Found {
            name: name.to_owned(),
            pattern: Pattern::Undeclared,
            module,
            def: def.clone(),
            containers: Vec::new(),
            helpers: Vec::new(),
        });
    }
    found.into_values().collect()
}

/// Where a service was found.
pub fn place(found: &Found) -> crate::error::Place {
    found.module.source.place_of(found.def.entry.syntax())
}
