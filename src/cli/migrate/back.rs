//! Going back to the service before, and on to what a service could gain once it has its contract.

use std::path::PathBuf;

use super::run::{Named, Run, Step, can_be_taken_back};
use crate::cli::session::Loaded;
use crate::cli::{texts, undo};
use crate::error::{Kind, Result};
use crate::plan::model::Choices;
use crate::plan::{Proposal, Safety};
use crate::repo::git::refusals;
use crate::report::{Fate, Migrated};

impl Run<'_> {
    /// Takes back what was decided last; gives the place among `all` of what is asked about then. Where it cannot be taken
    /// back it stays, and `refused` is that place.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub fn back(&mut self, loaded: &mut Loaded, all: &[Named], refused: usize) -> Result<usize> {
        match self.go_back() {
            Ok(before) => {
                *loaded = before;
                let last = self.record.run.services.pop().map(|service| service.name);
                let place = all.iter().position(|(name, _)| Some(*name) == last.as_ref());
                Ok(place.unwrap_or(0))
            }
            Err(error) if error.kind() == Kind::Refused => {
                self.session.ui.error(&error);
                Ok(refused)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes back what was decided last, so that it is the last one; gives what is there then.
    ///
    /// # Errors
    /// Where its commit cannot be taken back.
    fn go_back(&mut self) -> Result<Loaded> {
        let services = &mut self.record.run.services;
        let last = services.iter().rposition(can_be_taken_back).unwrap_or(0);
        if let Some(service) = services.get(last)
            && let Fate::Migrated(migrated) = &service.fate
        {
            // All of it goes, or none.
            let written = self.written.borrow().get(&service.name).cloned().unwrap_or_default();
            let written: Vec<PathBuf> = written.into_iter().collect();
            let dirty = self.session.git_to_commit()?.dirty(&written)?;
            if !dirty.is_empty() {
                return Err(refusals::undo_dirty(&texts::all_of(&service.name), &dirty));
            }
            for _ in 0..migrated.changes {
                undo::take_back(&service.name, self.session)?;
            }
            self.written.borrow_mut().remove(&service.name);
        }
        services.truncate(last + 1);
        self.session.load(self.args.deciding.host.as_deref())
    }

    /// Offers what a service could gain that is only known now that it has its contract, in the same run. Where something of
    /// it was declined already, it would be asked about that again: then a later run offers both.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    pub fn follow(&mut self, loaded: &Loaded, service: &str, choices: &Choices) -> Result<Option<Step>> {
        let wants = self.args.accept_gains || self.session.asks(&self.args.deciding);
        let is_whole = |migrated: &Migrated| {
            let declined = migrated.declined.is_empty() && migrated.offered.is_empty();
            declined && !migrated.commits.is_empty()
        };
        let last = self.record.run.migrated().last();
        if !wants || !last.is_some_and(|(name, migrated)| name == service && is_whole(migrated)) {
            return Ok(None);
        }
        let model = loaded.model();
        let context = loaded.context(&model, choices);
        let Ok(Some(migration)) = super::planned(&context, service) else {
            return Ok(None);
        };
        let gains = migration.offered().iter().any(|group| group.safety == Safety::Gains);
        if !gains {
            return Ok(None);
        }
        self.position.can_go_back = true;
        self.follows = true;
        let step = self.one(loaded, service, choices);
        self.follows = false;
        Ok(Some(step))
    }
}
