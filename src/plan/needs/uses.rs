//! What a service has from others without naming their units: middlewares that they define, the provider that its users
//! log in at, the directory that they are looked up in, users of the machine.

use std::collections::{BTreeMap, BTreeSet};

use super::own::ServiceDefs;
use super::texts;
use crate::address::{self, Url};
use crate::error::Place;
use crate::plan::model::{Context, Fact, ServiceFacts};
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::{Known, Value};
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// Something that another service has, and how that is known.
pub struct Use {
    /// The other service.
    pub on: String,
    /// The reason, as the end of "jellyfin, since …".
    pub why: String,
    pub place: Place,
}

/// Names of attributes that speak of logging in elsewhere, and of those the ones that say where.
const LOGIN: [&str; 4] = ["oidc", "oauth", "openid", "sso"];
const PROVIDER: [&str; 5] = ["issuer", "endpoint", "discovery", "provider", "authority"];
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// What the service uses, as far as a known value says it and one service alone has it.
pub fn of(context: &Context, facts: &ServiceFacts, own: &ServiceDefs) -> Vec<Use> {
    let mut found = middlewares(context, facts);
    found.extend(addresses(context, facts, own));
    found.extend(users(context, facts, own));
    found.retain(|used| used.on != facts.name);
    found
}

/// A field of a service, in either pattern.
fn fields<'a>(
    context: &Context<'a>,
    wanted: ContractField,
) -> impl Iterator<Item = (&'a str, &'a Module, &'a Def, usize)> {
    let rules = context.rules();
    let model = context.model;
    let namespaces = [rules.namespaces.contract.as_str(), rules.namespaces.services.as_str()];
    namespaces.into_iter().flat_map(move |namespace| {
        let prefix = parts(namespace);
        let depth = prefix.len();
        let wanted = wanted.clone();
        model.under(&prefix).into_iter().filter_map(move |(module, def)| {
            let field = rules.field(namespace, def.name(depth + 1)?)?;
            let read = field == wanted && model.is_imported(module.source.path());
            read.then_some(()).and(Some((def.name(depth)?, module, def, depth + 2)))
        })
    })
}

/// The services that define the middlewares which the service's requests pass.
fn middlewares(context: &Context, facts: &ServiceFacts) -> Vec<Use> {
    let mut definers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (service, _, def, depth) in fields(context, ContractField::TraefikDynamicConfig) {
        if (def.name(depth), def.name(depth + 1)) == (Some("http"), Some("middlewares"))
            && let Some(middleware) = def.name(depth + 2)
        {
            definers.entry(middleware).or_default().insert(service);
        }
    }
    let mut found = Vec::new();
    for (module, element) in passed(context, facts) {
        let Ok(name) = context.eval(module).string(&element) else {
            continue;
        };
        if let Some(on) = definers.get(&*name).and_then(only) {
            found.push(Use {
                why: texts::middleware_of(on, &name),
                on: (*on).to_owned(),
                place: module.source.place_of(element.syntax()),
            });
        }
    }
    found
}

/// The names of the middlewares that the service's requests pass, as expressions: of a service that has its contract, as the
/// contract says them.
fn passed<'a>(context: &Context<'a>, facts: &ServiceFacts<'a>) -> Vec<(&'a Module, ast::Expr)> {
    if facts.contract.is_none() {
        let of_fact = |fact: &Fact<'a>| {
            let module = fact.origin.module;
            fact.list().into_iter().map(move |element| (module, element))
        };
        return facts.of(&ContractField::Middlewares).flat_map(of_fact).collect();
    }
    let mut found = Vec::new();
    for (service, module, def, depth) in fields(context, ContractField::Middlewares) {
        if let Some(value) = def
            .value
            .as_ref()
            .filter(|_| service == facts.name && def.path.len() == depth)
        {
            let mut elements = Vec::new();
            list_elements(value, &mut elements);
            found.extend(elements.into_iter().map(|element| (module, element)));
        }
    }
    found
}

/// The one element of a set.
fn only<T: Ord>(set: &BTreeSet<T>) -> Option<&T> {
    set.first().filter(|_| set.len() == 1)
}

