//! What a person has tried out on the server, as git notes on the commits of services.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use git2::Oid;

use super::branch;
use super::mark::{self, Marked};
use crate::error::{self, Result};
use crate::repo::git::GitState;
use crate::repo::git::history::TRAILER;

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
    let failed = |cause| error::git::failed("read the history", cause);
    let mut found = BTreeMap::new();
    if git.head()?.id().is_none() {
        return Ok(found);
    }
    let mut walk = git.repo().revwalk().map_err(failed)?;
    walk.set_sorting(git2::Sort::TOPOLOGICAL).map_err(failed)?;
    walk.push_head().map_err(failed)?;
    let mut undone = Vec::new();
    for id in walk {
        let id = id.map_err(failed)?;
        let commit = git.repo().find_commit(id).map_err(failed)?;
        let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        match mark::find(&message) {
            Some(Marked::Undo(mark)) => undone.push(mark),
            Some(Marked::Change(mark)) => {
                if let Some(at) = undone.iter().position(|other| *other == mark) {
                    undone.remove(at);
                    continue;
                }
                let service = named(&message).unwrap_or(mark.name);
                if let Entry::Vacant(vacant) = found.entry(service) {
                    vacant.insert(LastCommit {
                        short: branch::short(git, id)?,
                        tested: git.repo().find_note(Some(NOTES), id).is_ok(),
                        id,
                    });
                }
            }
            None => {}
        }
    }
    Ok(found)
}

/// The service that a message's trailer names: as it is called, without quotes.
fn named(message: &str) -> Option<String> {
    let mut lines = message.lines().rev();
    let name = lines.find_map(|line| line.strip_prefix(TRAILER)?.strip_prefix(": "))?;
    Some(name.trim().to_owned())
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
