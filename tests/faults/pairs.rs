//! Two at the same time: the program twice, or the program and a person's git.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use super::calls::{Call, Process, record_in};
use super::judge::briefly;
use super::kill::injection;
use super::scenarios::{MIGRATE, OTHER, UNDO};
use super::tally::{Wrong, none_wrong, sample, share};
use super::{stop, strace};
use crate::common::faults::{Ended, Lab, State, program};

/// What is run beside `migrate jellyfin`, which comes first in the names below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    AnotherService,
    TheSameService,
    Undo,
    /// The person commits one file.
    CommitAFile,
    /// The person commits what is staged.
    CommitWhatIsStaged,
}

const ALL: [Beside; 5] = [
    Beside::AnotherService,
    Beside::TheSameService,
    Beside::Undo,
    Beside::CommitAFile,
    Beside::CommitWhatIsStaged,
];

impl Beside {
    fn command(self, lab: &Lab) -> Command {
        let git = |arguments: &[&str]| {
            let mut command = lab.command("git");
            command.args(["commit", "--quiet", "--message", "mine"]).args(arguments);
            command
        };
        match self {
            Beside::AnotherService => lab.qgroget(OTHER),
            Beside::TheSameService => lab.qgroget(MIGRATE),
            Beside::Undo => lab.qgroget(UNDO),
            Beside::CommitAFile => git(&["--", "house/unstaged.md"]),
            Beside::CommitWhatIsStaged => git(&[]),
        }
    }
}

fn ended(lab: &Lab, mut command: Command) -> Ended {
    Ended::of(lab, &command.output().unwrap())
}

/// The working trees and indices that two runs may come to, one after the other, by how they end.
type Results = Vec<([Option<i32>; 2], State)>;

/// Both orders, and each alone: a run that comes while the other one writes may refuse.
fn results(stage: &Lab, beside: Beside) -> Results {
    let mut results = Vec::new();
    for steps in [&[0, 1][..], &[1, 0], &[0], &[1], &[]] {
        let lab = stage.copy();
        let mut codes = [Some(1), Some(1)];
        for step in steps {
            let command = if *step == 0 {
                lab.qgroget(MIGRATE)
            } else {
                beside.command(&lab)
            };
            codes[*step] = ended(&lab, command).code;
        }
        results.push((codes, State::of(&lab)));
    }
    if beside == Beside::Undo {
        // A reversal takes back what was last when it began, and shows; a migration that is committed meanwhile stays.
        let lab = stage.copy();
        lab.done(MIGRATE);
        lab.done(&["undo", "vaultwarden", "--yes"]);
        results.push(([Some(0), Some(0)], State::of(&lab)));
    }
    results
}

/// How two meet.
#[derive(Clone, Debug)]
enum Meeting {
    /// Both are started at once; the other one first, if turned.
    AtOnce { turned: bool },
    /// The other one runs while `migrate` stands still after a writing call.
    At(Call),
}

impl std::fmt::Display for Meeting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Meeting::AtOnce { turned: false } => f.write_str("started after migrate"),
            Meeting::AtOnce { turned: true } => f.write_str("started before migrate"),
            Meeting::At(call) => write!(
                f,
                "when migrate has made {} ({} {})",
                call.site, call.site.call, call.nth
            ),
        }
    }
}

/// How both end, `migrate` first. `None` if the call was not reached again.
fn meet(lab: &Lab, beside: Beside, meeting: &Meeting) -> Option<[Ended; 2]> {
    let mut other = beside.command(lab);
    other.stdout(Stdio::piped()).stderr(Stdio::piped());
    match meeting {
        Meeting::At(call) => {
            let mut command = lab.command("strace");
            command
                .args(injection(lab, call, "signal=STOP"))
                .arg(program())
                .args(MIGRATE);
            let mut end = None;
            let output = stop::run(lab, command, |stopped| {
                end = Some(ended(lab, other));
                stop::signal("CONT", stopped.process);
            })?;
            Some([Ended::of(lab, &output), end?])
        }
        Meeting::AtOnce { turned } => {
            let mut own = lab.qgroget(MIGRATE);
            own.stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut commands = if *turned { [other, own] } else { [own, other] };
            let children = [commands[0].spawn().unwrap(), commands[1].spawn().unwrap()];
            let mut ends = children.map(|child| Ended::of(lab, &child.wait_with_output().unwrap()));
            if *turned {
                ends.swap(0, 1);
            }
            Some(ends)
        }
    }
}

