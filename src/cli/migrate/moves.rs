//! The commit of its own that the move of a service's module gets with `--separate-moves`.

use crate::account;
use crate::cli::args::Migrate;
use crate::cli::session::Session;
use crate::cli::texts;
use crate::commit::MoveFirst;
use crate::edit::SourceChange;
use crate::error::{Error, Result};
use crate::plan::migrate::Migration;
use crate::plan::model::Context;
use crate::plan::{Accepted, Proposal as _};

/// The move as a commit before the migration's, with its mark; `None` where nobody wants one, nothing moves, or no commit
/// is made. `change` is what both change.
///
/// # Errors
/// What refuses the move; a template for messages that does not fit.
pub fn first(
    context: &Context,
    migration: &Migration,
    accepted: &Accepted,
    change: &SourceChange,
    args: &Migrate,
    session: &Session,
) -> Result<Option<MoveFirst>> {
    let wanted = args.separate_moves || context.rules().separate_moves;
    if !wanted || args.deciding.no_commit {
        return Ok(None);
    }
    let Some(alone) = migration.move_alone(accepted)? else {
        return Ok(None);
    };
    let message = account::move_alone(context.rules(), migration.name(), &alone)?;
    Ok(Some(MoveFirst {
        message: session.marked(&message, migration, change)?,
        change: alone,
    }))
}

/// The refusal of a move that does not evaluate equal by itself, with the way around it.
pub fn not_alone(error: Error) -> Error {
    match error.code() {
        "not-preserving" | "reordered" => error.hint(texts::IN_ONE_COMMIT),
        _ => error,
    }
}
