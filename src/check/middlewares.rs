//! Middlewares: every name that a service uses is defined somewhere.

use std::collections::BTreeSet;

use super::services::{self, Service};
use super::statics::{Item, Static};
use super::texts;
use super::{CheckContext, Finding, Severity, TRAEFIK, fault, finding};
use crate::resolve::module::{self, Module};
use crate::resolve::scope;
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// Where middlewares stand in Traefik's configuration.
const MIDDLEWARES: [&str; 2] = ["http", "middlewares"];

/// The middlewares that the collector has predefined, in a repository without one.
const COLLECTOR: &str = include_str!("../../nix/collector.nix");

/// Names that are defined, and whether that is all of them.
#[derive(Clone, Default)]
pub struct Names {
    known: BTreeSet<String>,
    /// Some are defined in a way that is not to be seen.
    open: bool,
}

impl Names {
    /// Whether the name is, or may be, one of them.
    pub fn has(&self, name: &str) -> bool {
        self.open || self.known.contains(name)
    }

    fn add(&mut self, other: Names) {
        self.known.extend(other.known);
        self.open |= other.open;
    }
}

/// Where a middleware is used, and the field that has it.
struct Use<'t> {
    /// Continues "in".
    place: &'t str,
    /// The path of the list, for a line to paste.
    field: String,
    /// The whole list.
    list: Vec<String>,
}

/// Checks the middlewares of all services, and those put before every service of a type.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    let shared = shared(context);
    for (name, service) in &context.contracts.services {
        let mut valid = shared.clone();
        valid.add(defined_by(context, service, MIDDLEWARES));
        let Some(items) = items(context, service) else { continue };
        let place = format!("service '{name}'");
        let used = Use {
            place: &place,
            field: context.subject(name).field("middlewares"),
            list: items.iter().map(|(middleware, _)| middleware.clone()).collect(),
        };
        for (middleware, place) in items {
            if let Some(error) = unknown(context, &valid, &middleware, &used) {
                found.push(fault(name, error).at(Some(place)));
            }
        }
    }
    for kind in ["public", "private"] {
        let path = context.contract_option(&["traefik", "typeMiddlewares", kind]);
        for (module, def) in context.reader.model().definitions(&path) {
            let items = def.value.as_ref().and_then(|value| context.reader.items(module, value));
            let read = |item: Item| {
                let value = context.reader.read(item.module, &item.expr);
                Some((value.as_str()?.to_owned(), item.place()))
            };
            let items: Vec<_> = items.unwrap_or_default().into_iter().filter_map(read).collect();
            let place = path.join(".");
            let used = Use {
                place: &place,
                field: place.clone(),
                list: items.iter().map(|(name, _)| name.clone()).collect(),
            };
            for (name, place) in items {
                if let Some(error) = unknown(context, &shared, &name, &used) {
                    found.push(finding(Severity::Error, None, error).at(Some(place)));
                }
            }
        }
    }
}

fn unknown(context: &CheckContext, valid: &Names, middleware: &str, used: &Use) -> Option<crate::error::Error> {
    // A name with a provider is that provider's.
    if valid.has(middleware) || middleware.contains('@') {
        return None;
    }
    let known: Vec<String> = valid.known.iter().cloned().collect();
    let distance = |name: &&String| strsim::levenshtein(middleware, name);
    let slip = known.iter().min_by_key(distance).filter(|name| distance(name) <= 2);
    let (field, list) = match slip {
        Some(meant) => {
            let mended = |name: &String| if name == middleware { meant } else { name }.clone();
            (used.field.clone(), used.list.iter().map(mended).collect())
        }
        // It exists elsewhere, or Traefik serves nothing without it.
        None => {
            let extra = context.contract_option(&["extraMiddlewares"]).join(".");
            (extra, vec![middleware.to_owned()])
        }
    };
    let list = Static::List(list.into_iter().map(Static::Str).collect()).show();
    let fix = format!("{field} = {};", list.unwrap_or_default());
    let near = crate::error::nearest(middleware, &known).filter(|_| slip.is_none());
    Some(texts::unknown_middleware(
        middleware,
        used.place,
        &known.join(", "),
        &fix,
        near,
    ))
}

