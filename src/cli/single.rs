//! One proposal from its plan to its commit: for commands that make a single one.

use super::args::{Deciding, Format};
use super::committer::{Committer, Landed};
use super::next::{self, Done};
use super::session::Session;
use super::{show, texts};
use crate::commit::Message;
use crate::error::Result;
use crate::plan::{Accepted, Proposal};
use crate::review::json::{Commit, Document, Service, ServiceOutcome};
use crate::review::{Decision, Outcome, decide_noninteractive, patch};

/// Shows the proposal, or decides, writes and commits it. Returns whether it is written.
///
/// # Errors
/// What refuses it; nothing is written then.
pub fn run(
    command: &str,
    proposal: &dyn Proposal,
    deciding: &Deciding,
    session: &Session,
    message: impl Fn(&Accepted) -> Message,
) -> Result<Option<Landed>> {
    run_proved(command, proposal, deciding, session, message, |_| Ok(()))
}

/// As [`run`], with a proof of the decision before anything is written.
///
/// # Errors
/// As [`run`], and what `prove` refuses.
pub fn run_proved(
    command: &str,
    proposal: &dyn Proposal,
    deciding: &Deciding,
    session: &Session,
    message: impl Fn(&Accepted) -> Message,
    prove: impl FnOnce(&Decision) -> Result<()>,
) -> Result<Option<Landed>> {
    if deciding.dry_run {
        dry_run(command, proposal, deciding, session, message)?;
        return Ok(None);
    }
    let committer = Committer::new(session, deciding, false)?;
    committer.check(proposal)?;
    let landed = match committer.decide(proposal)? {
        Outcome::Quit | Outcome::Back => Landed::Quit,
        Outcome::Decided(decision) => {
            let landed = if decision.change.is_empty() {
                Landed::Declined
            } else {
                prove(&decision)?;
                committer.land(proposal, &decision, None, &message(&decision.accepted))?
            };
            if deciding.format == Format::Json {
                session.ui.data(done(command, proposal, &decision, &landed, session)?);
            }
            landed
        }
    };
    committer.say(proposal.name(), &landed);
    Ok(Some(landed))
}

/// The document of what was done, where there was something to do.
///
/// # Errors
/// Where the proposal refuses to render.
pub fn done(
    command: &str,
    proposal: &dyn Proposal,
    decision: &Decision,
    landed: &Landed,
    session: &Session,
) -> Result<String> {
    let outcome = match landed {
        Landed::Committed(_) | Landed::Written => ServiceOutcome::Migrated,
        Landed::Declined | Landed::Quit => ServiceOutcome::Declined,
    };
    let mut entry = Service::decided(proposal, decision, outcome)?;
    entry.commit = landed.committed().map(|commit| Commit {
        first: None,
        message: commit.message.clone(),
        id: Some(commit.id.clone()),
    });
    let mut document = Document::new(command);
    document.services.push(entry);
    document.notes.extend(session.format(&decision.change));
    document.to_text()
}

/// The document of a run that has nothing to do.
///
/// # Errors
/// None that is known: it holds two names.
pub fn nothing(command: &str, name: &str) -> Result<String> {
    let mut document = Document::new(command);
    document.services.push(Service::nothing(name));
    document.to_text()
}

fn dry_run(
    command: &str,
    proposal: &dyn Proposal,
    deciding: &Deciding,
    session: &Session,
    message: impl Fn(&Accepted) -> Message,
) -> Result<()> {
    let decision = decide_noninteractive(proposal, true, false)?;
    let message = session.marked(&message(&decision.accepted), proposal, &decision.change)?;
    let ui = &session.ui;
    match deciding.format {
        Format::Patch => ui.data(patch::patch(&decision.change)),
        Format::Json => {
            let mut document = Document::new(command);
            let mut entry = Service::decided(proposal, &decision, ServiceOutcome::Planned)?;
            entry.commit = Some(Commit {
                first: None,
                message: message.text().to_owned(),
                id: None,
            });
            document.services.push(entry);
            document.notes.extend(session.format(&decision.change));
            ui.data(document.to_text()?);
        }
        Format::Human => ui.paged(|| {
            show::planned(session, proposal, &decision, message.text().into(), deciding, None);
            ui.tell(format!("\n{}", texts::NOTHING_WRITTEN));
        }),
    }
    Ok(())
}

/// Says what comes next where something is written, and gives the exit status.
pub fn end(landed: Option<Landed>, deciding: &Deciding, session: &Session) -> u8 {
    let status = status(landed.as_ref());
    let committed = match landed {
        Some(Landed::Committed(_)) => true,
        Some(Landed::Written) => false,
        _ => return status,
    };
    // What is dropped ends its journal: what comes next is read from what is there then.
    drop(landed);
    next::say(&Done::Changed, committed, deciding.host.as_deref(), session);
    status
}

/// The exit status of a run.
pub fn status(landed: Option<&Landed>) -> u8 {
    match landed {
        None | Some(Landed::Committed(_) | Landed::Written) => 0,
        Some(Landed::Declined | Landed::Quit) => 1,
    }
}
