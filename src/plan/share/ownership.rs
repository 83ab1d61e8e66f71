//! Whose a definition is: by the names in its option path, or by the condition that it stands under.
//!
//! The answer for one definition does not depend on which services have left the file already, so that any order
//! of migrations takes the same things.

use std::cmp::Ordering;
use std::rc::Rc;

use super::marker;
use crate::plan::model::{Context, contract_names, legacy_names};
use crate::plan::url;
use crate::resolve::list::{List, ListItem};
use crate::resolve::module::{Def, Module, attribute};
use crate::resolve::priority::{Priority, prioritised};
use crate::resolve::scope::{self, Binding};
use crate::rules::{ContractField, Rules, parts};
use crate::syntax::{self, AstNode, InterpolPart, SyntaxNode, ast};

/// The names that services go by.
pub struct Names {
    /// Service and one of its names, longest name first.
    names: Rc<Vec<(String, String)>>,
}

/// What a service is spoken of by: itself, and its other names.
fn spoken(rules: &Rules, service: &str) -> Vec<(String, String)> {
    let aliases = rules.known.get(service).map_or(&[] as &[_], |known| &known.aliases);
    let all = aliases.iter().map(String::as_str).chain([service]);
    all.map(|name| (service.to_owned(), name.to_owned())).collect()
}

fn longest_first((a, a_name): &(String, String), (b, b_name): &(String, String)) -> Ordering {
    b_name.len().cmp(&a_name.len()).then_with(|| a.cmp(b))
}

impl Names {
    /// The names of every service of the repository, legacy or migrated, and of `also`.
    pub fn of(context: &Context, also: &str) -> Names {
        let rules = context.rules();
        let known = context.model.names(|| {
            let mut services = legacy_names(context.model, rules);
            services.extend(contract_names(context.model, rules));
            services.sort();
            services.dedup();
            let mut names: Vec<(String, String)> = services.iter().flat_map(|service| spoken(rules, service)).collect();
            names.sort_by(longest_first);
            names
        });
        if known.iter().any(|(service, _)| service == also) {
            return Names { names: known };
        }
        let mut names = known.to_vec();
        names.extend(spoken(rules, also));
        names.sort_by(longest_first);
        Names { names: names.into() }
    }

    /// The service that a name of a container, unit, user, secret, file or directory speaks of; `None` if none does, or several do.
    pub fn owner(&self, name: &str) -> Option<&str> {
        let mut owners: Vec<&str> = name.split('/').filter_map(|part| self.component(part)).collect();
        owners.dedup();
        match owners.as_slice() {
            [owner] => Some(owner),
            _ => None,
        }
    }

    /// The service that has exactly this name, as its own or as another one.
    pub fn exact(&self, name: &str) -> Option<&str> {
        let mut fitting = self.names.iter().filter(|(_, other)| other == name);
        let own = fitting.clone().find(|(service, _)| service == name);
        own.or_else(|| fitting.next()).map(|(service, _)| service.as_str())
    }

    fn component(&self, part: &str) -> Option<&str> {
        let fits = |name: &str| {
            part.strip_prefix(name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_', '.', ':', ' ', '@']))
        };
        self.names
            .iter()
            .find(|(_, name)| fits(name))
            .map(|(service, _)| service.as_str())
    }

    /// The service that the strings below `node` speak of, if all that speak of one speak of the same.
    pub fn owner_of_text(&self, node: &SyntaxNode) -> Option<&str> {
        match self.owners_of_text(node).as_slice() {
            [owner] => Some(owner),
            _ => None,
        }
    }

    /// The services that the strings below `node` speak of, sorted, each once.
    pub fn owners_of_text(&self, node: &SyntaxNode) -> Vec<&str> {
        let mut owners: Vec<&str> = Vec::new();
        let mut note = |text: &str| {
            let words = text.split(|c: char| !(c.is_alphanumeric() || "-_".contains(c)));
            owners.extend(words.filter_map(|word| self.component(word)));
        };
        for string in node.descendants().filter_map(ast::Str::cast) {
            for part in string.parts() {
                match part {
                    InterpolPart::Literal(text) => note(&syntax::literal_text(&text)),
                    // A name that a `let` gives a string says what the string says.
                    InterpolPart::Interpolation(interpolation) => {
                        interpolation
                            .expr()
                            .and_then(|expr| bound_string(&expr))
                            .iter()
                            .for_each(|text| note(text));
                    }
                }
            }
        }
        owners.sort_unstable();
        owners.dedup();
        owners
    }
}

/// The string that a name stands for.
fn bound_string(expr: &ast::Expr) -> Option<String> {
    let ast::Expr::Ident(ident) = expr else { return None };
    match scope::lookup(ident.syntax(), &syntax::ident_text(ident)) {
        Binding::Value(value) => match value.value()? {
            ast::Expr::Str(string) => syntax::string_value(&string),
            _ => None,
        },
        _ => None,
    }
}

/// The definitions in `module` that are the service's own, outermost bindings only, without its legacy declarations
/// and backup jobs. `conditions` are those of the service's declarations, as source.
pub fn owned<'m>(
    context: &Context,
    module: &'m Module,
    names: &Names,
    service: &str,
    conditions: &[String],
) -> Vec<&'m Def> {
    let rules = context.rules();
    let apart: Vec<Vec<&str>> = [
        &rules.namespaces.services,
        &rules.namespaces.backups,
        &rules.namespaces.contract,
    ]
    .into_iter()
    .map(|n| parts(n))
    .collect();
    let persistence: Vec<Vec<&str>> = rules.persistence.options.iter().map(|option| parts(option)).collect();
    let programs = programs(context, module, names, service);
    let mut found: Vec<&Def> = Vec::new();
    for def in &module.defs {
        let elsewhere = apart
            .iter()
            .chain(&persistence)
            .any(|prefix| def.under(prefix) || is_above(def, prefix));
        let inside = found
            .iter()
            .any(|outer| contains(outer.entry.syntax(), def.entry.syntax()));
        if elsewhere
            || inside
            || def.context.opaque
            || text_of(def) != conditions
            || is_in_a_priority(def.entry.syntax())
            || !matches!(def.entry, ast::Entry::AttrpathValue(_))
        {
            continue;
        }
        let by_condition = !conditions.is_empty() && !others_share(context, module, service, conditions);
        let start = def.path.len() - def.own;
        let by_name = def.path[start..]
            .iter()
            .flatten()
            .any(|name| names.owner(name) == Some(service))
            && !def.path[..start]
                .iter()
                .flatten()
                .any(|name| names.owner(name).is_some());
        if by_condition || by_name || runs(def, &programs) {
            found.push(def);
        }
    }
    found
}

