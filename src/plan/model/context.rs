//! What plans are made over: a repository, a host's modules, and how the person wants it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::plan::vmtest::Resolution;
use crate::repo::Repository;
use crate::repo::hosts::Host;
use crate::resolve::Eval;
use crate::resolve::Model;
use crate::resolve::module::Module;
use crate::rules::Rules;
use crate::rules::kinds::Wanted;

/// A repository and a host's modules, as rules plan over them.
pub struct Context<'a> {
    pub repo: &'a Repository,
    pub model: &'a Model,
    pub host: &'a Host,
    pub choices: &'a Choices,
}

/// How the person wants services migrated.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Leave modules where they are.
    pub in_place: bool,
    /// Where services keep their state, by name (see [`says_directory`](crate::rules::says_directory)).
    pub data_dirs: BTreeMap<String, String>,
    /// The module that runs a service which is declared nowhere.
    pub from: Option<PathBuf>,
    /// Which kinds of change are wanted in this run.
    pub wanted: Wanted,
    /// What evaluation showed of new tests, by service.
    pub tests: BTreeMap<String, Resolution>,
}

impl<'a> Context<'a> {
    /// The names in force.
    pub fn rules(&self) -> &'a Rules {
        self.repo.rules()
    }

    /// Where `service` keeps its state, if somebody said so: `null`, an absolute path or Nix source.
    pub fn data_dir(&self, service: &str) -> Option<&str> {
        let rule = || {
            let rule = self.rules().service.get(service);
            rule.and_then(|rule| rule.data_dir.as_ref())
        };
        let said = self.choices.data_dirs.get(service).or_else(rule)?;
        Some(said)
    }

    /// The service's name and the other names that its directories and units go by.
    pub fn names_of(&self, service: &str) -> Vec<String> {
        let aliases = self.rules().known.get(service).map(|known| known.aliases.clone());
        std::iter::once(service.to_owned())
            .chain(aliases.unwrap_or_default())
            .collect()
    }

    /// An evaluator for expressions of `module`.
    pub fn eval(&self, module: &'a Module) -> Eval<'a> {
        Eval::new(self.model, module)
    }
}
