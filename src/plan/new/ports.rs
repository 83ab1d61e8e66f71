//! The ports that services listen on, as far as the code alone says.

use std::collections::BTreeMap;

use crate::address::Url;
use crate::error::Place;
use crate::listeners::Listeners;
use crate::plan::model::Context;
use crate::resolve::module::{self, Def};
use crate::resolve::{Known, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::AstNode as _;

/// Where free ports are looked for first.
const FIRST: u16 = 8000;

/// What listens on a port.
pub struct User {
    /// The service, or the option of what else listens.
    pub name: String,
    /// Where its port is said; `None` where it is the usual one.
    pub place: Option<Place>,
}

/// Every port that a service names, in its port or in its URL, with the service; and those on which other parts of
/// the configuration listen, with the option of what does.
pub fn users(context: &Context) -> BTreeMap<u16, User> {
    let namespaces = &context.rules().namespaces;
    let mut found = BTreeMap::new();
    for namespace in [&namespaces.contract, &namespaces.services] {
        let prefix = parts(namespace);
        for (module, def) in context.model.under(&prefix) {
            let (Some(service), Some(value)) = (def.name(prefix.len()), &def.value) else {
                continue;
            };
            if def.path.len() != prefix.len() + 2 {
                continue;
            }
            let field = def
                .name(prefix.len() + 1)
                .and_then(|name| context.rules().field(namespace, name));
            let port = match (field, context.eval(module).force(value)) {
                (Some(ContractField::Port), Value::Known(Known::Int(port))) => u16::try_from(port).ok(),
                (Some(ContractField::Url), Value::Known(Known::Str(url))) => local_port(&url),
                _ => None,
            };
            if let Some(port) = port {
                found.entry(port).or_insert_with(|| User {
                    name: service.to_owned(),
                    place: Some(module.source.place_of(value.syntax())),
                });
            }
        }
    }
    let collector = context.rules().paths.server.join("collector.nix");
    for listener in Listeners::new(context.model, &collector).all(creates_databases(context)) {
        found.entry(listener.port).or_insert_with(|| User {
            name: listener.option.to_owned(),
            place: listener.place,
        });
    }
    found
}

/// Whether a contract declares a database that the collector creates, for which it turns PostgreSQL on.
fn creates_databases(context: &Context) -> bool {
    let prefix = parts(&context.rules().namespaces.contract);
    let field = |def: &&Def| def.path.len() == prefix.len() + 2 && def.name(prefix.len() + 1) == Some("databases");
    context.model.under(&prefix).into_iter().any(|(module, def)| {
        let mut elements = Vec::new();
        if let Some(value) = def.value.as_ref().filter(|_| field(&def)) {
            crate::resolve::list::list_elements(value, &mut elements);
        }
        let eval = context.eval(module);
        elements.iter().any(|element| {
            let Value::Set(set) = eval.force(element) else {
                return false;
            };
            let said = |name: &str| module::attribute(&set, name).map(|value| eval.force(&value));
            let is_postgresql = match said("type") {
                None => true,
                Some(Value::Known(Known::Str(kind))) => kind == "postgresql",
                Some(_) => false,
            };
            let provision = said("provision").is_none_or(|said| matches!(said, Value::Known(Known::Bool(true))));
            is_postgresql && provision
        })
    })
}

/// The port on this machine that a URL leads to.
fn local_port(url: &str) -> Option<u16> {
    Url::parse(url).filter(Url::is_local)?.port
}

/// A port that nothing names.
pub fn free(context: &Context) -> u16 {
    let users = users(context);
    (FIRST..=u16::MAX)
        .find(|port| !users.contains_key(port))
        .unwrap_or(FIRST)
}
