//! Whether what a hurt run has left can be lived with.
//!
//! Each check runs in the lab where the run was hurt, with everything put back in between: what the run has noted may
//! name its place.

use super::scenarios::{Other, Scenario};
use super::tally::Wrong;
use crate::common::faults::{Ended, Lab, State};

/// What is wrong in `lab`, where a run of the scenario was killed. The same command is tried, and of the other ones a
/// reading and a writing one, in turn by the `number` of the kill.
pub fn after_a_kill(scenario: &Scenario, lab: &Lab, number: usize) -> Vec<String> {
    let state = State::of(lab);
    let mut wrong = state.work_lost(&scenario.before);
    wrong.extend(corrupt("", lab));
    let half = !state.looks_like(&scenario.before) && !state.looks_like(&scenario.after);
    let saved = lab.copy();
    // A reversal that is done and has said so is no unfinished run: once more takes back what came before.
    let done = scenario.arguments[0] == "undo" && state.looks_like(&scenario.after) && !lab.has_notes();
    if !done {
        wrong.extend(again(scenario, lab, half));
    }
    for other in in_turn(&scenario.others, number) {
        lab.become_like(&saved);
        wrong.extend(another(scenario, lab, other, half));
    }
    wrong
}

/// The same command once more has to end in the state after it.
pub fn again(scenario: &Scenario, lab: &Lab, half: bool) -> Vec<String> {
    let ended = lab.run(&scenario.arguments);
    let mut wrong = Vec::new();
    if ended.code != Some(scenario.code) {
        wrong.push(format!("again: {}", ended.gist()));
    }
    wrong.extend(briefly("again: ", &State::of(lab).differences(&scenario.after)));
    if half && !ended.tells_of_an_interruption() {
        wrong.push("again: the interrupted run is not told of".to_owned());
    }
    wrong.extend(left(scenario, lab));
    wrong.extend(corrupt("again: ", lab));
    wrong
}

/// Anything else ends as it would before or after the scenario's command.
fn another(scenario: &Scenario, lab: &Lab, other: &Other, half: bool) -> Vec<String> {
    let name = other.name();
    // Asking git for the state can make it note the files' times in the index.
    let before = other
        .reads
        .then(|| State::of(lab))
        .map(|state| (everything(lab), state));
    let ended = lab.run(&other.arguments);
    let state = State::of(lab);
    let mut wrong = Vec::new();
    if let Some((listing, _)) = before {
        if listing != everything(lab) {
            wrong.push(format!("{name}: it writes"));
        }
        let shown = |(reference, _): &(Ended, State)| (reference.code, &reference.out) == (ended.code, &ended.out);
        if !other.ends.iter().any(shown) {
            wrong.push(format!(
                "{name}: what it shows is neither before nor after ({})",
                ended.gist()
            ));
        }
    } else {
        let like = |(reference, wanted): &(Ended, State)| reference.code == ended.code && state.looks_like(wanted);
        if !other.ends.iter().any(like) {
            let nearest = other
                .ends
                .iter()
                .map(|(_, wanted)| state.differences(wanted))
                .min_by_key(Vec::len);
            let what = briefly("", &nearest.unwrap_or_default()).join(", ");
            wrong.push(format!(
                "{name}: ends neither before nor after ({}; {what})",
                ended.gist()
            ));
        }
        wrong.extend(left(scenario, lab).into_iter().map(|what| format!("{name}: {what}")));
    }
    if half && !ended.tells_of_an_interruption() {
        wrong.push(format!("{name}: the interrupted run is not told of"));
    }
    wrong
}

/// What is wrong after a run of which a call failed, and which ended by itself. `mute`: it could not say anything.
pub fn after_an_error(scenario: &Scenario, lab: &Lab, ended: &Ended, mute: bool) -> Vec<String> {
    let state = State::of(lab);
    let mut wrong = state.work_lost(&scenario.before);
    wrong.extend(corrupt("", lab));
    let (wanted, name) = match ended.code {
        Some(0) => (&scenario.after, "after"),
        // What cannot be said is a failure of its own, although all of it is done.
        _ if mute && state.looks_like(&scenario.after) => (&scenario.after, "after"),
        _ => (&scenario.before, "before"),
    };
    // While every write fails, nothing can go back from between two commits: the notes stay, and the next run takes all of
    // it back and says so.
    let is_left_to_the_next = mute && lab.has_notes() && scenario.name.contains("separate move");
    let differences = briefly(&format!("not as {name}: "), &state.differences(wanted));
    if !differences.is_empty() && !is_left_to_the_next {
        wrong.push(ended.gist());
        wrong.extend(differences);
    }
    if !matches!(ended.code, Some(0 | 1)) {
        wrong.push(format!("it ends badly: {}", ended.gist()));
    }
    if ended.code == Some(1) && ended.err.trim().is_empty() && !mute {
        wrong.push("it fails without a word".to_owned());
    }
    if scenario.arguments[0] == "undo" && state.looks_like(&scenario.after) {
        // Once more would rightly take back what came before; any other run has to find everything in order.
        let next = lab.run(&["init", "--yes", "--no-verify"]);
        if next.code != Some(0) {
            wrong.push(format!("init: {}", next.gist()));
        }
        wrong.extend(left(scenario, lab));
    } else {
        let half = is_left_to_the_next && !state.looks_like(&scenario.before) && !state.looks_like(&scenario.after);
        wrong.extend(again(scenario, lab, half));
    }
    wrong
}

fn corrupt(what: &str, lab: &Lab) -> Option<String> {
    let found = lab.corrupt()?;
    Some(format!("{what}git fsck: {}", found.lines().next().unwrap_or_default()))
}

fn left(scenario: &Scenario, lab: &Lab) -> Vec<String> {
    State::of(lab).left_beyond(&scenario.after)
}

fn in_turn(all: &[Other], number: usize) -> [&Other; 2] {
    let (reading, writing): (Vec<&Other>, Vec<&Other>) = all.iter().partition(|other| other.reads);
    [reading[number % reading.len()], writing[number % writing.len()]]
}

/// The first few, and how many more there are.
pub fn briefly(what: &str, differences: &[String]) -> Vec<String> {
    let mut shown: Vec<String> = differences.iter().take(3).map(|text| format!("{what}{text}")).collect();
    if differences.len() > 3 {
        shown.push(format!("{what}and {} more", differences.len() - 3));
    }
    shown
}

/// Everything in the repository, `.git` included, with times of change.
fn everything(lab: &Lab) -> impl PartialEq + use<> {
    let mut all = lab.repo.listing();
    // Scratch directories of the run that was killed are swept by any next one.
    all.retain(|path, _| path != "run" && !path.starts_with("run/"));
    all
}

/// Keeps the state that was judged wrong for a person to look at, where `QGROGET_FAULTS_KEEP` asks for it.
pub fn keep(wrong: &Wrong, number: usize, judged: Option<&Lab>) {
    let (Some(directory), Some(lab)) = (kept_in(), judged) else {
        return;
    };
    let own = directory.join(number.to_string());
    std::fs::create_dir_all(&directory).unwrap();
    lab.keep_at(&own);
    std::fs::write(own.join("why"), format!("{}\n{}\n", wrong.what, wrong.why.join("\n"))).unwrap();
}

/// A copy of what is to be judged, where it may have to be kept.
pub fn copy_to_keep(lab: &Lab) -> Option<Lab> {
    kept_in().map(|_| lab.copy())
}

fn kept_in() -> Option<std::path::PathBuf> {
    std::env::var_os("QGROGET_FAULTS_KEEP").map(Into::into)
}