/// The names that the service uses, by either name of the field.
fn items<'a>(context: &CheckContext<'a>, service: &Service<'a>) -> Option<Vec<(String, crate::error::Place)>> {
    let mut names = Vec::new();
    let fields = ["middlewares"]
        .into_iter()
        .chain(context.schema.other_name("middlewares"));
    for field in fields {
        for item in service.items(&context.reader, field)? {
            if let Static::Str(name) = context.reader.read(item.module, &item.expr) {
                names.push((name, item.place()));
            }
        }
    }
    Some(names)
}

/// What any service may name: predefined ones, extra ones, Traefik's own, those of legacy and of enabled services.
fn shared(context: &CheckContext) -> Names {
    let model = context.reader.model();
    let mut names = predefined(context);
    let extra = context.contract_option(&["extraMiddlewares"]);
    for (module, def) in model.definitions(&extra) {
        match def.value.as_ref().map(|value| context.reader.read(module, value)) {
            Some(Static::List(items)) => {
                names.open |= items.iter().any(|item| item.as_str().is_none());
                names
                    .known
                    .extend(items.iter().filter_map(|item| item.as_str().map(str::to_owned)));
            }
            _ => names.open = true,
        }
    }
    names.add(running_names(context, MIDDLEWARES));
    names
}

/// The names of a kind in Traefik's own configuration and in those of legacy and of enabled services.
pub fn running_names(context: &CheckContext, kind: [&str; 2]) -> Names {
    let model = context.reader.model();
    let mut names = Names::default();
    for upstream in TRAEFIK {
        for (module, def) in model.under(upstream) {
            if model.is_imported(module.source.path()) && !is_generated_by_contract(context, module) {
                names.add(of_definition(module, def, upstream.len(), kind));
            }
        }
    }
    for service in context.legacy.services.values() {
        names.add(defined_by(context, service, kind));
    }
    for service in context.contracts.services.values() {
        if context.is_enabled(service) != Some(false) {
            names.add(defined_by(context, service, kind));
        }
    }
    names.open |= context.legacy.open || context.contracts.open;
    names
}

/// The collector's own definition of Traefik's configuration adds no name that is not counted already.
fn is_generated_by_contract(context: &CheckContext, module: &Module) -> bool {
    module.source.path() == context.rules().paths.server.join("collector.nix")
}

/// The names of a kind that a service's `traefikDynamicConfig` defines.
fn defined_by(context: &CheckContext, service: &Service, kind: [&str; 2]) -> Names {
    let mut names = Names {
        open: service.open,
        ..Names::default()
    };
    for (module, def, depth) in dynamic_definitions(context, service) {
        names.add(of_definition(module, def, depth, kind));
    }
    names
}

/// What a service defines at and below its `traefikDynamicConfig`, with the number of parts of that path.
pub fn dynamic_definitions<'c>(
    context: &'c CheckContext,
    service: &Service,
) -> Vec<(&'c Module, &'c module::Def, usize)> {
    let mut found: Vec<(&Module, &module::Def, usize)> = Vec::new();
    let model = context.reader.model();
    for (module, site) in &service.sites {
        // The service's path is where its name stands; everything below it in this module counts.
        let names = site.path.iter().take(service_depth(context, site)).cloned();
        let Some(prefix) = names.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let prefix: Vec<&str> = prefix
            .iter()
            .map(|name| &**name)
            .chain(["traefikDynamicConfig"])
            .collect();
        for (other, def) in model.under(&prefix) {
            let is_new = !found.iter().any(|(_, known, _)| std::ptr::eq(*known, def));
            if other.source.path() == module.source.path() && is_new {
                found.push((other, def, prefix.len()));
            }
        }
    }
    found
}

/// How many parts the path of a service has, in the namespace that the definition belongs to.
fn service_depth(context: &CheckContext, def: &module::Def) -> usize {
    let rules = context.rules();
    let legacy = crate::rules::parts(&rules.namespaces.services);
    match def.under(&legacy) {
        true => legacy.len() + 1,
        false => context.depth() + 1,
    }
}

