//! `qgroget check`: says what is wrong with the contracts, from the source, and by evaluation where nix is there.

use std::collections::BTreeSet;

use super::args::{Check, CheckFormat};
use super::forced::{self, Fields};
use super::proving::{Side, Verifier};
use super::session::Session;
use super::{init, single, texts};
use crate::check::mend::Mending;
use crate::check::output::{self, Summary};
use crate::check::{self, Finding, Severity};
use crate::commit::Message;
use crate::error::{self, Error, Result};
use crate::plan::model::{Choices, Context, contract_names, legacy_names};
use crate::plan::{Accepted, Proposal};
use crate::process;
use crate::rules::parts;
use crate::term::excerpt::{self, Weight};

/// Runs the command.
///
/// # Errors
/// What keeps the repository from being read; findings are no errors of the run.
pub fn run(args: &Check, session: &Session) -> Result<u8> {
    if args.fix {
        return session.again(|| fix(args, session));
    }
    let loaded = session.load(args.host.as_deref())?;
    let (model, choices) = (loaded.model(), Choices::default());
    let context = loaded.context(&model, &choices);
    let mut findings = check::run(context.repo, context.host, &model);
    // Without a history that can be read, less is known of what was installed.
    let git = session.git().ok().flatten();
    findings.extend(check::installed::check(&context, &*init::past(git.as_ref()))?);
    let services = contract_names(&model, context.rules()).len();
    let is_installed = model
        .declaration(&parts(&context.rules().namespaces.contract))
        .is_some();
    if !is_installed && findings.is_empty() && args.format == CheckFormat::Human {
        let legacy = legacy_names(&model, context.rules()).len();
        session.ui.line(texts::nothing_to_check(legacy));
        return Ok(0);
    }
    match args.format {
        CheckFormat::Json => session.ui.data(output::json(&findings)),
        CheckFormat::Sarif => session.ui.data(output::sarif(&findings)),
        CheckFormat::Human => return human(args, session, &context, &findings, services),
    }
    Ok(Summary::of(&findings).exit_code())
}

/// Shows the findings, and what evaluation finds. That nothing is wrong is only said once that has found nothing either.
fn human(args: &Check, session: &Session, context: &Context, findings: &[Finding], services: usize) -> Result<u8> {
    let summary = Summary::of(findings);
    let line = summary.line(services);
    let is_clean = summary.errors == 0 && summary.warnings == 0;
    show(session, findings, (!is_clean).then_some(&line));
    let clean = is_clean.then_some(line.as_str());
    if services == 0 {
        clean.into_iter().for_each(|line| session.ui.tell(line));
        return Ok(summary.exit_code());
    }
    Ok(summary.exit_code().max(evaluate(args, session, context, clean)?))
}

/// The findings are what the command is asked for: they go to standard output.
fn show(session: &Session, findings: &[Finding], summary: Option<&String>) {
    let ui = &session.ui;
    let notes = ui.verbosity() > 0;
    let shown = findings
        .iter()
        .filter(|finding| notes || finding.severity != Severity::Note)
        .map(|finding| (&finding.error, weight(finding.severity)));
    let text = excerpt::weighed(shown, ui.detail_level());
    ui.paged(|| {
        if !text.is_empty() {
            ui.prose(text + "\n");
        }
        summary.into_iter().for_each(|line| ui.tell(line));
    });
}

fn weight(severity: Severity) -> Weight {
    match severity {
        Severity::Error => Weight::Error,
        Severity::Warning => Weight::Warning,
        Severity::Note => Weight::Note,
    }
}

