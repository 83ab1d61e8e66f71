//! The option namespaces that the migration moves things between.

use std::collections::BTreeSet;

use crate::rules::ContractField;

/// The option namespaces of the migration.
#[derive(Clone, Debug)]
pub struct Namespaces {
    /// The contract's own: what appears or changes here takes effect elsewhere, where it is compared.
    pub contract: Vec<String>,
    /// Legacy services, an attribute set by service.
    pub services: String,
    /// Legacy backup jobs, an attribute set by job.
    pub backups: String,
    /// Fields of a legacy service that migration empties.
    pub moved_fields: Vec<String>,
}

impl Namespaces {
    /// The namespaces that the rules name.
    pub fn of(rules: &crate::rules::Rules) -> Namespaces {
        let names = &rules.namespaces;
        let moved = [ContractField::PersistedData, ContractField::BackupPaths];
        Namespaces {
            contract: vec![
                names.contract.clone(),
                names.contract_options.clone(),
                names.collector.clone(),
            ],
            services: names.services.clone(),
            backups: names.backups.clone(),
            moved_fields: rules
                .fields
                .iter()
                .filter(|(_, to)| moved.contains(to))
                .map(|(from, _)| from.clone())
                .collect(),
        }
    }

    /// The top-level names of all of them.
    pub fn roots(&self) -> Vec<String> {
        let all = self.contract.iter().chain([&self.services, &self.backups]);
        let roots: BTreeSet<&str> = all.filter_map(|n| n.split('.').next()).collect();
        roots.into_iter().map(str::to_owned).collect()
    }
}

impl Default for Namespaces {
    fn default() -> Namespaces {
        let own = |name: &str| format!("qgroget.{name}");
        Namespaces {
            contract: ["serviceModules", "contract", "collector"].map(own).to_vec(),
            services: own("services"),
            backups: own("backups"),
            moved_fields: ["persistedData", "backupDirectories"].map(str::to_owned).to_vec(),
        }
    }
}
