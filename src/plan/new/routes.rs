//! The hosts that services are routed by, as far as the code alone says.

use std::collections::BTreeMap;

use super::{Exposure, Wanted};
use crate::address;
use crate::error::{self, Place, Result};
use crate::plan::model::Context;
use crate::resolve::{Eval, Known, Module, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// What a service says of its route.
#[derive(Default)]
struct Route {
    exposed: Option<bool>,
    subdomain: Option<String>,
    /// Whether its domain is that of a new service.
    other_domain: bool,
    /// Whether its subdomain is computed.
    unknown: bool,
    place: Option<Place>,
}

/// Refuses a subdomain that is none, and a host that another service has.
pub fn unused(context: &Context, wanted: &Wanted) -> Result<()> {
    if wanted.exposure == Exposure::None {
        return Ok(());
    }
    check_subdomain(context, wanted.subdomain.as_deref().unwrap_or(&wanted.name))
}

/// Refuses a subdomain that is none, and one whose host another service has.
///
/// # Errors
/// `bad-subdomain`, `host-in-use`.
pub fn check_subdomain(context: &Context, subdomain: &str) -> Result<()> {
    if !address::is_subdomain(subdomain) {
        return Err(error::evolve::bad_subdomain(subdomain));
    }
    let namespaces = &context.rules().namespaces;
    for (namespace, is_contract) in [(&namespaces.contract, true), (&namespaces.services, false)] {
        for (name, route) in routes(context, namespace) {
            // A contract's subdomain is its name where it says nothing; a legacy service is always routed.
            let theirs = route.subdomain.or_else(|| is_contract.then(|| name.clone()));
            let same = theirs.is_some_and(|theirs| theirs.eq_ignore_ascii_case(subdomain));
            let routed = route.exposed.unwrap_or(!is_contract);
            if let (true, true, false, false, Some(place)) =
                (same, routed, route.unknown, route.other_domain, route.place)
            {
                return Err(error::evolve::host_in_use(place, &shown(context, subdomain), &name));
            }
        }
    }
    Ok(())
}

/// The host as it is said: with the domain where the code has it.
fn shown(context: &Context, subdomain: &str) -> String {
    let module = context.model.modules().next();
    match module.and_then(|module| domain(context, module, module.body.syntax())) {
        Some(domain) => address::host(subdomain, &domain),
        None => subdomain.to_owned(),
    }
}

/// The domain of a new service, as it is known at a node of a module.
fn domain(context: &Context, module: &Module, at: &SyntaxNode) -> Option<String> {
    let path = context.rules().values.domain.strip_prefix("config.")?;
    match Eval::new(context.model, module).option_value(&parts(path), at) {
        Value::Known(Known::Str(domain)) => Some(domain),
        _ => None,
    }
}

fn routes(context: &Context, namespace: &str) -> BTreeMap<String, Route> {
    let prefix = parts(namespace);
    let mut found: BTreeMap<String, Route> = BTreeMap::new();
    for (module, def) in context.model.under(&prefix) {
        let (Some(service), Some(value)) = (def.name(prefix.len()), &def.value) else {
            continue;
        };
        if def.path.len() != prefix.len() + 2 || !context.model.is_imported(module.source.path()) {
            continue;
        }
        let Some(name) = def.name(prefix.len() + 1) else {
            continue;
        };
        let route = found.entry(service.to_owned()).or_default();
        let place = || Some(module.source.place_of(value.syntax()));
        let known = context.eval(module).force(value);
        match (context.rules().field(namespace, name), known) {
            (Some(ContractField::Subdomain), Value::Known(Known::Str(subdomain))) => {
                route.subdomain = Some(subdomain);
                route.place = place();
            }
            (Some(ContractField::Subdomain), _) => route.unknown = true,
            (Some(ContractField::Exposed), Value::Known(Known::Bool(exposed))) => {
                route.exposed = Some(exposed);
                route.place = route.place.take().or_else(place);
            }
            (Some(ContractField::Domain), known) => route.other_domain = is_other(context, module, value, known),
            _ => {}
        }
    }
    found
}

/// Whether a service's domain may be another one than that of a new service.
fn is_other(context: &Context, module: &Module, value: &ast::Expr, known: Value) -> bool {
    if syntax::text_of(value.syntax()) == context.rules().values.domain {
        return false;
    }
    match (domain(context, module, value.syntax()), known) {
        (Some(own), Value::Known(Known::Str(theirs))) => !own.eq_ignore_ascii_case(&theirs),
        _ => true,
    }
}
