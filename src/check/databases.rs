//! Databases: a name is used once for each kind of server, what is to be created can be, and names are in plain sight.

use std::collections::BTreeMap;

use super::services::Service;
use super::statics::{Item, Static};
use super::texts;
use super::types::Type;
use super::{CheckContext, Finding, fault, warning};
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

fn duplicates(
    context: &CheckContext,
    all: &[Database],
    change: &impl Fn(&Database, &[(&str, Static)]) -> String,
    found: &mut Vec<Finding>,
) {
    let mut by_name: BTreeMap<String, Vec<&Database>> = BTreeMap::new();
    for database in all {
        if let (Some(kind), Some(name)) = (database.text("type"), database.text("name")) {
            by_name.entry(format!("{kind} {name}")).or_default().push(database);
        }
    }
    for group in by_name.into_values() {
        for (i, a) in group.iter().enumerate() {
            for b in &group[i + 1..] {
                let name = b.text("name").unwrap_or_default();
                let new = Static::Str(format!("{name}_{}", b.service.replace('-', "_")));
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

fn creation(
    context: &CheckContext,
    all: &[Database],
    change: &impl Fn(&Database, &[(&str, Static)]) -> String,
    found: &mut Vec<Finding>,
) {
    for database in all {
        let provision = database.set.get("provision").and_then(Static::as_bool) == Some(true);
        let (Some(kind), Some(name), true) = (database.text("type"), database.text("name"), provision) else {
            continue;
        };
        let subject = context.subject(database.service);
        let error = match database.text("user") {
            _ if kind != "postgresql" => {
                let fix = change(database, &[("provision", Static::Bool(false))]);
                texts::cannot_create(subject, name, kind, &fix)
            }
            Some(user) if user != name => {
                let fix = change(database, &[("user", Static::Str(name.to_owned()))]);
                texts::other_owner(subject, name, user, &fix)
            }
            _ => continue,
        };
        found.push(fault(database.service, error).at(Some(database.place.clone())));
    }
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
    let port = match kind.as_deref() {
        Some("postgresql") => Some(Static::Int(5432)),
        Some("mysql") => Some(Static::Int(3306)),
        Some("mongodb") => Some(Static::Int(27017)),
        Some("redis") => Some(Static::Int(6379)),
        Some("sqlite") => Some(Static::Null),
        _ => None,
    };
    let computed = [
        ("user", set.get("name").cloned()),
        ("port", port),
        ("provision", kind.map(|kind| Static::Bool(kind == "postgresql"))),
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
        if let (true, Static::Set(set)) = (same, each) {
            set.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
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
