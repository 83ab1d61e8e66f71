//! The contract that a service has already.

use super::context::Context;
use super::declared::fields;
use super::declined::DeclinedGain;
use super::fact::{Declaration, Fact, FactIds, Job, LegacyField};
use super::unsaved::Unsaved;
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
    /// The directories that the service keeps its state in and that no backup has.
    pub unsaved: Vec<Unsaved>,
    /// What a declined gain has left in it.
    pub declined: Option<DeclinedGain>,
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
            declined: None,
        })
    }

    /// Whether it says something for a field: an empty list, which strictness asks for, says nothing.
    pub fn says(&self, field: &ContractField) -> bool {
        self.entry(field).is_some_and(|entry| !entry.is_empty_list())
    }

    /// The binding that gives a field an empty list.
    pub fn empty(&self, field: &ContractField) -> Option<&LegacyField<'a>> {
        self.entry(field).filter(|entry| entry.is_empty_list())
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
            holds_when_off: false,
        })
    }

    /// The fields that it says, each with its binding, in source order.
    pub fn entries(&self) -> &[(ContractField, LegacyField<'a>)] {
        &self.fields
    }
}
