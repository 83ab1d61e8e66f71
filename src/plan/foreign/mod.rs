//! State in foreign hands: directories that one service persists or backs up, and that are known to be another one's. With the
//! one that keeps them off, the other one's state is kept by nobody.
//!
//! They are said and not moved. The list that such a directory stands in is the keeper's own declaration, and whoever wrote it
//! there may have wanted both to be kept or lost together.

mod texts;

use super::Skipped;
use super::model::{self, Context};
use super::share::ownership::Names;
use super::unread;
use super::upstream;
use crate::error::Place;
use crate::resolve::Eval;
use crate::resolve::list::list_elements;
use crate::resolve::module::{Def, Module};
use crate::resolve::value::Value;
use crate::rules::{ContractField, parts};
use crate::syntax::{self, AstNode, HasEntry, ast};

/// The directory for state of services, and that of dynamic users below it.
const STATE: &str = "/var/lib/";
const PRIVATE: &str = "/var/lib/private/";

/// A directory of `owner` that `keeper` persists or backs up.
#[derive(Clone, Debug)]
pub struct Foreign {
    pub directory: String,
    pub keeper: String,
    pub owner: String,
    /// What the keeper's declaration is: a list of persistent directories, or one of a backup.
    pub field: ContractField,
    /// Where it stands, and the line that has the owner keep it.
    pub place: Place,
    pub line: String,
    /// From what it is known whose it is.
    pub known: String,
    /// Whether nobody else keeps it in the same way.
    pub alone: bool,
}

impl Foreign {
    /// What `status` says of the one that keeps it.
    pub fn of_keeper(&self) -> String {
        texts::keeps_foreign(self)
    }

    /// What `status` says of the one whose it is.
    pub fn of_owner(&self) -> String {
        texts::kept_by_another(self)
    }

    /// What a plan says about it.
    pub fn left(&self) -> Skipped {
        Skipped {
            what: texts::foreign(self),
            place: Some(self.place.clone()),
            why: texts::foreign_why(self),
            next: Some(texts::foreign_next(self)),
        }
    }
}

/// A directory that a service declares, as it is written.
struct Declared<'a> {
    keeper: String,
    field: ContractField,
    module: &'a Module,
    element: ast::Expr,
    directory: String,
}

/// A directory that is a service's own, and from what that is known.
struct Own {
    service: String,
    directory: String,
    known: String,
}

/// Those that `service` keeps or has kept for it.
pub fn of(context: &Context, service: &str) -> Vec<Foreign> {
    let mut found = all(context);
    found.retain(|foreign| foreign.keeper == service || foreign.owner == service);
    found
}

/// Every one, in the order of the modules.
pub fn all(context: &Context) -> Vec<Foreign> {
    let declared = declared(context);
    if declared.is_empty() {
        return Vec::new();
    }
    let names = Names::of(context, "");
    let owned = owned(context, &names);
    let elsewhere = model::persisted_elements(context).into_iter();
    let elsewhere = elsewhere.filter_map(|(module, element)| model::directory(&context.eval(module), &element));
    let elsewhere: Vec<String> = elsewhere.collect();
    let mut found: Vec<Foreign> = Vec::new();
    for (index, one) in declared.iter().enumerate() {
        let Some(own) = owner(&owned, &names, one) else {
            continue;
        };
        let others = declared.iter().enumerate();
        let by_service = others
            .filter(|(other, _)| *other != index)
            .any(|(_, other)| other.field == one.field && model::covers(&other.directory, &one.directory));
        let by_list = one.field == ContractField::PersistedData
            && elsewhere.iter().any(|other| model::covers(other, &one.directory));
        let contract = &context.rules().namespaces.contract;
        let element = evaluated(&context.eval(one.module), &one.element);
        found.push(Foreign {
            line: texts::foreign_line(contract, &own.service, &one.field, &element),
            directory: one.directory.clone(),
            keeper: one.keeper.clone(),
            owner: own.service,
            field: one.field.clone(),
            place: one.module.source.place_of(one.element.syntax()),
            known: own.known,
            alone: !by_service && !by_list,
        });
    }
    found
}

/// What services persist and back up by their contracts, and by legacy fields that something reads. Backup jobs are taken
/// apart by whose a path is, and their rest is in a contract then.
fn declared<'a>(context: &Context<'a>) -> Vec<Declared<'a>> {
    let rules = context.rules();
    let mut found = Vec::new();
    for namespace in [&rules.namespaces.services, &rules.namespaces.contract] {
        let prefix = parts(namespace);
        for (module, def) in context.model.under(&prefix) {
            let (Some(service), Some(name)) = (def.name(prefix.len()), def.name(prefix.len() + 1)) else {
                continue;
            };
            let field = match *namespace == rules.namespaces.services {
                true if unread::is_unread(context, name) => None,
                true => rules.fields.get(name).cloned(),
                false => ContractField::named(name),
            };
            let lists = [ContractField::PersistedData, ContractField::BackupPaths];
            let Some(field) = field.filter(|field| def.path.len() == prefix.len() + 2 && lists.contains(field)) else {
                continue;
            };
            let eval = context.eval(module);
            for element in elements(context, module, def) {
                if let Some(directory) = model::directory(&eval, &element) {
                    found.push(Declared {
                        keeper: service.to_owned(),
                        field: field.clone(),
                        module,
                        element,
                        directory,
                    });
                }
            }
        }
    }
    found
}