fn judge(lab: &Lab, ends: &[Ended; 2], results: &Results) -> Vec<String> {
    let state = State::of(lab);
    let codes = [ends[0].code, ends[1].code];
    // Git's own failures (a lock that is held) have another status than 1.
    let failed = |code: Option<i32>| if code == Some(0) { 0 } else { 1 };
    let possible = results
        .iter()
        .filter(|(ended, _)| ended.map(failed) == codes.map(failed));
    let possible: Vec<&State> = possible.map(|(_, state)| state).collect();
    let mut wrong = Vec::new();
    // Two commits are as good in either order, if they come to the same.
    let same = |wanted: &&&State| {
        let differences = state.differences(wanted);
        differences.iter().all(|what| ORDER.contains(&what.as_str()))
            && state.tree() == wanted.tree()
            && state.undo.len() == wanted.undo.len()
    };
    if !possible.iter().any(|wanted| same(&wanted)) {
        let nearest = possible
            .iter()
            .map(|wanted| state.differences(wanted))
            .min_by_key(Vec::len);
        wrong.push(match nearest {
            Some(differences) => format!("mixed: {}", briefly("", &differences).join(", ")),
            None => "both ended as they never do one after the other".to_owned(),
        });
    }
    for (end, who) in ends.iter().zip(["migrate", "the other"]) {
        if end.code.is_none()
            || end.code == Some(3)
            || end.code == Some(101)
            || (end.code != Some(0) && end.err.is_empty())
        {
            wrong.push(format!("{who} ends badly: {}", end.gist()));
        }
    }
    if !wrong.is_empty() {
        wrong.extend(ends.iter().map(Ended::gist));
    }
    // The third is that of `migrate` alone.
    wrong.extend(state.left_beyond(&results[2].1));
    wrong.extend(lab.corrupt());
    wrong
}

/// What differs with the order in which two commits were made, and is as good either way.
const ORDER: [&str; 3] = ["another history", "refs/heads/main is another", "what undo knows"];

fn run(count: usize) {
    if !strace::available() {
        return;
    }
    let (mut wrong, mut outcomes, mut pairs) = (Vec::new(), BTreeMap::new(), 0);
    for (beside, of_kind) in ALL.into_iter().zip(shares(count)) {
        let stage = Lab::with_contract();
        if beside == Beside::Undo {
            stage.done(&["migrate", "vaultwarden", "--yes", "--no-verify"]);
        }
        stage.work();
        let results = results(&stage, beside);
        let (mut calls, _) = record_in(&stage, MIGRATE);
        calls.retain(|call| call.process == Process::Qgroget && call.is_exact());
        let meetings = meetings(calls, of_kind);
        let judged = share(&meetings, |_, meeting| {
            let lab = stage.copy();
            let ends = meet(&lab, beside, meeting)?;
            let what = format!("{beside:?}, {meeting}");
            Some((
                ends.clone().map(|end| end.code),
                Wrong::found(what, judge(&lab, &ends, &results)),
            ))
        });
        for (codes, found) in judged.into_iter().flatten() {
            pairs += 1;
            *outcomes.entry(format!("{beside:?}: {codes:?}")).or_insert(0) += 1;
            wrong.extend(found);
        }
    }
    for (outcome, count) in outcomes {
        println!("{count:5} × {outcome}");
    }
    none_wrong(&format!("{pairs} pairs at the same time"), &wrong);
    assert!(pairs > count * 9 / 10, "{pairs} pairs");
}

/// A fourth are started at once; of the rest, half meet where a reference or the index is written, where the commit
/// becomes visible, and half anywhere.
fn meetings(calls: Vec<Call>, count: usize) -> Vec<Meeting> {
    let at_once = count / 4;
    let visible = |call: &Call| {
        ["refs/", "logs/", "index", "HEAD"]
            .iter()
            .any(|part| call.site.path.contains(part))
    };
    let (near, far): (Vec<Call>, Vec<Call>) = calls.into_iter().partition(visible);
    let near = sample(near, (count - at_once) / 2);
    let far = sample(far, count - at_once - near.len());
    let started = (0..at_once).map(|number| Meeting::AtOnce {
        turned: number % 2 == 1,
    });
    started.chain(near.into_iter().chain(far).map(Meeting::At)).collect()
}

/// `count`, shared among the kinds.
fn shares(count: usize) -> impl Iterator<Item = usize> {
    (0..ALL.len()).map(move |kind| (kind + 1) * count / ALL.len() - kind * count / ALL.len())
}

#[test]
fn a_sample_of_12_pairs() {
    run(12);
}

#[test]
#[ignore = "the long form, by hand: two minutes"]
fn two_hundred_pairs() {
    run(200);
}
