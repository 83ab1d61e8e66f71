//! What there is of a service to look at on the machine.

use super::read::Field;
use super::{Context, hosts};
use crate::plan::vmtest;
use crate::resolve::value::{Known, Value};
use crate::rules::parts;

/// What runs of a service that has its contract, and where it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The hosts on which it is not known to be off, of those that import the server's modules.
    pub hosts: Vec<String>,
    /// The units that its module names, as far as they are known.
    pub units: Vec<String>,
    /// The address of its route, if it has one and the code says which.
    pub url: Option<String>,
}

/// What there is to look at of the service `name`; nothing where it is off.
pub fn look_at(context: &Context, name: &str) -> Look {
    let mut hosts: Vec<String> = hosts::serving(context.repo);
    hosts.retain(|host| runs_on(context, host, name));
    if hosts.is_empty() {
        return Look::default();
    }
    let namespace = parts(&context.rules().namespaces.contract);
    let path: Vec<&str> = namespace.into_iter().chain([name]).collect();
    let module = context.model.under(&path).into_iter().map(|(module, _)| module);
    // The module that says what it is runs it; a host's settings only turn it on.
    let mut module = module.filter(|module| module.source.path() != context.host.settings);
    Look {
        units: module
            .next()
            .map_or_else(Vec::new, |module| vmtest::units(context, module, name)),
        url: url(context, name),
        hosts,
    }
}

/// Whether the service is not known to be off on a host.
fn runs_on(context: &Context, host: &str, name: &str) -> bool {
    let enabled = |context: &Context| {
        let enable = Field::of(context, &context.rules().namespaces.contract, name, "enable");
        enable.is_some_and(|enable| !matches!(enable.value(), Value::Known(Known::Bool(false))))
    };
    if host == context.host.name {
        return enabled(context);
    }
    let Ok(host) = hosts::find(context.repo, Some(host)) else {
        return false;
    };
    let model = hosts::model_after(context.repo, &host, context.model);
    enabled(&Context {
        model: &model,
        host: &host,
        ..*context
    })
}

fn url(context: &Context, name: &str) -> Option<String> {
    let field = |field| Field::of(context, &context.rules().namespaces.contract, name, field);
    if !matches!(field("exposed")?.value(), Value::Known(Known::Bool(true))) {
        return None;
    }
    let domain = field("domain")?.string().ok()?;
    let subdomain = match field("subdomain") {
        Some(said) => said.string().ok()?,
        None => name.to_owned(),
    };
    Some(match subdomain.as_str() {
        "" => format!("https://{domain}"),
        subdomain => format!("https://{subdomain}.{domain}"),
    })
}
