//! What is installed, as it would be installed now: the texts in `nix/`, fitted to the repository, with the contract's version.

use std::path::{Path, PathBuf};

use super::names::Names;
use super::{BRIDGE_FILE, COLLECTOR_FILE, TEMPLATE, places, schema, version};
use crate::error::Result;
use crate::plan::documents::Document;
use crate::plan::model::Context;
use crate::rules::Rules;

/// The collector.
///
/// # Errors
/// As [`schema::collector`].
pub fn collector(context: &Context, names: &Names) -> Result<String> {
    names.code(&version::marked(
        Path::new(COLLECTOR_FILE),
        &schema::collector(context)?,
    ))
}

/// The bridge with these fields of the repository's legacy schema.
///
/// # Errors
/// As [`schema::bridge`].
pub fn bridge(rules: &Rules, names: &Names, legacy: &[String]) -> Result<String> {
    names.code(&version::marked(
        Path::new(BRIDGE_FILE),
        &schema::bridge(rules, legacy)?,
    ))
}

/// Where the template stands, and its text, which names the guide where there is one.
///
/// # Errors
/// An internal error where it would not parse.
pub fn template(context: &Context, names: &Names, has_guide: bool) -> Result<(PathBuf, String)> {
    let path = context.rules().paths.server.join(places::TEMPLATE);
    let guide = Document::Template.path().to_string_lossy();
    let mention = |line: &&str| line.starts_with('#') && line.contains(&*guide);
    let lines = TEMPLATE.split_inclusive('\n');
    let text: String = lines.filter(|line| has_guide || !mention(line)).collect();
    let text = names.fitted(&path, &version::marked(&path, &text))?;
    Ok((path, text))
}

/// A test at `path`.
///
/// # Errors
/// An internal error where it would not parse.
pub fn test(names: &Names, path: &Path, text: &str) -> Result<String> {
    names.fitted(path, &version::marked(path, text))
}
