//! `qgroget status`: every service, where it stands, what it keeps, and what blocks it.

use super::args::{Status, StatusFormat};
use super::session::{self, Session};
use crate::error::Result;

/// Runs the command.
///
/// # Errors
/// Where the repository cannot be read or has no host that runs services.
pub fn run(args: &Status, session: &Session) -> Result<u8> {
    session::threads();
    let status = crate::status::Status::read(session.root(), args.host.as_deref(), session.to_come())?;
    match args.format {
        StatusFormat::Human => session.ui.paged(|| session.ui.out(status.human(session.ui.width()))),
        StatusFormat::Json => session.ui.data(status.json()?),
    }
    Ok(0)
}
