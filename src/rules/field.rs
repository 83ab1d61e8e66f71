//! The contract's fields. Whoever asks for what a service says asks for one of them, never for a name of the legacy
//! pattern: what those are called, the rules say.

use std::fmt;

use serde::Deserialize;

use crate::syntax;

/// A field of `qgroget.serviceModules.<service>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum ContractField {
    Enable,
    Domain,
    DataDir,
    PersistedData,
    BackupPaths,
    BackupJob,
    BackupUnits,
    BackupExclude,
    BackupPrepare,
    BackupCleanup,
    BackupPriority,
    BackupRequiresNetwork,
    Exposed,
    Subdomain,
    Port,
    Url,
    Type,
    Middlewares,
    TraefikDynamicConfig,
    DependsOn,
    Databases,
    Journalctl,
    UnitName,
    LogPath,
    /// An attribute of `extraConfig`, or a field that the repository has added to the contract's schema: its path below
    /// the service.
    Extra(Vec<String>),
}

use ContractField as Field;

/// The names of the fields that this program knows, in the order in which a contract has them.
const KNOWN: [(&str, Field); 24] = [
    ("enable", Field::Enable),
    ("domain", Field::Domain),
    ("dataDir", Field::DataDir),
    ("persistedData", Field::PersistedData),
    ("backupPaths", Field::BackupPaths),
    ("backupJob", Field::BackupJob),
    ("backupUnits", Field::BackupUnits),
    ("backupExclude", Field::BackupExclude),
    ("backupPrepare", Field::BackupPrepare),
    ("backupCleanup", Field::BackupCleanup),
    ("backupPriority", Field::BackupPriority),
    ("backupRequiresNetwork", Field::BackupRequiresNetwork),
    ("exposed", Field::Exposed),
    ("subdomain", Field::Subdomain),
    ("port", Field::Port),
    ("url", Field::Url),
    ("type", Field::Type),
    ("middlewares", Field::Middlewares),
    ("traefikDynamicConfig", Field::TraefikDynamicConfig),
    ("dependsOn", Field::DependsOn),
    ("databases", Field::Databases),
    ("journalctl", Field::Journalctl),
    ("unitName", Field::UnitName),
    ("logPath", Field::LogPath),
];

/// Other names of fields (`nix/options.nix`).
const ALIASES: [(&str, Field); 2] = [
    ("backupDirectories", Field::BackupPaths),
    ("middleware", Field::Middlewares),
];

/// The field that holds what a service wants to record besides.
const EXTRA: &str = "extraConfig";

impl ContractField {
    /// The field that a contract has under this name, as its own or as another one; `None` for one that this program
    /// does not know.
    pub fn named(name: &str) -> Option<ContractField> {
        let mut all = KNOWN.iter().chain(&ALIASES);
        all.find(|(known, _)| *known == name).map(|(_, field)| field.clone())
    }

    /// The attrpath below the service, as Nix source.
    pub fn path(&self) -> String {
        match self {
            Field::Extra(path) => path
                .iter()
                .map(|part| syntax::attr_text(part))
                .collect::<Vec<_>>()
                .join("."),
            known => {
                let name = KNOWN.iter().find(|(_, field)| field == known).map(|(name, _)| *name);
                name.unwrap_or_default().to_owned()
            }
        }
    }

    /// The option of the contract's schema that it is, or stands in.
    pub fn option(&self) -> String {
        match self {
            Field::Extra(path) => path[0].clone(),
            known => known.path(),
        }
    }

    /// Whether it is an attribute of what a service wants to record besides, which nothing reads.
    pub fn is_record(&self) -> bool {
        matches!(self, Field::Extra(path) if path[0] == EXTRA)
    }

    /// Whether it is a field of the service's backup job.
    pub fn is_of_backups(&self) -> bool {
        self.is_known() && self.path().starts_with("backup") && *self != Field::BackupJob
    }

    /// The fields of the service's backup job.
    pub fn of_backups() -> impl Iterator<Item = ContractField> {
        let fields = KNOWN.into_iter().map(|(_, field)| field);
        fields.filter(ContractField::is_of_backups)
    }

    /// Whether every contract has it, whatever the repository has added to its schema.
    pub fn is_known(&self) -> bool {
        !matches!(self, Field::Extra(path) if path[0] != EXTRA)
    }
}

impl fmt::Display for ContractField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

impl TryFrom<String> for ContractField {
    type Error = String;

    /// Reads a path as it stands in `[fields]`: `middlewares`, `extraConfig.icon`.
    fn try_from(path: String) -> Result<ContractField, String> {
        let known = KNOWN.iter().chain(&ALIASES).find(|(name, _)| *name == path);
        match known {
            Some((_, Field::Enable | Field::BackupJob)) => {
                return Err(format!(
                    "'{path}' is worked out, and no field that a legacy one can become"
                ));
            }
            Some((_, field)) => return Ok(field.clone()),
            None => {}
        }
        let parts: Vec<String> = path.split('.').map(str::to_owned).collect();
        let is_name = |part: &String| !part.is_empty() && syntax::attr_text(part) == *part;
        if !parts.iter().all(is_name) || path == EXTRA {
            return Err(format!("'{path}' is no path of a contract's field"));
        }
        match KNOWN.iter().find(|(name, _)| *name == parts[0]) {
            Some((name, _)) => Err(format!(
                "'{path}' is inside '{name}', which a legacy field can only become as a whole"
            )),
            None => Ok(Field::Extra(parts)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_reads_back_from_its_path() {
        for (name, field) in KNOWN.iter().filter(|(name, _)| !["enable", "backupJob"].contains(name)) {
            assert_eq!(field.path(), *name);
            assert_eq!(ContractField::try_from((*name).to_owned()).as_ref(), Ok(field));
        }
        let icon = ContractField::try_from("extraConfig.icon".to_owned()).expect("a path");
        assert_eq!(
            (icon.path(), icon.option(), icon.is_known()),
            ("extraConfig.icon".into(), EXTRA.into(), true)
        );
        assert!(
            !ContractField::try_from("memoryLimit".to_owned())
                .expect("a path")
                .is_known()
        );
        assert_eq!(
            ContractField::try_from("middleware".to_owned()),
            Ok(ContractField::Middlewares)
        );
    }

    #[test]
    fn what_no_legacy_field_can_become_is_refused() {
        for path in [
            "",
            ".",
            "enable",
            "backupJob",
            "extraConfig",
            "type.x",
            "a..b",
            "${x}",
            "a b",
        ] {
            assert!(ContractField::try_from(path.to_owned()).is_err(), "{path:?}");
        }
    }
}
