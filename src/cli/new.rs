//! `qgroget new`: a new service by the contract, as one commit.

mod wizard;

use super::args::{Format, KindArg, New};
use super::committer::Landed;
use super::session::Session;
use super::{message, single, texts};
use crate::commit::Recovered;
use crate::error::{self, Result};
use crate::plan::model::Choices;
use crate::plan::new::{Exposure, NewService, ServiceKind, Wanted};
use crate::plan::texts as plan_texts;

/// Runs the command.
///
/// # Errors
/// What refuses the service; nothing is written then.
pub fn run(args: &New, session: &Session) -> Result<u8> {
    let mut wanted = None;
    session.again(|| once(args, session, &mut wanted))
}

/// Whether the interrupted run that was finished now has made this service: then that is all.
///
/// # Errors
/// Where its document cannot be made.
pub fn is_finished(args: &New, recovered: &Recovered, session: &Session) -> Result<bool> {
    let is_finished = recovered.intent == session.intent(&args.service);
    if is_finished && args.deciding.format == Format::Json {
        session.ui.data(single::nothing("new", &args.service)?);
    }
    Ok(is_finished)
}

/// Plans the service that is `wanted`, after asking for it where nobody was asked yet.
fn once(args: &New, session: &Session, wanted: &mut Option<Wanted>) -> Result<u8> {
    let deciding = &args.deciding;
    let loaded = session.load(deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let answers = match wanted.take() {
        Some(answers) => answers,
        None if session.asks(deciding) => wizard::ask(args, &context, &session.ui)?,
        None => said(args)?,
    };
    let wanted = wanted.insert(answers);
    let service = NewService::plan(&context, wanted.clone())?;
    let subject = plan_texts::new_subject(&wanted.name);
    let landed = single::run("new", &service, deciding, session, |accepted| {
        message::groups(&subject, &service, accepted)
    })?;
    if let Some(Landed::Committed(_) | Landed::Written) = landed {
        session.ui.tell(texts::new_next(&wanted.name, service.path()));
    }
    Ok(single::end(landed, deciding, session))
}

/// What the flags say about the route.
fn exposure(args: &New) -> Option<Exposure> {
    match (args.public, args.private, args.unexposed) {
        (true, ..) => Some(Exposure::Public),
        (_, true, _) => Some(Exposure::Private),
        (.., true) => Some(Exposure::None),
        _ => None,
    }
}

fn kind(args: &New) -> Option<ServiceKind> {
    args.kind.map(|kind| match kind {
        KindArg::Native => ServiceKind::Native,
        KindArg::Container => ServiceKind::Container,
    })
}

/// The service as the flags alone say it. A route is private unless they say otherwise.
fn said(args: &New) -> Result<Wanted> {
    let exposure = exposure(args).unwrap_or(Exposure::Private);
    let mut open = Vec::new();
    if args.category.is_none() {
        open.push("--category");
    }
    if args.port.is_none() && exposure != Exposure::None {
        open.push("--port (or --unexposed)");
    }
    match &args.category {
        Some(category) if open.is_empty() => Ok(Wanted {
            name: args.service.clone(),
            category: category.clone(),
            kind: kind(args).unwrap_or(ServiceKind::Native),
            port: args.port,
            exposure,
            subdomain: args.subdomain.clone(),
            database: args.database,
        }),
        _ => Err(error::evolve::not_said(&open)),
    }
}
