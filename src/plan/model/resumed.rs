//! A service that has its contract already, and what of the old pattern was left of it.

use std::cell::OnceCell;

use super::context::Context;
use super::declared::{directory, fields, topmost};
use super::declined::DeclinedGain;
use super::fact::{Fact, FactIds, Guard, Held, Job, LegacyField, Persisted};
use super::own_contract::OwnContract;
use super::service::{ServiceFacts, unseen};
use super::unsaved;
use crate::error::Result;
use crate::plan::placement;
use crate::plan::share::ownership::Names;
use crate::plan::{owner, unread};
use crate::resolve::module::path_text;
use crate::rules::{ContractField, Rules, parts};

impl<'a> ServiceFacts<'a> {
    /// What is left of a service that has its contract; `None` where it has none that is written as one set. `missing` are
    /// the directories that it keeps its state in and that no backup has.
    ///
    /// # Errors
    /// The refusals of shapes that cannot be moved safely.
    pub fn resume(context: &Context<'a>, name: &str, missing: &[String]) -> Result<Option<ServiceFacts<'a>>> {
        let Some(mut contract) = OwnContract::find(context, name) else {
            return Ok(None);
        };
        let home = contract.module;
        if let Some(error) = unseen(context, name, home.source.path()) {
            return Err(error);
        }
        let rules = context.rules();
        let mut ids = FactIds::default();
        let mut facts = still_persisted(context, name, &mut ids)?;
        let names = Names::of(context, name);
        let enable = own_switch(rules, name);
        let whose = owner::Whose {
            service: name,
            home,
            names: &names,
            shared: true,
            conditions: Some(vec![enable.join(".")]),
        };
        let owner::Jobs {
            own: mut jobs,
            mut held,
            mut others,
        } = owner::jobs(context, &whose, &mut ids)?;
        let own_job = contract.job(name, &mut ids);
        let all: Vec<Job> = jobs.iter().cloned().chain(own_job).collect();
        let found = owner::persisted(context, &whose, &all, &mut ids);
        let (mut persisted, stay): (Vec<Persisted>, Vec<Persisted>) = found.into_iter().partition(|one| one.may_move);
        held.extend(stay.into_iter().map(Held::from));
        let said = [ContractField::BackupPaths, ContractField::BackupJob];
        if said.iter().any(|field| contract.says(field)) {
            jobs.clear();
            others.clear();
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
            contract.unsaved = unsaved::persisted(&eval, own.list(), &kept, missing);
            if !facts.is_empty() || !persisted.is_empty() {
                facts.insert(0, own);
            }
        }
        let elsewhere: Vec<Option<String>> = persisted
            .iter()
            .map(|entry| directory(&context.eval(entry.module), &entry.element))
            .collect();
        let data_dir = contract.entry(&ContractField::DataDir);
        let more = unsaved::unpersisted(&context.eval(home), data_dir, &contract.unsaved, missing, &elsewhere);
        contract.unsaved.extend(more);
        contract.declined = contract
            .empty(&ContractField::BackupPaths)
            .and_then(|empty| DeclinedGain::find(home.source.text(), &empty.node, &contract.unsaved));
        Ok(Some(ServiceFacts {
            name: name.to_owned(),
            home,
            declarations: Vec::new(),
            facts,
            guard: Guard::Condition {
                text: format!("config.{}", path_text(&enable.iter().map(Some).collect::<Vec<_>>())),
                option: Some(enable),
                shared: Vec::new(),
            },
            jobs,
            persisted,
            held,
            other_jobs: others,
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

/// The switch of a service's own contract.
fn own_switch(rules: &Rules, name: &str) -> Vec<String> {
    let enable = parts(&rules.namespaces.contract).into_iter().chain([name, "enable"]);
    enable.map(str::to_owned).collect()
}

/// What the old pattern says that the service persists, as facts.
fn still_persisted<'a>(context: &Context<'a>, name: &str, ids: &mut FactIds) -> Result<Vec<Fact<'a>>> {
    let rules = context.rules();
    let legacy: Vec<&str> = parts(&rules.namespaces.services).into_iter().chain([name]).collect();
    let mut facts = Vec::new();
    for declaration in &topmost(context.model, &legacy) {
        let entries = fields(declaration, legacy.len())?.into_iter();
        let persisted = entries.filter(|entry| rules.fields.get(&entry.name) == Some(&ContractField::PersistedData));
        facts.extend(persisted.map(|origin| persisted_fact(origin, context, ids)));
    }
    Ok(facts)
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
