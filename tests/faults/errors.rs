//! Errors of the system at the writing calls: no room, a bad disk, no permission, a signal, too many open files.

use std::fs;

use super::calls::{Call, Process, Site};
use super::judge;
use super::kill::injection;
use super::scenarios::{self, Scenario};
use super::strace;
use super::tally::{Wrong, none_wrong, sample, share};
use super::wrapper::Wrapper;
use crate::common::faults::{Ended, Lab, program};

const ERRORS: [&str; 5] = ["ENOSPC", "EIO", "EACCES", "EINTR", "EMFILE"];

/// The calls that a full disk fails.
const TAKE_ROOM: [&str; 5] = ["write", "pwrite64", "mkdir", "link", "fsync"];

/// One call that fails.
struct Case<'s> {
    scenario: &'s Scenario,
    call: Call,
    error: &'static str,
    /// Whether all later calls of the name fail as well, as on a disk that stays full.
    stays: bool,
}

impl std::fmt::Display for Case<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Call { site, nth, .. } = &self.call;
        let from = if self.stays { " and all later ones" } else { "" };
        write!(
            f,
            "{}: {} at {site} ({} {nth}{from})",
            self.scenario.name, self.error, site.call
        )
    }
}

fn cases<'s>(scenarios: impl IntoIterator<Item = &'s Scenario>) -> Vec<Case<'s>> {
    let mut cases = Vec::new();
    for scenario in scenarios {
        for call in scenario.calls() {
            for error in ERRORS {
                let takes_room = TAKE_ROOM.contains(&call.site.call.as_str());
                let ways: &[bool] = if error == "ENOSPC" && takes_room {
                    &[false, true]
                } else {
                    &[false]
                };
                cases.extend(ways.iter().map(|stays| Case {
                    scenario,
                    call: call.clone(),
                    error,
                    stays: *stays,
                }));
            }
        }
    }
    cases
}

/// Runs the scenario with the call failing, and gives how it ended.
fn run(lab: &Lab, case: &Case<'_>) -> Ended {
    let mut injected = injection(lab, &case.call, &format!("error={}", case.error));
    if case.stays {
        injected.last_mut().unwrap().push('+');
    }
    let output = match case.call.process {
        Process::Qgroget => {
            let mut command = lab.command("strace");
            command
                .args(injected)
                .arg(program())
                .args(&case.scenario.arguments)
                .output()
        }
        Process::Git(number) => {
            let mut command = lab.qgroget(&case.scenario.arguments);
            Wrapper::tracing(lab, number, &injected).put_into(&mut command);
            command.output()
        }
    };
    Ended::of(lab, &output.unwrap())
}

/// Whether a writing call was failed, by what strace noted.
fn failed(lab: &Lab) -> bool {
    let log = fs::read_to_string(lab.directory().join("log")).unwrap_or_default();
    let mut lines = log.lines().filter(|line| line.contains("(INJECTED)"));
    lines.any(|line| {
        strace::line(line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' '))
            .is_some_and(|line| line.writes())
    })
}

fn outcome(number: usize, case: &Case<'_>) -> (bool, Option<Wrong>) {
    // A file of which the name is not known beforehand is not always found: others are opened for reading meanwhile.
    let tries = if case.call.is_exact() { 1 } else { 6 };
    let tried = (0..tries).find_map(|_| {
        let lab = case.scenario.stage.copy();
        let ended = run(&lab, case);
        failed(&lab).then_some((lab, ended))
    });
    let Some((lab, ended)) = tried else {
        return (false, None);
    };
    let copy = judge::copy_to_keep(&lab);
    // Where all later writes fail, those to the standard error do too.
    let mute = case.stays && case.call.site.call == "write";
    let why = judge::after_an_error(case.scenario, &lab, &ended, mute);
    let wrong = Wrong::found(case.to_string(), why);
    if let Some(wrong) = &wrong {
        judge::keep(wrong, number, copy.as_ref());
    }
    (true, wrong)
}

fn inject(count: usize) -> usize {
    let scenarios = scenarios::all();
    let cases = sample(cases(scenarios.iter()), count);
    let outcomes = share(&cases, outcome);
    let injected = outcomes.iter().filter(|(injected, _)| *injected).count();
    let missed = cases.len() - injected;
    let wrong: Vec<Wrong> = outcomes.into_iter().filter_map(|(_, wrong)| wrong).collect();
    none_wrong(
        &format!("{injected} injected errors, {missed} calls not reached again"),
        &wrong,
    );
    injected
}

#[test]
fn a_sample_of_10_errors() {
    if strace::available() {
        assert!(inject(10) >= 8);
    }
}

/// Where nothing is committed in the end, a branch goes back although one call of it fails, and leaves no lock.
#[test]
fn a_branch_goes_back_although_a_call_fails() {
    if !strace::available() {
        return;
    }
    let scenarios = scenarios::all();
    let refused = scenarios.iter().filter(|scenario| scenario.name.contains("refuses"));
    let cases = cases(refused).into_iter().filter(|case| {
        let Site { program, call, path } = &case.call.site;
        let of_a_branch = ["repo/.git/refs/heads/", "repo/.git/logs/"];
        let error = if call == "unlink" { "EACCES" } else { "EIO" };
        program == "qgroget" && case.error == error && of_a_branch.iter().any(|of| path.contains(of))
    });
    let cases = sample(cases.collect(), 7);
    let outcomes = share(&cases, outcome);
    let injected = outcomes.iter().filter(|(injected, _)| *injected).count();
    let wrong: Vec<Wrong> = outcomes.into_iter().filter_map(|(_, wrong)| wrong).collect();
    none_wrong(&format!("{injected} errors at steps on branches"), &wrong);
    assert!(injected >= 5, "{injected} of {}", cases.len());
}

#[test]
#[ignore = "the long form, by hand: an hour"]
fn errors_at_every_writing_call() {
    if strace::available() {
        let count = std::env::var("QGROGET_FAULTS_COUNT").map_or(usize::MAX, |count| count.parse().unwrap());
        assert!(inject(count) >= 2000.min(count / 10 * 9));
    }
}
