//! Databases: each is used by one service, what is to be created can be and can be connected to, and names are in plain
//! sight.

use std::collections::BTreeMap;

use super::services::Service;
use super::statics::{Item, Static};
use super::texts;
use super::types::Type;
use super::{CheckContext, Finding, fault, storage, warning};
use crate::address;
use crate::error::Place;
use crate::resolve::module;
use crate::syntax::{self, ast};

/// A database of a service, with the defaults filled in.
#[derive(Clone)]
struct Database<'g> {
    service: &'g str,
    /// Its index in the service's list.
    index: usize,
    set: BTreeMap<String, Static>,
    place: Place,
}

impl Database<'_> {
    fn text(&self, field: &str) -> Option<&str> {
        self.set.get(field)?.as_str()
    }
}

/// Checks the databases of all services.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    let mut all: Vec<Database> = Vec::new();
    let mut lists: BTreeMap<&str, Vec<Static>> = BTreeMap::new();
    for (name, service) in &context.contracts.services {
        let items = service.items(&context.reader, "databases").unwrap_or_default();
        for item in &items {
            hidden_name(name, item, found);
        }
        if let Some(databases) = of_service(context, name, service, &items) {
            let sets = databases.iter().map(|d| Static::Set(d.set.clone())).collect();
            lists.insert(name, sets);
            all.extend(databases);
        }
    }
    let change = |database: &Database, field: &[(&str, Static)]| changed(&lists[database.service], database, field);
    duplicates(context, &all, &change, found);
    creation(context, &all, &change, found);
}

/// Where a database is: equal for two that are the same but for their names. `None` where that is not known.
fn server(database: &Database) -> Option<String> {
    let kind = database.text("type")?;
    let host = database.text("host")?;
    let port = match database.set.get("port")? {
        Static::Null => String::new(),
        port => port.show()?,
    };
    let is_here = host.starts_with('/') || address::is_local(&host.to_ascii_lowercase());
    // Redis has one socket for each server, the others have them beside their port.
    Some(match is_here && !(kind == "redis" && host.starts_with('/')) {
        true => format!("{kind} here {port}"),
        false => format!("{kind} {} {port}", host.to_ascii_lowercase()),
    })
}

/// What no two databases have both. A file's path that does not begin at the root begins somewhere in its service.
fn key(database: &Database) -> Option<String> {
    let name = database.text("name")?;
    match database.text("type")? {
        "sqlite" if name.starts_with('/') => Some(format!("sqlite {}", storage::normal(name))),
        "sqlite" => Some(format!("sqlite {} {name}", database.service)),
        _ => Some(format!("{} {name}", server(database)?)),
    }
}

/// A name that is not used. Databases of redis are numbers.
fn unused(all: &[Database], database: &Database, name: &str) -> String {
    let is_number = !name.is_empty() && name.chars().all(|c| c.is_ascii_digit());
    if database.text("type") != Some("redis") || !is_number {
        return format!("{name}_{}", database.service.replace('-', "_"));
    }
    let own = server(database);
    let taken: Vec<&str> = all
        .iter()
        .filter(|other| other.text("type") == Some("redis") && server(other) == own)
        .filter_map(|other| other.text("name"))
        .collect();
    let mut numbers = (0..=all.len()).map(|number| number.to_string());
    numbers.find(|number| !taken.contains(&&**number)).unwrap_or_default()
}

fn duplicates(
    context: &CheckContext,
    all: &[Database],
    change: &impl Fn(&Database, &[(&str, Static)]) -> String,
    found: &mut Vec<Finding>,
) {
    let mut by_key: BTreeMap<String, Vec<&Database>> = BTreeMap::new();
    for database in all {
        if let Some(key) = key(database) {
            by_key.entry(key).or_default().push(database);
        }
    }
    for group in by_key.into_values() {
        for (i, a) in group.iter().enumerate() {
            for b in &group[i + 1..] {
                let name = b.text("name").unwrap_or_default();
                let new = Static::Str(unused(all, b, name));
                let mut fields = vec![("name", new.clone())];
                if b.text("user") == Some(name) {
                    fields.push(("user", new));
                }
                let fix = change(b, &fields);
                let error = texts::duplicate_database(name, a.service, b.service, context.subject(b.service), &fix);
                let reason = format!("'{}' has it at {}", a.service, a.place);
                found.push(fault(b.service, error).at(Some(b.place.clone())).reason(Some(reason)));
            }
        }
    }
}

/// Names that containers have for the machine that they run on.
const MACHINE: [&str; 2] = ["host.containers.internal", "host.docker.internal"];

fn creation(
    context: &CheckContext,
    all: &[Database],
    change: &impl Fn(&Database, &[(&str, Static)]) -> String,
    found: &mut Vec<Finding>,
) {
    let listening = context.listeners().postgresql_port().map(|(port, _)| i64::from(port));
    for database in all {
        let provision = database.set.get("provision").and_then(Static::as_bool) == Some(true);
        let (Some(kind), Some(name), true) = (database.text("type"), database.text("name"), provision) else {
            continue;
        };
        let subject = context.subject(database.service);
        let port = match database.set.get("port") {
            Some(Static::Int(port)) => Some(*port),
            _ => None,
        };
        let is_socket = |host: &str| host.starts_with('/');
        let is_here =
            |host: &str| is_socket(host) || MACHINE.contains(&host) || address::is_local(&host.to_ascii_lowercase());
        let elsewhere = || change(database, &[("provision", Static::Bool(false))]);
        let error = match (database.text("host"), port, listening) {
            _ if kind != "postgresql" => texts::cannot_create(subject, name, kind, &elsewhere()),
            (Some(host), ..) if !is_here(host) => texts::created_elsewhere(subject, name, host, &elsewhere()),
            (Some(_), Some(port), Some(listening)) if port != listening => {
                let fix = change(database, &[("port", Static::Int(listening))]);
                texts::created_at_another_port(subject, name, [port, listening], &fix)
            }
            (Some(host), Some(_), Some(_)) if !is_socket(host) && lacks_password(context, database) => {
                let file = format!("/run/secrets/server/{}/database-password", database.service);
                let fix = change(database, &[("passwordFile", Static::Str(file))]);
                texts::no_password(subject, name, &fix)
            }
            _ => continue,
        };
        found.push(fault(database.service, error).at(Some(database.place.clone())));
    }
}

