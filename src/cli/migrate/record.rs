//! What became of each service of a run: kept for the sums, for programs and for the report.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::Instant;

use super::proof::Proved;
use crate::cli::args::{Format, Migrate};
use crate::cli::session::Session;
use crate::cli::{texts, write_page};
use crate::commit::Committed;
use crate::error::json::Json;
use crate::error::{Error, Result};
use crate::plan::migrate::Migration;
use crate::plan::model::Choices;
use crate::plan::{Proposal, Safety};
use crate::report::{self, Commit, Fate, Migrated, Run, Service};
use crate::review::json::{self, Document, ServiceOutcome};
use crate::review::{Decision, Reason};

/// The record of a run under way.
pub struct Record<'s> {
    args: &'s Migrate,
    session: &'s Session,
    began: Instant,
    head: Option<String>,
    /// How many services there are, and how wide their names.
    of: usize,
    wide: usize,
    /// Whether a service has one line.
    pub brief: bool,
    pub run: Run,
    document: RefCell<Option<Document>>,
}

impl<'s> Record<'s> {
    /// The record of a run over services of these names, of which none is done.
    pub fn new(args: &'s Migrate, session: &'s Session, host: &str, names: &[&String]) -> Record<'s> {
        let is_json = args.deciding.format == Format::Json;
        Record {
            args,
            session,
            began: Instant::now(),
            head: head(session),
            of: names.len(),
            wide: names.iter().map(|name| name.len()).max().unwrap_or(0),
            brief: names.len() > 1 && !session.asks(&args.deciding) && session.ui.verbosity() == 0,
            run: Run {
                host: host.to_owned(),
                ..Run::default()
            },
            document: RefCell::new(is_json.then(|| Document::new("migrate"))),
        }
    }

    /// Keeps an entry of the document for programs, where one is asked for.
    ///
    /// # Errors
    /// Where `entry` fails.
    pub fn entry(&self, entry: impl FnOnce() -> Result<json::Service>) -> Result<()> {
        if let Some(document) = &mut *self.document.borrow_mut() {
            document.services.push(entry()?);
        }
        Ok(())
    }

    /// Keeps the entry of a service that was decided about.
    ///
    /// # Errors
    /// Where the proposal refuses to render.
    pub fn decided(
        &self,
        proposal: &dyn Proposal,
        decision: &Decision,
        outcome: ServiceOutcome,
        committed: Option<&Committed>,
        proof: Option<serde_json::Value>,
    ) -> Result<()> {
        self.entry(|| {
            let mut entry = json::Service::decided(proposal, decision, outcome)?;
            entry.proof = proof;
            entry.commit = committed.map(|commit| json::Commit {
                first: commit.first.as_ref().map(|first| first.message.clone()),
                message: commit.message.clone(),
                id: Some(commit.id.clone()),
            });
            Ok(entry)
        })?;
        if let Some(document) = &mut *self.document.borrow_mut() {
            for line in self.session.format(&decision.change) {
                if !document.notes.contains(&line) {
                    document.notes.push(line);
                }
            }
        }
        Ok(())
    }

    /// Prints the document for programs of a run that `error` ends: what was done before it is done.
    ///
    /// # Errors
    /// Where it has no form.
    pub fn broken_off(&self, error: &Error) -> Result<()> {
        if let Some(mut document) = self.document.take() {
            document.refusals.push(Json::from(error));
            self.session.ui.data(document.to_text()?);
        }
        Ok(())
    }

    /// Takes a service into the record, and says its line where it has one.
    pub fn push(&mut self, name: &str, fate: Fate) {
        let service = Service {
            name: name.to_owned(),
            fate,
        };
        if self.brief {
            let number = self.run.services.len() + 1;
            self.session.ui.line(report::line(&service, number, self.of, self.wide));
        }
        self.run.services.push(service);
    }

    /// Takes what a service has gained, once it was migrated, into what became of it.
    pub fn follow(&mut self, more: Migrated) {
        let number = self.run.services.len();
        let Some(service) = self.run.services.last_mut() else {
            return;
        };
        if self.brief {
            let gained = Service {
                name: service.name.clone(),
                fate: Fate::Migrated(Box::new(more.clone())),
            };
            self.session.ui.line(report::line(&gained, number, self.of, self.wide));
        }
        if let Fate::Migrated(migrated) = &mut service.fate {
            migrated.take(more);
        }
    }

    /// Ends the record: says the sums, prints the document for programs, and writes the report.
    ///
    /// # Errors
    /// Where the report cannot be written.
    pub fn end(
        mut self,
        not_reached: Vec<String>,
        undeclared: &[(String, PathBuf)],
        unreadable: Vec<Error>,
    ) -> Result<Run> {
        self.run.not_reached = not_reached;
        self.run.undeclared = undeclared.to_vec();
        self.run.unreadable = unreadable;
        if let (Some(before), Some(after)) = (&self.head, head(self.session))
            && *before != after
        {
            self.run.revisions = Some([before.clone(), after]);
        }
        self.run.date = crate::cli::today();
        self.look_again();
        let several = self.run.services.len() + self.run.not_reached.len() > 1;
        if several && !self.run.services.is_empty() {
            self.session.ui.tell("");
            for line in report::sums(&self.run, self.began.elapsed()) {
                self.session.ui.tell(line);
            }
        } else if self.run.migrated().next().is_some() {
            for line in report::gains(&self.run) {
                self.session.ui.tell(line);
            }
        }
        if let Some(mut document) = self.document.take() {
            document.notes.extend(
                self.run
                    .undeclared
                    .iter()
                    .map(|(name, module)| texts::undeclared(name, module)),
            );
            self.session.ui.data(document.to_text()?);
        }
        if let Some(path) = &self.args.report {
            let page = match path.extension().is_some_and(|extension| extension == "md") {
                true => report::markdown(&self.run),
                false => report::html(&self.run),
            };
            write_page(path, &page, self.session)?;
        }
        Ok(self.run)
    }
}

