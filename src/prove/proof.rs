//! What a proof says: mode, hosts, verdict, and what it covered.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::area::Area;
use super::configuration::THROWS;
use super::difference::{Class, Difference, option_path};
use super::how::How;
pub use super::how::Mode;
use super::namespaces::Namespaces;

/// What differs.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verdict {
    /// Every difference, sorted by seriousness, area and path.
    pub differences: Vec<Difference>,
}

impl Verdict {
    /// A verdict on these differences, in a report's order.
    pub fn new(mut differences: Vec<Difference>) -> Verdict {
        differences.sort_by(|a, b| (a.class, a.area, &a.path).cmp(&(b.class, b.area, &b.path)));
        Verdict { differences }
    }

    /// Whether nothing is lost or changed.
    pub fn is_preserving(&self) -> bool {
        !self
            .differences
            .iter()
            .any(|d| matches!(d.class, Class::Lost | Class::Changed))
    }

    /// Whether something is persisted, backed up or declared that was not before.
    pub fn has_gains(&self) -> bool {
        self.count(Class::Gained) > 0
    }

    /// How many differences are of a class.
    pub fn count(&self, class: Class) -> usize {
        self.differences.iter().filter(|d| d.class == class).count()
    }
}

/// What was proved of one host.
#[derive(Clone, Debug, Serialize)]
pub struct HostProof {
    /// The host.
    pub host: String,
    /// How it was evaluated.
    #[serde(flatten)]
    pub how: How,
    /// What differs.
    pub verdict: Verdict,
    /// How many values were compared, by area.
    pub compared: BTreeMap<Area, usize>,
    /// Options whose value cannot be evaluated on either side, such as removed ones.
    pub unreadable: Vec<String>,
    /// Slice mode: rounds of evaluation that it took to name all stubs.
    pub rounds: usize,
    /// Slice mode: stubs that both sides were evaluated with.
    #[serde(rename = "stand_ins")]
    pub stubs: usize,
    /// Slice mode: files that the sources name and the tree does not have; they were taken for empty.
    pub absent_files: Vec<PathBuf>,
    /// System mode: the toplevel derivations before and after.
    pub derivations: Option<[String; 2]>,
    /// Slice mode: messages of the assertions that fail after the change, whether or not they did before. A system
    /// with one of them has no derivation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<String>,
}

impl HostProof {
    /// Whether the very same system is built before and after.
    pub fn is_same_system(&self) -> bool {
        self.derivations.as_ref().is_some_and(|[before, after]| before == after)
    }
}

/// What a change makes on purpose, a sentence each: the state before was given it, too, so that it is no difference.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OnPurpose {
    /// What the machine gains.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gains: Vec<String>,
    /// Sets that are read in another order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub orders: Vec<String>,
}

impl OnPurpose {
    /// Whether it is nothing.
    pub fn is_empty(&self) -> bool {
        self.gains.is_empty() && self.orders.is_empty()
    }

    /// Every sentence.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.gains.iter().chain(&self.orders)
    }
}

/// The proof of a change.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// How it was evaluated.
    pub mode: Mode,
    /// Host by host.
    pub hosts: Vec<HostProof>,
    /// Other hosts that a changed file reaches and that could not be evaluated, with the reason.
    pub unproved: Vec<(String, String)>,
    /// What the state before was given besides, since the change makes it on purpose: gains, and sets in another order, a
    /// sentence each.
    #[serde(skip_serializing_if = "OnPurpose::is_empty")]
    pub on_purpose: OnPurpose,
    /// How long it took.
    #[serde(rename = "milliseconds", serialize_with = "milliseconds")]
    pub elapsed: Duration,
}

impl Proof {
    /// Takes out what is no loss where a legacy option is no longer declared: whatever stood below it, on hosts where it is
    /// gone. What was read from there is compared where it takes effect. Returns each option with how many values went.
    pub fn set_gone_aside(&mut self) -> Vec<(String, usize)> {
        let mut aside: Vec<(String, usize)> = Vec::new();
        for host in &mut self.hosts {
            for option in &host.how.gone {
                let differences = &mut host.verdict.differences;
                let before = differences.len();
                differences.retain(|difference| !difference.path.starts_with(option));
                aside.push((option_path(option), before - differences.len()));
            }
        }
        aside
    }

    /// Whether nothing is lost or changed on any host.
    pub fn is_preserving(&self) -> bool {
        self.hosts.iter().all(|h| h.verdict.is_preserving())
    }

    /// Whether any host gains something.
    pub fn has_gains(&self) -> bool {
        self.hosts.iter().any(|h| h.verdict.has_gains())
    }

    /// Whether the same system is built on every host.
    pub fn is_same_system(&self) -> bool {
        self.on_purpose.is_empty() && self.is_same_but_on_purpose()
    }

    /// Whether the same system is built on every host, but for what the change makes on purpose.
    pub fn is_same_but_on_purpose(&self) -> bool {
        !self.hosts.is_empty() && self.hosts.iter().all(HostProof::is_same_system)
    }

    /// Every host's differences.
    pub fn differences(&self) -> impl Iterator<Item = (&str, &Difference)> {
        self.hosts
            .iter()
            .flat_map(|h| h.verdict.differences.iter().map(|d| (h.host.as_str(), d)))
    }

    /// How many differences are of a class, on all hosts.
    pub fn count(&self, class: Class) -> usize {
        self.hosts.iter().map(|h| h.verdict.count(class)).sum()
    }

    /// Whether values of an area were compared and none of them is lost or changed: what a checklist may tick.
    pub fn covers(&self, area: Area) -> bool {
        let compared = self.is_same_but_on_purpose() || self.hosts.iter().any(|h| h.compared.contains_key(&area));
        let harmed = |d: &Difference| d.area == area && matches!(d.class, Class::Lost | Class::Changed);
        compared && !self.differences().any(|(_, d)| harmed(d))
    }
}

/// How many values of each area a configuration has.
pub fn count_values(whole: &Value, names: &Namespaces) -> BTreeMap<Area, usize> {
    let mut counts = BTreeMap::new();
    leaves(whole, &mut Vec::new(), &mut |path, _| {
        *counts.entry(Area::of(path, names)).or_default() += 1
    });
    counts
}

/// The paths of all values that cannot be evaluated.
pub fn unreadable(whole: &Value) -> Vec<String> {
    let mut found = Vec::new();
    leaves(whole, &mut Vec::new(), &mut |path, value| {
        if value.as_str() == Some(THROWS) {
            found.push(option_path(path));
        }
    });
    found
}

fn leaves(value: &Value, path: &mut Vec<String>, f: &mut impl FnMut(&[String], &Value)) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                leaves(member, path, f);
                path.pop();
            }
        }
        Value::Array(elements) => elements.iter().for_each(|e| f(path, e)),
        other => f(path, other),
    }
}

fn milliseconds<S: serde::Serializer>(elapsed: &Duration, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_u64(elapsed.as_millis() as u64)
}
