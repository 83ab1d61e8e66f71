//! What a run over several services has done: a line for each, the sums, and a page for a pull request.
//!
//! All of it is made from what was decided, proved and committed of each service. Nothing here reads or writes.

mod html;
mod markdown;
mod sections;
mod texts;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::error::Error;
use crate::plan::Skipped;

pub use html::page as html;
pub use markdown::page as markdown;
pub use texts::{gains, line, sums};

/// A run.
#[derive(Debug, Default)]
pub struct Run {
    /// The host whose services they are.
    pub host: String,
    /// The commits that HEAD was on before and after, abbreviated; `None` where nothing was committed.
    pub revisions: Option<[String; 2]>,
    /// The day, in UTC: `2026-11-27`.
    pub date: String,
    /// The commit of the contract, where it came first in this run.
    pub contract: Option<Commit>,
    /// The services in the order in which they came.
    pub services: Vec<Service>,
    /// The services whose gains a later run would ask about.
    pub asks_again: BTreeSet<String>,
    /// The services that it did not come to.
    pub not_reached: Vec<String>,
    /// Services that are declared nowhere, with the modules that run them.
    pub undeclared: Vec<(String, PathBuf)>,
    /// Declarations whose names are not known before evaluation.
    pub unreadable: Vec<Error>,
}

/// A service, and what became of it.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a service.
#[derive(Debug)]
pub enum Fate {
    /// It is migrated, or what was left of its migration is made.
    Migrated(Box<Migrated>),
    /// It had its contract, and nothing is open.
    Before,
    /// It had its contract; these gains are open, by their titles.
    Open(Vec<String>),
    /// Nothing of it was accepted.
    Declined,
    /// It cannot be migrated as it is.
    Refused(Error),
}

/// What a migration has done.
#[derive(Clone, Debug)]
pub struct Migrated {
    /// Its commits, the one that only moves first; none where it is left uncommitted.
    pub commits: Vec<Commit>,
    /// How many changes these are: a gain that is only known with the contract is one more.
    pub changes: usize,
    /// What the proof has found.
    pub verdict: Verdict,
    /// What the machine gains, by the titles of what was accepted.
    pub gained: Vec<String>,
    /// What follows on the machine from that, a sentence each.
    pub follows: Vec<String>,
    /// The lists that have another order where that can mean something, a sentence each.
    pub reordered: Vec<String>,
    /// What the machine would gain and nobody accepted.
    pub offered: Vec<String>,
    /// What else was declined, by title.
    pub declined: Vec<String>,
    /// What was found and is not touched.
    pub left: Vec<Skipped>,
}

/// A commit.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its name, abbreviated as git does it.
    pub id: String,
    /// Its whole message.
    pub message: String,
}

/// What is known of a migrated service's configuration.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// The very same system is built.
    SameSystem,
    /// Nothing is lost or changed but what was accepted.
    Preserved {
        /// How it was evaluated: `whole system`, `slice mode`.
        mode: &'static str,
        /// What is particular to the proof, a sentence each.
        how: Vec<String>,
    },
    /// Nothing was compared, for this reason.
    NotProved(String),
}

/// How many services there are of each fate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All that were asked for.
    pub services: usize,
    /// Migrated in this run.
    pub migrated: usize,
    /// Of these, those that were proved.
    pub proved: usize,
    /// With a contract before this run.
    pub before: usize,
    /// Declined.
    pub declined: usize,
    /// Refused.
    pub refused: usize,
    /// Not come to.
    pub not_reached: usize,
}

impl Run {
    /// How many services there are of each fate.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            services: self.services.len() + self.not_reached.len(),
            not_reached: self.not_reached.len(),
            ..Totals::default()
        };
        for service in &self.services {
            match &service.fate {
                Fate::Migrated(migrated) => {
                    totals.migrated += 1;
                    totals.proved += usize::from(!matches!(migrated.verdict, Verdict::NotProved(_)));
                }
                Fate::Before | Fate::Open(_) => totals.before += 1,
                Fate::Declined => totals.declined += 1,
                Fate::Refused(_) => totals.refused += 1,
            }
        }
        totals
    }

    /// The services that were migrated, with what that did.
    pub fn migrated(&self) -> impl Iterator<Item = (&str, &Migrated)> {
        self.services.iter().filter_map(|service| match &service.fate {
            Fate::Migrated(migrated) => Some((service.name.as_str(), &**migrated)),
            _ => None,
        })
    }

    /// Every commit of the run, in order.
    pub fn commits(&self) -> impl Iterator<Item = &Commit> {
        let of_services = self.migrated().flat_map(|(_, migrated)| &migrated.commits);
        self.contract.iter().chain(of_services)
    }

    /// The services that were refused, with the reasons.
    pub fn refused(&self) -> impl Iterator<Item = (&str, &Error)> {
        self.services.iter().filter_map(|service| match &service.fate {
            Fate::Refused(error) => Some((service.name.as_str(), error)),
            _ => None,
        })
    }

    /// The gains that nobody accepted, by service.
    pub fn offered(&self) -> impl Iterator<Item = (&str, &str)> {
        self.services.iter().flat_map(|service| {
            let titles = match &service.fate {
                Fate::Migrated(migrated) => &migrated.offered[..],
                Fate::Open(titles) => titles,
                _ => &[],
            };
            titles.iter().map(|title| (service.name.as_str(), title.as_str()))
        })
    }
}

impl Migrated {
    /// Takes what came after it, of the same service, into it.
    pub fn take(&mut self, more: Migrated) {
        self.commits.extend(more.commits);
        self.changes += more.changes;
        self.gained.extend(more.gained);
        self.follows.extend(more.follows);
        self.reordered.extend(more.reordered);
        self.offered.extend(more.offered);
        self.declined.extend(more.declined);
        // What is not proved of a part is not proved of the whole.
        match (&mut self.verdict, more.verdict) {
            (Verdict::NotProved(_), _) => {}
            (Verdict::Preserved { how, .. }, Verdict::Preserved { how: others, .. }) => {
                let new: Vec<String> = others.into_iter().filter(|other| !how.contains(other)).collect();
                how.extend(new);
            }
            (verdict, other) => *verdict = other,
        }
    }
}

impl Service {
    /// How many changes of it were committed, one after the other.
    pub fn changes(&self) -> usize {
        match &self.fate {
            Fate::Migrated(migrated) => migrated.changes,
            _ => 0,
        }
    }

    /// Whether it is migrated by this run.
    pub fn is_migrated(&self) -> bool {
        matches!(self.fate, Fate::Migrated(_))
    }
}
