//! The checklist of a commit: one rule a line. `docs/checklist.md` has them as a table.
//!
//! A line is ticked where the proof compared what it is about and the service has values there; it is not applicable where
//! the tree has nothing of the kind; otherwise it is open, and says why. A group that was declined leaves its line open.

use std::collections::BTreeMap;

use super::evidence::Evidence;
use super::texts;
use crate::commit::{Check, Tick};
use crate::plan::kinds;
use crate::status::{FOREIGN_STATE, Gap, KEPT_BY_ANOTHER, Kept, UNSAVED_DATABASE, UNSAVED_STATE};

/// What a line of the checklist comes to.
type Rule = fn(&Grounds) -> Tick;

/// Every line, by its rule.
const RULES: [(Check, Rule); 9] = [
    (Check::Contract, contract),
    (Check::Persistence, persistence),
    (Check::Backup, backup),
    (Check::Routing, routing),
    (Check::Database, database),
    (Check::Secrets, secrets),
    (Check::VmTest, vm_test),
    (Check::FlakeCheck, flake_check),
    (Check::Server, server),
];

/// What a line is decided on.
struct Grounds<'g> {
    evidence: &'g Evidence,
    proved: &'g BTreeMap<Check, Tick>,
}

/// The lines of the checklist; `proved` are those whose values a proof has compared.
pub fn ticks(evidence: &Evidence, proved: &BTreeMap<Check, Tick>) -> BTreeMap<Check, Tick> {
    let grounds = Grounds { evidence, proved };
    RULES.iter().map(|(check, rule)| (*check, rule(&grounds))).collect()
}

impl Grounds<'_> {
    /// Ticked where the proof has values of this line and the service's are among them.
    fn proved(&self, check: Check) -> Tick {
        match self.proved.get(&check) {
            Some(Tick::Ticked) if self.evidence.is_unimported => open(&texts::unimported(&self.evidence.host)),
            Some(Tick::Ticked) if self.evidence.is_off => open(&texts::off(&self.evidence.host)),
            Some(Tick::Ticked) => Tick::Ticked,
            _ => open(texts::NOT_PROVED),
        }
    }
}

fn open(reason: &str) -> Tick {
    Tick::Open(reason.to_owned())
}

fn not_applicable(reason: &str) -> Tick {
    Tick::NotApplicable(reason.to_owned())
}

/// Contract: ticked where the proof preserves, since a contract without a required field does not evaluate, on or off.
fn contract(grounds: &Grounds) -> Tick {
    match grounds.proved.get(&Check::Contract) {
        Some(Tick::Ticked) => Tick::Ticked,
        _ => open(texts::NOT_PROVED),
    }
}

/// Persistence: open where its group was declined, where it keeps another service's state or another one keeps its own, and where the machine has persistent directories and the one that the
/// contract names as the service's is in none; not applicable where the service has no persistent directory, inside or outside
/// its contract; ticked where the proof compared persistence.
fn persistence(grounds: &Grounds) -> Tick {
    let evidence = grounds.evidence;
    if evidence.left(kinds::PERSISTENCE) {
        return open(texts::PERSISTENCE_LEFT);
    }
    let Some(service) = &evidence.service else {
        return open(texts::NOT_PROVED);
    };
    let in_hands = |gap: &&Gap| [FOREIGN_STATE, KEPT_BY_ANOTHER].contains(&gap.code);
    if let Some(gap) = service.gaps.iter().find(in_hands) {
        return open(&format!("it {}", gap.text));
    }
    let state = service.state.as_ref();
    let named = state.filter(|state| state.kept.matters());
    let mut held = named.into_iter().chain(&service.holds);
    if let Some(lost) = held.find(|held| held.survives == Some(false)) {
        return open(&texts::not_persisted(&lost.kept.path));
    }
    match state.and_then(|state| state.survives) {
        Some(true) => grounds.proved(Check::Persistence),
        _ if !service.persisted.is_empty() => grounds.proved(Check::Persistence),
        _ => not_applicable(&match state.filter(|state| state.lasts) {
            Some(state) => texts::lasts(&state.kept.path),
            None => texts::NO_PERSISTENCE.to_owned(),
        }),
    }
}

