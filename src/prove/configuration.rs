//! What one side of a comparison evaluates to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::{Result, prove as text};

/// Stands between two definitions of one text: a line break, and a character that no source contains.
pub const SEPARATOR: &str = "\n\u{2063}";

/// What a value is shown as that cannot be evaluated.
pub(super) const THROWS: &str = "<throws>";

/// One side's configuration.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The whole configuration, in comparable form.
    pub whole: Value,
    /// Messages of the assertions that fail.
    pub assertions: Vec<String>,
    /// The sets that have a definition of their own, among those that hold stubs.
    pub declared: BTreeSet<Vec<String>>,
    /// Which of the legacy options that were asked for are declared.
    pub options: BTreeSet<Vec<String>>,
    /// The switches that it was evaluated with and that nothing in the repository defines.
    pub switches: BTreeSet<Vec<String>>,
    /// The texts that several definitions give alike, where no type says what becomes of them: how many there are.
    pub repeated: BTreeMap<Vec<String>, u64>,
    /// The arguments of symbolic functions (what generated files contain), by digest; only if asked for.
    pub generated: BTreeMap<String, Value>,
}

impl Configuration {
    /// Reads what `slice.nix` or `system.nix` prints, and the contents of generated files from what it has said meanwhile.
    ///
    /// # Errors
    /// Refuses what is no such output.
    pub(super) fn read(output: &[u8], messages: &str) -> Result<Configuration> {
        let mut value: Value = serde_json::from_slice(output).map_err(text::unreadable_result)?;
        let assertions = match value["assertions"].take() {
            Value::Array(list) => list
                .iter()
                .map(|m| m.as_str().map_or_else(|| m.to_string(), str::to_owned))
                .collect(),
            _ => Vec::new(),
        };
        let mut paths = |key: &str| match value.get_mut(key) {
            Some(paths) => serde_json::from_value(paths.take()).map_err(text::unreadable_result),
            None => Ok(BTreeSet::new()),
        };
        let (declared, options) = (paths("declared")?, paths("options")?);
        let mut generated = BTreeMap::new();
        let mut switches = BTreeSet::new();
        let mut repeated = BTreeMap::new();
        for line in messages.lines() {
            if let Some(json) = line.strip_prefix("trace: switch ") {
                switches.extend(serde_json::from_str::<Vec<String>>(json));
                continue;
            }
            if let Some(json) = line.strip_prefix("trace: repeated ") {
                repeated.extend(serde_json::from_str::<(Vec<String>, u64)>(json));
                continue;
            }
            let Some(json) = line.strip_prefix("trace: generated ") else {
                continue;
            };
            let Ok(mut entry) = serde_json::from_str::<Value>(json) else {
                continue;
            };
            if let Some(digest) = entry["digest"].as_str().map(str::to_owned) {
                generated.insert(digest, entry["value"].take());
            }
        }
        Ok(Configuration {
            whole: value["whole"].take(),
            assertions,
            declared,
            options,
            switches,
            repeated,
            generated,
        })
    }
}
