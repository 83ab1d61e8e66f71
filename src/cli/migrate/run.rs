//! A run that writes: one decision, one proof, one commit for each service.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Found, find, moves, planned, trial};
use crate::cli::args::Migrate;
use crate::cli::branch;
use crate::cli::committer::{Committer, Landed};
use crate::cli::interrupt;
use crate::cli::next::{self, Done};
use crate::cli::proving::{self, Allowed, Declared, Verifier, VerifyOutcome};
use crate::cli::session::{Loaded, Session, is_outdated};
use crate::cli::terminal::Console;
use crate::cli::{init, message, texts, undo};
use crate::commit::{Check, MoveFirst, Tick};
use crate::error::{self, Error, Kind, Result};
use crate::plan::install::{self, Installation};
use crate::plan::migrate::Migration;
use crate::plan::model::{Choices, Context};
use crate::plan::{Proposal, data_dir};
use crate::process;
use crate::repo::hosts;
use crate::review::{Decision, Outcome, Position, Reply, Terminal as _};
use crate::rules::says_directory;

/// What became of a service.
enum Step {
    Nothing,
    /// It has its contract, and what is open was not asked for.
    Open,
    Written,
    Declined,
    Quit,
    /// The service before is to be asked about again.
    Back,
    Refused(Error),
}

/// A service's line in the table at the end.
struct Row {
    service: String,
    fate: String,
    time: Duration,
}

impl Row {
    /// Whether a person has decided about it.
    fn can_be_taken_back(&self) -> bool {
        matches!(&*self.fate, texts::FATE_MIGRATED | texts::FATE_DECLINED)
    }
}

/// A run under way.
struct Run<'s> {
    args: &'s Migrate,
    session: &'s Session,
    /// Made when something is to be written for the first time.
    committer: Option<Committer<'s>>,
    /// Whether it was said already that nothing can be proved.
    unproved_said: Cell<bool>,
    /// How far it is.
    position: Position,
}

/// Runs it. Stops between two services on Ctrl-C; what is committed stays.
///
/// # Errors
/// What refuses the whole run.
pub fn run(
    args: &Migrate,
    session: &Session,
    choices: &Choices,
    mut loaded: Loaded,
    services: &[String],
    undeclared: &[(String, PathBuf)],
) -> Result<u8> {
    branch::check(&args.deciding, session)?;
    let mut run = Run {
        args,
        session,
        committer: None,
        unproved_said: Cell::new(false),
        position: Position::default(),
    };
    let _hold = interrupt::hold_all();
    // Where somebody is asked, that is how far it is; a bar would be drawn over the question.
    let bar = services.len() > 1 && !session.asks(&args.deciding);
    let progress = bar.then(|| session.ui.progress(Some(services.len() as u64), texts::MIGRATING));
    let mut rows = Vec::new();
    let mut code = 0;
    let mut choices = choices.clone();
    let declared = services.iter().map(|service| (service, None));
    let offered = undeclared.iter().map(|(service, module)| (service, Some(module)));
    let all: Vec<(&String, Option<&PathBuf>)> = declared.chain(offered).collect();
    let mut at = 0;
    while let Some((service, module)) = all.get(at).copied() {
        at += 1;
        run.position = Position {
            number: at,
            of: all.len(),
            then: all[at..].iter().map(|(name, _)| (*name).clone()).collect(),
            can_go_back: rows.iter().any(Row::can_be_taken_back),
        };
        if let Some(module) = module {
            match run.module_of(&loaded, service, module) {
                Source::Module(from) => choices.from = Some(from),
                Source::None => {
                    session.ui.tell(texts::undeclared(service, module));
                    continue;
                }
                Source::Quit => break,
            }
        }
        if let Some(progress) = &progress {
            progress.label(service);
        }
        let start = Instant::now();
        let step = run.one(&loaded, service, &choices);
        let fate = match &step {
            Step::Nothing | Step::Open => texts::FATE_NOTHING.to_owned(),
            Step::Written => texts::FATE_MIGRATED.to_owned(),
            Step::Declined => texts::FATE_DECLINED.to_owned(),
            Step::Back => {
                loaded = run.go_back(&mut rows)?;
                let before = rows.pop().map(|row| row.service);
                at = all
                    .iter()
                    .position(|(name, _)| Some(*name) == before.as_ref())
                    .unwrap_or(0);
                continue;
            }
            Step::Quit => {
                say_next(&rows, args, session);
                return Ok(1);
            }
            Step::Refused(error) => texts::fate_refused(error),
        };
        rows.push(Row {
            service: service.clone(),
            fate,
            time: start.elapsed(),
        });
        match step {
            Step::Nothing => session.ui.tell(texts::migrated_already(service)),
            Step::Written => loaded = session.load(args.deciding.host.as_deref())?,
            Step::Declined => code = 1,
            Step::Quit | Step::Back | Step::Open => {}
            Step::Refused(error) => {
                session.ui.error(&error);
                code = code.max(error.kind().exit_code());
                if error.kind() != Kind::Refused {
                    break;
                }
            }
        }
        if let Some(progress) = &progress {
            progress.step();
        }
        if process::interrupted().is_some() {
            session.ui.warn(texts::STOPPED);
            code = code.max(1);
            break;
        }
    }
    drop(progress);
    if rows.len() > 1 {
        table(session, &rows);
    }
    say_next(&rows, args, session);
    Ok(code)
}

