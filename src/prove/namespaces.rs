//! The option namespaces that the migration moves things between.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::{ContractField, Orders, Rules, is_within, parts};

/// The option namespaces of the migration.
#[derive(Clone, Debug)]
pub struct Namespaces {
    /// The contract's own: what appears or changes here takes effect elsewhere, where it is compared.
    pub contract: Vec<String>,
    /// Legacy services, an attribute set by service.
    pub services: String,
    /// Legacy backup jobs, an attribute set by job.
    pub backups: String,
    /// What the fields of a legacy service are in a contract.
    pub fields: BTreeMap<String, ContractField>,
    /// What the fields of a legacy backup job are in a contract.
    pub backup_fields: BTreeMap<String, ContractField>,
    /// Options of persistence modules, whose attributes are persistent roots.
    pub persistence: Vec<String>,
    /// What the orders of lists mean.
    pub orders: Orders,
}

impl Namespaces {
    /// The namespaces that the rules name.
    pub fn of(rules: &Rules) -> Namespaces {
        let names = &rules.namespaces;
        Namespaces {
            contract: vec![
                names.contract.clone(),
                names.contract_options.clone(),
                names.collector.clone(),
            ],
            services: names.services.clone(),
            backups: names.backups.clone(),
            fields: rules.fields.clone(),
            backup_fields: rules.backup_fields.clone(),
            persistence: rules.persistence.options.clone(),
            orders: rules.list_orders.clone(),
        }
    }

    /// Whether an option is a legacy service or below one, and the contract's field that it is, if the rules know it.
    pub fn of_service(&self, path: &[String]) -> Option<Option<&ContractField>> {
        let at = below(path, &self.services)?;
        Some(path.get(at + 1).and_then(|name| self.fields.get(name)))
    }

    /// The name of the legacy backup job that an option is, or is below of, and the contract's field that it is, if the
    /// rules know it.
    pub fn of_job<'p>(&self, path: &'p [String]) -> Option<(&'p str, Option<&ContractField>)> {
        let at = below(path, &self.backups)?;
        let field = path.get(at + 1).and_then(|name| self.backup_fields.get(name));
        Some((path.get(at)?, field))
    }

    /// Whether an option is a persistent root or below one.
    pub fn is_persistence(&self, path: &[String]) -> bool {
        self.persistence.iter().any(|option| below(path, option).is_some())
    }

    /// Whether a migration empties what a legacy service says at `path`: a contract says it then.
    pub fn moves(&self, path: &[String]) -> bool {
        let moved = [ContractField::PersistedData, ContractField::BackupPaths];
        let field = self.of_service(path).flatten();
        field.is_some_and(|field| moved.contains(field)) && path.len() == parts(&self.services).len() + 2
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
        Namespaces::of(&Rules::new(None).expect("the built-in rules are whole"))
    }
}

/// The index at which `path` goes below `namespace`; `None` where it is something else, or the namespace itself.
fn below(path: &[String], namespace: &str) -> Option<usize> {
    let depth = parts(namespace).len();
    (path.len() > depth && is_within(path, namespace)).then_some(depth)
}
