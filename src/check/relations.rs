//! What services need from others: dependencies that are on, backup settings that a job can take.

use std::collections::BTreeMap;

use super::services::{self, Service};
use super::statics::{Item, Static};
use super::texts;
use super::{CheckContext, Finding, circles, fault, schema};
use crate::error::Place;
use crate::plan::install::schema::job_field;
use crate::resolve::eval::{self, Eval};
use crate::rules::{ContractField, parts};

/// Modules of nixpkgs that enable a service for themselves, unless the switch below them is off.
const IMPLIED: [(&str, &[&str], &str); 11] = [
    ("immich", &["database", "enable"], "postgresql"),
    ("immich", &["redis", "enable"], "redis"),
    ("invidious", &["database", "createLocally"], "postgresql"),
    ("keycloak", &["database", "createLocally"], "postgresql"),
    ("mastodon", &["database", "createLocally"], "postgresql"),
    ("mastodon", &["redis", "createLocally"], "redis"),
    ("miniflux", &["createDatabaseLocally"], "postgresql"),
    ("nextcloud", &["configureRedis"], "redis"),
    ("paperless", &["settings", "PAPERLESS_REDIS"], "redis"),
    ("peertube", &["redis", "createLocally"], "redis"),
    ("sourcehut", &["redis", "enable"], "redis"),
];

/// Modules of nixpkgs that services are likely to need: which of them exist is not written in the repository.
const UPSTREAM: [&str; 14] = [
    "couchdb",
    "influxdb",
    "meilisearch",
    "memcached",
    "minio",
    "mongodb",
    "mosquitto",
    "mysql",
    "nginx",
    "ollama",
    "postgresql",
    "rabbitmq",
    "redis",
    "traefik",
];

/// What a service says in `dependsOn`: each element's value, and where it stands.
type Named = Vec<(Static, Place)>;

/// Every service that a service needs is on, another one, and named once; and none needs it in turn.
pub fn dependencies(context: &CheckContext, found: &mut Vec<Finding>) {
    let named: BTreeMap<&str, Named> = context
        .contracts
        .services
        .iter()
        .filter_map(|(name, service)| {
            let items = service.items(&context.reader, "dependsOn")?;
            let read = |item: Item| (context.reader.read(item.module, &item.expr), item.place());
            Some((name.as_str(), items.into_iter().map(read).collect()))
        })
        .collect();
    circles::check(context, &named, found);
    for (name, service) in &context.contracts.services {
        let mut told: Vec<&str> = Vec::new();
        for (value, place) in named.get(name.as_str()).into_iter().flatten() {
            let Some(dependency) = value.as_str().filter(|dependency| !told.contains(dependency)) else {
                continue;
            };
            told.push(dependency);
            if dependency == name || satisfied(context, service, dependency) != Some(false) {
                continue;
            }
            let known: Vec<String> = candidates(context);
            let is_upstream = !context.contracts.services.contains_key(dependency)
                && (UPSTREAM.contains(&dependency)
                    || !context.reader.model().under(&["services", dependency]).is_empty());
            let error = texts::dependency_not_enabled(context.subject(name), dependency, is_upstream);
            let near = crate::error::nearest(dependency, &known).filter(|near| *near != dependency);
            let error = match near {
                Some(near) => error.hint(format!("did you mean '{near}'?")),
                None => error,
            };
            found.push(fault(name, error).at(Some(place.clone())));
        }
    }
}

fn candidates(context: &CheckContext) -> Vec<String> {
    let services = [&context.contracts.services, &context.legacy.services];
    services.into_iter().flat_map(|s| s.keys().cloned()).collect()
}

/// Whether the dependency is on. One of a service that is itself disabled may be disabled too, as long as it is
/// declared.
fn satisfied(context: &CheckContext, service: &Service, dependency: &str) -> Option<bool> {
    let contract = match context.contracts.services.get(dependency) {
        Some(declared) => match (context.is_enabled(service), context.is_enabled(declared)) {
            (Some(false), _) | (_, Some(true)) => Some(true),
            (Some(true), Some(false)) => Some(false),
            _ => None,
        },
        None if context.contracts.open => None,
        None => Some(false),
    };
    let legacy = match context.legacy.services.get(dependency) {
        Some(declared) if declared.certain => Some(true),
        Some(_) => None,
        None if context.legacy.open => None,
        None => Some(false),
    };
    let answers = [
        contract,
        legacy,
        provided(context, service, dependency),
        upstream(context, dependency),
    ];
    match answers {
        _ if answers.contains(&Some(true)) => Some(true),
        _ if answers.contains(&None) => None,
        _ => Some(false),
    }
}

/// The collector enables PostgreSQL where it creates a database: the service's own, or one of a service that is on.
fn provided(context: &CheckContext, service: &Service, dependency: &str) -> Option<bool> {
    if dependency != "postgresql" {
        return Some(false);
    }
    match creates(service) {
        Some(true) => Some(true),
        own => match creates_databases(context) {
            Some(false) => own,
            others => others,
        },
    }
}

