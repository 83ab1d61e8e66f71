//! A run that writes: one decision, one proof, one commit for each service.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::proof::Proofs;
use super::questions::{self, Directory, Source};
use super::record::Record;
use super::{Found, find, trial};
use crate::cli::args::{Format, Migrate};
use crate::cli::branch;
use crate::cli::committer::{Committer, Landed};
use crate::cli::interrupt;
use crate::cli::next::{self, Done};
use crate::cli::session::{Loaded, Session, is_outdated};
use crate::cli::{init, show, texts};
use crate::error::{self, Error, Kind, Result};
use crate::plan::Proposal;
use crate::plan::install;
use crate::plan::migrate::Migration;
use crate::plan::model::{Choices, Context};
use crate::process;
use crate::report::{Commit, Fate, Migrated, Service};
use crate::review::json::{self, ServiceOutcome};
use crate::review::{Kept, Position};

/// What became of a service.
pub(super) enum Step {
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

/// A service of a run, and the module that runs it where it is declared nowhere.
pub(super) type Named<'a> = (&'a String, Option<&'a PathBuf>);

/// A run under way.
pub(super) struct Run<'s> {
    pub(super) args: &'s Migrate,
    pub(super) session: &'s Session,
    /// Made when something is to be written for the first time.
    pub(super) committer: Option<Committer<'s>>,
    pub(super) proofs: Proofs<'s>,
    pub(super) record: Record<'s>,
    /// How far it is.
    pub(super) position: Position,
    /// What was answered about each service that was decided, for one that is taken back.
    pub(super) kept: RefCell<BTreeMap<String, Kept>>,
    /// The files that were written for each service.
    pub(super) written: RefCell<BTreeMap<String, BTreeSet<PathBuf>>>,
    /// Whether what is asked about came up with a service's contract, in the same run.
    pub(super) follows: bool,
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
    let all: Vec<Named> = declared.chain(offered).collect();
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
pub(super) fn can_be_taken_back(service: &Service) -> bool {
    matches!(service.fate, Fate::Migrated(_) | Fate::Declined)
}

impl<'s> Run<'s> {
    /// Goes through the services; gives the exit status, and how many were come to.
    ///
    /// # Errors
    /// What refuses the whole run.
    fn services(&mut self, mut loaded: Loaded, all: &[Named], choices: &Choices) -> Result<(u8, usize)> {
        let session = self.session;
        // Where somebody is asked, that is how far it is; a bar would be drawn over the question.
        let bar = all.len() > 1 && !session.asks(&self.args.deciding);
        let progress = bar.then(|| session.ui.progress(Some(all.len() as u64), texts::MIGRATING));
        let mut code = 0;
        let mut choices = choices.clone();
        let mut at = 0;
        while let Some((service, module)) = all.get(at).copied() {
            at += 1;
            self.position = self.position(all, at);
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
                    at = self.back(&mut loaded, all, at - 1)?;
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
                    Some(Step::Back) => {
                        at = self.back(&mut loaded, all, at)?;
                        continue;
                    }
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

    /// How far the run is at the service of this number, counted from one.
    fn position(&self, all: &[Named], number: usize) -> Position {
        Position {
            number,
            of: all.len(),
            next: all.get(number).map(|(name, _)| (*name).clone()),
            can_go_back: self.record.run.services.iter().any(can_be_taken_back),
        }
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

    /// Migrates one service, on what was loaded; where that has changed meanwhile, on what is there now.
    pub(super) fn one(&mut self, loaded: &Loaded, service: &str, choices: &Choices) -> Step {
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
}
