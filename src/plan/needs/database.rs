//! A database that a service uses, as its contract declares it.

use super::said::ConnectionLiteral;
use super::texts;
use crate::error::Place;
use crate::syntax;

/// What the schema (`nix/options.nix`, `database`) says where a contract does not.
const DEFAULT_KIND: &str = "postgresql";
const USUAL_PORTS: [(&str, u16); 4] = [
    ("postgresql", 5432),
    ("mysql", 3306),
    ("mongodb", 27017),
    ("redis", 6379),
];

/// A database, as the contract declares it. The collector never makes it: what is found is made already, by a container
/// or by the service's own NixOS module. That holds for `services.postgresql.ensureDatabases` too: moved, its entry would
/// change its place among those of other modules, and its user would lose what else is said of it.
#[derive(Clone, Debug)]
pub struct Database {
    pub kind: &'static str,
    pub name: String,
    pub user: String,
    pub host: String,
    /// `None` for a socket, which has no port to be said.
    pub port: Option<u16>,
    /// The literals by which it is known: those of every definition that leads to it, which may have another user or host.
    pub said: Vec<ConnectionLiteral>,
    /// How it is known.
    pub why: String,
}

impl Database {
    /// As a line of the plan.
    pub fn line(&self) -> String {
        texts::database_move(self.kind, &self.name, &self.why)
    }

    /// As an element of the contract's `databases`, as source, without what the schema says anyway.
    pub fn text(&self) -> String {
        let string = |field: &str, value: &str, default: &str| match value == default {
            true => String::new(),
            false => format!("{field} = {};\n", syntax::string_text(value)),
        };
        let is_usual = |port: &u16| USUAL_PORTS.contains(&(self.kind, *port));
        let port = self.port.filter(|port| !is_usual(port));
        let port = port.map(|port| format!("port = {port};\n")).unwrap_or_default();
        // Only PostgreSQL would be provisioned.
        let provision = match self.kind == DEFAULT_KIND {
            true => "provision = false;\n",
            false => "",
        };
        format!(
            "{{\n{}name = {};\n{}{}{port}{provision}}}\n",
            string("type", self.kind, DEFAULT_KIND),
            syntax::string_text(&self.name),
            string("user", &self.user, &self.name),
            string("host", &self.host, "127.0.0.1"),
        )
    }
}

/// What is not known of a database.
pub struct Missing {
    pub why: String,
    pub place: Place,
}
