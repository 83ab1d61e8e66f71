//! `qgroget init`: installs the contract into a repository, as one commit.

use super::args::{Format, Init, ProofMode, Proving};
use super::committer::{Committer, Landed};
use super::next::{self, Done};
use super::proving::Verifier;
use super::session::Session;
use super::{message, show, single, texts};
use crate::commit::Writings;
use crate::edit::SourceChange;
use crate::edit::past::{self, Past};
use crate::error::{self, Error, Result};
use crate::plan::Proposal;
use crate::plan::install::upgrade::stand;
use crate::plan::install::{self, Installation, version};
use crate::plan::model::{Choices, Context};
use crate::repo::git::GitState;
use crate::review::json::{Document, Service, ServiceOutcome};
use crate::review::summary::{self, Width};
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
    let git = session.git()?;
    let past = past(git.as_ref());
    let installation = Installation::of(&context, &args.parts(), &*past)?;
    if deciding.dry_run {
        return dry_run(&installation, &context, &*past, args, session);
    }
    if installation.is_done() {
        if deciding.format == Format::Json {
            session.ui.data(single::nothing("init", installation.name())?);
        }
        done(&installation, &context, &*past, session)?;
        return Ok(0);
    }
    let committer = Committer::new(session, deciding, args.accept_gains)?;
    let proving = (!args.no_verify).then_some(&args.proving);
    let landed = install(&installation, &context, &committer, session, proving)?;
    if deciding.format == Format::Json {
        // What was decided without a question, and nothing but that.
        let decision = everything(&installation, args.accept_gains)?;
        session
            .ui
            .data(single::done("init", &installation, &decision, &landed, session)?);
    }
    match landed {
        landed @ (Landed::Committed(_) | Landed::Written) => {
            committer.say(installation.name(), &landed);
            let committed = matches!(landed, Landed::Committed(_));
            drop(landed);
            // Whoever was asked has seen it in the plan.
            if !session.asks(deciding) {
                say_left(&installation, session);
            }
            let done = match installation.upgrades() || !installation.put_back_for().is_empty() {
                true => Done::Changed,
                false => Done::Installed,
            };
            next::say(&done, committed, deciding.host.as_deref(), session);
            Ok(0)
        }
        other => {
            committer.say(installation.name(), &other);
            Ok(1)
        }
    }
}

/// What the tool has written, by the history that there is.
pub fn past(git: Option<&GitState>) -> Box<dyn Past + '_> {
    match git {
        Some(git) => Box::new(Writings::of(git)),
        None => Box::new(past::Unknown),
    }
}

/// Says that nothing is to be done, and what of the contract is a person's own.
fn done(installation: &Installation, context: &Context, past: &dyn Past, session: &Session) -> Result<()> {
    session.ui.tell(texts::INIT_DONE);
    for stand in stand::all(context, past)? {
        session.ui.tell(install::upgrade::texts::stands(&stand));
    }
    say_left(installation, session);
    Ok(())
}

/// Says what was found and is left as it is.
fn say_left(installation: &Installation, session: &Session) {
    let left = summary::left(installation.skipped(), Width(session.ui.width()));
    if !left.is_empty() {
        session.ui.tell(left.trim_end());
    }
}

/// The installation that a migration is in need of.
///
/// # Errors
/// As [`Installation::plan`]; `contract-off` where it changes the machine by itself, which needs a yes of its own.
pub fn before_a_migration<'a>(context: &'a Context<'a>) -> Result<Installation<'a>> {
    let installation = Installation::plan(context)?;
    match installation.put_back_for() {
        services if services.is_empty() => Ok(installation),
        services => Err(error::install::contract_off(&services)),
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
        Outcome::Decided(decision) if decision.change.is_empty() => {
            let (replaced, services) = (installation.replaced(), installation.put_back_for());
            return match session.asks(committer.deciding()) {
                false if !services.is_empty() => Err(error::install::contract_off(&services)),
                false if !replaced.is_empty() => Err(error::install::base_unknown(&replaced, version::current())),
                _ => Ok(Landed::Declined),
            };
        }
        Outcome::Decided(decision) => decision,
    };
    if let Some(proving) = proving {
        let host = Some(context.host.name.clone());
        let verifier = Verifier::new(session, proving, context.rules(), host, Vec::new())
            .without_commit(committer.leaves_uncommitted());
        let passed = match installation.gained(&decision.accepted)? {
            Some(gained) => verifier.pass_beside(&decision.change, &gained),
            None => verifier.pass(&decision.change, &[], texts::INIT_PROVED),
        };
        passed.map_err(
            |error| match installation.upgrades() && error.code() == "not-preserving" {
                true => error.hint(texts::UPGRADE_DIFFERS),
                false => error,
            },
        )?;
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

/// All groups, whatever they need.
fn whole(proposal: &dyn Proposal) -> Result<Decision> {
    let accepted = proposal.groups().iter().map(|group| group.id).collect();
    Ok(Decision {
        change: proposal.render(&accepted)?,
        accepted,
        declined: Vec::new(),
        edited: Vec::new(),
    })
}

fn dry_run(
    installation: &Installation,
    context: &Context,
    past: &dyn Past,
    args: &Init,
    session: &Session,
) -> Result<u8> {
    let deciding = &args.deciding;
    let decision = everything(installation, args.accept_gains)?;
    // What is only taken by an answer is shown to whoever is to give it.
    let shown = match installation.replaced().is_empty() && installation.put_back_for().is_empty() {
        true => decision.clone(),
        false => whole(installation)?,
    };
    let message = message::installation(installation, &shown.accepted);
    let message = session.marked(&message, installation, &shown.change)?;
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
        Format::Human if installation.is_done() => done(installation, context, past, session)?,
        Format::Human => session.ui.paged(|| {
            show::planned(session, installation, &shown, message.text().into(), deciding, None);
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