/// Says what comes next, if a service was migrated.
fn say_next(rows: &[Row], args: &Migrate, session: &Session) {
    let (done, others): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.fate == texts::FATE_MIGRATED);
    if done.is_empty() {
        return;
    }
    let names = |rows: &[&Row]| -> Vec<String> { rows.iter().map(|row| row.service.clone()).collect() };
    let done = Done::Migrated {
        services: &names(&done),
        others: &names(&others),
    };
    let deciding = &args.deciding;
    next::say(&done, !deciding.no_commit, deciding.host.as_deref(), session);
}

fn table(session: &Session, rows: &[Row]) {
    let wide = rows.iter().map(|row| row.service.len()).max().unwrap_or(0);
    session.ui.tell("");
    for row in rows {
        session.ui.tell(format!(
            "  {:wide$}  {:>6.1} s  {}",
            row.service,
            row.time.as_secs_f64(),
            row.fate
        ));
    }
}

/// From where a service is to be migrated that is declared nowhere.
enum Source {
    Module(PathBuf),
    None,
    Quit,
}

/// Where a service keeps its state, as a person answers.
enum Directory {
    Said(String),
    None,
    Quit,
}

impl<'s> Run<'s> {
    /// Takes back what was decided last, so that it is the last row; gives what is there then.
    ///
    /// # Errors
    /// Where its commit cannot be taken back.
    fn go_back(&self, rows: &mut Vec<Row>) -> Result<Loaded> {
        let last = rows.iter().rposition(Row::can_be_taken_back).unwrap_or(0);
        rows.truncate(last + 1);
        if let Some(row) = rows.last()
            && row.fate == texts::FATE_MIGRATED
        {
            undo::take_back(&row.service, self.session)?;
        }
        self.session.load(self.args.deciding.host.as_deref())
    }

    /// Asks for the module of a service that is declared nowhere; `found` is the one that runs it.
    fn module_of(&self, loaded: &Loaded, service: &str, found: &Path) -> Source {
        let mut console = Console::new(&self.session.ui, self.session.editor());
        loop {
            let Reply::Line(line) = console.ask(&texts::undeclared_question(service, found)) else {
                return Source::Quit;
            };
            match line.trim() {
                "y" | "yes" => return Source::Module(found.to_owned()),
                "" | "n" | "no" => return Source::None,
                "q" | "quit" => return Source::Quit,
                path if loaded.repo.import_target(Path::new(path)).is_some() => {
                    return Source::Module(PathBuf::from(path));
                }
                path => self.session.ui.line(texts::no_module(path)),
            }
        }
    }

