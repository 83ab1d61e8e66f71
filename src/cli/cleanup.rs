//! `qgroget cleanup`: removes what is left of the legacy pattern, as one commit.

use super::args::{Cleanup as Args, Format};
use super::landing::{Landed, Landing};
use super::proving::Judge;
use super::session::Session;
use super::{init, message, show, texts};
use crate::error::Result;
use crate::plan::Proposal;
use crate::plan::cleanup::Cleanup;
use crate::plan::facts::{Choices, Context};
use crate::review::json::{Commit, Document, Fate, Service};
use crate::review::{Decision, Outcome, patch};

/// Runs the command.
///
/// # Errors
/// What refuses the cleanup; nothing is written then.
pub fn run(args: &Args, session: &Session) -> Result<u8> {
    let loaded = session.load(args.deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    if args.deciding.dry_run && args.deciding.format == Format::Json {
        return document(Cleanup::plan(&context), session);
    }
    let cleanup = Cleanup::plan(&context)?;
    if args.deciding.dry_run {
        return dry_run(&cleanup, args.deciding.format, session);
    }
    if cleanup.is_done() {
        session.ui.line(texts::CLEANUP_DONE);
        return Ok(0);
    }
    let landing = Landing::new(session, &args.deciding, false)?;
    landing.check(&cleanup)?;
    let landed = match landing.decide(&cleanup)? {
        Outcome::Quit => Landed::Quit,
        Outcome::Decided(decision) if decision.change.is_empty() => Landed::Declined,
        Outcome::Decided(decision) => {
            if !args.no_verify {
                prove(args, &context, &cleanup, &decision, session)?;
            }
            landing.land(&decision, &message::cleanup(&cleanup, &decision.accepted))?
        }
    };
    landing.say(cleanup.name(), &landed);
    Ok(u8::from(!matches!(landed, Landed::Written(_))))
}

/// Proves that nothing but the legacy option itself goes.
///
/// # Errors
/// `not-preserving`; or the repository does not evaluate.
fn prove(args: &Args, context: &Context, cleanup: &Cleanup, decision: &Decision, session: &Session) -> Result<()> {
    let host = Some(context.host.name.clone());
    let judge = Judge::new(session, &args.proving, context.rules(), host, Vec::new());
    let services = context.rules().namespaces.services.as_str();
    let removed: &[&str] = match cleanup.removes(&decision.accepted) {
        true => &[services],
        false => &[],
    };
    judge.pass(&decision.change, removed, &texts::cleanup_proved(services))
}

fn dry_run(cleanup: &Cleanup, format: Format, session: &Session) -> Result<u8> {
    let decision = init::everything(cleanup, false)?;
    match format {
        Format::Patch => session.ui.data(patch::patch(&decision.change)),
        _ if cleanup.is_done() => session.ui.line(texts::CLEANUP_DONE),
        _ => session.ui.paged(|| {
            let message = message::cleanup(cleanup, &decision.accepted);
            show::planned(&session.ui, cleanup, &decision, message.text());
            session.ui.line(format!("\n{}", texts::NOTHING_WRITTEN));
        }),
    }
    Ok(0)
}

/// The plan as the JSON document, a refusal included.
fn document(planned: Result<Cleanup>, session: &Session) -> Result<u8> {
    let mut document = Document::new("cleanup");
    let code = match &planned {
        Err(error) => {
            document.services.push(Service::refused("cleanup", [error]));
            error.kind().exit_code()
        }
        Ok(cleanup) if cleanup.is_done() => {
            document.services.push(Service::nothing(cleanup.name()));
            0
        }
        Ok(cleanup) => {
            let decision = init::everything(cleanup, false)?;
            let mut entry = Service::decided(cleanup, &decision, Fate::Planned)?;
            entry.commit = Some(Commit {
                message: message::cleanup(cleanup, &decision.accepted).text().to_owned(),
                id: None,
            });
            document.services.push(entry);
            0
        }
    };
    session.ui.data(document.to_text()?);
    Ok(code)
}