impl Record<'_> {
    /// Plans the services once more, on what is there now: which of them a later run would ask about, and what each migrated
    /// one could gain that its migration did not know of. Where the repository cannot be read, neither is known.
    fn look_again(&mut self) {
        let host = self.args.deciding.host.as_deref();
        let has_more = |service: &&mut Service| matches!(service.fate, Fate::Migrated(_) | Fate::Open(_));
        let mut services = self.run.services.iter_mut().filter(has_more).peekable();
        let Some(loaded) = services.peek().and_then(|_| self.session.load(host).ok()) else {
            return;
        };
        let choices = Choices::default();
        let model = loaded.model();
        let context = loaded.context(&model, &choices);
        for service in services {
            let Ok(Some(migration)) = super::planned(&context, &service.name) else {
                continue;
            };
            let offered = migration.offered().into_iter();
            let gains = offered.filter(|group| group.safety != Safety::Preserves);
            let gains: Vec<String> = gains.map(|group| group.title.clone()).collect();
            if gains.is_empty() {
                continue;
            }
            self.run.asks_again.insert(service.name.clone());
            if let Fate::Migrated(migrated) = &mut service.fate
                && migrated.offered.is_empty()
            {
                migrated.offered.extend(gains);
            }
        }
    }
}

/// HEAD's commit, abbreviated.
fn head(session: &Session) -> Option<String> {
    const LENGTH: usize = 10;
    let head = session.git().ok()??.head().ok()?;
    Some(head.id()?.to_string()[..LENGTH].to_owned())
}

/// What a migration has done that was decided so, proved so, and committed so.
pub fn migrated(
    migration: &Migration,
    decision: &Decision,
    proved: &Proved,
    committed: Option<&Committed>,
) -> Migrated {
    let title = |id: usize| migration.groups()[id].title.clone();
    let gains = |id: usize| migration.groups()[id].safety == Safety::Gains;
    let declined = decision.declined.iter().filter(|one| one.reason != Reason::Skipped);
    let (offered, declined): (Vec<usize>, Vec<usize>) =
        declined.map(|declined| declined.group.0).partition(|id| gains(*id));
    let first = committed.and_then(|commit| commit.first.as_ref()).map(|first| Commit {
        id: first.short.clone(),
        message: first.message.clone(),
    });
    let last = committed.map(|commit| Commit {
        id: commit.short.clone(),
        message: commit.message.clone(),
    });
    Migrated {
        commits: first.into_iter().chain(last).collect(),
        changes: 1,
        verdict: proved.verdict.clone(),
        gained: decision
            .accepted
            .iter()
            .filter(|group| gains(group.0))
            .map(|group| title(group.0))
            .collect(),
        follows: proved.follows.clone(),
        reordered: proved.reordered.clone(),
        offered: offered.into_iter().map(title).collect(),
        declined: declined.into_iter().map(title).collect(),
        left: migration.skipped().to_vec(),
    }
}
