//! What is persisted and backed up: paths are absolute, a directory has one set of attributes, and settings of a backup
//! belong to one that is made.

use std::collections::BTreeMap;

use super::services::Service;
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, fault, fields, routes};
use crate::error::Place;
use crate::syntax;

/// Checks the paths of all services.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    for (name, service) in &context.contracts.services {
        absolute(context, name, service, found);
    }
    twice(context, found);
}

/// The elements of a list field by either of its names, with their places; `None` where one is not known.
fn entries(context: &CheckContext, service: &Service, field: &str) -> Option<Vec<(Static, Place)>> {
    let names = [Some(field), context.schema.other_name(field)];
    let mut all = Vec::new();
    for name in names.into_iter().flatten() {
        for item in service.items(&context.reader, name)? {
            let value = context.reader.read(item.module, &item.expr);
            value.show()?;
            all.push((value, item.place()));
        }
    }
    Some(all)
}

/// The directory of an entry in either form.
fn directory(entry: &Static) -> Option<&str> {
    match entry {
        Static::Set(set) => set.get("directory")?.as_str(),
        other => other.as_str(),
    }
}

/// A path in one form.
pub fn normal(path: &str) -> String {
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    format!("/{}", parts.join("/"))
}

/// An entry as the contract passes it on.
fn passed_on(entry: &Static) -> Static {
    match entry {
        Static::Set(set) => {
            let given = set.iter().filter(|(_, value)| !matches!(value, Static::Null));
            Static::Set(given.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}

fn shown(list: Vec<Static>) -> String {
    Static::List(list).show().unwrap_or_else(|| "…".to_owned())
}

fn absolute(context: &CheckContext, name: &str, service: &Service, found: &mut Vec<Finding>) {
    let subject = context.subject(name);
    let is_relative = |path: &str| !path.starts_with('/') && !crate::address::is_placeholder(path);
    if let Some(Static::Str(path)) = service.value("dataDir", Static::Null)
        && is_relative(&path)
    {
        let fix = syntax::string_text(&format!("/{path}"));
        let error = texts::wrong_form(
            subject,
            "dataDir",
            "an absolute path",
            &syntax::string_text(&path),
            &fix,
        );
        found.push(fault(name, error).at(routes::place(service, "dataDir")));
    }
    for field in ["persistedData", "backupPaths"] {
        let Some(list) = entries(context, service, field) else {
            continue;
        };
        let relative = |entry: &Static| directory(entry).is_some_and(is_relative);
        let Some((first, place)) = list.iter().find(|(entry, _)| relative(entry)) else {
            continue;
        };
        let mended = |entry: &Static| match (entry, directory(entry)) {
            (_, Some(path)) if !is_relative(path) => entry.clone(),
            (Static::Set(set), Some(path)) => {
                let mut set = set.clone();
                set.insert("directory".to_owned(), Static::Str(format!("/{path}")));
                Static::Set(set)
            }
            (_, Some(path)) => Static::Str(format!("/{path}")),
            (_, None) => entry.clone(),
        };
        let fix = shown(list.iter().map(|(entry, _)| mended(&passed_on(entry))).collect());
        let got = syntax::string_text(directory(first).unwrap_or_default());
        let error = texts::wrong_form(subject, field, "absolute paths", &got, &fix);
        found.push(fault(name, error).at(Some(place.clone())));
    }
}

/// An entry with attributes.
struct Entry<'g> {
    name: &'g str,
    /// Its index in the service's list.
    index: usize,
    attributes: Option<String>,
    place: Place,
}

fn twice(context: &CheckContext, found: &mut Vec<Finding>) {
    let mut lists: BTreeMap<&str, Vec<Static>> = BTreeMap::new();
    let mut by_directory: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
    for (name, service) in &context.contracts.services {
        let list = entries(context, service, "persistedData").unwrap_or_default();
        for (index, (entry, place)) in list.iter().enumerate() {
            let (Static::Set(mut set), Some(directory)) = (passed_on(entry), directory(entry)) else {
                continue;
            };
            set.remove("directory");
            by_directory.entry(normal(directory)).or_default().push(Entry {
                name,
                index,
                attributes: Static::Set(set).show(),
                place: place.clone(),
            });
        }
        lists.insert(name, list.iter().map(|(entry, _)| passed_on(entry)).collect());
    }
    for (directory, group) in &by_directory {
        for (i, a) in group.iter().enumerate() {
            for b in group[i + 1..].iter().filter(|b| b.attributes != a.attributes) {
                let removed = lists[b.name][b.index].show();
                let rest = lists[b.name].iter().filter(|entry| entry.show() != removed).cloned();
                let fix = shown(rest.collect());
                let error = texts::persisted_twice(directory, a.name, b.name, context.subject(b.name), &fix);
                let reason = format!("the other entry stands at {}", a.place);
                found.push(fault(b.name, error).at(Some(b.place.clone())).reason(Some(reason)));
            }
        }
    }
}

/// Settings of a service that backs nothing up.
pub fn idle(context: &CheckContext, found: &mut Vec<Finding>) {
    for (name, service) in &context.contracts.services {
        let names = ["backupPaths"]
            .into_iter()
            .chain(context.schema.other_name("backupPaths"));
        let is_said = names.into_iter().any(|name| service.mentions(name));
        let is_empty = entries(context, service, "backupPaths").is_some_and(|paths| paths.is_empty());
        if !is_empty || (!is_said && fields::is_strict(context) != Some(false)) {
            continue;
        }
        let usual = format!("/var/lib/{name}");
        let directory = match service.value("dataDir", Static::Null) {
            Some(Static::Str(path)) => path,
            _ => usual,
        };
        let fix = shown(vec![Static::Str(directory)]);
        for field in ["backupCleanup", "backupExclude", "backupPrepare", "backupUnits"] {
            let is_nothing = |value: &Static| match value {
                Static::List(items) => items.is_empty(),
                Static::Str(_) | Static::Text => false,
                // Null, or what is left to evaluation.
                _ => true,
            };
            let effective = service.effective(field).unwrap_or_default();
            if let Some(set) = effective.iter().find(|definition| !is_nothing(&definition.value)) {
                let error = texts::idle_backup(context.subject(name), field, &fix);
                found.push(fault(name, error).at(Some(set.name_place())));
            }
        }
    }
}
