//! What is kept of a service: the directories that survive a reboot, and the volumes of its containers.

use super::discover::Found;
use super::{Answer, Kept, Service};
pub use crate::plan::model::covers;
use crate::plan::model::{self, Context, Fact};
use crate::plan::unread;
use crate::resolve::Eval;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::Value;
use crate::rules::{ContractField, parts};
use crate::syntax::{AstNode, ast};

/// Expressions that stand for directories, in their module.
pub struct Elements<'c, 'a> {
    context: &'c Context<'a>,
    module: &'a Module,
    elements: Vec<ast::Expr>,
}

impl<'c, 'a> Elements<'c, 'a> {
    /// The elements of a list, however it is put together: of what it is, or else of how it is `written`.
    pub fn of(
        context: &'c Context<'a>,
        module: &'a Module,
        list: Option<Value>,
        written: Option<&ast::Expr>,
    ) -> Elements<'c, 'a> {
        let mut elements = Vec::new();
        match list {
            Some(Value::List(found)) => elements = found,
            _ => written.iter().for_each(|list| list_elements(list, &mut elements)),
        }
        Elements {
            context,
            module,
            elements,
        }
    }

    /// The elements of the list that a definition says.
    pub fn defined(context: &'c Context<'a>, module: &'a Module, def: &Def) -> Elements<'c, 'a> {
        let list = context.eval(module).definition(def);
        Elements::of(context, module, Some(list), def.value.as_ref())
    }

    /// One element.
    pub fn one(context: &'c Context<'a>, module: &'a Module, element: &ast::Expr) -> Elements<'c, 'a> {
        Elements {
            context,
            module,
            elements: vec![element.clone()],
        }
    }

    /// The directories, each as its value, or as its text where that is not known. `null` is none.
    pub fn directories(&self) -> Vec<Kept> {
        let eval = self.context.eval(self.module);
        let mut found = Vec::new();
        for element in &self.elements {
            let text = crate::syntax::text_of(element.syntax());
            let path = match model::directory(&eval, element) {
                Some(path) => path,
                None if text == "null" => continue,
                None => inner(element)
                    .or_else(|| self.behind_option(&eval, element))
                    .unwrap_or(text),
            };
            found.push(Kept {
                path,
                place: self.module.source.place_of(element.syntax()),
            });
        }
        found
    }
}

impl Elements<'_, '_> {
    /// The source text of the directory that the element names by an option which is defined once: `contract.dataDir`.
    fn behind_option(&self, eval: &Eval, element: &ast::Expr) -> Option<String> {
        let Value::Option(path) = eval.eval(element) else {
            return None;
        };
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match self.context.model.definitions(&path).as_slice() {
            [(_, def)] => inner(def.value.as_ref()?),
            _ => None,
        }
    }
}

/// The directories that a fact names.
pub fn of_fact(context: &Context, fact: &Fact) -> Vec<Kept> {
    match &fact.elements {
        None => {
            let field = &fact.origin;
            Elements::of(context, field.module, field.evaluated(context), field.value.as_ref()).directories()
        }
        Some(elements) => {
            let of = |element| Elements::one(context, fact.origin.module, element).directories();
            elements.iter().flat_map(of).collect()
        }
    }
}

/// The source text of the directory that an element names: a string's without its quotes, a set's `directory`.
fn inner(element: &ast::Expr) -> Option<String> {
    let text = |expr: &ast::Expr| crate::syntax::text_of(expr.syntax());
    match element {
        ast::Expr::Str(_) => Some(text(element).trim_matches('"').to_owned()),
        ast::Expr::AttrSet(set) => {
            let directory = crate::resolve::module::attribute(set, "directory")?;
            inner(&directory).or_else(|| Some(text(&directory)))
        }
        _ => None,
    }
}

/// Every directory that some list of persistent directories names.
pub fn persisted_anywhere(context: &Context) -> Vec<Kept> {
    let elements = model::persisted_elements(context).into_iter();
    let directories = elements.flat_map(|(module, element)| Elements::one(context, module, &element).directories());
    directories.collect()
}