fn elements(context: &Context, module: &Module, def: &Def) -> Vec<ast::Expr> {
    match context.eval(module).definition(def) {
        Value::List(elements) => elements,
        _ => {
            let mut elements = Vec::new();
            def.value.iter().for_each(|value| list_elements(value, &mut elements));
            elements
        }
    }
}

/// The directories that are known to be services' own: what contracts name, where NixOS modules keep their state by their
/// defaults, and what units say.
fn owned(context: &Context, names: &Names) -> Vec<Own> {
    let mut found = Vec::new();
    let contract = parts(&context.rules().namespaces.contract);
    for (module, def) in context.model.under(&contract) {
        let service = def.name(contract.len());
        let is_it = def.path.len() == contract.len() + 2 && def.name(contract.len() + 1) == Some("dataDir");
        let value = def.value.as_ref().filter(|_| is_it);
        let directory = value.and_then(|value| context.eval(module).string(value).ok());
        if let (Some(service), Some(directory)) = (service, directory) {
            let place = module.source.place_of(def.entry.syntax());
            found.push(Own {
                service: service.to_owned(),
                directory,
                known: texts::known_by_contract(&place),
            });
        }
    }
    for module in context.model.modules() {
        found.extend(by_nixos(context, names, module));
        found.extend(by_units(context, names, module));
    }
    found
}

/// Where the NixOS modules that a module turns on keep their state, unless an option says another place.
fn by_nixos(context: &Context, names: &Names, module: &Module) -> Vec<Own> {
    let on = upstream::turned_on(context, module).into_iter();
    let known = on.filter_map(|one| {
        let service = names.owner(&one.option)?.to_owned();
        let known = one.known(context)?;
        let directory = one.named(known.state.as_deref()?)?;
        let elsewhere = known.state_options.iter().any(|option| {
            let path = [one.path(), parts(option)].concat();
            !context.model.under(&path).is_empty()
        });
        (!elsewhere).then(|| Own {
            service,
            directory,
            known: texts::known_by_nixos(&one.path().join(".")),
        })
    });
    known.collect()
}

/// The `StateDirectory` of units that are named after a service.
fn by_units(context: &Context, names: &Names, module: &Module) -> Vec<Own> {
    let units = module.under(&["systemd", "services"]);
    let said = units.filter_map(|def| {
        let service = names.owner(def.name(2)?)?.to_owned();
        let is_it = def.path.len() == 5 && def.ends_with(&["serviceConfig", "StateDirectory"]);
        let value = def.value.as_ref().filter(|_| is_it)?;
        let directory = context.eval(module).string(value).ok()?;
        Some(Own {
            service,
            directory: format!("{STATE}{directory}"),
            known: texts::known_by_unit(&def.path_text()),
        })
    });
    said.collect()
}

/// Whose a declared directory is, where it is not its keeper's.
fn owner(owned: &[Own], names: &Names, one: &Declared) -> Option<Own> {
    let covering = || owned.iter().filter(|own| model::covers(&own.directory, &one.directory));
    if covering().any(|own| own.service == one.keeper) {
        return None;
    }
    let below = one
        .directory
        .strip_prefix(PRIVATE)
        .or(one.directory.strip_prefix(STATE));
    let named = below.and_then(|below| names.owner(below.split('/').next()?));
    if named == Some(&one.keeper) {
        return None;
    }
    let by_name = || {
        Some(Own {
            service: named?.to_owned(),
            directory: one.directory.clone(),
            known: texts::KNOWN_BY_NAME.to_owned(),
        })
    };
    let known = covering().next().map(|own| Own {
        service: own.service.clone(),
        directory: own.directory.clone(),
        known: own.known.clone(),
    });
    known.or_else(by_name)
}

/// An element with the values of its texts, in one line, as it can stand in another file.
fn evaluated(eval: &Eval, element: &ast::Expr) -> String {
    let value = |expr: &ast::Expr| eval.text_as_source(expr);
    let line = match syntax::unparen(element.clone()) {
        ast::Expr::AttrSet(set) => {
            let entries = set.entries().map(|entry| match &entry {
                ast::Entry::AttrpathValue(binding) => match (binding.attrpath(), binding.value()) {
                    (Some(path), Some(of)) => format!("{} = {};", syntax::text_of(path.syntax()), value(&of)),
                    _ => syntax::text_of(entry.syntax()),
                },
                ast::Entry::Inherit(_) => syntax::text_of(entry.syntax()),
            });
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(" "))
        }
        other => value(&other),
    };
    syntax::in_one_line(&line)
}
