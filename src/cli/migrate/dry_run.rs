//! A dry run: plans one service after the other, each on what the ones before it would leave, and writes nothing.

use std::collections::BTreeMap;

use super::{Found, find, moves};
use crate::cli::allowed::Declared;
use crate::cli::args::{Format, Migrate};
use crate::cli::proving::{self, Verifier};
use crate::cli::session::{Loaded, Session};
use crate::cli::show;
use crate::cli::{init, message, texts};
use crate::edit::SourceChange;
use crate::error::Result;
use crate::error::json::Json;
use crate::plan::definition::Definition;
use crate::plan::install;
use crate::plan::model::Choices;
use crate::plan::{Proposal, Safety};
use crate::prove::Proof;
use crate::review::json::{Commit, Document, Service, ServiceOutcome};
use crate::review::{patch, view};

/// Runs it.
///
/// # Errors
/// What refuses the whole run.
pub fn run(args: &Migrate, session: &Session, choices: Choices, loaded: Loaded, services: &[String]) -> Result<u8> {
    let run = DryRun {
        args,
        session,
        choices: &choices,
        document: Document::new("migrate"),
        change: SourceChange::default(),
        definitions: Vec::new(),
        first: None,
        planned: Vec::new(),
        refused: false,
        gains: false,
    };
    run.run(loaded, services)
}

/// What was planned so far.
struct DryRun<'s> {
    args: &'s Migrate,
    session: &'s Session,
    choices: &'s Choices,
    document: Document,
    change: SourceChange,
    /// What the change alters on purpose.
    definitions: Vec<Definition>,
    /// What comes before the first service, to be said with it.
    first: Option<String>,
    /// The services that have something to be done.
    planned: Vec<String>,
    refused: bool,
    gains: bool,
}

