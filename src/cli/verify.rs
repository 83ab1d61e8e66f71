//! `qgroget verify`: compares what two states of the repository evaluate to.

use std::path::PathBuf;

use super::args::{Verify, VerifyFormat};
use super::proving::{Side, Verifier, show};
use super::session::Session;
use super::texts;
use crate::error::{Error, Result};
use crate::prove::{Proof, html};
use crate::repo::git::history::MigrationCommit;
use crate::rules::Rules;

/// Runs the command.
///
/// # Errors
/// As [`Verifier::compare`]; where a revision does not exist or the page cannot be written.
pub fn run(args: &Verify, session: &Session) -> Result<u8> {
    let rules = crate::repo::files::rules(session.root())?;
    let verifier = |extra| Verifier::new(session, &args.proving, &rules, args.host.clone(), extra);
    if args.since_contract {
        return since_contract(args, session, &rules, verifier);
    }
    let verifier = verifier(args.extra.clone());
    verifier.available()?;
    let after = args.revision.as_deref().map_or(Side::WorkingTree, Side::Revision);
    let proof = verifier.compare(Side::Revision(&args.against), after, None, None)?;
    report(args, session, &proof)?;
    Ok(u8::from(!proof.is_preserving()))
}

fn report(args: &Verify, session: &Session, proof: &Proof) -> Result<()> {
    if let Some(path) = &args.html {
        let failed =
            |cause| Error::refused("unwritable", format!("{} could not be written", path.display())).because(cause);
        std::fs::write(path, html::page(proof)).map_err(failed)?;
        session.ui.note(texts::page_written(path));
    }
    match args.format {
        VerifyFormat::Human => session
            .ui
            .paged(|| show(&session.ui, proof, session.ui.verbosity() > 0)),
        VerifyFormat::Json => {
            let text = serde_json::to_string_pretty(proof)
                .map_err(|e| Error::internal("the proof has no JSON form").because(e))?;
            session.ui.data(text + "\n");
        }
    }
    Ok(())
}

/// Proves each migration's commit against its parent, with the service's module even where no host imports it.
fn since_contract<'s>(
    args: &Verify,
    session: &Session,
    rules: &Rules,
    verifier: impl Fn(Vec<PathBuf>) -> Verifier<'s>,
) -> Result<u8> {
    verifier(Vec::new()).available()?;
    let migrations = session.git_to_commit()?.migrations()?;
    if migrations.is_empty() {
        session.ui.line(texts::NO_MIGRATIONS);
        return Ok(0);
    }
    let mut code = 0;
    let mut proofs = Vec::new();
    for migration in &migrations {
        let extra = args.extra.iter().cloned().chain(modules(migration, rules)).collect();
        let proof = verifier(extra).compare(
            Side::Revision(&migration.parent),
            Side::Revision(&migration.id),
            None,
            None,
        )?;
        code |= u8::from(!proof.is_preserving());
        if args.format == VerifyFormat::Human {
            session.ui.line(format!(
                "{} {}",
                &migration.id[..10.min(migration.id.len())],
                migration.title
            ));
            show(&session.ui, &proof, session.ui.verbosity() > 0);
        }
        proofs.push(serde_json::json!({"commit": migration.id, "service": migration.service, "proof": proof}));
    }
    if args.format == VerifyFormat::Json {
        let text = serde_json::to_string_pretty(&proofs)
            .map_err(|e| Error::internal("the proofs have no JSON form").because(e))?;
        session.ui.data(text + "\n");
    }
    Ok(code)
}

/// The files that a migration wrote and that declare its service's contract.
fn modules<'m>(migration: &'m MigrationCommit, rules: &'m Rules) -> impl Iterator<Item = PathBuf> + 'm {
    let contract = rules.namespaces.contract.rsplit('.').next().unwrap_or_default();
    let declares = move |text: &str| text.contains(contract) && text.contains(migration.service.as_str());
    let written = migration.files.iter();
    written
        .filter(move |(path, text)| path.starts_with(&rules.paths.server) && declares(text))
        .map(|(path, _)| path.clone())
}
