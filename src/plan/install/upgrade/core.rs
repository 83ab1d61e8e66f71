//! The files of the contract itself, as they are and as they would be installed now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::names::Names;
use super::super::{BRIDGE_FILE, COLLECTOR_FILE, schema, text, version};
use super::declared;
use crate::edit::past::{Past, Writer, Written};
use crate::error::Result;
use crate::plan::model::Context;
use crate::rules::parts;
use crate::syntax::Source;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Schema,
    Collector,
    Bridge,
}

/// A file of the contract in a repository.
pub struct File {
    pub part: Part,
    pub path: PathBuf,
    pub text: Arc<str>,
    /// The version that it says it is of.
    pub version: Option<u32>,
    /// The fields of the legacy schema, for the bridge.
    legacy: Vec<String>,
}

/// Those that a repository has and that can be made anew: a bridge only where its fields are known.
pub fn files(context: &Context) -> Vec<File> {
    let rules = context.rules();
    let declaration = context.model.declaration(&parts(&rules.namespaces.contract));
    let schema = declaration.map(|(module, _)| module.source.path().to_owned());
    let legacy = schema::legacy_fields(context).unwrap_or_default();
    let own = |file: &str| rules.paths.server.join(file);
    let mut all = Vec::new();
    all.extend(schema.map(|path| (Part::Schema, path)));
    all.push((Part::Collector, own(COLLECTOR_FILE)));
    if !legacy.is_empty() {
        all.push((Part::Bridge, own(BRIDGE_FILE)));
    }
    let there = all.into_iter().filter_map(|(part, path)| {
        let text = Arc::clone(context.repo.text(&path)?);
        Some(File {
            part,
            version: version::of(&text),
            path,
            text,
            legacy: legacy.clone(),
        })
    });
    there.collect()
}

impl File {
    /// Whether it does not parse: then nothing is known of it.
    pub fn is_faulty(&self) -> bool {
        Source::new(self.path.as_path(), Arc::clone(&self.text)).is_faulty()
    }

    /// Whether the version is older than the one that this program installs.
    pub fn is_older(&self) -> bool {
        self.version.is_none_or(|version| version < version::current())
    }

    /// Whether it is of a newer one.
    pub fn is_newer(&self) -> bool {
        self.version.is_some_and(|version| version > version::current())
    }

    /// Whether it is of this version and was installed with other names of fields than the repository has now, in its legacy
    /// schema and its `qgroget.toml`.
    ///
    /// # Errors
    /// As [`Past::written`], and where the embedded texts cannot be fitted.
    pub fn is_renamed(&self, context: &Context, names: &Names, past: &dyn Past) -> Result<bool> {
        // A collector has the names of the rules where the fields of the backup jobs are not known any more.
        let has_names = match self.part {
            Part::Schema => false,
            Part::Bridge => true,
            Part::Collector => schema::has_job_fields(context),
        };
        if !has_names || self.is_older() || self.is_newer() || self.is_faulty() {
            return Ok(false);
        }
        let Some(now) = self.now(context, names, None)? else {
            return Ok(false);
        };
        // What reads as it would now needs no history.
        let is_now = |text: &str| super::is_as_installed(context, text, &now);
        Ok(!is_now(&self.text) && self.installed(past)?.is_some_and(|installed| !is_now(&installed.text)))
    }

    /// What the tool has written of the version that it is of; `None` where that is not known.
    ///
    /// # Errors
    /// As [`Past::written`].
    pub fn installed(&self, past: &dyn Past) -> Result<Option<Written>> {
        of_version(past, &self.path, Writer::Installation, self.version)
    }

    /// What it would be now, where it was `installed`, or reads as it does: of the schema's file, what else stands in it stays.
    /// `None` where the schema has no form in which it can be replaced.
    ///
    /// # Errors
    /// Where the embedded texts cannot be fitted.
    pub fn now(&self, context: &Context, names: &Names, installed: Option<&Written>) -> Result<Option<String>> {
        let rules = context.rules();
        match self.part {
            Part::Collector => text::collector(context, names).map(Some),
            Part::Bridge => text::bridge(rules, names, &self.legacy).map(Some),
            Part::Schema => match installed {
                Some(installed) if installed.created => schema::text(names).map(Some),
                Some(installed) => declared::replaced(rules, names, &installed.text),
                None => declared::replaced(rules, names, &self.text),
            },
        }
    }

    /// The schema's file without added fields as it would be with the schema that is installed now.
    ///
    /// # Errors
    /// As [`File::now`].
    pub fn now_without_additions(&self, context: &Context, names: &Names) -> Result<Option<String>> {
        declared::replaced(context.rules(), names, &self.without_additions(context))
    }

    /// The text as it was installed as far as it is of no account: the schema without the fields that were added to it.
    pub fn without_additions(&self, context: &Context) -> String {
        match self.part {
            Part::Schema => declared::without_additions(context, &self.path).unwrap_or_else(|| self.text.to_string()),
            Part::Collector | Part::Bridge => self.text.to_string(),
        }
    }
}

/// The last text of a version that the tool has written at `path`.
///
/// # Errors
/// As [`Past::written`].
pub fn of_version(past: &dyn Past, path: &Path, by: Writer, wanted: Option<u32>) -> Result<Option<Written>> {
    let written = past.written(path, by)?.into_iter();
    Ok(written.rev().find(|written| version::of(&written.text) == wanted))
}
