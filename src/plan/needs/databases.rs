//! The databases that a service uses: what its containers, its units and the options of its own module say of them.

use super::database::{Database, Missing};
use super::environments;
use super::own::ServiceDefs;
use super::servers::{self, Partial};
use super::{Requirements, texts};
use crate::plan::Skipped;
use crate::plan::model::{self, Context, ServiceFacts};
use crate::rules::{ContractField, parts};

/// Adds the service's databases.
pub fn collect(context: &Context, facts: &ServiceFacts, needs: &mut Requirements) {
    let (found, left) = find(context, facts);
    needs.has_database = !found.is_empty() || !left.is_empty();
    if facts.says(&ContractField::Databases) {
        return;
    }
    needs.open_databases.extend(left);
    for database in found {
        match taken(context, facts, &database) {
            Some(other) => needs.open_databases.push(Skipped {
                what: texts::database_left(&database.name),
                place: None,
                why: texts::database_taken(&database.name, &other),
                next: Some(texts::DATABASE_TAKEN_NEXT.to_owned()),
            }),
            None => needs.databases.push(database),
        }
    }
}

/// Whether the service keeps data in a database, as far as its definitions tell.
pub fn has_some(context: &Context, facts: &ServiceFacts) -> bool {
    let (found, left) = find(context, facts);
    !found.is_empty() || !left.is_empty()
}

/// What the service's own definitions say, whoever else says the same.
fn find(context: &Context, facts: &ServiceFacts) -> (Vec<Database>, Vec<Skipped>) {
    let own = ServiceDefs::of(context, facts);
    let file = ServiceDefs::file(context, facts);
    let mut servers = servers::in_containers(&own, &file);
    servers.extend(servers::ensured(&own));
    let mut clients = servers::in_options(&own);
    let (in_environments, mut left) = environments::of(&own, &servers);
    clients.extend(in_environments);
    let mut found: Vec<Database> = Vec::new();
    let mut add = |database: Database| {
        let same = |other: &&mut Database| (other.kind, &other.name) == (database.kind, &database.name);
        match found.iter_mut().find(same) {
            Some(known) => known.said.extend(database.said),
            None => found.push(database),
        }
    };
    let mut used = vec![false; servers.len()];
    for client in &clients {
        let fits: Vec<usize> = (0..servers.len()).filter(|i| client.fits(&servers[*i])).collect();
        fits.iter().for_each(|i| used[*i] = true);
        let whole = match fits.as_slice() {
            [one] => client.with(&servers[*one]),
            _ => client.clone(),
        };
        match whole.complete() {
            Ok(database) => add(database),
            Err(missing) => left.push(whole.left(missing)),
        }
    }
    for (server, _) in servers.iter().zip(&used).filter(|(_, used)| !**used) {
        match server.complete() {
            Ok(database) => add(database),
            Err(missing) => left.push(server.left(missing)),
        }
    }
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    left.dedup_by(|a, b| a.what == b.what && a.why == b.why);
    (found, left)
}

/// The other service that declares a database of the same name: the contracts' check takes each name once. Of several
/// services the first by name declares it, whichever is migrated first.
fn taken(context: &Context, service: &ServiceFacts, database: &Database) -> Option<String> {
    let rules = context.rules();
    let contract = parts(&rules.namespaces.contract);
    for (module, def) in context.model.under(&contract) {
        let (Some(other), Some(value)) = (def.name(contract.len()), &def.value) else {
            continue;
        };
        let field = def.path.len() == contract.len() + 2 && def.name(contract.len() + 1) == Some("databases");
        if field && other != service.name && servers::lists(context, module, value, database) {
            return Some(other.to_owned());
        }
    }
    let services = parts(&rules.namespaces.services);
    let mentions = |name: &str| {
        let declarations = model::topmost(context.model, &[&services[..], &[name]].concat());
        declarations
            .iter()
            .any(|declaration| declaration.module.source.text().contains(&database.name))
    };
    let legacy = model::legacy_names(context.model, rules);
    let mut before = legacy.into_iter().filter(|name| *name < service.name && mentions(name));
    before.find(|name| {
        let same = |found: &Database| (found.kind, &found.name) == (database.kind, &database.name);
        ServiceFacts::collect(context, name).is_ok_and(|other| find(context, &other).0.iter().any(same))
    })
}

impl Partial {
    /// What is left of a database of which something is not known.
    fn left(&self, missing: Missing) -> Skipped {
        Skipped {
            what: texts::database_of(&self.what),
            place: Some(missing.place),
            why: missing.why,
            next: Some(texts::DATABASE_NEXT.to_owned()),
        }
    }
}