impl DryRun<'_> {
    fn run(mut self, mut loaded: Loaded, services: &[String]) -> Result<u8> {
        let human = self.args.deciding.format == Format::Human;
        let ui = &self.session.ui;
        let body = || -> Result<u8> {
            loaded = self.installation(loaded)?;
            for name in services {
                loaded = self.service(loaded, name)?;
            }
            let proof = self.proof(&loaded)?;
            if human {
                if let Some((proof, gains)) = &proof {
                    proving::show(ui, proof, ui.verbosity() > 0);
                    gains.iter().for_each(|line| ui.line(line));
                    ui.line("");
                }
                let holds = proof.as_ref().is_none_or(|(proof, _)| proof.is_preserving());
                self.close(holds)?;
            }
            Ok(u8::from(
                self.refused || proof.is_some_and(|(proof, _)| !proof.is_preserving()),
            ))
        };
        let code = if human { ui.paged(body) } else { body() };
        self.document.refusals.extend(code.as_ref().err().map(Json::from));
        match (self.args.deciding.format, &code) {
            (Format::Json, _) => ui.data(self.document.to_text()?),
            (Format::Patch, Ok(_)) => ui.data(patch::patch(&self.change)),
            (Format::Human | Format::Patch, _) => {}
        }
        code
    }

    /// The proof of the whole plan, if it was asked for, with what the machine gains by it, a line each.
    fn proof(&mut self, loaded: &Loaded) -> Result<Option<(Proof, Vec<String>)>> {
        if !self.args.verify || self.change.is_empty() {
            return Ok(None);
        }
        let verifier = Verifier::new(
            self.session,
            &self.args.proving,
            loaded.repo.rules(),
            Some(loaded.host.name.clone()),
            Vec::new(),
        )
        .without_commit(self.args.deciding.no_commit);
        // The definitions are made in the state that the plans begin with.
        let begin = self.session.load(self.args.deciding.host.as_deref())?;
        let model = begin.model();
        let context = begin.context(&model, self.choices);
        let declared = Declared::new(&context, self.definitions.clone())?;
        let base = verifier.base(&self.change, declared.as_ref());
        let proof = verifier.compare(base, base, Some(&self.change), declared.as_ref())?;
        let json = serde_json::to_value(&proof).ok();
        self.document
            .services
            .iter_mut()
            .for_each(|service| service.proof.clone_from(&json));
        Ok(Some((proof, verifier.gains(declared.as_ref())?)))
    }

    fn installation(&mut self, loaded: Loaded) -> Result<Loaded> {
        let choices = Choices::default();
        let model = loaded.model();
        let context = loaded.context(&model, &choices);
        if install::has_contract(&context) {
            return Ok(loaded);
        }
        let installation = init::before_a_migration(&context)?;
        let decision = init::everything(&installation, false)?;
        let message = message::installation(&installation, &decision.accepted);
        let message = self.session.marked(&message, &installation, &decision.change)?;
        self.first = Some(texts::first_the_contract(&view::stat(&decision.change)));
        if self.args.deciding.format == Format::Json {
            let entry = init::entry(&installation, &decision, Some(message.text()))?;
            self.document.services.push(entry);
            self.note_format(&decision.change);
        }
        self.change = std::mem::take(&mut self.change).then(decision.change.clone());
        Ok(loaded.after(&decision.change))
    }

    fn service(&mut self, loaded: Loaded, name: &str) -> Result<Loaded> {
        let human = self.args.deciding.format == Format::Human;
        let ui = &self.session.ui;
        let model = loaded.model();
        let context = loaded.context(&model, self.choices);
        let migration = match find(&context, name) {
            Found::Nothing { left } => {
                if human {
                    ui.tell(texts::migrated_already(name, &left));
                }
                self.document.services.push(Service::nothing(name));
                return Ok(loaded);
            }
            Found::Refused(error) => {
                self.refused = true;
                self.document.services.push(Service::refused(name, [&error]));
                ui.error(&error);
                return Ok(loaded);
            }
            Found::Planned(migration) => migration,
        };
        if human && migration.is_resumed() {
            ui.tell(texts::open_changes(name, migration.groups().len()));
        }
        let decision = init::everything(&*migration, self.args.accept_gains)?;
        let next = loaded.after(&decision.change);
        let next_model = next.model();
        let after = next.context(&next_model, self.choices);
        let message = message::migration(&after, &migration, &decision.accepted, &BTreeMap::new())?;
        let message = self.session.marked(&message, &*migration, &decision.change)?;
        let first = moves::first(
            &context,
            &migration,
            &decision.accepted,
            &decision.change,
            self.args,
            self.session,
        )?;
        self.gains |= decision
            .declined
            .iter()
            .any(|d| migration.groups()[d.group.0].safety == Safety::Gains);
        if human {
            let note = self.first.take();
            show::planned(
                self.session,
                &*migration,
                &decision,
                show::Messages {
                    first: first.as_ref().map(|first| first.message.text()),
                    message: message.text(),
                },
                &self.args.deciding,
                note.as_deref(),
            );
            ui.line("");
        }
        self.planned.push(name.to_owned());
        if self.args.deciding.format == Format::Json {
            let mut entry = Service::decided(&*migration, &decision, ServiceOutcome::Planned)?;
            entry.commit = (!decision.change.is_empty()).then(|| Commit {
                first: first.map(|first| first.message.text().to_owned()),
                message: message.text().to_owned(),
                id: None,
            });
            self.document.services.push(entry);
            self.note_format(&decision.change);
        }
        self.definitions.extend(migration.declared(&decision.accepted));
        self.change = std::mem::take(&mut self.change).then(decision.change.clone());
        Ok(next)
    }

    /// Notes how new code is laid out, once for all services.
    fn note_format(&mut self, change: &SourceChange) {
        for line in self.session.format(change) {
            if !self.document.notes.contains(&line) {
                self.document.notes.push(line);
            }
        }
    }

    /// Says how to go on, unless its proof fails, and that nothing was written.
    fn close(&self, holds: bool) -> Result<()> {
        let ui = &self.session.ui;
        if let Some(first) = &self.first {
            ui.tell(first);
        }
        if holds && !self.planned.is_empty() {
            let all = [texts::ALL.to_owned()];
            let services = if self.args.all { &all[..] } else { &self.planned };
            ui.tell(texts::next_steps(services, &self.args.of_the_plan(), self.gains));
        }
        ui.tell(texts::NOTHING_WRITTEN);
        if self.session.git()?.is_none() {
            ui.note(texts::NO_GIT);
        }
        Ok(())
    }
}
