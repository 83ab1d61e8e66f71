//! Ports: those a service listens on, and those that its url leads to on this machine, are used once, and by nothing else
//! that the configuration lets listen.

use std::collections::BTreeMap;

use super::routes::place;
use super::services::Service;
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, fault, relations};
use crate::address::Url;
use crate::error::Place;
use crate::listeners::Listener;
use crate::syntax;

/// A port that a service uses.
struct Claim<'g> {
    name: &'g str,
    /// Whether the service has a contract, so that a fix can be given.
    movable: bool,
    field: &'static str,
    port: u16,
    place: Option<Place>,
    url: Option<String>,
    /// What claims it, where that is no service.
    listener: Option<Listener>,
}

/// Every two services that use one port, unless both are legacy.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    for (name, service) in &context.contracts.services {
        if let Some(Static::Int(0)) = service.value("port", Static::Null) {
            let example = context
                .schema
                .fields
                .get("port")
                .and_then(|field| field.example.clone());
            let example = example.unwrap_or_else(|| "…".to_owned());
            let expected = "a port between 1 and 65535";
            let error = texts::wrong_form(context.subject(name), "port", expected, "0", &example);
            found.push(fault(name, error).at(place(service, "port")));
        }
    }
    let claims = claims(context);
    let clashes = clashes(context, &claims);
    let free = free_ports(&claims, &clashes);
    for (a, b) in clashes {
        let claim = moved(a, b);
        let other = if std::ptr::eq(claim, a) { b } else { a };
        let port = free[&(claim.name, claim.field)];
        let value = match &claim.url {
            Some(url) => syntax::string_text(&Url::parse(url).map_or_else(|| url.clone(), |url| url.with_port(port))),
            None => port.to_string(),
        };
        let subject = context.subject(claim.name);
        let error = texts::port_conflict(claim.port, a.name, b.name, subject, claim.field, &value);
        let reason = other
            .place
            .as_ref()
            .map(|place| format!("'{}' has it at {place}", other.name));
        super::tell_once(found, fault(claim.name, error).at(claim.place.clone()).reason(reason));
    }
}

fn claims<'g>(context: &'g CheckContext) -> Vec<Claim<'g>> {
    let mut claims = Vec::new();
    for (name, service) in &context.contracts.services {
        let port = match service.value("port", Static::Null) {
            Some(Static::Int(port)) => u16::try_from(port).ok().filter(|port| *port != 0),
            _ => None,
        };
        // Where the url leads elsewhere, so does the port.
        let leads_away = match service.value("url", Static::Null) {
            Some(Static::Str(url)) => Url::parse(&url).is_some_and(|url| !url.is_local()),
            Some(_) => false,
            None => true,
        };
        claims.extend(port.filter(|_| !leads_away).map(|port| Claim {
            name,
            movable: true,
            field: "port",
            port,
            place: place(service, "port"),
            url: None,
            listener: None,
        }));
        claims.extend(url_claim(name, service, true).filter(|claim| Some(claim.port) != port));
    }
    let certain = context.legacy.services.iter().filter(|(_, service)| service.certain);
    claims.extend(certain.filter_map(|(name, service)| url_claim(name, service, false)));
    let creates = relations::creates_databases(context) == Some(true);
    claims.extend(context.listeners().all(creates).into_iter().map(|listener| Claim {
        name: listener.option,
        movable: false,
        field: "",
        port: listener.port,
        place: listener.place.clone(),
        url: None,
        listener: Some(listener),
    }));
    claims.sort_by_key(|claim| claim.name);
    claims
}

fn url_claim<'g>(name: &'g str, service: &Service, movable: bool) -> Option<Claim<'g>> {
    let value = service.value("url", Static::Null)?;
    let url = value.as_str()?;
    Some(Claim {
        name,
        movable,
        field: "url",
        port: Url::parse(url).filter(Url::is_local)?.port?,
        place: place(service, "url"),
        url: Some(url.to_owned()),
        listener: None,
    })
}

/// Whether a service runs what listens: by its name, its unit, or the file that says the port of both.
fn runs(context: &CheckContext, claim: &Claim, listener: &Listener) -> bool {
    let Some(service) = context.contracts.services.get(claim.name) else {
        return false;
    };
    let unit = service.value("unitName", Static::Null);
    let says = |unit: Static| unit.as_str().is_some_and(|unit| listener.is_unit(unit));
    let definitions = service.effective(claim.field).unwrap_or_default();
    let mut files = definitions.iter().map(|definition| definition.module.source.path());
    listener.is_service(claim.name)
        || unit.is_none_or(says)
        || files.any(|file| listener.files.iter().any(|other| other == file))
}

/// Pairs of claims to one port, in the collector's order.
fn clashes<'c, 'g>(context: &CheckContext, claims: &'c [Claim<'g>]) -> Vec<(&'c Claim<'g>, &'c Claim<'g>)> {
    let mut by_port: BTreeMap<String, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        by_port.entry(claim.port.to_string()).or_default().push(claim);
    }
    let is_own = |claim: &Claim, other: &Claim| {
        let listener = other.listener.as_ref();
        listener.is_some_and(|listener| runs(context, claim, listener))
    };
    by_port
        .into_values()
        .flat_map(|group| super::pairs(&group, |claim| (claim.name, claim.movable)))
        .filter(|(a, b)| !is_own(a, b) && !is_own(b, a))
        .collect()
}

/// The later of two moves, unless it is a legacy service.
fn moved<'c, 'g>(a: &'c Claim<'g>, b: &'c Claim<'g>) -> &'c Claim<'g> {
    if b.movable { b } else { a }
}

/// A port of its own for every claim that moves.
fn free_ports<'c, 'g>(
    claims: &[Claim<'g>],
    clashes: &[(&'c Claim<'g>, &'c Claim<'g>)],
) -> BTreeMap<(&'g str, &'static str), u16> {
    let mut found: BTreeMap<(&str, &str), u16> = BTreeMap::new();
    for (a, b) in clashes {
        let claim = moved(a, b);
        let mut port = claim.port;
        while claims.iter().any(|c| c.port == port) || found.values().any(|p| *p == port) {
            port = port.checked_add(1).unwrap_or(1024);
        }
        found.entry((claim.name, claim.field)).or_insert(port);
    }
    found
}