/// Whether a definition is a part of one that has a priority or a place among others as a whole, as in
/// `virtualHosts = lib.mkForce {"a.lan" = …;}`: by itself it would have none.
pub fn is_in_a_priority(binding: &SyntaxNode) -> bool {
    let calls = binding.ancestors().skip(1).filter_map(ast::Apply::cast);
    calls.into_iter().any(|call| {
        let (function, arguments) = syntax::call(&ast::Expr::Apply(call));
        syntax::function_name(&function).is_some_and(|name| prioritised(&name, &arguments).is_some())
    })
}

/// The NixOS modules (`services.<program>`) in `module` that no service's name speaks of and that listen on the port of the
/// service's route: they are what runs it.
fn programs<'m>(context: &Context, module: &'m Module, names: &Names, service: &str) -> Vec<&'m str> {
    let namespace = parts(&context.rules().namespaces.services);
    let is_url = |name: &str| context.rules().fields.get(name) == Some(&ContractField::Url);
    let depth = namespace.len();
    let urls = module.defs.iter().filter(|def| {
        let said = def.path.len() == depth + 2 && def.name(depth) == Some(service);
        said && def.under(&namespace) && def.name(depth + 1).is_some_and(is_url)
    });
    let urls = urls.filter_map(|def| def.value.as_ref());
    let ports: Vec<u16> = urls.filter_map(|url| url::read(url).port?.parse().ok()).collect();
    let listens = |def: &&Def| {
        let named = def
            .path
            .last()
            .and_then(|name| name.as_deref())
            .is_some_and(is_port_name);
        let number = |value: &ast::Expr| syntax::text_of(value.syntax()).parse::<u16>().ok();
        named
            && def
                .value
                .as_ref()
                .and_then(number)
                .is_some_and(|port| ports.contains(&port))
    };
    let of_nixos = module
        .defs
        .iter()
        .filter(|def| def.path.len() > 2 && def.name(0) == Some("services"));
    let programs = of_nixos.filter(listens).filter_map(|def| def.name(1));
    programs.filter(|program| names.owner(program).is_none()).collect()
}

/// Whether a definition is one of these NixOS modules, or has the name of one among its own.
fn runs(def: &Def, programs: &[&str]) -> bool {
    let start = def.path.len() - def.own;
    let is_program = |name: &str| programs.contains(&name.split('/').next().unwrap_or(name));
    let outer = def.path[..start].iter().flatten().any(|name| is_program(name));
    !outer && def.path.len() > 1 && def.path[start..].iter().flatten().any(|name| is_program(name))
}

/// Whether an option's name says that it is a port: `port`, `httpPort`, `HTTP_PORT`, `listen-port`.
pub fn is_port_name(name: &str) -> bool {
    ["port", "Port", "PORT"].iter().any(|word| {
        name.strip_suffix(word).is_some_and(|before| {
            // `transport` and `support` are none.
            before.is_empty() || before.ends_with(['_', '-', '.']) || *word == "Port"
        })
    })
}

/// Whether a declaration of another service stands under the same conditions, or did before it left: its contract follows
/// them then.
fn others_share(context: &Context, module: &Module, service: &str, conditions: &[String]) -> bool {
    let namespace = parts(&context.rules().namespaces.services);
    let here = module.defs.iter().any(|def| {
        def.under(&namespace) && def.name(namespace.len()).is_some_and(|n| n != service) && text_of(def) == conditions
    });
    here || {
        let left = marker::shared_by(module).unwrap_or_default();
        let others = left.iter().filter(|other| *other != service);
        others.into_iter().any(|other| follows(context, other, conditions))
    }
}

