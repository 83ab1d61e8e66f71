//! A run that writes: one decision, one proof, one commit for each service.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::proof::{Proofs, Proved};
use super::questions::{self, Directory, Source};
use super::record::{self, Record};
use super::{Found, find, moves, trial};
use crate::cli::args::{Format, Migrate};
use crate::cli::branch;
use crate::cli::committer::{self, Committer, Landed};
use crate::cli::interrupt;
use crate::cli::next::{self, Done};
use crate::cli::session::{Loaded, Session, is_outdated};
use crate::cli::{init, message, show, texts, undo};
use crate::commit::{Message, MoveFirst};
use crate::error::{self, Error, Kind, Result};
use crate::plan::install;
use crate::plan::migrate::Migration;
use crate::plan::model::{Choices, Context};
use crate::plan::{Proposal, Safety};
use crate::process;
use crate::repo::hosts;
use crate::report::{Commit, Fate, Migrated, Service};
use crate::review::json::{self, ServiceOutcome};
use crate::review::{Decision, Kept, Outcome, Position};

/// What became of a service.
enum Step {
    Nothing {
        left: Vec<String>,
    },
    /// It has its contract, and these gains were not asked for, by their titles.
    Open(Vec<String>),
    Written(Box<Migrated>),
    Declined,
    Quit,
    /// The service before is to be asked about again.
    Back,
    Refused(Error),
}

/// The services of a run.
pub struct Services<'a> {
    /// Those that are declared.
    pub declared: &'a [String],
    /// Those that are declared nowhere and asked about, with the modules that run them.
    pub offered: &'a [(String, PathBuf)],
    /// Those that are declared nowhere and not asked about.
    pub undeclared: &'a [(String, PathBuf)],
}

/// What git and its hooks refuse of a commit.
const COMMIT_REFUSED: [&str; 3] = ["hook-failed", "hook-changed-files", "commit-failed"];

/// A run under way.
struct Run<'s> {
    args: &'s Migrate,
    session: &'s Session,
    /// Made when something is to be written for the first time.
    committer: Option<Committer<'s>>,
    proofs: Proofs<'s>,
    record: Record<'s>,
    /// How far it is.
    position: Position,
    /// What was answered about each service that was decided, for one that is taken back.
    kept: RefCell<BTreeMap<String, Kept>>,
    /// The files that were written for each service.
    written: RefCell<BTreeMap<String, BTreeSet<PathBuf>>>,
    /// Whether what is asked about came up with a service's contract, in the same run.
    follows: bool,
}

/// Runs it. Stops between two services on Ctrl-C; what is committed stays.
///
/// # Errors
/// What refuses the whole run.
pub fn run(
    args: &Migrate,
    session: &Session,
    choices: &Choices,
    loaded: Loaded,
    services: &Services,
    unreadable: Vec<Error>,
) -> Result<u8> {
    branch::check(&args.deciding, session)?;
    let declared = services.declared.iter().map(|service| (service, None));
    let offered = services.offered.iter().map(|(service, module)| (service, Some(module)));
    let all: Vec<(&String, Option<&PathBuf>)> = declared.chain(offered).collect();
    let names: Vec<&String> = all.iter().map(|(name, _)| *name).collect();
    let record = Record::new(args, session, &loaded.host.name, &names);
    let mut run = Run {
        args,
        session,
        committer: None,
        proofs: Proofs::new(args, session, record.brief),
        record,
        position: Position::default(),
        kept: RefCell::default(),
        written: RefCell::default(),
        follows: false,
    };
    let _hold = interrupt::hold_all();
    let (code, reached) = match run.services(loaded, &all, choices) {
        Ok(reached) => reached,
        Err(error) => {
            run.record.broken_off(&error)?;
            return Err(error);
        }
    };
    let not_reached = names[reached..].iter().map(|name| (*name).clone()).collect();
    let done = run.record.end(not_reached, services.undeclared, unreadable)?;
    super::say_beside(&done.undeclared, &done.unreadable, session);
    say_next(&done.services, args, session);
    Ok(code)
}

