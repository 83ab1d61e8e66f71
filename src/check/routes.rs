//! Routes: every host has one service, urls and names have their form, and private services the TLS options that they
//! ask for.

use std::collections::BTreeMap;

use super::middlewares::{self, Names};
use super::services::Service;
use super::statics::Static;
use super::texts;
use super::{CheckContext, Finding, Severity, TRAEFIK, fault, finding};
use crate::address::{self, Url};
use crate::error::Place;
use crate::rules::parts;
use crate::syntax;

/// Checks the routes of all services.
pub fn check(context: &CheckContext, found: &mut Vec<Finding>) {
    for (name, service) in &context.contracts.services {
        forms(context, name, service, found);
    }
    hosts(context, found);
    tls_options(context, found);
}

/// The place of a field's first definition.
pub fn place(service: &Service, field: &str) -> Option<Place> {
    service.effective(field)?.first().map(|d| d.place())
}

/// A field's value where it is a string.
fn text(service: &Service, field: &str, default: &str) -> Option<String> {
    let value = service.value(field, Static::Str(default.to_owned()))?;
    value.as_str().map(str::to_owned)
}

/// Values of the right type that have not the right form.
fn forms(context: &CheckContext, name: &str, service: &Service, found: &mut Vec<Finding>) {
    let subject = context.subject(name);
    let mut tell = |field: &str, expected: &str, value: &str, example: &str| {
        if address::is_placeholder(value) {
            return;
        }
        let error = texts::wrong_form(subject, field, expected, &syntax::string_text(value), example);
        found.push(fault(name, error).at(place(service, field)));
    };
    let given = |field: &str| service.value(field, Static::Null)?.as_str().map(str::to_owned);
    if let Some(domain) = given("domain")
        && !address::is_domain(&domain)
    {
        tell("domain", "a domain name", &domain, &context.domain_example());
    }
    if let Some(subdomain) = text(service, "subdomain", name)
        && !address::is_subdomain(&subdomain)
    {
        let own = if address::is_domain(name) { name } else { "service" };
        let expected = "a subdomain, \"*\" or the empty string";
        tell("subdomain", expected, &subdomain, &syntax::string_text(own));
    }
    if let Some(url) = given("url")
        && Url::parse(&url).is_none()
    {
        let example = context.schema.fields.get("url").and_then(|field| field.example.clone());
        let example = example.map_or_else(|| "…".to_owned(), |text| text.replace("jellyfin", name));
        tell("url", "a URL with a scheme and a host", &url, &example);
    }
}

/// A host that a service is routed by.
struct Host<'g> {
    name: &'g str,
    /// Whether the service has a contract.
    movable: bool,
    host: String,
    domain: String,
    place: Option<Place>,
}

fn all_hosts<'g>(context: &'g CheckContext) -> Vec<Host<'g>> {
    let mut hosts = Vec::new();
    for (name, service) in &context.contracts.services {
        let (Some(true), Some(domain), Some(subdomain)) = (
            service.is("exposed", false),
            service.value("domain", Static::Null),
            text(service, "subdomain", name),
        ) else {
            continue;
        };
        let Some(domain) = domain.as_str() else { continue };
        hosts.push(Host {
            name,
            movable: true,
            host: address::host(&subdomain, domain),
            domain: domain.to_owned(),
            place: place(service, "subdomain").or_else(|| context.anchor(service)),
        });
    }
    if let Some(domain) = context.domain() {
        for (name, service) in &context.legacy.services {
            let routed = service.certain && text(service, "url", "").is_some_and(|url| !url.is_empty());
            if let (true, Some((subdomain, place))) = (routed, legacy_subdomain(service)) {
                hosts.push(Host {
                    name,
                    movable: false,
                    host: address::host(&subdomain, &domain),
                    domain: domain.clone(),
                    place,
                });
            }
        }
    }
    hosts.sort_by_key(|host| host.name);
    hosts
}

/// The subdomain of a legacy service, in whose schema the field has either name.
fn legacy_subdomain(service: &Service) -> Option<(String, Option<Place>)> {
    for field in ["subdomain", "name"] {
        let value = text(service, field, "")?;
        if !value.is_empty() {
            return Some((value, place(service, field)));
        }
    }
    let only = service.sets("subdomain") && !service.mentions("name");
    only.then(|| (String::new(), place(service, "subdomain")))
}

