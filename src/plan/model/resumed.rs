//! A service that has its contract already, and what of the old pattern was left of it.

use std::cell::OnceCell;

use super::context::Context;
use super::declared::{directory, fields, topmost};
use super::fact::{Declaration, Fact, FactIds, Guard, Job, LegacyField};
use super::service::ServiceFacts;
use crate::error::Result;
use crate::plan::placement;
use crate::plan::share::ownership::Names;
use crate::plan::{owner, unread};
use crate::resolve::module::Module;
use crate::rules::{ContractField, parts};
use crate::syntax::ast;

/// The contract that a service has, written as one set.
pub struct OwnContract<'a> {
    /// The module that it stands in.
    pub module: &'a Module,
    pub set: ast::AttrSet,
    /// What it says, in source order.
    fields: Vec<(ContractField, LegacyField<'a>)>,
    /// The elements of its `persistedData` that no backup has.
    pub unsaved: Vec<ast::Expr>,
}

impl<'a> OwnContract<'a> {
    /// The contract of `service`; `None` where there is no such set, or several.
    pub fn find(context: &Context<'a>, service: &str) -> Option<OwnContract<'a>> {
        let path: Vec<&str> = parts(&context.rules().namespaces.contract)
            .into_iter()
            .chain([service])
            .collect();
        let whole = context.model.definitions(&path).into_iter();
        let mut sets = whole.filter_map(|(module, def)| match &def.value {
            Some(ast::Expr::AttrSet(set)) => Some((module, def, set.clone())),
            _ => None,
        });
        let (Some((module, def, set)), None) = (sets.next(), sets.next()) else {
            return None;
        };
        let declaration = Declaration {
            module,
            def: def.clone(),
        };
        let entries = fields(&declaration, path.len()).ok()?.into_iter();
        let named = entries.map(|entry| {
            let field = ContractField::named(&entry.name);
            (
                field.unwrap_or_else(|| ContractField::Extra(vec![entry.name.clone()])),
                entry,
            )
        });
        Some(OwnContract {
            module,
            set,
            fields: named.collect(),
            unsaved: Vec::new(),
        })
    }

    /// Whether it says something for a field: an empty list, which strictness asks for, says nothing.
    pub fn says(&self, field: &ContractField) -> bool {
        self.entry(field).is_some_and(|entry| !is_empty(entry))
    }

    /// The binding that gives a field an empty list.
    pub fn empty(&self, field: &ContractField) -> Option<&LegacyField<'a>> {
        self.entry(field).filter(|entry| is_empty(entry))
    }

    /// The binding of a field.
    pub fn entry(&self, field: &ContractField) -> Option<&LegacyField<'a>> {
        self.fields.iter().find(|(own, _)| own == field).map(|(_, entry)| entry)
    }

    /// The backup job that it makes; `None` where it backs nothing up.
    pub fn job(&self, service: &str, ids: &mut FactIds) -> Option<Job<'a>> {
        let paths = self.entry(&ContractField::BackupPaths)?;
        Some(Job {
            name: service.to_owned(),
            declarations: Vec::new(),
            facts: vec![Fact {
                id: ids.fresh(),
                field: ContractField::BackupPaths,
                unread: false,
                elements: None,
                origin: paths.clone(),
            }],
            shared: self.says(&ContractField::BackupJob),
        })
    }

    /// The fields that it says, each with its binding, in source order.
    pub fn entries(&self) -> &[(ContractField, LegacyField<'a>)] {
        &self.fields
    }
}

/// Whether a field's value is an empty list literal.
fn is_empty(entry: &LegacyField) -> bool {
    matches!(&entry.value, Some(ast::Expr::List(list)) if list.items().next().is_none())
}

impl<'a> ServiceFacts<'a> {
    /// What is left of a service that has its contract; `None` where it has none that is written as one set. `missing` are
    /// the directories that it keeps and that no backup has.
    ///
    /// # Errors
    /// The refusals of shapes that cannot be moved safely.
    pub fn resume(context: &Context<'a>, name: &str, missing: &[String]) -> Result<Option<ServiceFacts<'a>>> {
        let Some(mut contract) = OwnContract::find(context, name) else {
            return Ok(None);
        };
        let home = contract.module;
        let rules = context.rules();
        let mut ids = FactIds::default();
        let legacy: Vec<&str> = parts(&rules.namespaces.services).into_iter().chain([name]).collect();
        let mut facts = Vec::new();
        for declaration in &topmost(context.model, &legacy) {
            let entries = fields(declaration, legacy.len())?.into_iter();
            let persisted =
                entries.filter(|entry| rules.fields.get(&entry.name) == Some(&ContractField::PersistedData));
            facts.extend(persisted.map(|origin| persisted_fact(origin, context, &mut ids)));
        }
        let names = Names::of(context, name);
        let whose = owner::Whose {
            service: name,
            home,
            names: &names,
            shared: true,
        };
        let mut jobs = owner::jobs(context, &whose, &mut ids)?;
        let own_job = contract.job(name, &mut ids);
        let all: Vec<Job> = jobs.iter().cloned().chain(own_job).collect();
        let mut persisted = owner::persisted(context, &whose, &all, &mut ids);
        let said = [ContractField::BackupPaths, ContractField::BackupJob];
        if said.iter().any(|field| contract.says(field)) {
            jobs.clear();
        }
        if let Some(own) = contract.entry(&ContractField::PersistedData).cloned() {
            let eval = context.eval(home);
            let own = persisted_fact(own, context, &mut ids);
            let kept: Vec<Option<String>> = own.list().iter().map(|element| directory(&eval, element)).collect();
            // What both say is no change of the contract; `status` names it.
            persisted.retain(|entry| {
                let again = directory(&context.eval(entry.module), &entry.element);
                again.is_none() || !kept.contains(&again)
            });
            let elements = own.list().into_iter().zip(&kept);
            let unsaved = elements.filter(|(_, kept)| kept.as_ref().is_some_and(|kept| missing.contains(kept)));
            contract.unsaved = unsaved.map(|(element, _)| element).collect();
            if !facts.is_empty() || !persisted.is_empty() {
                facts.insert(0, own);
            }
        }
        let enable = parts(&rules.namespaces.contract).into_iter().chain([name, "enable"]);
        let enable: Vec<String> = enable.map(str::to_owned).collect();
        Ok(Some(ServiceFacts {
            name: name.to_owned(),
            home,
            declarations: Vec::new(),
            facts,
            guard: Guard::Condition {
                text: format!(
                    "config.{}",
                    crate::resolve::module::path_text(&enable.iter().map(Some).collect::<Vec<_>>())
                ),
                option: Some(enable),
                shared: Vec::new(),
            },
            jobs,
            persisted,
            target: placement::target(rules, home.source.path(), name),
            co_located: None,
            names,
            contract: Some(contract),
            references: OnceCell::new(),
        }))
    }

    /// Whether the service's declarations, or the contract that it has, say a field.
    pub fn says(&self, field: &ContractField) -> bool {
        self.first(field).is_some() || self.contract.as_ref().is_some_and(|contract| contract.says(field))
    }
}

fn persisted_fact<'a>(origin: LegacyField<'a>, context: &Context<'a>, ids: &mut FactIds) -> Fact<'a> {
    Fact {
        id: ids.fresh(),
        field: ContractField::PersistedData,
        unread: unread::is_unread(context, &origin.name),
        elements: None,
        origin,
    }
}
