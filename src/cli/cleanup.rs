//! `qgroget cleanup`: removes what is left of the legacy pattern, as one commit.

use super::args::{Cleanup as Args, Format};
use super::proving::Verifier;
use super::session::Session;
use super::{message, single, texts};
use crate::error::Result;
use crate::plan::cleanup::Cleanup;
use crate::plan::model::{Choices, Context};
use crate::plan::{Accepted, Proposal};
use crate::review::Decision;

/// Runs the command.
///
/// # Errors
/// What refuses the cleanup; nothing is written then.
pub fn run(args: &Args, session: &Session) -> Result<u8> {
    session.again(|| once(args, session))
}

fn once(args: &Args, session: &Session) -> Result<u8> {
    let loaded = session.load(args.deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let cleanup = Cleanup::plan(&context)?;
    if cleanup.is_done() {
        if args.deciding.format == Format::Json {
            session.ui.data(single::nothing("cleanup", cleanup.name())?);
        }
        session.ui.tell(texts::CLEANUP_DONE);
        return Ok(0);
    }
    let message = |accepted: &Accepted| message::cleanup(&cleanup, accepted);
    let prove = |decision: &Decision| match args.no_verify {
        true => Ok(()),
        false => prove(args, &context, &cleanup, decision, session),
    };
    let landed = single::run_proved("cleanup", &cleanup, &args.deciding, session, message, prove)?;
    Ok(single::end(landed, &args.deciding, session))
}

/// Proves that nothing but the legacy option itself goes.
///
/// # Errors
/// `not-preserving`; or the repository does not evaluate.
fn prove(args: &Args, context: &Context, cleanup: &Cleanup, decision: &Decision, session: &Session) -> Result<()> {
    let host = Some(context.host.name.clone());
    let verifier = Verifier::new(session, &args.proving, context.rules(), host, Vec::new())
        .without_commit(args.deciding.no_commit);
    let services = context.rules().namespaces.services.as_str();
    let removed: &[&str] = match cleanup.removes(&decision.accepted) {
        true => &[services],
        false => &[],
    };
    verifier.pass(&decision.change, removed, &texts::cleanup_proved(services))
}