/// Backups: open where the group of its jobs or of the gain was declined, where something that it keeps or the directory that
/// its contract names is in no backup, and where its data is in a database that nothing of it backs up; not applicable where it
/// names nothing whose loss would cost something; ticked where the proof compared backups.
fn backup(grounds: &Grounds) -> Tick {
    let evidence = grounds.evidence;
    let jobs: Vec<&str> = evidence.jobs_left().map(|job| job.name.as_str()).collect();
    if !jobs.is_empty() {
        return open(&texts::jobs_left(&jobs));
    }
    if evidence.left(kinds::GAIN) {
        return open(texts::GAP_LEFT);
    }
    let Some(service) = &evidence.service else {
        return open(texts::NOT_PROVED);
    };
    let unsaved = [UNSAVED_STATE, UNSAVED_DATABASE];
    if let Some(gap) = service.gaps.iter().find(|gap| unsaved.contains(&gap.code)) {
        return open(&format!("it {}", gap.text));
    }
    let state = service.state.iter().filter(|state| state.kept.matters());
    if let Some(state) = state.clone().find(|state| !state.saved) {
        return open(&texts::not_saved(&state.kept.path));
    }
    let kept = service.persisted.iter().any(Kept::matters) || state.count() > 0;
    match service.backed_up.is_empty() && !kept {
        false => grounds.proved(Check::Backup),
        true if evidence.has_database => not_applicable(texts::DATABASE_DUMPED),
        true => not_applicable(texts::NO_BACKUP),
    }
}

/// Routing: not applicable where the contract is not exposed; ticked where the proof compared routes.
fn routing(grounds: &Grounds) -> Tick {
    match &grounds.evidence.service {
        Some(service) if service.exposed.is_some() => grounds.proved(Check::Routing),
        _ => not_applicable(texts::NO_ROUTE),
    }
}

/// Database: not applicable where the service has none; open where its contract does not say it; ticked where the proof
/// preserves with the contract that says it.
fn database(grounds: &Grounds) -> Tick {
    let evidence = grounds.evidence;
    if !evidence.has_database && !evidence.declares_database {
        return not_applicable(texts::NO_DATABASE);
    }
    match evidence.declares_database {
        true => grounds.proved(Check::Contract),
        false => open(texts::DATABASE_LEFT),
    }
}

/// Secrets: not applicable where the service has none; open where its group was declined; ticked where the proof compared
/// secrets.
fn secrets(grounds: &Grounds) -> Tick {
    if !grounds.evidence.has_secrets {
        return not_applicable(texts::NO_SECRETS);
    }
    match grounds.evidence.left(kinds::SECRETS) {
        true => open(texts::SECRETS_LEFT),
        false => grounds.proved(Check::Secrets),
    }
}

/// VM test: open, since no run starts one; which test there is to run is said.
fn vm_test(grounds: &Grounds) -> Tick {
    let evidence = grounds.evidence;
    match (&evidence.new_test, evidence.tests.first()) {
        (Some(test), _) => open(&texts::test_new(&test.path)),
        (None, Some(test)) => open(&texts::test_not_run(test)),
        (None, None) => open(texts::NO_TEST),
    }
}

/// Flake check: not applicable without a flake; otherwise open, since no run builds the checks.
fn flake_check(grounds: &Grounds) -> Tick {
    match grounds.evidence.has_flake {
        true => open(texts::NOT_RUN),
        false => not_applicable(texts::NO_FLAKE),
    }
}

/// Server: open, since no run deploys.
fn server(_: &Grounds) -> Tick {
    open(texts::NOT_DEPLOYED)
}