/// Says what comes next, if a service was migrated.
fn say_next(services: &[Service], args: &Migrate, session: &Session) {
    let (done, others): (Vec<&Service>, Vec<&Service>) = services.iter().partition(|service| service.is_migrated());
    if done.is_empty() {
        return;
    }
    let names =
        |services: &[&Service]| -> Vec<String> { services.iter().map(|service| service.name.clone()).collect() };
    let done = Done::Migrated {
        services: &names(&done),
        others: &names(&others),
        changes: done.first().map_or(0, |service| service.changes()),
    };
    let deciding = &args.deciding;
    next::say(&done, !deciding.no_commit, deciding.host.as_deref(), session);
}

/// Whether a person has decided about it, so that it can be asked again.
fn can_be_taken_back(service: &Service) -> bool {
    matches!(service.fate, Fate::Migrated(_) | Fate::Declined)
}

impl<'s> Run<'s> {
    /// Goes through the services; gives the exit status, and how many were come to.
    ///
    /// # Errors
    /// What refuses the whole run.
    fn services(
        &mut self,
        mut loaded: Loaded,
        all: &[(&String, Option<&PathBuf>)],
        choices: &Choices,
    ) -> Result<(u8, usize)> {
        let session = self.session;
        // Where somebody is asked, that is how far it is; a bar would be drawn over the question.
        let bar = all.len() > 1 && !session.asks(&self.args.deciding);
        let progress = bar.then(|| session.ui.progress(Some(all.len() as u64), texts::MIGRATING));
        let mut code = 0;
        let mut choices = choices.clone();
        let mut at = 0;
        while let Some((service, module)) = all.get(at).copied() {
            at += 1;
            self.position = Position {
                number: at,
                of: all.len(),
                next: all.get(at).map(|(name, _)| (*name).clone()),
                can_go_back: self.record.run.services.iter().any(can_be_taken_back),
            };
            if let Some(module) = module {
                match questions::module_of(session, &loaded, service, module) {
                    Source::Module(from) => choices.from = Some(from),
                    Source::None => {
                        session.ui.tell(texts::undeclared(service, module));
                        continue;
                    }
                    Source::Quit => return Ok((code, at - 1)),
                }
            }
            if let Some(progress) = &progress {
                progress.label(service);
            }
            match self.one(&loaded, service, &choices) {
                Step::Back => {
                    match self.go_back() {
                        Ok(before) => {
                            loaded = before;
                            at = self.last_of(all);
                        }
                        // What cannot be taken back stays, and the question is asked again.
                        Err(error) if error.kind() == Kind::Refused => {
                            session.ui.error(&error);
                            at -= 1;
                        }
                        Err(error) => return Err(error),
                    }
                    continue;
                }
                Step::Quit => return Ok((1, at - 1)),
                // A service that a signal has stopped is as it was, and was not come to.
                Step::Refused(error) if error.code() == "stopped-by-signal" => {
                    self.say_refused(service, &error)?;
                    session.ui.warn(texts::STOPPED);
                    return Ok((code.max(error.kind().exit_code()), at - 1));
                }
                step => {
                    code = code.max(self.record_step(service, step)?);
                    if code > Kind::Refused.exit_code() {
                        return Ok((code, at));
                    }
                }
            }
            if self.record.run.services.last().is_some_and(Service::is_migrated) {
                loaded = session.load(self.args.deciding.host.as_deref())?;
                match self.follow(&loaded, service, &choices)? {
                    None => {}
                    Some(Step::Written(more)) => {
                        self.record.follow(*more);
                        loaded = session.load(self.args.deciding.host.as_deref())?;
                    }
                    Some(Step::Back) => match self.go_back() {
                        Ok(before) => {
                            loaded = before;
                            at = self.last_of(all);
                            continue;
                        }
                        Err(error) if error.kind() == Kind::Refused => session.ui.error(&error),
                        Err(error) => return Err(error),
                    },
                    Some(Step::Quit) => return Ok((1, at)),
                    // The service is migrated: what was left of it is open, and said to be.
                    Some(Step::Refused(error)) => {
                        self.say_refused(service, &error)?;
                        code = code.max(error.kind().exit_code());
                    }
                    Some(_) => {}
                }
            }
            if let Some(progress) = &progress {
                progress.step();
            }
            if process::interrupted().is_some() {
                session.ui.warn(texts::STOPPED);
                return Ok((code.max(1), at));
            }
        }
        Ok((code, at))
    }

