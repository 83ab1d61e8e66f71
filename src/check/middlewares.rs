//! Middlewares: every name that a service uses is defined somewhere.

use std::collections::BTreeSet;

use super::services::{self, Service};
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, Severity, fault, finding};
use crate::resolve::module::{self, Module};
use crate::resolve::scope;
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The middlewares that the collector has predefined, in a repository without one.
const COLLECTOR: &str = include_str!("../../nix/collector.nix");

/// Names that are defined, and whether that is all of them.
#[derive(Clone, Default)]
struct Names {
    known: BTreeSet<String>,
    /// Some are defined in a way that is not to be seen.
    open: bool,
}

impl Names {
    fn add(&mut self, other: Names) {
        self.known.extend(other.known);
        self.open |= other.open;
    }
}

/// Checks the middlewares of all services, and those put before every service of a type.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    let shared = shared(context);
    for (name, service) in &context.contracts.services {
        let mut valid = shared.clone();
        valid.add(defined_by(context, service));
        let Some(items) = items(context, service) else { continue };
        for (middleware, place) in items {
            if let Some(error) = unknown(&valid, &middleware, &format!("service '{name}'")) {
                found.push(fault(name, error).at(Some(place)));
            }
        }
    }
    for kind in ["public", "private"] {
        let path = context.contract_option(&["traefik", "typeMiddlewares", kind]);
        for (module, def) in context.reader.model().definitions(&path) {
            let items = def.value.as_ref().and_then(|value| context.reader.items(module, value));
            for item in items.unwrap_or_default() {
                let value = context.reader.read(item.module, &item.expr);
                let error = value.as_str().and_then(|name| unknown(&shared, name, &path.join(".")));
                if let Some(error) = error {
                    found.push(finding(Severity::Error, None, error).at(Some(item.place())));
                }
            }
        }
    }
}

fn unknown(valid: &Names, middleware: &str, place: &str) -> Option<crate::error::Error> {
    if valid.open || valid.known.contains(middleware) {
        return None;
    }
    let known: Vec<String> = valid.known.iter().cloned().collect();
    let near = crate::error::nearest(middleware, &known);
    Some(texts::unknown_middleware(middleware, place, &known.join(", "), near))
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
    let upstream = ["services", "traefik", "dynamicConfigOptions"];
    for (module, def) in model.under(&upstream) {
        if model.is_imported(module.source.path()) && !is_generated_by_contract(context, module) {
            names.add(of_definition(module, def, upstream.len()));
        }
    }
    for service in context.legacy.services.values() {
        names.add(defined_by(context, service));
    }
    for service in context.contracts.services.values() {
        if context.is_enabled(service) != Some(false) {
            names.add(defined_by(context, service));
        }
    }
    names.open |= context.legacy.open || context.contracts.open;
    names
}

/// The collector's own definition of Traefik's configuration adds no name that is not counted already.
fn is_generated_by_contract(context: &CheckContext, module: &Module) -> bool {
    module.source.path() == context.rules().paths.server.join("collector.nix")
}

/// The middlewares that a service's `traefikDynamicConfig` defines.
fn defined_by(context: &CheckContext, service: &Service) -> Names {
    let mut names = Names {
        open: service.open,
        ..Names::default()
    };
    let model = context.reader.model();
    for (module, site) in &service.sites {
        // The service's path is where its name stands; everything below it in this module counts.
        let Some(prefix) = site
            .path
            .iter()
            .take(service_depth(context, site))
            .cloned()
            .collect::<Option<Vec<_>>>()
        else {
            continue;
        };
        let prefix: Vec<&str> = prefix
            .iter()
            .map(|name| &**name)
            .chain(["traefikDynamicConfig"])
            .collect();
        for (other, def) in model.under(&prefix) {
            if other.source.path() == module.source.path() {
                names.add(of_definition(other, def, prefix.len()));
            }
        }
    }
    names
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

/// The middlewares in a definition at or below a dynamic configuration, whose path has `depth` parts.
fn of_definition(module: &Module, def: &module::Def, depth: usize) -> Names {
    let below = &def.path[depth..];
    let wanted = ["http", "middlewares"];
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
            scan(&root, &mut names);
        }
    }
    names
}

/// Every `http.middlewares` in the text.
fn scan(root: &SyntaxNode, names: &mut Names) {
    for binding in root.descendants().filter_map(ast::AttrpathValue::cast) {
        let Some(path) = binding.attrpath() else { continue };
        let parts = syntax::attrpath_names(&path);
        let Some(at) = parts.iter().position(|p| p.as_deref() == Some("middlewares")) else {
            continue;
        };
        let below_http = match at {
            0 => enclosing_name(&binding).as_deref() == Some("http"),
            at => parts[at - 1].as_deref() == Some("http"),
        };
        if !below_http {
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