/// Every directory that some service persists, by its contract or by a legacy field that something reads.
pub fn persisted_by_services(context: &Context) -> Vec<Kept> {
    let rules = context.rules();
    let contract = ContractField::PersistedData.to_string();
    let is_list = |namespace: &str, name: &str| match namespace == rules.namespaces.services {
        true => rules.fields.get(name) == Some(&ContractField::PersistedData) && !unread::is_unread(context, name),
        false => name == contract,
    };
    let mut found = Vec::new();
    for namespace in [&rules.namespaces.services, &rules.namespaces.contract] {
        let prefix = parts(namespace);
        for (module, def) in context.model.under(&prefix) {
            let named = def.name(prefix.len() + 1).is_some_and(|name| is_list(namespace, name));
            if def.path.len() == prefix.len() + 2 && named && context.model.is_imported(module.source.path()) {
                found.extend(Elements::defined(context, module, def).directories());
            }
        }
    }
    found
}

/// Where nothing has to be named to survive: the roots of persistent directories, and file systems besides the root.
pub fn lasting(context: &Context) -> Vec<String> {
    let options = &context.rules().persistence.options;
    let options = options.iter().map(String::as_str).chain(["fileSystems"]);
    let roots = options.flat_map(|option| {
        let option = parts(option);
        let defs = context.model.under(&option).into_iter();
        defs.filter_map(move |(_, def)| def.name(option.len()).map(str::to_owned))
            .collect::<Vec<_>>()
    });
    // Those two are where other file systems are mounted (Filesystem Hierarchy Standard, 3.11 and 3.12).
    let mounts = ["/mnt", "/media"].map(str::to_owned);
    roots.filter(|root| root != "/").chain(mounts).collect()
}

/// Every directory that some backup job names, or that a contract lets one have.
pub fn backed_up_anywhere(context: &Context) -> Vec<Kept> {
    let rules = context.rules();
    let is_paths = |namespace: &str, name: &str| match namespace == rules.namespaces.backups {
        true => rules.backup_fields.get(name) == Some(&ContractField::BackupPaths),
        false => ContractField::named(name) == Some(ContractField::BackupPaths),
    };
    let mut found = Vec::new();
    for namespace in [&rules.namespaces.backups, &rules.namespaces.contract] {
        let prefix = parts(namespace);
        for (module, def) in context.model.under(&prefix) {
            let is_it = def.path.len() == prefix.len() + 2
                && def.name(prefix.len() + 1).is_some_and(|name| is_paths(namespace, name));
            if is_it && context.model.is_imported(module.source.path()) {
                found.extend(Elements::defined(context, module, def).directories());
            }
        }
    }
    found
}

/// The one port that the service's containers, or the pod of its name, publish.
pub fn published(context: &Context, found: &Found) -> Option<Answer<u16>> {
    let mut ports: Vec<u16> = settings(context, found, "publishPorts")
        .iter()
        .filter_map(|entry| {
            let mut parts = entry.path.rsplit(':');
            parts.next();
            parts.next()?.parse().ok()
        })
        .collect();
    ports.sort_unstable();
    ports.dedup();
    match ports.as_slice() {
        [port] => Some(Answer::Known(*port)),
        _ => None,
    }
}

/// The elements of the lists called `name` below the service's containers and the pod of its name.
fn settings(context: &Context, found: &Found, name: &str) -> Vec<Kept> {
    let containers = found.containers.iter().map(String::as_str);
    settings_of(context, found, containers.collect(), name)
}

/// The elements of the lists called `name` below `containers` and the pod of the service's name.
pub(super) fn settings_of(context: &Context, found: &Found, containers: Vec<&str>, name: &str) -> Vec<Kept> {
    let rules = &context.rules().containers;
    let containers = rules
        .options
        .iter()
        .flat_map(|option| containers.iter().map(move |container| (option, *container)));
    let pods = rules.pods.iter().map(|option| (option, found.name.as_str()));
    let mut elements = Vec::new();
    for (option, container) in containers.chain(pods) {
        let path: Vec<&str> = parts(option).into_iter().chain([container]).collect();
        for (module, def) in context.model.under(&path) {
            if def.path.len() > path.len() && def.path.last().is_some_and(|last| last.as_deref() == Some(name)) {
                elements.extend(Elements::defined(context, module, def).directories());
            }
        }
    }
    elements
}

/// Adds the volumes that survive a reboot because a directory above them does.
pub fn through_parents(persisted: &[Kept], volumes: &[Kept], service: &mut Service) {
    for volume in volumes {
        let above = persisted.iter().any(|kept| covers(&kept.path, &volume.path));
        let named = service.persisted.iter().any(|kept| kept.path == volume.path);
        if above && !named {
            service.persisted.push(volume.clone());
        }
    }
}