    /// Offers what a service could gain that is only known now that it has its contract, in the same run. Where something of
    /// it was declined already, it would be asked about that again: then a later run offers both.
    ///
    /// # Errors
    /// Where the repository cannot be read.
    fn follow(&mut self, loaded: &Loaded, service: &str, choices: &Choices) -> Result<Option<Step>> {
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

    /// Takes the last service off the record; gives its place among `all`.
    fn last_of(&mut self, all: &[(&String, Option<&PathBuf>)]) -> usize {
        let last = self.record.run.services.pop().map(|service| service.name);
        let place = all.iter().position(|(name, _)| Some(*name) == last.as_ref());
        place.unwrap_or(0)
    }

    /// Takes into the record what became of a service; gives the exit status that it leads to.
    fn record_step(&mut self, service: &str, step: Step) -> Result<u8> {
        let ui = &self.session.ui;
        let (fate, code) = match step {
            Step::Nothing { left } => {
                if !self.record.brief {
                    ui.tell(texts::migrated_already(service, &left));
                }
                self.record.entry(|| Ok(json::Service::nothing(service)))?;
                (Fate::Before, 0)
            }
            Step::Open(gains) => (Fate::Open(gains), 0),
            Step::Written(migrated) => (Fate::Migrated(migrated), 0),
            Step::Declined => (Fate::Declined, 1),
            Step::Refused(error) => {
                self.say_refused(service, &error)?;
                if let Some(kept) = self.kept.borrow_mut().remove(service) {
                    show::lost_edits(self.session, &kept.edits());
                }
                let code = error.kind().exit_code();
                (Fate::Refused(error), code)
            }
            Step::Quit | Step::Back => return Ok(1),
        };
        self.record.push(service, fate);
        Ok(code)
    }

    fn say_refused(&self, service: &str, error: &Error) -> Result<()> {
        self.session.ui.error(error);
        self.record.entry(|| Ok(json::Service::refused(service, [error])))
    }

    /// Takes back what was decided last, so that it is the last one; gives what is there then.
    ///
    /// # Errors
    /// Where its commit cannot be taken back.
    fn go_back(&mut self) -> Result<Loaded> {
        let services = &mut self.record.run.services;
        let last = services.iter().rposition(can_be_taken_back).unwrap_or(0);
        services.truncate(last + 1);
        if let Some(service) = services.last()
            && let Fate::Migrated(migrated) = &service.fate
        {
            // All of it goes, or none.
            let written = self.written.borrow_mut().remove(&service.name).unwrap_or_default();
            let written: Vec<PathBuf> = written.into_iter().collect();
            let dirty = self.session.git_to_commit()?.dirty(&written)?;
            if !dirty.is_empty() {
                let what = texts::all_of(&service.name);
                self.written
                    .borrow_mut()
                    .insert(service.name.clone(), written.into_iter().collect());
                return Err(crate::repo::git::refusals::undo_dirty(&what, &dirty));
            }
            for _ in 0..migrated.changes {
                undo::take_back(&service.name, self.session)?;
            }
        }
        self.session.load(self.args.deciding.host.as_deref())
    }

    /// Migrates one service, on what was loaded; where that has changed meanwhile, on what is there now.
    fn one(&mut self, loaded: &Loaded, service: &str, choices: &Choices) -> Step {
        let session = self.session;
        let mut again = None;
        let step = session.again(|| {
            let step = self.attempt(again.as_ref().unwrap_or(loaded), service, choices);
            if step.as_ref().is_err_and(is_outdated) {
                again = Some(session.load(self.args.deciding.host.as_deref())?);
            }
            step
        });
        let refused = |error: Error| match process::interrupted() {
            Some(signal) if error.code() == "stopped-by-signal" && error::process::is_before_all(&error) => {
                error::process::stopped_before(service, signal)
            }
            _ => error,
        };
        step.unwrap_or_else(|error| Step::Refused(refused(error)))
    }

    /// Migrates one service; installs the contract before if it is not there.
    fn attempt(&mut self, loaded: &Loaded, service: &str, choices: &Choices) -> Result<Step> {
        let model = loaded.model();
        let context = loaded.context(&model, choices);
        let migration = match find(&context, service) {
            Found::Nothing { left } => return Ok(Step::Nothing { left }),
            Found::Refused(error) => {
                let deciding = &self.args.deciding;
                return match questions::directory_of(self.session, deciding, &context, service, &error) {
                    Directory::Said(directory) => {
                        let mut choices = choices.clone();
                        choices.data_dirs.insert(service.to_owned(), directory);
                        self.attempt(loaded, service, &choices)
                    }
                    Directory::None => Err(error),
                    Directory::Quit => Ok(Step::Quit),
                };
            }
            Found::Planned(migration) => migration,
        };
        if self.committer.is_none() {
            let committer = Committer::new(self.session, &self.args.deciding, self.args.accept_gains)?;
            // Asked once, and only where there is something to commit.
            let branch = match branch::choose(&self.args.deciding, self.args.all, self.session)? {
                branch::Chosen::Branch(branch) => branch,
                branch::Chosen::Quit => return Ok(Step::Quit),
            };
            self.committer = Some(committer.onto(branch));
        }
        if install::has_contract(&context) {
            return self.tried(&context, &migration);
        }
        let installation = init::before_a_migration(&context)?;
        let committer = self.committer.as_ref().expect("made above");
        self.session.ui.tell(texts::INIT_FIRST);
        let proving = (!self.args.no_verify).then_some(&self.args.proving);
        let landed = init::install(&installation, &context, committer, self.session, proving)?;
        committer.say(installation.name(), &landed);
        match &landed {
            Landed::Committed(_) | Landed::Written => {}
            Landed::Quit => return Ok(Step::Quit),
            Landed::Declined => return Err(init::needed()),
        }
        self.record.run.contract = landed.committed().map(|commit| Commit {
            id: commit.short.clone(),
            message: commit.message.clone(),
        });
        if self.args.deciding.format == Format::Json {
            let decision = init::everything(&installation, false)?;
            let committed = landed.committed();
            self.record
                .decided(&installation, &decision, ServiceOutcome::Migrated, committed, None)?;
        }
        // What is dropped ends its journal, without which the next change cannot begin.
        drop(landed);
        let loaded = self.session.load(self.args.deciding.host.as_deref())?;
        let model = loaded.model();
        let context = loaded.context(&model, choices);
        self.tried(&context, &Migration::plan(&context, service)?)
    }

    /// Lands a service, its new test as a check of the flake if it evaluates.
    fn tried(&mut self, context: &Context, migration: &Migration) -> Result<Step> {
        let Some(choices) = trial::resolved(context, migration, self.args, self.session)? else {
            return self.land(context, migration);
        };
        let context = Context {
            choices: &choices,
            ..*context
        };
        match find(&context, migration.name()) {
            Found::Planned(migration) => self.land(&context, &migration),
            Found::Nothing { left } => Ok(Step::Nothing { left }),
            Found::Refused(error) => Err(error),
        }
    }

    fn land(&self, context: &Context, migration: &Migration) -> Result<Step> {
        let service = migration.name();
        let committer = self.committer.as_ref().expect("made before anything is written");
        committer.check(migration)?;
        if migration.is_resumed() && !self.record.brief {
            let open = texts::open_changes(service, migration.offered().len());
            self.session.ui.tell(open);
        }
        let position = Position {
            // What is only in the working tree is no commit that could be taken back.
            can_go_back: self.position.can_go_back && !committer.leaves_uncommitted(),
            ..self.position.clone()
        };
        self.decided(context, migration, committer, position)
    }

    /// Asks, proves and writes; what cannot be proved is asked about again.
    fn decided(
        &self,
        context: &Context,
        migration: &Migration,
        committer: &Committer,
        position: Position,
    ) -> Result<Step> {
        let (service, session) = (migration.name(), self.session);
        let mut approval = committer.approval(migration, position)?;
        if !self.follows
            && let Some(kept) = self.kept.borrow_mut().remove(service)
        {
            approval.take_up(kept)?;
        }
        let (decision, proved, landed) = loop {
            let decision: Decision = match approval.decide()? {
                Outcome::Quit => return Ok(Step::Quit),
                Outcome::Back => return Ok(Step::Back),
                Outcome::Decided(decision) => decision,
            };
            if !self.follows {
                let kept = approval.kept().map(|kept| (service.to_owned(), kept));
                self.kept.borrow_mut().extend(kept);
            }
            if migration.is_resumed() && decision.change.is_empty() && !session.asks(&self.args.deciding) {
                let gains: Vec<String> = migration.groups().iter().map(|group| group.title.clone()).collect();
                if !self.record.brief {
                    gains.iter().for_each(|title| session.ui.tell(texts::open_gain(title)));
                }
                self.record
                    .decided(migration, &decision, ServiceOutcome::Declined, None, None)?;
                return Ok(Step::Open(gains));
            }
            if decision.change.is_empty() && self.follows {
                session.ui.tell(texts::stays_as_committed(service));
                self.record
                    .decided(migration, &decision, ServiceOutcome::Declined, None, None)?;
                return Ok(Step::Declined);
            }
            if decision.change.is_empty() {
                committer.say(service, &Landed::Declined);
                self.session.ui.note(texts::asked_again(service));
                self.record
                    .decided(migration, &decision, ServiceOutcome::Declined, None, None)?;
                return Ok(Step::Declined);
            }
            let (first, proved, message) = match self.prove(context, migration, &decision, committer) {
                Ok(proved) => proved,
                Err(error) => {
                    approval.come_back(error)?;
                    continue;
                }
            };
            match committer.land(migration, &decision, first.as_ref(), &message) {
                Ok(landed) => break (decision, proved, landed),
                // What git and its hooks refuse is taken back whole. After another error it may not be.
                Err(error) if COMMIT_REFUSED.contains(&error.code()) => approval.come_back(error)?,
                Err(error) => return Err(error),
            }
        };
        self.done(migration, &decision, proved, landed)
    }

    /// Proves what was decided; gives the commit that moves first, where there is one, what is proved, and the message.
    fn prove(
        &self,
        context: &Context,
        migration: &Migration,
        decision: &Decision,
        committer: &Committer,
    ) -> Result<(Option<MoveFirst>, Proved, Message)> {
        let (accepted, change) = (&decision.accepted, &decision.change);
        let first = moves::first(context, migration, accepted, change, self.args, self.session)?;
        let proved = self
            .proofs
            .prove(context, migration, decision, first.as_ref(), committer)?;
        let repo = context.repo.after(change);
        let model = hosts::model_after(&repo, context.host, context.model);
        let after = Context {
            repo: &repo,
            model: &model,
            ..*context
        };
        let message = message::migration(&after, migration, accepted, &proved.ticks)?;
        let message = message.with_accepted_orders(&proved.accepted_orders);
        Ok((first, proved, message))
    }

    /// Says and keeps what was done.
    fn done(&self, migration: &Migration, decision: &Decision, proved: Proved, landed: Landed) -> Result<Step> {
        let committer = self.committer.as_ref().expect("made before anything is written");
        match self.record.brief {
            true => committer.say_beside(&landed),
            false => committer.say(migration.name(), &landed),
        }
        if matches!(landed, Landed::Committed(_)) {
            let mut written = self.written.borrow_mut();
            let paths = written.entry(migration.name().to_owned()).or_default();
            paths.extend(committer::paths(&decision.change));
        }
        let committed = landed.committed();
        let outcome = match &landed {
            Landed::Committed(_) | Landed::Written => ServiceOutcome::Migrated,
            Landed::Declined => return Ok(Step::Declined),
            Landed::Quit => return Ok(Step::Quit),
        };
        let migrated = record::migrated(migration, decision, &proved, committed);
        self.record
            .decided(migration, decision, outcome, committed, proved.json)?;
        Ok(Step::Written(Box::new(migrated)))
    }
}
