//! What is particular to this migration, as data: the names of both patterns, and a repository's own names for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};

/// The embedded rules.
const DEFAULTS: &str = concat!(
    include_str!("../../rules/names.toml"),
    "\n",
    include_str!("../../rules/known.toml")
);

/// The file in a repository that overrides the embedded rules.
pub const FILE: &str = "qgroget.toml";

/// The names in force for one repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rules {
    pub namespaces: Namespaces,
    pub paths: Paths,
    pub values: Values,
    pub persistence: Persistence,
    pub containers: Containers,
    pub fields: BTreeMap<String, String>,
    pub backup_fields: BTreeMap<String, String>,
    pub unread: Unread,
    pub shared: Shared,
    /// What is known of services beyond one repository.
    pub known: BTreeMap<String, Known>,
    /// What a repository says about single services.
    #[serde(default)]
    pub service: BTreeMap<String, ServiceRule>,
    #[serde(default)]
    pub prove: Prove,
    /// The commit message, as the repository replaces it (see `commit::Template`).
    #[serde(default)]
    pub commit: toml::Table,
}

/// What cannot be read from the declarations of one service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceRule {
    /// Where it keeps its state: a directory, or `null`.
    pub data_dir: Option<String>,
    /// The directory below the server's modules that its own directory belongs in.
    pub category: Option<String>,
}

/// Option paths, dotted.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Namespaces {
    pub services: String,
    pub backups: String,
    pub switches: String,
    pub contract: String,
    pub contract_options: String,
}

/// Places in the repository, relative to its root.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Paths {
    pub server: PathBuf,
    pub hosts: PathBuf,
    pub settings: Vec<String>,
    pub tests: PathBuf,
}

/// Values as Nix source.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Values {
    pub domain: String,
}

/// Where persistent directories are listed.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Persistence {
    pub options: Vec<String>,
    pub list: String,
}

/// Where containers are declared.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Containers {
    /// Options whose attributes are containers.
    pub options: Vec<String>,
    /// Options whose attributes are pods of them.
    pub pods: Vec<String>,
}

/// Legacy fields without a reader.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unread {
    pub fields: Vec<String>,
}

/// What evaluation in slices cannot know.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Prove {
    /// Values that only upstream modules have, by option path or name of a module argument.
    #[serde(default)]
    pub values: BTreeMap<String, serde_json::Value>,
}

/// What may be taken out of files that several services share.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Shared {
    /// The ends of option paths whose list elements may move to other modules, since their order does not matter.
    pub movable_lists: Vec<String>,
}

/// What is known of a service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Known {
    /// Other names that its units, users, secrets and directories go by.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Services that it is of no use without.
    #[serde(default)]
    pub needs: Vec<String>,
    /// The kind of its database, where its NixOS module has options for one and knows no other kind.
    pub database: Option<String>,
}

/// A dotted option path as its parts.
pub fn parts(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

impl Rules {
    /// The embedded rules, overridden by `own`, the text of a repository's `qgroget.toml` at `path`.
    ///
    /// # Errors
    /// `bad-rules` where `own` is no TOML, or has a key that does not exist.
    pub fn new(own: Option<(&Path, &str)>) -> Result<Rules> {
        let mut table: toml::Table = DEFAULTS
            .parse()
            .map_err(|e| Error::internal("the embedded rules are no TOML").because(e))?;
        if let Some((path, text)) = own {
            let over: toml::Table = text.parse().map_err(|e: toml::de::Error| bad_rules(path, text, &e))?;
            merge(&mut table, over);
            return toml::Value::Table(table)
                .try_into()
                .map_err(|e: toml::de::Error| bad_rules(path, text, &e));
        }
        toml::Value::Table(table)
            .try_into()
            .map_err(|e| Error::internal("the embedded rules do not fit").because(e))
    }

    /// The settings files of `host` that may exist, in order of preference.
    pub fn settings_of(&self, host: &str) -> Vec<PathBuf> {
        self.paths
            .settings
            .iter()
            .map(|path| PathBuf::from(path.replace("{host}", host)))
            .collect()
    }
}

fn bad_rules(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let span = error.span().unwrap_or(0..0);
    Error::usage(
        "bad-rules",
        format!("{} is not valid: {}", path.display(), error.message().trim_end()),
    )
    .at(crate::error::Place::new(path, &text.into(), span))
    .hint("the keys and their meaning: docs/writing-a-rule.md")
}

fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_overrides_names_key_by_key() {
        let own = "[namespaces]\nservices = \"homelab.services\"\n";
        let rules = Rules::new(Some((Path::new(FILE), own))).expect("valid");
        assert_eq!(rules.namespaces.services, "homelab.services");
        assert_eq!(rules.namespaces.backups, "qgroget.backups");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let error = Rules::new(Some((Path::new(FILE), "[namespaces]\nservice = \"x\"\n"))).expect_err("unknown");
        assert_eq!(error.code(), "bad-rules");
        let error = Rules::new(Some((Path::new(FILE), "x = "))).expect_err("no TOML");
        assert_eq!(error.place().expect("a place").line, 1);
    }
}