/// The names of a kind in a definition at or below a dynamic configuration, whose path has `depth` parts.
fn of_definition(module: &Module, def: &module::Def, depth: usize, wanted: [&str; 2]) -> Names {
    let below = &def.path[depth..];
    let on_the_way = below.iter().zip(wanted).all(|(a, b)| a.as_deref() == Some(b));
    let mut names = Names::default();
    if !on_the_way {
        names.open = below.iter().take(2).any(Option::is_none);
    } else if let Some(name) = below.get(2) {
        match name {
            Some(name) => names.known.extend([name.to_string()]),
            None => names.open = true,
        }
    } else if !services::is_plain(def.value.as_ref()) {
        // Made by functions: what it may define stands somewhere in the file, or comes from outside it.
        let root = module.source.root();
        names.open = has_data_from_elsewhere(&root);
        if below.len() == 2 {
            names.open = true;
        } else {
            scan(&root, wanted, &mut names);
        }
    }
    names
}

/// Every `http.middlewares`, or what is wanted, in the text.
fn scan(root: &SyntaxNode, [group, kind]: [&str; 2], names: &mut Names) {
    for binding in root.descendants().filter_map(ast::AttrpathValue::cast) {
        let Some(path) = binding.attrpath() else { continue };
        let parts = syntax::attrpath_names(&path);
        let Some(at) = parts.iter().position(|p| p.as_deref() == Some(kind)) else {
            continue;
        };
        let is_in_group = match at {
            0 => enclosing_name(&binding).as_deref() == Some(group),
            at => parts[at - 1].as_deref() == Some(group),
        };
        if !is_in_group {
            continue;
        }
        match (parts.get(at + 1), binding.value().map(super::schema::below_scopes)) {
            (Some(Some(name)), _) => names.known.extend([name.to_string()]),
            (None, Some(ast::Expr::AttrSet(set))) => {
                for entry in set.entries() {
                    match module::entry_names(&entry).first() {
                        Some(Some(name)) => names.known.extend([name.to_string()]),
                        _ => names.open = true,
                    }
                }
            }
            // The middlewares of an entry point are a list of names.
            (None, Some(ast::Expr::List(_))) => {}
            _ => names.open = true,
        }
    }
}

/// The name of the binding whose set the binding stands in.
fn enclosing_name(binding: &ast::AttrpathValue) -> Option<String> {
    let outer = binding
        .syntax()
        .ancestors()
        .skip(1)
        .find_map(ast::AttrpathValue::cast)?;
    syntax::attrpath_names(&outer.attrpath()?).pop().flatten()
}

fn has_data_from_elsewhere(root: &SyntaxNode) -> bool {
    const READERS: [&str; 5] = ["import", "readFile", "fromTOML", "fromJSON", "importTOML"];
    let calls = root.descendants().filter_map(ast::Apply::cast);
    calls
        .filter_map(|apply| syntax::function_name(&apply.lambda()?))
        .any(|name| READERS.contains(&name.as_str()))
}

/// The map in the repository's collector, or in the one that the tool installs.
fn predefined(context: &CheckContext) -> Names {
    let path = context.rules().paths.server.join("collector.nix");
    let own = context.repo.source(&path).and_then(middleware_map);
    own.or_else(|| middleware_map(&Source::new(path, COLLECTOR)))
        .unwrap_or_default()
}

fn middleware_map(source: &Source) -> Option<Names> {
    let root = source.root();
    let binding = root
        .descendants()
        .filter_map(ast::AttrpathValue::cast)
        .find(|binding| scope::first_name(binding).as_deref() == Some("middlewareMap"))?;
    let mut names = Names::default();
    match binding.value().map(super::schema::below_scopes) {
        Some(ast::Expr::AttrSet(set)) => {
            for entry in set.entries() {
                match module::entry_names(&entry).first() {
                    Some(Some(name)) => names.known.extend([name.to_string()]),
                    _ => names.open = true,
                }
            }
        }
        _ => names.open = true,
    }
    Some(names)
}