fn hosts(context: &CheckContext, found: &mut Vec<Finding>) {
    let hosts = all_hosts(context);
    let mut by_host: BTreeMap<&str, Vec<&Host>> = BTreeMap::new();
    for host in &hosts {
        by_host.entry(&host.host).or_default().push(host);
    }
    for group in by_host.into_values() {
        for (a, b) in super::pairs(&group, |host| (host.name, host.movable)) {
            let (moved, other) = if b.movable { (b, a) } else { (a, b) };
            let subject = context.subject(moved.name);
            let value = syntax::string_text(&free(&hosts, moved));
            let error = texts::host_conflict(&moved.host, a.name, b.name, subject, &value);
            let reason = other
                .place
                .as_ref()
                .map(|at| format!("'{}' has it at {at}", other.name));
            super::tell_once(found, fault(moved.name, error).at(moved.place.clone()).reason(reason));
        }
    }
}

/// A subdomain by which no service is routed.
fn free(hosts: &[Host], moved: &Host) -> String {
    let candidates = std::iter::once(moved.name.to_owned()).chain((2..).map(|n| format!("{}-{n}", moved.name)));
    let is_taken = |subdomain: &String| {
        let host = address::host(subdomain, &moved.domain);
        hosts.iter().any(|other| other.host == host)
    };
    let mut free = candidates.skip_while(is_taken);
    free.next().unwrap_or_default()
}

/// Private services ask for client certificates by TLS options, which have to be there where the collector makes routes.
fn tls_options(context: &CheckContext, found: &mut Vec<Finding>) {
    if context.feeds_traefik() != Some(true) || context.contracts.open {
        return;
    }
    let path = context.contract_option(&["traefik", "privateTlsOptions"]);
    let (wanted, at) = match context.reader.model().definitions(&path).as_slice() {
        [] => ("mtls".to_owned(), None),
        [(module, def)] => match context.reader.definition(module, def) {
            Static::Str(wanted) => (
                wanted,
                Some(module.source.place_of(syntax::AstNode::syntax(&def.entry))),
            ),
            _ => return,
        },
        _ => return,
    };
    let mut private = Vec::new();
    for (name, service) in &context.contracts.services {
        match (
            service.is("exposed", false),
            text(service, "type", "private").as_deref(),
        ) {
            (Some(true), Some("private")) => private.push(name.as_str()),
            (Some(false), _) | (_, Some(_)) => {}
            _ => return,
        }
    }
    let known: Names = middlewares::running_names(context, ["tls", "options"]);
    // Traefik has those without anybody defining them (its documentation, TLS Options).
    let is_default = wanted == "default";
    if private.is_empty() || is_default || wanted.contains('@') || known.has(&wanted) || context.traefik_reads_a_file()
    {
        return;
    }
    let option = context.contract_option(&["traefik", "privateTlsOptions"]).join(".");
    let settings = context.traefik_settings().join(".");
    let error = texts::unknown_tls_options(&wanted, &option, &private, &settings);
    found.push(finding(Severity::Error, None, error).at(at));
}

impl CheckContext<'_> {
    /// The domain that legacy services are routed below, where the code says it.
    fn domain(&self) -> Option<String> {
        let path = self.rules().values.domain.strip_prefix("config.")?;
        let module = self.reader.model().modules().next()?;
        let value = self.reader.option(module, &parts(path));
        value.as_str().map(str::to_owned)
    }

    /// Whether the collector writes Traefik's configuration; `None` where that is not known.
    pub(super) fn feeds_traefik(&self) -> Option<bool> {
        let path = self.contract_option(&["traefik", "enable"]);
        if self.reader.model().definitions(&path).is_empty() {
            return Some(false);
        }
        let module = self.reader.model().modules().next()?;
        self.reader.option(module, &path).as_bool()
    }

    /// Where Traefik takes its dynamic configuration: the option has had three names, and the newest that the
    /// repository uses is taken to be the one there is.
    pub(super) fn traefik_settings(&self) -> Vec<&'static str> {
        let used = |path: &&[&'static str]| {
            let under = self.reader.model().under(path);
            under
                .iter()
                .any(|(module, _)| self.reader.model().is_imported(module.source.path()))
        };
        let newest = TRAEFIK[..2].iter().copied().find(used);
        newest.unwrap_or(TRAEFIK[2]).to_vec()
    }

    /// Whether Traefik may read a file in place of its options.
    fn traefik_reads_a_file(&self) -> bool {
        const FILES: [&[&str]; 3] = [
            &["services", "traefik", "dynamicConfigFile"],
            &["services", "traefik", "dynamic", "file"],
            &["services", "traefik", "routing", "file"],
        ];
        FILES
            .iter()
            .any(|path| !self.reader.model().definitions(path).is_empty())
    }
}