/// Whether the collector creates a database for a service that is on, and so turns PostgreSQL on.
pub fn creates_databases(context: &CheckContext) -> Option<bool> {
    let mut answer = Some(false);
    for other in context.contracts.services.values() {
        let theirs = match context.is_enabled(other) {
            Some(false) => Some(false),
            Some(true) => creates(other),
            None => creates(other).filter(|creates| !creates),
        };
        answer = match (answer, theirs) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (None, _) | (_, None) => None,
            _ => Some(false),
        };
    }
    answer
}

/// Whether the collector creates a database for the service.
fn creates(service: &Service) -> Option<bool> {
    let mut answer = Some(false);
    for definition in service.effective("databases")? {
        let Static::List(databases) = &definition.value else {
            return None;
        };
        for database in databases {
            let Static::Set(set) = database else { return None };
            let kind = set.get("type").map_or(Some("postgresql"), Static::as_str);
            let provision = match set.get("provision") {
                Some(value) => value.as_bool(),
                None => kind.map(|kind| kind == "postgresql"),
            };
            match (kind, provision) {
                (Some("postgresql"), Some(true)) => return Some(true),
                (Some(_), Some(_)) => {}
                _ => answer = None,
            }
        }
    }
    answer
}

/// A service of NixOS itself.
fn upstream(context: &CheckContext, dependency: &str) -> Option<bool> {
    let implied = IMPLIED.iter().filter(|(_, _, enabled)| *enabled == dependency);
    for (by, switch, _) in implied {
        let off = |path: &[&str]| enabled(context, path) == Some(false);
        let path = [&["services", by], *switch].concat();
        let unset = context.reader.model().definitions(&path).is_empty();
        if !off(&["services", by, "enable"]) && (unset || !off(&path)) {
            return None;
        }
    }
    match enabled(context, &["services", dependency, "enable"]) {
        Some(false) if dependency == "redis" => redis(context),
        answer => answer,
    }
}

/// Redis runs as one server or several.
fn redis(context: &CheckContext) -> Option<bool> {
    let servers = ["services", "redis", "servers"];
    let mut answer = Some(false);
    for (module, def) in context.reader.model().under(&servers) {
        if !context.reader.model().is_imported(module.source.path()) {
            continue;
        }
        let on = match def.name(servers.len()) {
            Some(name) => enabled(context, &[&servers[..], &[name, "enable"]].concat()),
            None if services::is_plain(def.value.as_ref()) => Some(false),
            None => None,
        };
        match on {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

/// The value of a switch that is declared outside the repository and off by default. What the collector defines is
/// not counted: it follows from the contracts.
fn enabled(context: &CheckContext, path: &[&str]) -> Option<bool> {
    let model = context.reader.model();
    let mut values: Vec<(u8, Option<bool>)> = Vec::new();
    for (module, def) in model.under(&path[..2]) {
        if !model.is_imported(module.source.path()) || module.source.path() == context.collector {
            continue;
        }
        let above = def.path.len() < path.len() && path.iter().zip(&def.path).all(|(a, b)| b.as_deref() == Some(*a));
        if above && !services::is_plain(def.value.as_ref()) {
            return None;
        }
        if !def.is(path) {
            continue;
        }
        match Eval::new(model, module).holds(&def.context.conditions) {
            Ok(true) => values.push((eval::rank(def), context.reader.definition(module, def).as_bool())),
            Ok(false) => {}
            Err(_) => return None,
        }
    }
    let strongest = values.iter().map(|(rank, _)| *rank).min();
    let mut answer = Some(false);
    for (_, value) in values.into_iter().filter(|(rank, _)| Some(*rank) == strongest) {
        match value {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

/// Backup settings that the repository's own jobs have no option for would be lost without a word.
pub fn backups(context: &CheckContext, found: &mut Vec<Finding>) {
    let rules = context.rules();
    let jobs = &rules.namespaces.backups;
    let Some(schema) = schema::of_option(context.reader.model(), &parts(jobs)) else {
        return;
    };
    if schema.open || schema.fields.is_empty() {
        return;
    }
    for (name, service) in &context.contracts.services {
        for kind in ContractField::of_backups() {
            let field = &kind.path();
            let names: Vec<&str> = rules.backup_fields_of(&kind).collect();
            if names.iter().any(|option| schema.fields.contains_key(*option)) {
                continue;
            }
            // Of several names none of which there is, the collector keeps the one that it came with.
            let Some(option) = job_field(&kind).or(names.first().copied()) else {
                continue;
            };
            let set = match service.value(field, Static::Null) {
                Some(Static::Null) | None => false,
                Some(Static::List(items)) => !items.is_empty(),
                Some(_) => true,
            };
            if !set {
                continue;
            }
            let place = service.effective(field).and_then(|d| d.first().map(|d| d.name_place()));
            found.push(fault(name, texts::backup_setting(name, field, jobs, option)).at(place));
        }
    }
}
