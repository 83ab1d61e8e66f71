//! The mutants that nothing has to notice, each with the reason.

use std::collections::BTreeMap;

use super::made::Mutant;

const LIST: &str = include_str!("../../../nix/tests/harmless.toml");

#[derive(serde::Deserialize)]
struct List {
    harmless: Vec<Entry>,
}

#[derive(serde::Deserialize)]
struct Entry {
    reason: String,
    mutants: Vec<String>,
}

/// The reasons by the keys of mutants.
pub struct Harmless(BTreeMap<String, String>);

impl Harmless {
    pub fn read() -> Harmless {
        let list: List = toml::from_str(LIST).unwrap();
        let mut reasons = BTreeMap::new();
        for entry in list.harmless {
            assert!(entry.reason.ends_with('.'), "a reason is a sentence: {}", entry.reason);
            for key in entry.mutants {
                let before = reasons.insert(key.clone(), entry.reason.clone());
                assert!(before.is_none(), "listed twice: {key}");
            }
        }
        Harmless(reasons)
    }

    pub fn has(&self, mutant: &Mutant) -> bool {
        self.0.contains_key(&mutant.key())
    }

    /// The entries that are no mutants of the files as they are.
    pub fn stale(&self, mutants: &[Mutant]) -> Vec<&str> {
        let keys: std::collections::BTreeSet<String> = mutants.iter().map(Mutant::key).collect();
        self.0
            .keys()
            .filter(|key| !keys.contains(*key))
            .map(String::as_str)
            .collect()
    }
}
