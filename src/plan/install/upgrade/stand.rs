//! How an installed contract stands to what the program would install: older, newer, or with changes of a person's own.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::names::Names;
use super::core::{self, File};
use super::{commit_of, counted, is_as_installed, merging};
use crate::edit::past::Past;
use crate::error::Result;
use crate::plan::model::Context;

/// A file of the contract that is not as it would be installed.
#[derive(Clone, Debug)]
pub struct Stand {
    pub path: PathBuf,
    pub text: Arc<str>,
    pub state: State,
}

/// What of it is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is of an older version; `None` for one without a version.
    Older {
        version: Option<u32>,
        /// Whether what was installed is known, so that a person's own changes can be told from it.
        is_known: bool,
    },
    /// It is of a newer version than this program knows.
    Newer(u32),
    /// It is of this version, and was installed when the repository had other names for its fields.
    Renamed,
    /// It is of this version, and reads otherwise than it was installed.
    Changed {
        missing: usize,
        added: usize,
        /// The commit that has it as it was installed.
        commit: Option<String>,
    },
}

/// The files of the contract that are not as they would be installed; fields that were added to the schema are no difference.
///
/// # Errors
/// Where the history cannot be read, or an embedded text not be fitted.
pub fn all(context: &Context, past: &dyn Past) -> Result<Vec<Stand>> {
    let names = Names::of(context.rules());
    let mut stands = Vec::new();
    for file in core::files(context) {
        let state = match file.version {
            Some(version) if file.is_newer() => Some(State::Newer(version)),
            // One that does not parse says nothing about its version.
            version if file.is_older() && !file.is_faulty() => Some(State::Older {
                version,
                is_known: file.installed(past)?.is_some(),
            }),
            _ if file.is_renamed(context, &names, past)? => Some(State::Renamed),
            _ => changed(context, &names, &file, past)?,
        };
        stands.extend(state.map(|state| Stand {
            path: file.path,
            text: file.text,
            state,
        }));
    }
    Ok(stands)
}

/// Whether a file of the contract is of an older version, which needs no history.
pub fn is_older(context: &Context) -> bool {
    let files = core::files(context);
    files.iter().any(|file| file.is_older() && !file.is_faulty()) && !files.iter().any(File::is_newer)
}

fn changed(context: &Context, names: &Names, file: &File, past: &dyn Past) -> Result<Option<State>> {
    let own = file.without_additions(context);
    let now = match file.now(context, names, None)? {
        // Of the schema's file, the schema alone is of account.
        Some(now) if file.part == core::Part::Schema => file.now_without_additions(context, names)?.unwrap_or(now),
        Some(now) => now,
        None => return Ok(None),
    };
    if is_as_installed(context, &own, &now) {
        return Ok(None);
    }
    let installed = file.installed(past)?;
    let as_installed = match (&installed, file.part) {
        (Some(installed), core::Part::Collector | core::Part::Bridge) => installed.text.clone(),
        _ => now,
    };
    if is_as_installed(context, &own, &as_installed) {
        return Ok(None);
    }
    let (missing, added) = counted(&merging::like(&own, &as_installed), &own);
    Ok(Some(State::Changed {
        missing,
        added,
        commit: commit_of(installed.as_ref()),
    }))
}
