//! What a person has tried out on the server, as git notes on the commits of services.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use git2::Oid;

use super::branch;
use super::undo::{Change, changes};
use crate::error::{self, Result};
use crate::repo::git::GitState;
use crate::repo::git::history::service_of;

/// The notes' reference: `git log --notes=qgroget` shows them.
const NOTES: &str = "refs/notes/qgroget";

/// The last commit of a service that is not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCommit {
    /// Its abbreviated id.
    pub short: String,
    /// Whether a person has said that the service was tested with it.
    pub tested: bool,
    id: Oid,
}

/// The last commit of each service in HEAD's history.
///
/// # Errors
/// `git-failed`.
pub fn last_commits(git: &GitState) -> Result<BTreeMap<String, LastCommit>> {
    let mut found = BTreeMap::new();
    for Change { unit, mark, undone } in changes(git)? {
        let commit = unit.last;
        let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        let service = service_of(&message).unwrap_or(mark.name);
        if let (false, Entry::Vacant(vacant)) = (undone, found.entry(service)) {
            let id = commit.id();
            vacant.insert(LastCommit {
                short: branch::short(git, id)?,
                tested: git.repo().find_note(Some(NOTES), id).is_ok(),
                id,
            });
        }
    }
    Ok(found)
}

/// Notes that a service was tested on the server with its last commit.
///
/// # Errors
/// `git-identity`; `git-failed`.
pub fn note_tested(git: &GitState, service: &str, last: &LastCommit) -> Result<()> {
    let (author, committer) = git.signatures()?;
    let text = format!("Tested-on-server: {service}\n");
    let noted = git.repo().note(&author, &committer, Some(NOTES), last.id, &text, false);
    noted
        .map(drop)
        .map_err(|cause| error::git::failed("write the note", cause))
}
