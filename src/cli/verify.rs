//! `qgroget verify`: compares what two states of the repository evaluate to.

use super::args::{Verify, VerifyFormat};
use super::proving::{Judge, Side, show};
use super::session::Session;
use super::texts;
use crate::error::{Error, Result};
use crate::prove::{Proof, html};

/// Runs the command.
///
/// # Errors
/// As [`Judge::compare`]; where a revision does not exist or the page cannot be written.
pub fn run(args: &Verify, session: &Session) -> Result<u8> {
    let rules = crate::repo::files::rules(session.root())?;
    let judge = Judge::new(session, &args.proving, &rules, args.host.clone(), args.extra.clone());
    judge.available()?;
    if args.since_contract {
        return since_contract(args, session, &judge);
    }
    let after = args.revision.as_deref().map_or(Side::WorkingTree, Side::Revision);
    let proof = judge.compare(&Side::Revision(&args.against), &after)?;
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

/// Proves each migration's commit against its parent.
fn since_contract(args: &Verify, session: &Session, judge: &Judge) -> Result<u8> {
    let migrations = session.git_to_commit()?.migrations()?;
    if migrations.is_empty() {
        session.ui.line(texts::NO_MIGRATIONS);
        return Ok(0);
    }
    let mut code = 0;
    let mut proofs = Vec::new();
    for migration in &migrations {
        let proof = judge.compare(&Side::Revision(&migration.parent), &Side::Revision(&migration.id))?;
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
