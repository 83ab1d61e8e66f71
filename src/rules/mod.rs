//! What is particular to this migration, as data: the names of both patterns, and a repository's own names for them.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::syntax::{Source, ast};

mod field;
mod format;
pub mod kinds;
mod orders;
mod read;

pub use field::ContractField;
pub use format::Format;
pub use orders::{ListOrder, Meaning, Orders};

/// The file in a repository that overrides the embedded rules.
pub const FILE: &str = "qgroget.toml";

/// The names in force for one repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rules {
    /// How the repository is formatted, where it says so here.
    pub format: Option<Format>,
    /// Whether a module that moves gets a commit of its own for that.
    #[serde(default)]
    pub separate_moves: bool,
    pub namespaces: Namespaces,
    pub paths: Paths,
    pub values: Values,
    pub persistence: Persistence,
    pub containers: Containers,
    /// What the fields of a legacy service become.
    pub fields: BTreeMap<String, ContractField>,
    /// What the fields of a legacy backup job become.
    pub backup_fields: BTreeMap<String, ContractField>,
    /// Which of the legacy fields nobody reads.
    #[serde(default)]
    pub unread: Unread,
    pub shared: Shared,
    /// What is known of services beyond one repository.
    pub known: BTreeMap<String, Known>,
    /// The units of NixOS modules, by the name of their options below `services`.
    pub upstream: BTreeMap<String, Upstream>,
    /// What a repository says about single services.
    #[serde(default)]
    pub service: BTreeMap<String, ServiceRule>,
    /// Which kinds of change are wanted.
    #[serde(default)]
    pub migrate: kinds::Wanted,
    #[serde(default)]
    pub prove: Prove,
    /// The commit message, as the repository replaces it (see `commit::Template`).
    #[serde(default)]
    pub commit: toml::Table,
    /// What a repository says of the orders of lists.
    #[serde(default)]
    orders: Vec<ListOrder>,
    /// What is known of the orders of lists, with what the repository says.
    #[serde(skip)]
    pub list_orders: Orders,
}

/// What cannot be read from the declarations of one service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ServiceRule {
    /// Where it keeps its state: an absolute path, `null`, or Nix source.
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
    pub collector: String,
}

impl Namespaces {
    /// The first that is no option path, with its key.
    fn wrong(&self) -> Option<(&'static str, &str)> {
        let all = [
            ("services", &self.services),
            ("backups", &self.backups),
            ("switches", &self.switches),
            ("contract", &self.contract),
            ("contract-options", &self.contract_options),
            ("collector", &self.collector),
        ];
        // They are written into modules as they are.
        let is_name = |part: &str| !part.is_empty() && crate::syntax::attr_text(part) == part;
        let mut wrong = all.into_iter().filter(|(_, path)| !path.split('.').all(is_name));
        wrong.next().map(|(key, path)| (key, path.as_str()))
    }
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

impl Paths {
    /// The first that is no path inside the repository, with its key.
    fn wrong(&self) -> Option<(&'static str, String)> {
        let single = [("server", &self.server), ("hosts", &self.hosts), ("tests", &self.tests)];
        let single = single.map(|(key, path)| (key, path.to_string_lossy().into_owned()));
        let settings = self.settings.iter().map(|path| ("settings", path.clone()));
        let stays = |path: &str| {
            let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
            !path.is_empty()
                && !path.starts_with('~')
                && !path.contains(char::is_control)
                && Path::new(path).components().all(plain)
        };
        single.into_iter().chain(settings).find(|(_, path)| !stays(path))
    }
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
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Unread {
    /// What the repository says of them; `None` where they are looked for.
    pub fields: Option<Vec<String>>,
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
    /// The file below nixpkgs' `nixos/modules/services` that says what it needs; a repository's own rules need none.
    #[serde(default)]
    pub source: String,
    /// The commit of nixpkgs that the file was read at.
    #[serde(default)]
    pub revision: String,
}

/// What is known of a NixOS module.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Upstream {
    /// The units that it runs; [`INSTANCE`] in a name stands for each instance.
    #[serde(default)]
    pub units: Vec<String>,
    /// Where it keeps its state by its defaults, if those alone decide it; may have [`INSTANCE`] too.
    pub state: Option<String>,
    /// Whether it keeps no state.
    #[serde(default)]
    pub stateless: bool,
    /// The options below `services.<name>` that say where it keeps its state, dotted; the first that is set counts.
    #[serde(default)]
    pub state_options: Vec<String>,
    /// The kind of its database, where it has options `services.<name>.database` for one and knows no other kind.
    pub database: Option<String>,
    /// The file below nixpkgs' `nixos/modules/services` that says so; a repository's own rules need none.
    #[serde(default)]
    pub source: String,
    /// The commit of nixpkgs that the file was read at.
    #[serde(default)]
    pub revision: String,
}

/// What a NixOS module's instance stands for in what is known of it.
pub const INSTANCE: &str = "<instance>";

/// Whether a text says where a service keeps its state: `null` for nowhere, an absolute path as it is, or Nix source of a
/// string or an option.
pub fn says_directory(text: &str) -> bool {
    if text == "null" || text.starts_with('/') {
        return !text.contains(char::is_control);
    }
    let expr = Source::new(FILE, text).expr();
    matches!(expr, Ok(ast::Expr::Str(_) | ast::Expr::Select(_)))
}

/// A dotted option path as its parts.
pub fn parts(path: &str) -> Vec<&str> {
    path.split('.').collect()
}

/// Whether an option path is `option`, dotted, or below it.
pub fn is_within(path: &[impl AsRef<str>], option: &str) -> bool {
    let option = parts(option);
    path.len() >= option.len() && option.iter().zip(path).all(|(a, b)| *a == b.as_ref())
}

impl Rules {
    /// What the field of a service is, in the legacy pattern or in a contract.
    pub fn field(&self, namespace: &str, name: &str) -> Option<ContractField> {
        match namespace == self.namespaces.services {
            true => self.fields.get(name).cloned(),
            false => ContractField::named(name),
        }
    }

    /// The fields of a legacy backup job that become this field of the contract.
    pub fn backup_fields_of(&self, field: &ContractField) -> impl Iterator<Item = &str> {
        let named = self.backup_fields.iter().filter(move |(_, to)| *to == field);
        named.map(|(name, _)| name.as_str())
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