/// Evaluates the working tree as well, if nix is there: what only evaluation tells fails there. `clean` says
/// that nothing else is wrong, where that is so.
fn evaluate(args: &Check, session: &Session, context: &Context, clean: Option<&str>) -> Result<u8> {
    let all_is_well = || clean.into_iter().for_each(|line| session.ui.tell(line));
    let verifier = Verifier::new(
        session,
        &args.proving,
        context.rules(),
        Some(context.host.name.clone()),
        Vec::new(),
    );
    if args.no_eval {
        all_is_well();
        return Ok(0);
    }
    if let Err(missing) = verifier.available() {
        all_is_well();
        session.ui.note(texts::not_evaluated(missing.message()));
        return Ok(0);
    }
    match verifier.compare(Side::WorkingTree, Side::WorkingTree, None, None) {
        Ok(proof) => {
            let failing: BTreeSet<&String> = proof.hosts.iter().flat_map(|host| &host.failing).collect();
            if failing.is_empty() {
                let failing = fields(args, session, context)?;
                if failing == 0 {
                    all_is_well();
                    session.ui.tell(texts::EVALUATES);
                }
                return Ok(u8::from(failing > 0));
            }
            session.ui.line(texts::ASSERTIONS_FAIL);
            for message in &failing {
                session.ui.line(textwrap::indent(message.trim_end(), "  "));
            }
            Ok(1)
        }
        // Without nixpkgs' library there is nothing to evaluate with, as without nix.
        Err(missing) if missing.code() == "no-nixpkgs-lib" => {
            all_is_well();
            session.ui.note(texts::not_evaluated(missing.message()));
            Ok(0)
        }
        Err(error) => {
            let error = error::prove::as_it_is(error, texts::WITHOUT_EVALUATION);
            session.ui.error(&error);
            Ok(error.kind().exit_code())
        }
    }
}

/// Evaluates every field of every contract once, which the module system does not do by itself; says which fail, and how many
/// they are.
fn fields(args: &Check, session: &Session, context: &Context) -> Result<usize> {
    let all = Fields {
        only: None,
        sample: None,
    };
    let failing = match forced::failing(&all, &forced::NO_CHANGE, context, session, &args.proving, false) {
        Ok(failing) => failing,
        Err(error) if process::interrupted().is_some() => return Err(error),
        // The whole system may evaluate what slice mode cannot.
        Err(error) => {
            session.ui.note(texts::fields_not_seen(error.message()));
            return Ok(0);
        }
    };
    if !failing.is_empty() {
        session.ui.line(texts::FIELDS_FAIL);
    }
    for one in &failing {
        let said = texts::field_fails(&one.service, &one.field, one.why.as_deref());
        session.ui.line(textwrap::indent(said.trim_end(), "  "));
    }
    Ok(failing.len())
}

/// Applies the mechanical fixes, as a change that is shown and asked about like any other, and shows what they leave.
fn fix(args: &Check, session: &Session) -> Result<u8> {
    let loaded = session.load(args.host.as_deref())?;
    let findings = check::run(&loaded.repo, &loaded.host, &loaded.model());
    let mending = Mending::plan(&loaded.repo, &findings);
    let left: Vec<Finding> = findings.into_iter().filter(|finding| finding.mend.is_none()).collect();
    let status = match mending.is_empty() {
        true => 0,
        false => {
            let landed = single::run("check", &mending, &args.deciding(), session, message(&mending))?;
            single::status(landed.as_ref())
        }
    };
    let summary = Summary::of(&left);
    let said = texts::left_of_fix(mending.is_empty(), summary.errors + summary.warnings);
    show(session, &left, said.as_ref());
    Ok(status.max(summary.exit_code()))
}

fn message<'m>(mending: &'m Mending) -> impl Fn(&Accepted) -> Message + 'm {
    move |accepted| {
        let lines: Vec<String> = mending
            .groups()
            .iter()
            .filter(|group| accepted.contains(&group.id))
            .map(|group| format!("- {}", group.title))
            .collect();
        Message::new(texts::FIX_SUBJECT, &[lines.join("\n")], &[])
    }
}

/// `qgroget explain`: what a code means, and what to do about it.
///
/// # Errors
/// `unknown-code`.
pub fn explain(code: Option<&str>, session: &Session) -> Result<u8> {
    let Some(code) = code else {
        session.ui.paged(|| {
            crate::codes::all().for_each(|entry| session.ui.line(format!("{:28} {}", entry.code, entry.title)))
        });
        return Ok(0);
    };
    match crate::codes::explain(code) {
        Some(entry) => {
            session.ui.paged(|| session.ui.prose(entry.text()));
            Ok(0)
        }
        None => {
            let error = Error::usage("unknown-code", format!("there is no code '{code}'"));
            Err(match crate::codes::nearest(code) {
                Some(near) => error.hint(format!("did you mean '{near}'?")),
                None => error.hint("qgroget explain lists them all"),
            })
        }
    }
}
