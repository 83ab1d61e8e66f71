//! Whether the installed contract is the one that this program installs.
//!
//! A person's own change is never a fault: it is worth knowing, and a warning only where something of the contract is missing.

use super::{Finding, Severity, finding};
use crate::edit::past::Past;
use crate::error::{Error, Place, Result};
use crate::plan::install::upgrade::stand::{self, Stand, State};
use crate::plan::install::upgrade::texts;
use crate::plan::install::{has_contract, version};
use crate::plan::model::Context;
use crate::rules::parts;

/// What of the installed contract is of another version, or reads otherwise.
///
/// # Errors
/// Where the history cannot be read.
pub fn check(context: &Context, past: &dyn Past) -> Result<Vec<Finding>> {
    let stands = stand::all(context, past)?;
    let newer = stands.iter().find_map(|stand| match stand.state {
        State::Newer(version) => Some(newer(stand, version)),
        _ => None,
    });
    let mut found: Vec<Finding> = newer.or_else(|| outdated(&stands)).into_iter().collect();
    found.extend(stands.iter().find_map(renamed));
    found.extend(incomplete(context));
    for stand in &stands {
        if let State::Changed { missing, added, commit } = &stand.state {
            found.push(changed(stand, *missing, *added, commit.as_deref()));
        }
    }
    Ok(found)
}

/// A file of the contract, or its import, is missing: what it does, no service has.
fn incomplete(context: &Context) -> Option<Finding> {
    let (module, _) = context
        .model
        .declaration(&parts(&context.rules().namespaces.contract))?;
    let error = Error::refused("contract-incomplete", "something of the contract is missing")
        .at(module.source.place(0..0))
        .reason("the schema, the collector and the bridge belong together, and the server's modules import them")
        .hint("see what: qgroget init --dry-run")
        .hint("qgroget init puts it in");
    (!has_contract(context)).then(|| finding(Severity::Warning, None, error))
}

/// The line of the version, or the beginning of the file.
fn place(stand: &Stand) -> Place {
    let lines = stand.text.split_inclusive('\n');
    let mut at = 0;
    for line in lines {
        if version::of(line).is_some() {
            let start = at + line.len() - line.trim_start().len();
            return Place::new(&stand.path, &stand.text, start..at + line.trim_end().len());
        }
        at += line.len();
    }
    Place::new(&stand.path, &stand.text, 0..0)
}

/// The contract is one thing, however many of its files are older.
fn outdated(stands: &[Stand]) -> Option<Finding> {
    let older = stands.iter().filter_map(|stand| match stand.state {
        State::Older { version, is_known } => Some((stand, version, is_known)),
        _ => None,
    });
    let older: Vec<_> = older.collect();
    let (stand, version, _) = older.iter().min_by_key(|(_, version, _)| *version)?;
    let error = Error::refused("contract-outdated", texts::outdated(*version));
    let error = match older.iter().all(|(_, _, is_known)| *is_known) {
        true => error.hint("qgroget init upgrades it, and keeps what you have changed"),
        false => error
            .reason("no commit in this history has what was installed, so your own changes cannot be told from it")
            .hint("qgroget init shows what would be replaced, and asks"),
    };
    Some(finding(Severity::Warning, None, error.at(place(stand))))
}

/// Fields whose names it does not know are not collected.
fn renamed(stand: &Stand) -> Option<Finding> {
    let error = Error::refused("contract-outdated", texts::RENAMED)
        .at(place(stand))
        .reason("fields that are called otherwise now are not collected")
        .hint("qgroget init fits it to the names, and keeps what you have changed");
    (stand.state == State::Renamed).then(|| finding(Severity::Warning, None, error))
}

fn newer(stand: &Stand, of: u32) -> Finding {
    let error = Error::refused(
        "contract-newer",
        format!(
            "the contract is of version {of}; this qgroget has version {}",
            version::current()
        ),
    );
    let error = error
        .reason("what it says about this contract may be of an earlier one")
        .hint("use the qgroget that installed it, or a later one");
    finding(Severity::Warning, None, error.at(place(stand)))
}

/// Missing lines may be a check or an aggregate that all services are without.
fn changed(stand: &Stand, missing: usize, added: usize, commit: Option<&str>) -> Finding {
    let path = stand.path.display();
    let error = Error::refused(
        "contract-changed",
        format!("{path} is not as it was installed: {}", texts::lines(missing, added)),
    );
    let error = error.hint(match commit {
        Some(commit) => format!("if it was not meant, see what changed: git diff {commit} -- {path}"),
        None => format!("if it was not meant, see what changed: git log -p -- {path}"),
    });
    let severity = if missing == 0 {
        Severity::Note
    } else {
        Severity::Warning
    };
    finding(severity, None, error.at(place(stand)))
}