    /// Asks where the service keeps its state, where its code names several directories and somebody is there to be asked.
    fn directory_of(&self, context: &Context, service: &str, error: &Error) -> Directory {
        if error.code() != "ambiguous-data-dir" || !self.session.asks(&self.args.deciding) {
            return Directory::None;
        }
        let directories = data_dir::choices(context, service).unwrap_or_default();
        let mut console = Console::new(&self.session.ui, self.session.editor());
        loop {
            let Reply::Line(line) = console.ask(&texts::directory_question(service, &directories)) else {
                return Directory::Quit;
            };
            let said = match line.trim() {
                "" | "s" | "skip" => return Directory::None,
                "q" | "quit" => return Directory::Quit,
                number if number.parse::<usize>().is_ok() => {
                    let at = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
                    at.and_then(|at| directories.get(at)).cloned()
                }
                text => says_directory(text).then(|| text.to_owned()),
            };
            if let Some(said) = said {
                let option = error::plan::data_dir_option(service, &said);
                self.session.ui.line(texts::directory_said(&option));
                return Directory::Said(said);
            }
            self.session.ui.line(texts::NO_DIRECTORY);
        }
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
            Some(signal) if error.code() == "stopped-by-signal" && error.hints().is_empty() => {
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
            Found::Nothing => return Ok(Step::Nothing),
            Found::Refused(error) => {
                return match self.directory_of(&context, service, &error) {
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
        let installation = Installation::plan(&context)?;
        let committer = self.committer.as_ref().expect("made above");
        self.session.ui.tell(texts::INIT_FIRST);
        let proving = (!self.args.no_verify).then_some(&self.args.proving);
        let landed = init::install(&installation, &context, committer, self.session, proving)?;
        committer.say(installation.name(), &landed);
        match landed {
            Landed::Committed(_) | Landed::Written => {}
            Landed::Quit => return Ok(Step::Quit),
            Landed::Declined => return Err(init::needed()),
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
        match planned(&context, migration.name())? {
            Some(migration) => self.land(&context, &migration),
            None => Ok(Step::Nothing),
        }
    }

    fn land(&self, context: &Context, migration: &Migration) -> Result<Step> {
        let service = migration.name();
        let committer = self.committer.as_ref().expect("made before anything is written");
        committer.check(migration)?;
        if migration.is_resumed() {
            let open = texts::open_changes(service, migration.groups().len());
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
        let (decision, first, ticks) = loop {
            let decision: Decision = match approval.decide()? {
                Outcome::Quit => return Ok(Step::Quit),
                Outcome::Back => return Ok(Step::Back),
                Outcome::Decided(decision) => decision,
            };
            if migration.is_resumed() && decision.change.is_empty() && !session.asks(&self.args.deciding) {
                for group in migration.groups() {
                    session.ui.tell(texts::open_gain(&group.title));
                }
                return Ok(Step::Open);
            }
            if decision.change.is_empty() {
                committer.say(service, &Landed::Declined);
                return Ok(Step::Declined);
            }
            let first = moves::first(
                context,
                migration,
                &decision.accepted,
                &decision.change,
                self.args,
                session,
            )?;
            match self.prove(context, migration, &decision, first.as_ref(), committer) {
                Ok(ticks) => break (decision, first, ticks),
                Err(error) => approval.come_back(error)?,
            }
        };
        let repo = context.repo.after(&decision.change);
        let model = hosts::model(&repo, context.host);
        let after = Context {
            repo: &repo,
            model: &model,
            ..*context
        };
        let message = message::migration(&after, migration, &decision.accepted, &ticks)?;
        let landed = committer.land(migration, &decision, first.as_ref(), &message)?;
        committer.say(service, &landed);
        Ok(match landed {
            Landed::Committed(_) | Landed::Written => Step::Written,
            Landed::Declined => Step::Declined,
            Landed::Quit => Step::Quit,
        })
    }

    /// Proves a decision in scratch copies, and its first commit by itself; returns what of the checklist that ticks.
    ///
    /// # Errors
    /// `not-preserving`; or the repository does not evaluate.
    fn prove(
        &self,
        context: &Context,
        migration: &Migration,
        decision: &Decision,
        first: Option<&MoveFirst>,
        committer: &Committer,
    ) -> Result<BTreeMap<Check, Tick>> {
        if self.args.no_verify {
            return Ok(BTreeMap::new());
        }
        let home = migration.facts().home.source.path();
        let extra = if context.model.is_imported(home) {
            Vec::new()
        } else {
            vec![home.to_owned()]
        };
        let verifier = Verifier::new(
            self.session,
            &self.args.proving,
            context.rules(),
            Some(context.host.name.clone()),
            extra,
        )
        .without_commit(self.args.deciding.no_commit);
        let declared = Declared::new(context, migration.declared(&decision.accepted))?;
        let allowed = Allowed {
            declared: declared.as_ref(),
            orders: self.args.accept_reordering,
            context: Some(context),
            ..Allowed::default()
        };
        if let Some(first) = first {
            let alone = Allowed {
                declared: None,
                ..allowed
            };
            match verifier.gate(&first.change, &alone).map_err(moves::not_alone)? {
                VerifyOutcome::Reordered(_, refusal) if !committer.takes_order(&refusal) => {
                    return Err(moves::not_alone(refusal));
                }
                VerifyOutcome::Open(_) => self.session.ui.note(texts::MOVE_PRESERVES),
                VerifyOutcome::Reordered(..) | VerifyOutcome::Unproved(_) => {}
            }
        }
        match verifier.gate(&decision.change, &allowed)? {
            VerifyOutcome::Reordered(_, refusal) if !committer.takes_order(&refusal) => Err(refusal),
            VerifyOutcome::Open(proof) | VerifyOutcome::Reordered(proof, _) => {
                proving::say(&self.session.ui, &proof, &verifier.gains(declared.as_ref())?);
                Ok(proving::ticks(&proof))
            }
            VerifyOutcome::Unproved(why) => {
                if !self.unproved_said.replace(true) {
                    self.session.ui.warn(texts::unproved(&why));
                }
                Ok(BTreeMap::new())
            }
        }
    }
}
