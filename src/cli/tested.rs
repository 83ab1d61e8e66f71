//! `qgroget tested`: notes that a person has tried a service out on the server.

use super::args::Tested;
use super::session::Session;
use super::texts;
use crate::commit;
use crate::error::{self, Result};
use crate::process;

/// Runs the command.
///
/// # Errors
/// `no-repository`; `no-commit-of` where no commit of the history migrates a service; as [`commit::note_tested`].
pub fn run(args: &Tested, session: &Session) -> Result<u8> {
    let git = session.git_to_commit()?;
    let commits = commit::last_commits(&git)?;
    let unknown = args.services.iter().find(|service| !commits.contains_key(*service));
    if let Some(service) = unknown {
        let known: Vec<String> = commits.into_keys().collect();
        return Err(error::git::no_commit_of(service, &known));
    }
    for service in &args.services {
        let last = &commits[service];
        if !last.tested {
            process::check()?;
            commit::note_tested(&git, service, last)?;
        }
        session.ui.tell(texts::tested(service, last));
    }
    Ok(0)
}
