//! Old and new side by side: a service that both declare, and a contract that waits for itself.

use super::services::{self, Service};
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, fault, routes};
use crate::error::Place;
use crate::resolve::Eval;
use crate::resolve::module::{Def, Module};
use crate::rules::ContractField;
use crate::syntax::{AstNode, ast};

/// Checks every service with a contract.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    for (name, service) in &context.contracts.services {
        if let Some(place) = recursion(context, name) {
            found.push(fault(name, texts::contract_recurses(context.subject(name))).at(Some(place)));
        }
        both(context, name, service, found);
    }
}

/// What both patterns say of a service would be there twice.
fn both(context: &CheckContext, name: &str, service: &Service, found: &mut Vec<Finding>) {
    let Some(old) = context.legacy.services.get(name).filter(|old| old.certain) else {
        return;
    };
    if context.is_enabled(service) != Some(true) {
        return;
    }
    let routed = old
        .value("url", Static::Null)
        .is_some_and(|url| url.as_str().is_some_and(|url| !url.is_empty()));
    let is_routed_twice = routed && service.is("exposed", false) == Some(true);
    let ours = directories(context, service, "persistedData");
    let theirs = directories(context, old, &context.legacy_field(ContractField::PersistedData));
    if is_routed_twice || ours.iter().any(|directory| theirs.contains(directory)) {
        let old_place = context.anchor(old);
        let error = texts::declared_twice(context.subject(name));
        let reason = old_place.map(|at| format!("the legacy service stands at {at}"));
        let place = routes::place(service, "enable").or_else(|| context.anchor(service));
        found.push(fault(name, error).at(place).reason(reason));
    }
}

/// The directories of a list, of which the elements are known; the data directory where the list is not set.
fn directories(context: &CheckContext, service: &Service, field: &str) -> Vec<String> {
    if !service.mentions(field) {
        let own = service.value("dataDir", Static::Null);
        return own.iter().filter_map(Static::as_str).map(str::to_owned).collect();
    }
    let read = |item: super::statics::Item| match context.reader.read(item.module, &item.expr) {
        Static::Str(path) => Some(path),
        Static::Set(set) => set.get("directory").and_then(Static::as_str).map(str::to_owned),
        _ => None,
    };
    let items = service.items(&context.reader, field).unwrap_or_default();
    items.into_iter().filter_map(read).collect()
}

/// Where the contract stands under a condition that reads it: what it says would have to be known before it is said.
/// Conditions inside a field are none of these.
fn recursion(context: &CheckContext, name: &str) -> Option<Place> {
    let mut prefix = crate::rules::parts(&context.rules().namespaces.contract);
    prefix.push(name);
    for (module, def) in context.reader.model().under(&prefix) {
        if reads_itself(context, module, def, &prefix) {
            return Some(module.source.place_of(&services::name_node(def)));
        }
    }
    None
}

/// Whether a definition of the contract `path` stands under a condition that reads it.
pub fn reads_itself(context: &CheckContext, module: &Module, def: &Def, path: &[&str]) -> bool {
    if def.path.len() > path.len() + 1 {
        return false;
    }
    let inside = match def.path.len() > path.len() {
        true => services::own_conditions(def),
        false => 0,
    };
    let eval = Eval::new(context.reader.model(), module);
    let reads = |expr: ast::Expr| {
        let option = eval.option_path(&expr).unwrap_or_default();
        option.len() > path.len() && option.iter().zip(path).all(|(a, b)| a == b)
    };
    let outer = &def.context.conditions[..def.context.conditions.len() - inside];
    outer
        .iter()
        .any(|condition| condition.syntax().descendants().filter_map(ast::Expr::cast).any(reads))
}