/// Whether the contract of a service is on where these conditions hold.
fn follows(context: &Context, service: &str, conditions: &[String]) -> bool {
    let wanted = match conditions {
        [one] => one.clone(),
        several => several
            .iter()
            .map(|c| format!("({c})"))
            .collect::<Vec<_>>()
            .join(" && "),
    };
    let plain = syntax::in_one_line;
    let path: Vec<&str> = parts(&context.rules().namespaces.contract)
        .into_iter()
        .chain([service, "enable"])
        .collect();
    let values = context.model.definitions(&path).into_iter();
    values.filter_map(|(_, def)| def.value.clone()).any(|value| {
        let default = syntax::call_of(&value, "mkDefault", 1).map_or(value, |mut arguments| arguments.remove(0));
        plain(&syntax::bare_text(&default)) == plain(&wanted)
    })
}

/// A definition's conditions as source.
pub fn text_of(def: &Def) -> Vec<String> {
    def.context.conditions.iter().map(syntax::bare_text).collect()
}

/// Whether the definition's path is a proper beginning of `prefix`.
fn is_above(def: &Def, prefix: &[&str]) -> bool {
    def.path.len() < prefix.len() && def.path.iter().zip(prefix).all(|(a, b)| a.as_deref() == Some(*b))
}

/// Whether `inner` stands in `outer`, a node of the same file.
pub(super) fn contains(outer: &SyntaxNode, inner: &SyntaxNode) -> bool {
    syntax::covers(&syntax::span(outer), &syntax::span(inner))
}

/// Elements of lists in `module` that speak of the service alone, in lists whose order does not matter.
pub fn owned_elements<'m>(
    context: &Context,
    module: &'m Module,
    names: &Names,
    service: &str,
    conditions: &[String],
) -> Vec<(&'m Def, Vec<ast::Expr>)> {
    let movable = context.rules().shared.movable_lists.iter();
    let movable: Vec<Vec<&str>> = movable.map(|list| parts(list)).collect();
    let mut found = Vec::new();
    for def in &module.defs {
        let fits = movable.iter().any(|list| def.ends_with(list));
        if !fits {
            continue;
        }
        let mut elements = movable_elements(def, conditions);
        let owner =
            |element: &ast::Expr| client_owner(names, def, element).or_else(|| names.owner_of_text(element.syntax()));
        elements.retain(|element| owner(element) == Some(service));
        if !elements.is_empty() {
            found.push((def, elements));
        }
    }
    found
}

/// The elements of a list that are the same definition in a list of their own, under these conditions: no further condition
/// and no priority stands around a part of the list, and what stands around all of it can be written again.
pub(super) fn movable_elements(def: &Def, conditions: &[String]) -> Vec<ast::Expr> {
    let priorities = &def.context.priorities;
    if def.context.opaque || is_in_a_priority(def.entry.syntax()) || !priorities.iter().all(Priority::is_written_out) {
        return Vec::new();
    }
    let around = text_of(def);
    let is_movable = |item: &ListItem| {
        let all = around
            .iter()
            .cloned()
            .chain(item.conditions.iter().map(syntax::bare_text));
        !item.is_placed && all.eq(conditions.iter().cloned())
    };
    let items = def.value.iter().flat_map(|value| List::of(value).items);
    items.filter(is_movable).map(|item| item.element).collect()
}

/// Whether every definition in the module is the service's by its names, so that the module may become its own.
pub fn owns_everything(context: &Context, module: &Module, service: &str) -> bool {
    let names = Names::of(context, service);
    let own = owned(context, module, &names, service, &[]);
    let elements = owned_elements(context, module, &names, service, &[]);
    let backups = parts(&context.rules().namespaces.backups);
    module.defs.iter().all(|def| {
        let node = def.entry.syntax();
        let within = own
            .iter()
            .any(|outer| contains(outer.entry.syntax(), node) || contains(node, outer.entry.syntax()));
        let list = elements
            .iter()
            .any(|(outer, _)| contains(outer.entry.syntax(), node) || contains(node, outer.entry.syntax()));
        let job = def.under(&backups)
            && def
                .name(backups.len())
                .is_none_or(|job| names.owner(job) == Some(service));
        within || list || job
    })
}

/// Lists of an identity provider's clients (Authelia's `identity_providers.oidc.clients`).
pub const CLIENTS: [&str; 3] = ["identity_providers", "oidc", "clients"];

/// An attribute of a client that is a plain string.
pub fn client_text(client: &ast::Expr, name: &str) -> Option<String> {
    let ast::Expr::AttrSet(set) = client else { return None };
    match attribute(set, name)? {
        ast::Expr::Str(string) => syntax::string_value(&string),
        _ => None,
    }
}

/// The service that a client is, by its name; `None` for something else.
fn client_owner<'n>(names: &'n Names, list: &Def, element: &ast::Expr) -> Option<&'n str> {
    let name = client_text(element, "client_name").filter(|_| list.ends_with(&CLIENTS))?;
    names.exact(&name.to_lowercase())
}
