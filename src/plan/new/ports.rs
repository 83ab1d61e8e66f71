//! The ports that services listen on, as far as the code alone says.

use std::collections::BTreeMap;

use crate::address::Url;
use crate::plan::model::Context;
use crate::resolve::{Known, Value};
use crate::rules::{ContractField, parts};

/// Where free ports are looked for first.
const FIRST: u16 = 8000;

/// Every port that a service names, in its port or in its URL, with the service's name.
pub fn users(context: &Context) -> BTreeMap<u16, String> {
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
                found.entry(port).or_insert_with(|| service.to_owned());
            }
        }
    }
    found
}

/// The port on this machine that a URL leads to.
fn local_port(url: &str) -> Option<u16> {
    Url::parse(url).filter(Url::is_local)?.port
}

/// A port that no service names.
pub fn free(context: &Context) -> u16 {
    let users = users(context);
    (FIRST..=u16::MAX)
        .find(|port| !users.contains_key(port))
        .unwrap_or(FIRST)
}
