//! Whether the machine test that a service would get evaluates: only then it becomes a check of the flake.

use super::planned;
use crate::cli::args::Migrate;
use crate::cli::proving::Verifier;
use crate::cli::session::Session;
use crate::edit::SourceChange;
use crate::error::Result;
use crate::plan::Proposal;
use crate::plan::kinds;
use crate::plan::migrate::Migration;
use crate::plan::model::{Choices, Context};
use crate::plan::vmtest::Resolution;

/// The choices with what evaluation shows of the service's new test; `None` where there is no test to be a check, or
/// nothing to evaluate it with.
///
/// # Errors
/// What refuses the plan; where a scratch copy cannot be made, and where a signal stops it.
pub fn resolved(
    context: &Context,
    migration: &Migration,
    args: &Migrate,
    session: &Session,
) -> Result<Option<Choices>> {
    let group = migration.proposed().of(kinds::TEST);
    let is_wanted = !args.no_verify && group.is_some_and(|group| !migration.unwanted().contains(&group));
    let Some(test) = migration.test().filter(|test| test.has_place() && is_wanted) else {
        return Ok(None);
    };
    let host = Some(context.host.name.clone());
    let verifier = Verifier::new(session, &args.proving, context.rules(), host, Vec::new())
        .without_commit(args.deciding.no_commit);
    if !verifier.sees_systems() {
        return Ok(None);
    }
    let with = |resolution| {
        let mut choices = context.choices.clone();
        choices.tests.insert(migration.name().to_owned(), resolution);
        choices
    };
    let choices = with(Resolution::Resolves);
    let Some(change) = registered(context, migration.name(), &choices)? else {
        return Ok(None);
    };
    Ok(match verifier.evaluates_check(&change, &test.check)? {
        Some(Ok(())) => Some(choices),
        Some(Err(why)) => Some(with(Resolution::Fails(why))),
        None => None,
    })
}

/// All of the service's change, the check included.
fn registered(context: &Context, service: &str, choices: &Choices) -> Result<Option<SourceChange>> {
    let context = Context { choices, ..*context };
    let migration = planned(&context, service)?;
    let render = |migration: Migration| migration.render(&migration.proposed().all());
    migration.map(render).transpose()
}