/// Whether nobody can log in by TCP: the user has no password, and PostgreSQL trusts nobody. A contract from before
/// there were passwords in it is left to the evaluation.
fn lacks_password(context: &CheckContext, database: &Database) -> bool {
    matches!(database.set.get("passwordFile"), Some(Static::Null)) && !context.listeners().may_trust()
}

/// The service's databases, if the list is one that its field takes.
fn of_service<'g, 'a>(
    context: &CheckContext<'a>,
    name: &'g str,
    service: &Service<'a>,
    items: &[Item<'a>],
) -> Option<Vec<Database<'g>>> {
    let spec = context.schema.fields.get("databases")?;
    let wrong = |value: &Static| spec.ty.takes(value) == Some(false);
    if service.effective("databases")?.iter().any(|d| wrong(&d.value)) {
        return None;
    }
    let read = |(index, item): (usize, &Item<'a>)| {
        let Static::Set(set) = context.reader.read(item.module, &item.expr) else {
            return None;
        };
        Some(Database {
            service: name,
            index,
            set: with_defaults(context, set),
            place: item.place(),
        })
    };
    items.iter().enumerate().map(read).collect()
}

/// The set with the defaults of the schema: those that depend on other attributes are the contract's own.
fn with_defaults(context: &CheckContext, mut set: BTreeMap<String, Static>) -> BTreeMap<String, Static> {
    let Some(Type::ListOf(inner)) = context.schema.fields.get("databases").map(|f| &f.ty) else {
        return set;
    };
    let Type::Submodule(schema) = &**inner else { return set };
    for (name, field) in &schema.fields {
        if let (false, Some(default)) = (set.contains_key(name), &field.default) {
            set.insert(name.clone(), default.clone());
        }
    }
    let kind = set.get("type").and_then(Static::as_str).map(str::to_owned);
    let is_postgresql = kind.as_deref().map(|kind| kind == "postgresql");
    let provision = match set.get("provision") {
        Some(said) => said.as_bool(),
        None => is_postgresql,
    };
    let is_created = match (provision, is_postgresql) {
        (Some(provision), Some(is_postgresql)) => Some(provision && is_postgresql),
        _ => None,
    };
    let host = is_created.map(|created| if created { "/run/postgresql" } else { "127.0.0.1" });
    // A contract from before there were passwords in it has the usual port for all.
    let follows = schema.fields.contains_key("passwordFile");
    let port = match kind.as_deref() {
        Some("postgresql") => match is_created {
            Some(true) if follows => {
                let listening = context.listeners().postgresql_port();
                listening.map(|(port, _)| Static::Int(port.into()))
            }
            None if follows => None,
            _ => Some(Static::Int(5432)),
        },
        Some("mysql") => Some(Static::Int(3306)),
        Some("mongodb") => Some(Static::Int(27017)),
        Some("redis") => Some(Static::Int(6379)),
        Some("sqlite") => Some(Static::Null),
        _ => None,
    };
    let computed = [
        ("user", set.get("name").cloned()),
        ("host", host.map(|host| Static::Str(host.to_owned()))),
        ("port", port),
        ("provision", is_postgresql.map(Static::Bool)),
    ];
    for (name, value) in computed {
        if let (false, true, Some(value)) = (set.contains_key(name), schema.fields.contains_key(name), value) {
            set.insert(name.to_owned(), value);
        }
    }
    set
}

/// The service's list with some attributes of one database changed, as Nix.
fn changed(list: &[Static], database: &Database, fields: &[(&str, Static)]) -> String {
    let mut list = list.to_vec();
    let before = Static::Set(database.set.clone()).show();
    for (index, each) in list.iter_mut().enumerate() {
        let same = index == database.index || (before.is_some() && each.show() == before);
        if let (true, Static::Set(set)) = (same, &mut *each) {
            set.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        if let Static::Set(set) = each
            && matches!(set.get("passwordFile"), Some(Static::Null))
        {
            set.remove("passwordFile");
        }
    }
    Static::List(list).show().unwrap_or_else(|| "…".to_owned())
}

/// Pattern 3: the name stands in plain sight.
fn hidden_name(service: &str, item: &Item, found: &mut Vec<Finding>) {
    let ast::Expr::AttrSet(set) = syntax::unparen(item.expr.clone()) else {
        return;
    };
    let name = module::attribute(&set, "name");
    let plain = matches!(&name, Some(ast::Expr::Str(string)) if syntax::string_value(string).is_some());
    if let (Some(_), false) = (&name, plain) {
        found.push(warning(service, texts::database_name(service)).at(Some(item.place())));
    }
}
