//! The kinds of change that a repository, or a run, can do without.

use std::collections::BTreeSet;

use serde::Deserialize;

/// A kind of change without which a migration is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optional {
    /// A test in a virtual machine.
    Tests,
    /// The module's place.
    Placement,
    /// The section of the secrets.
    Secrets,
    /// What the service is of no use without.
    Dependencies,
    /// The database in the contract, and what reads it from there.
    Databases,
}

impl Optional {
    /// All of them.
    pub const ALL: [Optional; 5] = [
        Optional::Tests,
        Optional::Placement,
        Optional::Secrets,
        Optional::Dependencies,
        Optional::Databases,
    ];

    /// Its name, on the command line and in `qgroget.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Optional::Tests => "tests",
            Optional::Placement => "placement",
            Optional::Secrets => "secrets",
            Optional::Dependencies => "dependencies",
            Optional::Databases => "databases",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Optional> {
        Optional::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Which kinds are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Wanted {
    /// None but these, where any is named.
    #[serde(default)]
    pub only: BTreeSet<Optional>,
    /// Not these.
    #[serde(default)]
    pub skip: BTreeSet<Optional>,
}

impl Wanted {
    /// Whether a kind is wanted by a run that says this, in a repository that says `repository`: what a run names, it has.
    pub fn has(&self, kind: Optional, repository: &Wanted) -> bool {
        if self.skip.contains(&kind) {
            return false;
        }
        let among = |only: &BTreeSet<Optional>| only.is_empty() || only.contains(&kind);
        match self.only.is_empty() {
            true => among(&repository.only) && !repository.skip.contains(&kind),
            false => among(&self.only),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_run_names_it_has() {
        let wanted = |only: &[Optional], skip: &[Optional]| Wanted {
            only: only.iter().copied().collect(),
            skip: skip.iter().copied().collect(),
        };
        let (tests, secrets) = (Optional::Tests, Optional::Secrets);
        let nothing = Wanted::default();
        assert!(nothing.has(tests, &nothing));
        assert!(!nothing.has(tests, &wanted(&[], &[tests])) && !nothing.has(tests, &wanted(&[secrets], &[])));
        assert!(
            wanted(&[tests], &[]).has(tests, &wanted(&[], &[tests])),
            "the run is the later word"
        );
        assert!(!wanted(&[tests], &[]).has(secrets, &nothing));
        assert!(!wanted(&[], &[tests]).has(tests, &wanted(&[tests], &[])));
    }

    #[test]
    fn each_has_a_name() {
        for kind in Optional::ALL {
            assert_eq!(Optional::named(kind.name()), Some(kind));
        }
        assert_eq!(Optional::named("contract"), None);
    }
}
