//! `qgroget undo`: takes back the last commit that the tool made.

use super::session::Session;
use super::texts;
use crate::commit;
use crate::error::Result;

/// Runs the command.
///
/// # Errors
/// As [`commit::undo`].
pub fn run(session: &Session) -> Result<u8> {
    let git = session.git_to_commit()?;
    session.recover()?;
    let undone = commit::undo(&git)?;
    session.ui.line(texts::undone(&undone));
    Ok(0)
}