/// The services that the service's own code says to log in at, or to look users up in.
fn addresses(context: &Context, facts: &ServiceFacts, own: &ServiceDefs) -> Vec<Use> {
    let mut found = Vec::new();
    let mut hosts = None;
    let eval = context.eval(own.module);
    let root = own.module.body.syntax().ancestors().last();
    for binding in root.iter().flat_map(syntax::nodes::<ast::AttrpathValue>) {
        let Some(value @ ast::Expr::Str(_)) = binding.value().map(syntax::unparen) else {
            continue;
        };
        let text = syntax::text_of(value.syntax());
        let names = names_above(binding.syntax());
        let is_login = text.contains("://") && says_provider(&names, &text);
        let is_directory = text.contains("ldap://") || text.contains("ldaps://");
        if !(is_login || is_directory) || !own.says(facts, binding.syntax()) {
            continue;
        }
        let Ok(address) = eval.string(&value) else { continue };
        let place = own.module.source.place_of(value.syntax());
        let Some(url) = Url::parse(&address) else { continue };
        let on = match (is_directory, url.is_local(), url.port) {
            (true, true, Some(port)) => listening(context, port),
            (false, ..) if !is_switched_off(context, own, &binding) => {
                let hosts = hosts.get_or_insert_with(|| self::hosts(context));
                hosts.get(&url.host).and_then(only).cloned()
            }
            _ => None,
        };
        let Some(on) = on else { continue };
        let why = match is_directory {
            true => texts::directory_of(&on, &address),
            false => texts::provider_of(&on, &url.host),
        };
        found.push(Use { on, why, place });
    }
    found
}

/// The names that lead to a binding, its own among them, in small letters.
fn names_above(node: &SyntaxNode) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for binding in node.ancestors().filter_map(ast::AttrpathValue::cast) {
        let own = binding.attrpath().map(|path| syntax::attrpath_names(&path));
        let own = own.unwrap_or_default().into_iter().rev();
        names.extend(own.map(|name| name.unwrap_or_default().to_ascii_lowercase()));
    }
    names.reverse();
    names
}

/// Whether an address that stands below these names is that of a provider which users log in at.
fn says_provider(names: &[String], text: &str) -> bool {
    let Some(last) = names.last() else { return false };
    let login = names.iter().any(|name| LOGIN.iter().any(|word| name.contains(word)));
    let where_to = PROVIDER.iter().any(|word| last.contains(word)) || text.contains(DISCOVERY);
    // What stands at the provider is said of its clients.
    let of_clients = last.contains("redirect") || names.iter().any(|name| name.contains("identity_provider"));
    login && where_to && !of_clients
}

/// Whether a switch beside the binding, or beside a set that it stands in, turns logging in elsewhere off.
fn is_switched_off(context: &Context, own: &ServiceDefs, binding: &ast::AttrpathValue) -> bool {
    let eval = context.eval(own.module);
    let sets = binding.syntax().ancestors().filter_map(ast::AttrSet::cast);
    let mut beside = sets.flat_map(|set| set.attrpath_values().collect::<Vec<_>>());
    beside.any(|other| {
        let names = names_above(other.syntax());
        let is_switch = names.last().is_some_and(|last| last.contains("enable"));
        let login = names.iter().any(|name| LOGIN.iter().any(|word| name.contains(word)));
        is_switch
            && login
            && other.value().is_some_and(|value| match eval.force(&value) {
                Value::Known(Known::Bool(on)) => !on,
                Value::Known(Known::Str(text)) => text == "false",
                _ => false,
            })
    })
}

/// The hosts that services are routed by, each with the services that have it.
fn hosts(context: &Context) -> BTreeMap<String, BTreeSet<String>> {
    let text = |field| -> BTreeMap<&str, Option<String>> {
        let said = fields(context, field).filter(|(_, _, def, depth)| def.path.len() == *depth);
        said.map(|(service, module, def, _)| {
            let value = def
                .value
                .as_ref()
                .and_then(|value| context.eval(module).string(value).ok());
            (service, value)
        })
        .collect()
    };
    let (subdomains, domains) = (text(ContractField::Subdomain), text(ContractField::Domain));
    let common = || {
        let path = context.rules().values.domain.strip_prefix("config.")?;
        let module = context.model.modules().next()?;
        match context.eval(module).option_value(&parts(path), module.body.syntax()) {
            Value::Known(Known::Str(domain)) => Some(domain),
            _ => None,
        }
    };
    let common = common();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for service in super::super::new::taken(context) {
        let subdomain = subdomains
            .get(&*service)
            .map_or(Some(service.clone()), |said| said.clone());
        let domain = domains.get(&*service).map_or(common.clone(), |said| said.clone());
        if let (Some(subdomain), Some(domain)) = (subdomain, domain) {
            found
                .entry(address::host(&subdomain, &domain))
                .or_default()
                .insert(service);
        }
    }
    found
}

