//! What the contracts of a repository have come to need of an upgrade that is to be taken back.
//!
//! The files that `undo` would leave are checked as `check` does it, beside those that are there: what is wrong only then is
//! what the upgrade is needed for. Git sees no conflict there, since the contracts stand in other files than the schema.

use std::path::PathBuf;

use super::session::Session;
use crate::check::{self, Finding, Severity};
use crate::commit::{self, UndoPlan};
use crate::edit::{FileChange, SourceChange};
use crate::error::{self, Result};
use crate::repo::git::GitState;
use crate::repo::{Repository, hosts};

/// Refuses to take back an upgrade that contracts need.
///
/// # Errors
/// `undo-needed` with what would be wrong; where the repository cannot be read.
pub fn check(plan: &UndoPlan, git: &GitState, session: &Session) -> Result<()> {
    if !plan.is_upgrade() {
        return Ok(());
    }
    let repo = Repository::read(session.root())?;
    let after = repo.after(&below_root(&plan.change(), git));
    let mut new: Vec<Finding> = Vec::new();
    for name in hosts::serving(&repo) {
        let before = faults(&repo, &name)?;
        let is_new = |fault: &Finding| before.iter().chain(&new).all(|known| known.text() != fault.text());
        let of_host: Vec<Finding> = faults(&after, &name)?.into_iter().filter(is_new).collect();
        new.extend(of_host);
    }
    if new.is_empty() {
        return Ok(());
    }
    let entries = commit::list(git)?;
    let later = entries.iter().take_while(|entry| entry.short != plan.entry.short);
    let is_needing = |name: &str| new.iter().any(|fault| fault.service.as_deref() == Some(name));
    let mut names: Vec<String> = Vec::new();
    for entry in later.filter(|entry| entry.state != commit::State::Undone && is_needing(&entry.name)) {
        if !names.contains(&entry.name) {
            names.push(entry.name.clone());
        }
    }
    let faults: Vec<_> = new
        .iter()
        .map(|fault| (fault.error.message().to_owned(), fault.error.place().cloned()))
        .collect();
    Err(error::git::undo_faults(&plan.entry.title, &faults, &names))
}

/// The files of the change that are the repository's, by their paths in it.
fn below_root(change: &SourceChange, git: &GitState) -> SourceChange {
    let inside = |path: &Option<PathBuf>| git.root_path(&path.as_ref()?.to_string_lossy());
    let files = change.files.iter().map(|file| FileChange {
        from: inside(&file.from),
        to: inside(&file.to),
        ..file.clone()
    });
    SourceChange { files: files.collect() }
}

/// What is wrong with the contracts of a host.
fn faults(repo: &Repository, host: &str) -> Result<Vec<Finding>> {
    let host = hosts::find(repo, Some(host))?;
    let mut found = check::run(repo, &host, &hosts::model(repo, &host));
    found.retain(|finding| finding.severity == Severity::Error);
    Ok(found)
}
