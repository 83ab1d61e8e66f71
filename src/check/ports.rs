//! Ports: those a service listens on, and those that its url leads to on this machine, are used once.

use std::collections::BTreeMap;

use super::services::{Definition, Service};
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, fault};
use crate::error::Place;
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
}

/// Every two services that use one port, unless both are legacy.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    let claims = claims(context);
    let clashes = clashes(&claims);
    let free = free_ports(&claims, &clashes);
    for (a, b) in clashes {
        let claim = moved(a, b);
        let other = if std::ptr::eq(claim, a) { b } else { a };
        let port = free[&(claim.name, claim.field)];
        let value = match &claim.url {
            Some(url) => syntax::string_text(&url.replace(&format!(":{}", claim.port), &format!(":{port}"))),
            None => port.to_string(),
        };
        let subject = context.subject(claim.name);
        let error = texts::port_conflict(claim.port, a.name, b.name, subject, claim.field, &value);
        let reason = other
            .place
            .as_ref()
            .map(|place| format!("'{}' has it at {place}", other.name));
        found.push(fault(claim.name, error).at(claim.place.clone()).reason(reason));
    }
}

fn claims<'g>(context: &'g CheckContext) -> Vec<Claim<'g>> {
    let mut claims = Vec::new();
    for (name, service) in &context.contracts.services {
        let port = match service.value("port", Static::Null) {
            Some(Static::Int(port)) => u16::try_from(port).ok(),
            _ => None,
        };
        claims.extend(port.map(|port| Claim {
            name,
            movable: true,
            field: "port",
            port,
            place: place(service, "port"),
            url: None,
        }));
        claims.extend(url_claim(name, service, true).filter(|claim| Some(claim.port) != port));
    }
    let certain = context.legacy.services.iter().filter(|(_, service)| service.certain);
    claims.extend(certain.filter_map(|(name, service)| url_claim(name, service, false)));
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
        port: local_port(url)?,
        place: place(service, "url"),
        url: Some(url.to_owned()),
    })
}

fn place(service: &Service, field: &str) -> Option<Place> {
    service.effective(field)?.first().map(|d| Definition::place(d))
}

/// The port of a URL that leads to this machine.
pub fn local_port(url: &str) -> Option<u16> {
    let (scheme, rest) = url.split_once("://")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if scheme.is_empty() || !scheme.chars().all(plain) {
        return None;
    }
    let authority = rest.split('/').next()?;
    let (host, port) = authority.rsplit_once(':')?;
    let loopback = host
        .strip_prefix("127.")
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let local = loopback || matches!(host, "0.0.0.0" | "localhost" | "[::]" | "[::1]");
    (local && !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        .then(|| port.parse().ok())
        .flatten()
}

/// Pairs of claims to one port, in the collector's order.
fn clashes<'c, 'g>(claims: &'c [Claim<'g>]) -> Vec<(&'c Claim<'g>, &'c Claim<'g>)> {
    let mut by_port: BTreeMap<String, Vec<&Claim>> = BTreeMap::new();
    for claim in claims {
        by_port.entry(claim.port.to_string()).or_default().push(claim);
    }
    let mut clashes = Vec::new();
    for group in by_port.into_values() {
        for (i, a) in group.iter().enumerate() {
            clashes.extend(
                group[i + 1..]
                    .iter()
                    .filter(|b| a.movable || b.movable)
                    .map(|b| (*a, *b)),
            );
        }
    }
    clashes
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
