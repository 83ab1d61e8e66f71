//! `qgroget migrate`: moves services to the contract, one commit each.

mod back;
mod decided;
mod dry_run;
mod moves;
mod proof;
mod questions;
mod record;
mod run;
mod trial;

use std::path::PathBuf;

use super::args::{Format, Migrate};
use super::session::Session;
use super::texts;
use crate::error::{self, Error, Result};
use crate::plan::computed;
use crate::plan::migrate::Migration;
use crate::plan::model::{self, Choices};
use crate::plan::needs;
use crate::review::json::Document;
use crate::rules::kinds::Wanted;
use crate::status::{self, Service};

/// Runs the command.
///
/// # Errors
/// What refuses the whole run; a service that is refused by itself is reported, and the others go on.
pub fn run(args: &Migrate, session: &Session) -> Result<u8> {
    let choices = Choices {
        in_place: args.in_place,
        data_dirs: args.data_dir.iter().cloned().collect(),
        from: args.from.clone(),
        wanted: Wanted {
            only: args.only.iter().copied().collect(),
            skip: args.skip.iter().copied().collect(),
        },
        ..Choices::default()
    };
    let loaded = session.load(args.deciding.host.as_deref())?;
    let services = match args.all {
        true => all(&loaded, &choices),
        false => distinct(&args.services),
    };
    let mut undeclared = match args.all {
        true => status::undeclared(&loaded.context(&loaded.model(), &choices)),
        false => Vec::new(),
    };
    let mut unreadable = match args.all {
        true => computed::unreadable(&loaded.context(&loaded.model(), &choices)),
        false => Vec::new(),
    };
    if services.is_empty() && !unreadable.is_empty() {
        return Err(unreadable.remove(0));
    }
    // Whose module it is, only a person can say.
    let offered = match session.asks(&args.deciding) && !args.deciding.dry_run {
        true => std::mem::take(&mut undeclared),
        false => Vec::new(),
    };
    if services.is_empty() && offered.is_empty() {
        session.ui.tell(texts::ALL_MIGRATED);
        if args.deciding.format == Format::Json {
            session.ui.data(Document::new("migrate").to_text()?);
        }
        say_beside(&undeclared, &unreadable, session);
        return Ok(0);
    }
    if args.deciding.dry_run {
        let code = dry_run::run(args, session, choices, loaded, &services)?;
        say_beside(&undeclared, &unreadable, session);
        return Ok(code);
    }
    let services = run::Services {
        declared: &services,
        offered: &offered,
        undeclared: &undeclared,
    };
    run::run(args, session, &choices, loaded, &services, unreadable)
}

/// Says which services are not among those that are migrated, and why.
fn say_beside(undeclared: &[(String, PathBuf)], unreadable: &[Error], session: &Session) {
    for error in unreadable {
        session.ui.note(error.to_string());
    }
    for (service, module) in undeclared {
        session.ui.note(texts::undeclared(service, module));
    }
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut services: Vec<String> = Vec::new();
    for name in names {
        if !services.contains(name) {
            services.push(name.clone());
        }
    }
    services
}

/// Every service that is declared the old way, those that others depend on before those.
fn all(loaded: &super::session::Loaded, choices: &Choices) -> Vec<String> {
    let model = loaded.model();
    let names = model::legacy_names(&model, loaded.repo.rules());
    needs::ordered(&loaded.context(&model, choices), names)
}

/// What a name turns out to be.
pub enum Found<'a> {
    Planned(Box<Migration<'a>>),
    /// It has its contract already; what is left of it to a person, in words.
    Nothing {
        left: Vec<String>,
    },
    Refused(Error),
}

/// The refusal of a service that is not declared: it names the module, where one runs it.
fn near(context: &model::Context, name: &str, error: Error) -> Error {
    let legacy = model::legacy_names(context.model, context.rules());
    match error::nearest(name, &legacy) {
        Some(_) => error,
        None => error::plan::undeclared_service(name, &status::undeclared(context)).unwrap_or(error),
    }
}

/// The plan of a service: its migration, or what was left of it where it has its contract; `None` where nothing is.
///
/// # Errors
/// As [`Migration::plan`] and [`Migration::resume`].
pub fn planned<'a>(context: &'a model::Context<'a>, name: &str) -> Result<Option<Migration<'a>>> {
    plan(context, name, with_contract(context, name).as_ref())
}

/// A service with a contract as `status` has it; `None` where it has none.
fn with_contract(context: &model::Context, name: &str) -> Option<Service> {
    let with_contract = model::contract_names(context.model, context.rules());
    let has_contract = with_contract.iter().any(|other| other == name);
    has_contract.then(|| status::service(context, name)).flatten()
}

/// What is left to a person of a service with a contract, of which nothing is offered.
fn left(context: &model::Context, service: &Service) -> Vec<String> {
    let gaps = service.gaps.iter().map(|gap| texts::gap_left(&gap.text, &gap.place));
    let stays = Migration::left_of(context, &service.name).unwrap_or_default();
    gaps.chain(stays.iter().map(texts::stays_left)).collect()
}

fn plan<'a>(
    context: &'a model::Context<'a>,
    name: &str,
    with_contract: Option<&Service>,
) -> Result<Option<Migration<'a>>> {
    match with_contract {
        Some(service) => Migration::resume(context, name, &service.unsaved),
        None => Migration::plan(context, name).map(Some),
    }
}

/// What the name `name` turns out to be.
pub fn find<'a>(context: &'a model::Context<'a>, name: &str) -> Found<'a> {
    let service = with_contract(context, name);
    match plan(context, name, service.as_ref()) {
        Ok(Some(migration)) => Found::Planned(Box::new(migration)),
        Ok(None) => Found::Nothing {
            left: service.map_or_else(Vec::new, |service| left(context, &service)),
        },
        Err(error) if error.code() == "unknown-service" || error.code() == "nothing-declared" => {
            Found::Refused(model::broken_file(context, name).unwrap_or_else(|| near(context, name, error)))
        }
        Err(error) => Found::Refused(error),
    }
}
