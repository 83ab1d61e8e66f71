//! What documents say of a repository.

use std::path::{Path, PathBuf};

use super::Document;
use super::fields::Reference;
use crate::error::Result;
use crate::plan::install::{fields, places, schema};
use crate::plan::model::Context;
use crate::rules::{ContractField, Rules, parts};

/// Where the legacy pattern is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    /// Its option is declared.
    There,
    /// It goes with this very change.
    Leaves,
    /// There is none, and nothing tells whether there was.
    Unknown,
}

/// What is true of a repository.
#[derive(Clone)]
pub struct Facts<'a> {
    pub rules: &'a Rules,
    pub host: String,
    pub settings: PathBuf,
    pub legacy: Legacy,
    /// The legacy option's fields that are moved, with what they become; those of backup jobs likewise.
    pub fields: Vec<(String, ContractField)>,
    pub jobs: Vec<(String, ContractField)>,
    /// Whether there are the template, the collector's evaluation test, and which documents.
    pub template: bool,
    pub evaluation: bool,
    pub documents: Vec<Document>,
    /// Whether there are a flake, switches of services, an option for backup jobs, secrets of sops-nix, planning artifacts.
    pub flake: bool,
    pub switches: bool,
    pub backups: bool,
    pub secrets: bool,
    /// Whether a module says that Traefik runs.
    pub proxy: bool,
    pub planning: bool,
    /// The middlewares that the collector defines.
    pub middlewares: Vec<String>,
    /// The fields of the contract.
    pub(super) reference: Reference,
}

/// Where the planning artifacts of the contract stand.
pub(super) const PLANNING: &str = "_bmad-output/planning-artifacts";

impl<'a> Facts<'a> {
    /// What is true of a repository as it is; of one without the contract, as its installation leaves it.
    ///
    /// # Errors
    /// An internal error if the embedded schema cannot be read.
    pub fn of(context: &Context<'a>) -> Result<Facts<'a>> {
        let (repo, rules) = (context.repo, context.rules());
        let namespaces = &rules.namespaces;
        let legacy = schema::legacy_fields(context);
        let is_legacy = legacy.as_ref().map_or(true, |fields| !fields.is_empty());
        let jobs = fields::of(context, &parts(&namespaces.backups));
        let uses = |path: &str| {
            let names = parts(path);
            context
                .model
                .under(&names)
                .iter()
                .any(|(module, _)| context.model.is_imported(module.source.path()))
        };
        Ok(Facts {
            rules,
            host: context.host.name.clone(),
            settings: context.host.settings.clone(),
            legacy: if is_legacy { Legacy::There } else { Legacy::Unknown },
            fields: moved(&rules.fields, legacy.ok()),
            backups: jobs.as_ref().map_or(true, |fields| !fields.is_empty()),
            jobs: moved(&rules.backup_fields, jobs.ok()),
            template: repo.has(&rules.paths.server.join(places::TEMPLATE)),
            evaluation: repo.has(&rules.paths.tests.join(places::EVALUATION)),
            documents: Document::ALL
                .into_iter()
                .filter(|document| document.is_there(repo))
                .collect(),
            flake: repo.has(Path::new("flake.nix")),
            switches: uses(&namespaces.switches),
            secrets: uses("sops.secrets"),
            proxy: uses("services.traefik.enable"),
            planning: repo.exists(Path::new(PLANNING)),
            middlewares: schema::middlewares(context),
            reference: Reference::of(context)?,
        })
    }

    /// The same, once the legacy pattern is removed.
    pub fn without_legacy(&self) -> Facts<'a> {
        Facts {
            legacy: Legacy::Leaves,
            ..self.clone()
        }
    }

    /// The same, with the fields that another state of the repository declares.
    ///
    /// # Errors
    /// As [`Facts::of`].
    pub fn with_fields_of(&self, context: &Context) -> Result<Facts<'a>> {
        Ok(Facts {
            reference: Reference::of(context)?,
            ..self.clone()
        })
    }

    /// Whether a condition of the texts holds; `None` for one that there is not.
    pub(super) fn hold(&self, condition: &str) -> Option<bool> {
        let persistence = self.rules.persistence.options.first();
        Some(match condition {
            "legacy" => self.legacy == Legacy::There,
            "moved" => self.legacy == Legacy::Leaves,
            "template" => self.template,
            "evaluation" => self.evaluation,
            "decisions" => self.documents.contains(&Document::Decisions),
            "migration" => self.documents.contains(&Document::Migration),
            "guide" => self.documents.contains(&Document::Template),
            "flake" => self.flake,
            "switches" => self.switches,
            "backups" => self.backups,
            "secrets" => self.secrets,
            "proxy" => self.proxy,
            "planning" => self.planning,
            "impermanence" => persistence.is_some_and(|option| option == "environment.persistence"),
            "convention" => self.rules.commit.is_empty(),
            _ => return None,
        })
    }
}

/// The fields that become something of the contract: of those that are declared, or of all where that cannot be read.
fn moved(
    rules: &std::collections::BTreeMap<String, ContractField>,
    declared: Option<Vec<String>>,
) -> Vec<(String, ContractField)> {
    let names = declared.unwrap_or_else(|| rules.keys().cloned().collect()).into_iter();
    names
        .filter_map(|name| Some((name.clone(), rules.get(&name)?.clone())))
        .collect()
}
