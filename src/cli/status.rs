//! `qgroget status`: every service, where it stands, what it keeps, and what blocks it.

use super::args::{Status, StatusFormat};
use super::session::{self, Session};
use crate::commit;
use crate::error::Result;
use crate::status::Pattern;

/// Runs the command.
///
/// # Errors
/// Where the repository cannot be read or has no host that runs services.
pub fn run(args: &Status, session: &Session) -> Result<u8> {
    session::threads();
    let mut status = crate::status::Status::read(session.root(), args.host.as_deref(), session.to_come())?;
    status.untested = untested(&status, session)?;
    match args.format {
        StatusFormat::Human => session.ui.paged(|| session.ui.out(status.human(session.ui.width()))),
        StatusFormat::Json => session.ui.data(status.json()?),
    }
    Ok(0)
}

/// The services with a contract whose last commit has no note.
fn untested(status: &crate::status::Status, session: &Session) -> Result<Vec<String>> {
    let mut migrated = status
        .services
        .iter()
        .filter(|service| service.pattern == Pattern::Contract);
    let git = match migrated.clone().next() {
        Some(_) => session.git()?,
        None => None,
    };
    let Some(git) = git else {
        return Ok(Vec::new());
    };
    let commits = commit::last_commits(&git)?;
    let is_untested = |name: &String| commits.get(name).is_some_and(|last| !last.tested);
    let names = migrated.by_ref().map(|service| service.name.clone());
    Ok(names.filter(is_untested).collect())
}
