//! `qgroget` alone: how far the migration is, and the one command that comes next.

use super::args::Cli;
use super::migrate;
use super::root;
use super::session::{self, Loaded, Session};
use super::status::untested;
use crate::error::Result;
use crate::plan::cleanup::Cleanup;
use crate::plan::install;
use crate::plan::model::{self, Choices, Context};
use crate::plan::{Proposal, needs};
use crate::review::summary::{Width, wrap};
use crate::status::{Pattern, Status};
use crate::term::palette::{self, paint};

mod texts;

/// Shows it. Where there is no repository to speak of, it shows what the program can be asked for.
///
/// # Errors
/// Where the repository cannot be read or has no host that runs services.
pub fn run(session: &Session) -> Result<u8> {
    if !root::is_one(session.root()) {
        session.ui.warn(texts::no_repository(session.root()));
        let help = <Cli as clap::CommandFactory>::command().render_help();
        session.ui.out(help.ansi().to_string());
        return Ok(2);
    }
    session::threads();
    let mut status = Status::read(session.root(), None, session.to_come())?;
    status.untested = untested(&status, session)?;
    let loaded = status.installed.then(|| session.load(None)).transpose()?;
    let choices = Choices::default();
    let model = loaded.as_ref().map(Loaded::model);
    let context = loaded.as_ref().zip(model.as_ref());
    let context = context.map(|(loaded, model)| loaded.context(model, &choices));
    let whole = context.as_ref().is_some_and(install::has_contract);
    let open = match &context {
        Some(context) if whole => open(context),
        _ => Vec::new(),
    };
    let next = next(&status, context.as_ref(), whole, &open, session)?;
    let ui = &session.ui;
    for (label, text) in rows(&status, whole, &open, session) {
        let label = format!("{label:10}  ");
        let line = wrap(&text, Width(ui.width()), &label, &" ".repeat(label.len()));
        ui.line(line);
    }
    ui.line("");
    let (command, why) = next;
    let line = format!("{}{}", texts::NEXT, paint(palette::TITLE, &command));
    ui.line(line);
    ui.line(wrap(&why, Width(ui.width()), texts::UNDER, texts::UNDER));
    Ok(0)
}

/// The services that have their contract, and changes that are offered still, with how many they are.
fn open(context: &Context) -> Vec<(String, usize)> {
    let migrated = model::contract_names(context.model, context.rules()).into_iter();
    let open = migrated.filter_map(|name| match migrate::planned(context, &name) {
        Ok(Some(migration)) => {
            let count = migration.offered().len();
            (count > 0).then_some((name, count))
        }
        _ => None,
    });
    open.collect()
}

/// What there is to say, each with its label.
fn rows(status: &Status, whole: bool, open: &[(String, usize)], session: &Session) -> Vec<(&'static str, String)> {
    let totals = status.totals();
    let mut rows = vec![
        (texts::HOST, status.host.clone()),
        (texts::CONTRACT, texts::contract(status.installed, whole).to_owned()),
        (texts::SERVICES, texts::services(&totals)),
    ];
    if !status.faults.is_empty() {
        rows.push((texts::FILES, texts::faults(status.faults.len())));
    }
    if totals.gaps > 0 {
        rows.push((texts::GAPS, texts::gaps(status)));
    }
    if !open.is_empty() {
        rows.push((texts::OPEN, texts::open(open)));
    }
    if totals.blocked > 0 {
        rows.push((texts::BLOCKED, texts::blocked(status)));
    }
    if !status.untested.is_empty() {
        rows.push((texts::UNTESTED, texts::untested(&status.untested)));
    }
    if let Some(pending) = session.pending() {
        rows.push((texts::UNFINISHED, texts::unfinished(pending)));
    }
    rows
}

/// The command that comes next, and why; `context` is there where the contract is installed, `whole` or not.
///
/// # Errors
/// Where the repository cannot be read.
fn next(
    status: &Status,
    context: Option<&Context>,
    whole: bool,
    open: &[(String, usize)],
    session: &Session,
) -> Result<(String, String)> {
    if let Some(pending) = session.pending() {
        return Ok(texts::end_it(pending));
    }
    let Some(context) = context else {
        let git = session.git()?;
        let is_begun = git.map_or(Ok(true), |git| git.head().map(|head| head.id().is_some()))?;
        return Ok(if is_begun { texts::init() } else { texts::first_commit() });
    };
    if !whole {
        return Ok(texts::complete());
    }
    if install::is_older(context) {
        return Ok(texts::upgrade());
    }
    let legacy = model::legacy_names(context.model, context.rules());
    let left = needs::ordered(context, legacy);
    let mut can = left.iter();
    let planned = |name: &&String| matches!(migrate::planned(context, name), Ok(Some(_)));
    if let Some(name) = can.find(planned) {
        return Ok(texts::migrate(name, left.len()));
    }
    if !left.is_empty() {
        return Ok(texts::blocked_all(left.len()));
    }
    let is_left = Cleanup::plan(context).is_ok_and(|cleanup| !cleanup.is_done());
    if let Some(service) = status.services.iter().find(|one| one.pattern == Pattern::Undeclared) {
        return Ok(texts::undeclared(&service.name, &service.place.path, is_left));
    }
    if is_left {
        return Ok(texts::cleanup());
    }
    Ok(match (open.first(), status.untested.first()) {
        (Some((name, count)), _) => texts::migrate_the_rest(name, *count),
        (None, Some(name)) => texts::tested(name),
        (None, None) => texts::check(),
    })
}
