//! Names in Traefik's configuration: what two services define differently, one of them does not have.

use std::collections::BTreeMap;

use super::middlewares;
use super::routes;
use super::services::Service;
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, fault};
use crate::error::Place;
use crate::resolve::module::{Def, Module};
use crate::syntax::AstNode;

/// Kinds of things that have names, in the collector's order.
const KINDS: [[&str; 2]; 13] = [
    ["http", "routers"],
    ["http", "services"],
    ["http", "middlewares"],
    ["http", "serversTransports"],
    ["tcp", "routers"],
    ["tcp", "services"],
    ["tcp", "middlewares"],
    ["tcp", "serversTransports"],
    ["udp", "routers"],
    ["udp", "services"],
    ["udp", "middlewares"],
    ["udp", "serversTransports"],
    ["tls", "options"],
];

/// Something that a service defines, or that the collector generates for it.
struct Named<'g> {
    name: &'g str,
    /// Whether it stands in a contract.
    movable: bool,
    kind: [&'static str; 2],
    key: String,
    /// What it is, as Nix; `None` where that is not known.
    value: Option<String>,
    place: Option<Place>,
}

/// Every two services that define one name differently.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    let all = all(context);
    let feeds = context.feeds_traefik() != Some(false);
    let mut by_name: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
    for named in &all {
        let key = format!("{} {} {}", named.kind[0], named.kind[1], named.key);
        by_name.entry(key).or_default().push(named);
    }
    for group in by_name.into_values() {
        for (a, b) in super::pairs(&group, |named| (named.name, named.movable)) {
            // Before the collector feeds Traefik, one service generates the routes of all, which they extend.
            let extends = !feeds && KINDS[..2].contains(&a.kind) && [a.name, b.name].contains(&a.key.as_str());
            if extends || a.value.is_none() || b.value.is_none() || a.value == b.value {
                continue;
            }
            let (moved, other) = if b.movable { (b, a) } else { (a, b) };
            let value = moved.value.as_deref().unwrap_or("…");
            let kind = moved.kind.join(".");
            let error = texts::duplicate_name(&kind, &moved.key, [a.name, b.name], context.subject(moved.name), value);
            let reason = other
                .place
                .as_ref()
                .map(|at| format!("'{}' has it at {at}", other.name));
            super::tell_once(found, fault(moved.name, error).at(moved.place.clone()).reason(reason));
        }
    }
}

fn all<'g>(context: &'g CheckContext) -> Vec<Named<'g>> {
    let mut all = Vec::new();
    if context.feeds_traefik() == Some(true) {
        for (name, service) in &context.contracts.services {
            let exposed = service.is("exposed", false) == Some(true);
            all.extend(KINDS[..2].iter().filter(|_| exposed).map(|kind| Named {
                name,
                movable: false,
                kind: *kind,
                key: name.clone(),
                value: Some("null".to_owned()),
                place: routes::place(service, "exposed"),
            }));
        }
    }
    for (services, movable) in [(&context.contracts, true), (&context.legacy, false)] {
        for (name, service) in &services.services {
            if movable || service.certain {
                all.extend(of_service(context, name, service, movable));
            }
        }
    }
    all.sort_by_key(|named| named.name);
    all
}

fn of_service<'g>(context: &CheckContext, name: &'g str, service: &Service, movable: bool) -> Vec<Named<'g>> {
    let mut found: BTreeMap<([&'static str; 2], String), (Static, Place)> = BTreeMap::new();
    for (module, def, depth) in middlewares::dynamic_definitions(context, service) {
        let below = &def.path[depth..];
        let Some(kind) = KINDS
            .iter()
            .find(|kind| below.len() > 2 && below.iter().zip(kind.iter()).all(|(a, b)| a.as_deref() == Some(*b)))
        else {
            continue;
        };
        let Some(key) = below[2].clone() else { continue };
        let place = module.source.place_of(def.entry.syntax());
        let entry = found
            .entry((*kind, key.to_string()))
            .or_insert_with(|| (Static::Set(BTreeMap::new()), place));
        let rest: Option<Vec<String>> = below[3..]
            .iter()
            .map(|part| part.as_ref().map(ToString::to_string))
            .collect();
        let merged = rest.and_then(|rest| put(&mut entry.0, &rest, value(context, module, def)));
        if merged.is_none() {
            entry.0 = Static::SomeSet;
        }
    }
    found
        .into_iter()
        .map(|((kind, key), (value, place))| Named {
            name,
            movable,
            kind,
            key,
            value: value.show(),
            place: Some(place),
        })
        .collect()
}

/// The value of a definition that holds in any case.
fn value(context: &CheckContext, module: &Module, def: &Def) -> Static {
    let plain = def.context.conditions.is_empty() && def.context.priorities.is_empty() && !def.context.opaque;
    match plain {
        true => context
            .in_model(module)
            .map_or(Static::SomeSet, |module| context.reader.definition(module, def)),
        false => Static::SomeSet,
    }
}

/// Puts a value into a set at a path; `None` where the set is not all known.
fn put(into: &mut Static, path: &[String], value: Static) -> Option<()> {
    let Static::Set(set) = into else { return None };
    match path {
        [] => match value {
            Static::Set(values) => {
                for (name, value) in values {
                    put(into, &[name], value)?;
                }
                Some(())
            }
            _ => None,
        },
        [name] => match (set.get_mut(name), value) {
            (None, value) => set.insert(name.clone(), value).map_or(Some(()), |_| None),
            (Some(inner @ Static::Set(_)), value @ Static::Set(_)) => put(inner, &[], value),
            // The same definition, seen in its set and by itself.
            (Some(there), value) => (there.show().is_some() && there.show() == value.show()).then_some(()),
        },
        [name, rest @ ..] => put(
            set.entry(name.clone()).or_insert_with(|| Static::Set(BTreeMap::new())),
            rest,
            value,
        ),
    }
}
