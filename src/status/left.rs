//! What the old pattern still has of a service with a contract: what a person left there goes on being kept and backed up.

use super::discover::Found;
use super::kept::{Elements, of_fact};
use super::{BackedUp, Service};
use crate::plan::model::{Context, FactIds, Job, OwnContract, Persisted};
use crate::plan::owner;
use crate::rules::{ContractField, parts};

/// Backup jobs and persistent directories that stand outside the contract.
pub struct Left<'a> {
    pub jobs: Vec<Job<'a>>,
    pub persisted: Vec<Persisted<'a>>,
}

impl<'a> Left<'a> {
    /// What is left of the service. A job that cannot be taken apart is none that could be called this service's.
    pub fn of(context: &Context<'a>, found: &Found<'a>) -> Left<'a> {
        let names = found.names(context);
        let whose = owner::Whose {
            service: &found.name,
            home: found.module,
            names: &names,
            shared: true,
            conditions: None,
        };
        let mut ids = FactIds::default();
        let left = owner::jobs(context, &whose, &mut ids).unwrap_or_default();
        let jobs: Vec<Job> = left
            .own
            .into_iter()
            .chain(left.others.into_iter().map(|other| other.job))
            .collect();
        let own = OwnContract::find(context, whose.service).and_then(|own| own.job(whose.service, &mut ids));
        let all: Vec<Job> = jobs.iter().cloned().chain(own).collect();
        let persisted = owner::persisted(context, &whose, &all, &mut ids);
        Left { jobs, persisted }
    }
}

/// Adds what is kept and backed up of the service outside its contract.
pub fn add(context: &Context, found: &Found, service: &mut Service) {
    let left = Left::of(context, found);
    let mut kept = Vec::new();
    for entry in &left.persisted {
        kept.extend(Elements::one(context, entry.module, &entry.element).directories());
    }
    let rules = context.rules();
    for (name, field) in &rules.fields {
        let path: Vec<&str> = parts(&rules.namespaces.services)
            .into_iter()
            .chain([found.name.as_str(), name.as_str()])
            .collect();
        let persisted = context.model.definitions(&path).into_iter();
        for (module, def) in persisted.filter(|_| *field == ContractField::PersistedData) {
            kept.extend(Elements::defined(context, module, def).directories());
        }
    }
    kept.retain(|kept| !service.persisted.iter().any(|own| own.path == kept.path));
    service.persisted.extend(kept);
    for job in &left.jobs {
        let paths = job.facts.iter().filter(|fact| fact.field == ContractField::BackupPaths);
        let paths = paths.flat_map(|fact| of_fact(context, fact));
        service.backed_up.extend(paths.map(|kept| BackedUp {
            kept,
            job: Some(job.name.clone()),
        }));
    }
}
