//! What a service needs besides itself: the services that it is of no use without, and its databases.

mod address;
mod containers;
pub mod database;
pub mod databases;
pub mod depends;
mod environments;
pub mod own;
pub mod reads;
pub mod said;
mod servers;
mod state;
pub mod texts;
mod uses;

use database::Database;

use super::Skipped;
use super::model::{Context, ServiceFacts};

/// A service that another one depends on, and how that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The name of its contract, or its name below `services`.
    pub on: String,
    /// The reason, as the end of "jellyfin, since …".
    pub why: String,
}

/// What is proposed, and what is left to a person.
#[derive(Default)]
pub struct Requirements {
    pub depends: Vec<Dependency>,
    pub databases: Vec<Database>,
    /// Whether a database was found, declared or left.
    pub has_database: bool,
    /// Databases that its contract does not declare, since something of them is not known.
    pub open_databases: Vec<Skipped>,
    /// What else is left to a person.
    pub left: Vec<Skipped>,
}

impl Requirements {
    /// What the service needs.
    pub fn of(context: &Context, facts: &ServiceFacts) -> Requirements {
        let mut needs = Requirements::default();
        depends::collect(context, facts, &mut needs);
        databases::collect(context, facts, &mut needs);
        needs
    }

    /// The list of the contract's `databases`, as source.
    pub fn databases_text(&self) -> String {
        let elements: String = self.databases.iter().map(Database::text).collect();
        format!("databases = [\n{elements}];\n")
    }

    /// The list of the contract's `dependsOn`, as source.
    pub fn depends_text(&self) -> String {
        let names: Vec<String> = self
            .depends
            .iter()
            .map(|dependency| crate::syntax::string_text(&dependency.on))
            .collect();
        format!("dependsOn = [{}];\n", names.join(" "))
    }
}

/// The servers of databases among the modules of NixOS, below `services`, in which services keep their data.
pub const DATABASE_SERVERS: [&str; 4] = ["postgresql", "mysql", "mongodb", "couchdb"];

/// Whether an address of this scheme (RFC 3986, section 3.1) is that of a database.
pub fn is_database_address(scheme: &str) -> bool {
    let scheme = scheme.split('+').next().unwrap_or_default();
    ["mongodb", "redis", "rediss", "couchdb"].contains(&scheme) || servers::of_alias(scheme).is_some()
}

/// Services, each with those that it depends on.
fn needed(context: &Context, services: Vec<String>) -> Vec<(String, Vec<String>)> {
    let with_needs = |name: String| {
        let needs = ServiceFacts::collect(context, &name).map(|facts| depends::services(context, &facts));
        (name, needs.unwrap_or_default())
    };
    services.into_iter().map(with_needs).collect()
}

/// `services`, those that others depend on before those. Services that depend on each other have no order: the first of
/// them begins.
pub fn ordered(context: &Context, services: Vec<String>) -> Vec<String> {
    let mut open = needed(context, services);
    let mut ordered = Vec::new();
    while !open.is_empty() {
        let waits = |(name, needs): &(String, Vec<String>)| {
            needs
                .iter()
                .any(|need| need != name && open.iter().any(|(other, _)| other == need))
        };
        let next = open.iter().position(|service| !waits(service)).unwrap_or(0);
        ordered.push(open.remove(next).0);
    }
    ordered
}
