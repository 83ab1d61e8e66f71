//! `qgroget init`: installs the contract into a repository, as one commit.

use super::args::{Deciding, Format, Init, ProofMode, Proving};
use super::committer::{Committer, Landed};
use super::next::{self, Done};
use super::proving::Verifier;
use super::session::Session;
use super::{message, show, texts};
use crate::edit::SourceChange;
use crate::error::{self, Error, Result};
use crate::plan::Proposal;
use crate::plan::install::Installation;
use crate::plan::model::{Choices, Context};
use crate::review::json::{Document, Service, ServiceOutcome};
use crate::review::{Decision, Outcome};

/// Runs the command.
///
/// # Errors
/// What refuses the installation; nothing is written then.
pub fn run(args: &Init, session: &Session) -> Result<u8> {
    session.again(|| once(args, session))
}

fn once(args: &Init, session: &Session) -> Result<u8> {
    let deciding = &args.deciding;
    let loaded = session.load(deciding.host.as_deref())?;
    let choices = Choices::default();
    let model = loaded.model();
    let context = loaded.context(&model, &choices);
    let installation = Installation::of(&context, &args.parts())?;
    if deciding.dry_run {
        return dry_run(&installation, deciding, session);
    }
    if installation.is_done() {
        session.ui.tell(texts::INIT_DONE);
        return Ok(0);
    }
    let committer = Committer::new(session, deciding, false)?;
    let proving = (!args.no_verify).then_some(&args.proving);
    match install(&installation, &context, &committer, session, proving)? {
        landed @ (Landed::Committed(_) | Landed::Written) => {
            committer.say(installation.name(), &landed);
            let committed = matches!(landed, Landed::Committed(_));
            drop(landed);
            next::say(&Done::Installed, committed, deciding.host.as_deref(), session);
            Ok(0)
        }
        other => {
            committer.say(installation.name(), &other);
            Ok(1)
        }
    }
}

/// Decides, proves (if `proving` says how), writes and commits an installation.
///
/// # Errors
/// As [`Committer::check`], [`Committer::decide`], [`Verifier::gate`] and [`Committer::land`].
pub fn install(
    installation: &Installation,
    context: &Context,
    committer: &Committer,
    session: &Session,
    proving: Option<&Proving>,
) -> Result<Landed> {
    committer.check(installation)?;
    let decision = match committer.decide(installation)? {
        Outcome::Quit | Outcome::Back => return Ok(Landed::Quit),
        Outcome::Decided(decision) if decision.change.is_empty() => return Ok(Landed::Declined),
        Outcome::Decided(decision) => decision,
    };
    if let Some(proving) = proving {
        let host = Some(context.host.name.clone());
        let verifier = Verifier::new(session, proving, context.rules(), host, Vec::new())
            .without_commit(committer.leaves_uncommitted());
        verifier.pass(&decision.change, &[], texts::INIT_PROVED)?;
        with_a_service(&decision.change, context, committer, session, proving)?;
    }
    let message = message::installation(installation, &decision.accepted);
    committer.land(installation, &decision, None, &message)
}

/// A service with a contract, whose values are of no account.
const SAMPLE: &str = "enable = true; domain = \"example.org\"; dataDir = \"/var/lib/qgroget-sample\"; persistedData = [\"/var/lib/qgroget-sample\"]; exposed = true; port = 1; backupPaths = [\"/var/lib/qgroget-sample\"];";

/// Evaluates the collector once with a service, since the first one may be what a nixpkgs is too old for.
fn with_a_service(
    change: &SourceChange,
    context: &Context,
    committer: &Committer,
    session: &Session,
    proving: &Proving,
) -> Result<()> {
    let rules = context.rules();
    let module = rules.paths.server.join("qgroget-sample.nix");
    let proving = Proving {
        mode: ProofMode::Slice,
        ..proving.clone()
    };
    let host = Some(context.host.name.clone());
    let verifier = Verifier::new(session, &proving, rules, host, vec![module.clone()])
        .without_commit(committer.leaves_uncommitted());
    let text = format!("{{ {}.qgroget-sample = {{ {SAMPLE} }}; }}\n", rules.namespaces.contract);
    let done = verifier.evaluates_with(change, module, &text);
    done.map_err(error::prove::contract_does_not_evaluate)
}

/// What a dry run takes: everything that preserves.
///
/// # Errors
/// When the installation refuses to render.
pub fn everything(proposal: &dyn Proposal, accept_gains: bool) -> Result<Decision> {
    crate::review::decide_noninteractive(proposal, true, accept_gains)
}

fn dry_run(installation: &Installation, deciding: &Deciding, session: &Session) -> Result<u8> {
    let decision = everything(installation, false)?;
    let message = message::installation(installation, &decision.accepted);
    let message = session.marked(&message, installation, &decision.change)?;
    match deciding.format {
        Format::Patch => session.ui.data(crate::review::patch::patch(&decision.change)),
        Format::Json => {
            let mut document = Document::new("init");
            document
                .services
                .push(entry(installation, &decision, Some(message.text()))?);
            document.notes.extend(session.format(&decision.change));
            session.ui.data(document.to_text()?);
        }
        Format::Human if installation.is_done() => session.ui.tell(texts::INIT_DONE),
        Format::Human => session.ui.paged(|| {
            show::planned(session, installation, &decision, message.text().into(), deciding, None);
            session.ui.tell(format!("\n{}", texts::NOTHING_WRITTEN));
        }),
    }
    Ok(0)
}

/// The installation as an entry of the JSON document.
///
/// # Errors
/// When it refuses to render.
pub fn entry(installation: &Installation, decision: &Decision, message: Option<&str>) -> Result<Service> {
    if installation.is_done() {
        return Ok(Service::nothing(installation.name()));
    }
    let mut service = Service::decided(installation, decision, ServiceOutcome::Planned)?;
    service.commit = message.map(|message| crate::review::json::Commit {
        first: None,
        message: message.to_owned(),
        id: None,
    });
    Ok(service)
}

/// A wish that cannot be met: services can only be migrated to a contract that is there.
pub fn needed() -> Error {
    crate::error::plan::contract_needed()
}