/// The service whose own option below `services` says that it listens on the port.
fn listening(context: &Context, port: u16) -> Option<String> {
    let mut found = BTreeSet::new();
    for (module, def) in context.model.under(&["services"]) {
        let is_port = def.path.last().and_then(|name| name.as_deref());
        let Some(value) = def
            .value
            .as_ref()
            .filter(|_| is_port.is_some_and(|name| name.ends_with("port")))
        else {
            continue;
        };
        if matches!(context.eval(module).force(value), Value::Known(Known::Int(known)) if known == i64::from(port)) {
            found.insert(owner(context, module, def.entry.syntax())?);
        }
    }
    only(&found).cloned()
}

/// The services that make the users of the machine whom the service's directories and units name.
fn users(context: &Context, facts: &ServiceFacts, own: &ServiceDefs) -> Vec<Use> {
    let rules = ["systemd", "tmpfiles", "rules"];
    let eval = context.eval(own.module);
    let mut named: Vec<(String, String, Place)> = Vec::new();
    for element in own.elements(&rules).0 {
        let Ok(rule) = eval.string(&element) else { continue };
        if let Some(user) = rule.split_whitespace().nth(3) {
            let place = own.module.source.place_of(element.syntax());
            named.push((user.to_owned(), rules.join("."), place));
        }
    }
    for unit in own.attributes(&["systemd", "services"]) {
        let path = ["systemd", "services", &unit, "serviceConfig", "User"];
        if let Ok(Some(Known::Str(user))) = own.known(&path) {
            named.push((user, format!("systemd.services.{unit}"), own.place(&path)));
        }
    }
    let mut found = Vec::new();
    for (user, by, place) in named {
        let makers = makers(context, &user);
        if makers.iter().any(|(_, node)| own.says(facts, node)) {
            continue;
        }
        let owners: Option<BTreeSet<String>> = makers
            .iter()
            .map(|(module, node)| owner(context, module, node))
            .collect();
        if let Some(on) = owners.as_ref().and_then(only) {
            found.push(Use {
                why: texts::user_of(on, &user, &by),
                on: on.clone(),
                place,
            });
        }
    }
    found
}

/// Where a user of the machine is made.
fn makers<'a>(context: &Context<'a>, user: &str) -> Vec<(&'a Module, SyntaxNode)> {
    let option = ["users", "users"];
    let mut found = Vec::new();
    for (module, def) in context.model.under(&option) {
        let node = def.entry.syntax();
        let dynamic = || {
            let at = option.len().checked_sub(def.path.len() - def.own)?;
            let ast::Entry::AttrpathValue(binding) = &def.entry else {
                return None;
            };
            context.eval(module).attr(&binding.attrpath()?.attrs().nth(at)?)
        };
        let name = def.name(option.len()).map(str::to_owned).or_else(dynamic);
        if context.model.is_imported(module.source.path()) && name.as_deref() == Some(user) {
            found.push((module, node.clone()));
        }
    }
    found
}

/// The service whose own definition a node of a module is: the only one that the module declares, or of several the one
/// that it belongs to.
fn owner(context: &Context, module: &Module, node: &SyntaxNode) -> Option<String> {
    let rules = context.rules();
    let path = module.source.path();
    let mut declared: BTreeSet<&str> = BTreeSet::new();
    for namespace in [&rules.namespaces.contract, &rules.namespaces.services] {
        let prefix = parts(namespace);
        for (other, def) in context.model.under(&prefix) {
            if other.source.path() == path
                && let Some(name) = def.name(prefix.len())
            {
                declared.insert(name);
            }
        }
    }
    if let Some(one) = only(&declared) {
        return Some((*one).to_owned());
    }
    let owns = |name: &&&str| {
        ServiceFacts::collect(context, name).is_ok_and(|facts| {
            let own = ServiceDefs::of(context, &facts);
            own.module.source.path() == path && own.says(&facts, node)
        })
    };
    let owners: BTreeSet<&str> = declared.iter().filter(owns).copied().collect();
    only(&owners).map(|owner| (*owner).to_owned())
}
