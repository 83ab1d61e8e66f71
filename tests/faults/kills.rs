//! `kill -9` at the writing calls of `init`, `migrate`, `cleanup` and `undo`, git's own processes included.

use std::collections::BTreeSet;

use super::calls::{Call, Process};
use super::judge;
use super::kill::{Death, Hurt, kill};
use super::scenarios::{self, Scenario};
use super::strace;
use super::tally::{Wrong, none_wrong, sample, share};

/// One kill to be made.
struct Case<'s> {
    scenario: &'s Scenario,
    call: Call,
    death: Death,
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Call { site, nth, .. } = &self.call;
        write!(
            f,
            "{}: {} at {site} ({} {nth})",
            self.scenario.name, self.death, site.call
        )
    }
}

fn cases(scenarios: &[Scenario]) -> Vec<Case<'_>> {
    let mut cases = Vec::new();
    for scenario in scenarios {
        for call in scenario.calls() {
            let deaths: &[Death] = match call.process {
                Process::Qgroget => &[Death::Itself],
                Process::Git(_) => &[Death::Itself, Death::Parent, Death::Both],
            };
            cases.extend(deaths.iter().map(|death| Case {
                scenario,
                call: call.clone(),
                death: *death,
            }));
        }
    }
    cases
}

/// What came of a case: whether there was a kill, and what is wrong.
fn outcome(number: usize, case: &Case<'_>) -> (bool, Option<Wrong>) {
    let lab = case.scenario.stage.copy();
    let hurt = kill(&lab, &case.scenario.arguments, &case.call, case.death);
    let copy = judge::copy_to_keep(&lab);
    let why = match hurt {
        Hurt::Missed => return (false, None),
        Hurt::Killed(None) => judge::after_a_kill(case.scenario, &lab, number),
        // The program has outlived its git: it has to end in one of the two states by itself.
        Hurt::Killed(Some(ended)) => judge::after_an_error(case.scenario, &lab, &ended, false),
    };
    let wrong = Wrong::found(case.to_string(), why);
    if let Some(wrong) = &wrong {
        judge::keep(wrong, number, copy.as_ref());
    }
    (true, wrong)
}

fn run(count: usize) -> usize {
    let scenarios = scenarios::all();
    let cases = sample(cases(&scenarios), count);
    let outcomes = share(&cases, |number, case| outcome(number, case));
    let kills = outcomes.iter().filter(|(killed, _)| *killed).count();
    let reached = cases.iter().zip(&outcomes).filter(|(_, (killed, _))| *killed);
    let sites: BTreeSet<_> = reached.map(|(case, _)| (case.scenario.name, &case.call.site)).collect();
    let everywhere: BTreeSet<_> = sites.iter().map(|(_, site)| site).collect();
    let missed = cases.len() - kills;
    let summary = format!(
        "{kills} kills at {} distinct sites ({} with the command), {missed} calls not reached again",
        everywhere.len(),
        sites.len()
    );
    let wrong: Vec<Wrong> = outcomes.into_iter().filter_map(|(_, wrong)| wrong).collect();
    none_wrong(&summary, &wrong);
    kills
}

#[test]
fn a_sample_of_40_kills() {
    if strace::available() {
        assert!(run(40) >= 36);
    }
}

#[test]
#[ignore = "the long form, by hand: some twenty minutes"]
fn kills_at_every_writing_call() {
    if strace::available() {
        let count = std::env::var("QGROGET_FAULTS_COUNT").map_or(usize::MAX, |count| count.parse().unwrap());
        assert!(run(count) >= 2000.min(count / 2));
    }
}
