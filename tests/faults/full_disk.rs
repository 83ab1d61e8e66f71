//! A disk on which some room is left, but not enough.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use super::judge;
use super::scenarios::{self, Scenario};
use super::tally::{Wrong, none_wrong, sample, share};
use crate::common::faults::Lab;

/// A small file system of its own, for as long as it is kept.
struct Disk {
    directory: PathBuf,
}

impl Disk {
    /// `None` where nothing can be mounted.
    fn mount() -> Option<Disk> {
        let directory = tempfile::Builder::new()
            .prefix("qgroget-disk-")
            .tempdir()
            .unwrap()
            .keep();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=16m,nr_inodes=0", "qgroget-test"])
            .arg(&directory);
        if mount.output().is_ok_and(|output| output.status.success()) {
            return Some(Disk { directory });
        }
        fs::remove_dir(&directory).unwrap();
        None
    }

    /// A lab on this disk, as `stage` is.
    fn lab(&self, stage: &Lab) -> Lab {
        let lab = Lab::within(tempfile::tempdir_in(&self.directory).unwrap());
        lab.become_like(stage);
        lab
    }

    /// The room that is left, in KiB.
    fn room(&self) -> u64 {
        let output = Command::new("df")
            .args(["--output=avail", "-k"])
            .arg(&self.directory)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().last().unwrap().trim().parse().unwrap()
    }

    /// Takes all room but `left` KiB.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.directory.join("full");
        let mut file = File::create(&path).unwrap();
        let size = usize::try_from(self.room().saturating_sub(left)).unwrap() * 1024;
        file.write_all(&vec![0; size]).unwrap();
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.directory).status();
        let _ = fs::remove_dir(&self.directory);
    }
}

/// Twice what is taken in the end, in KiB: enough for what a run needs in between.
fn needed(scenario: &Scenario) -> u64 {
    let disk = Disk::mount().unwrap();
    let lab = disk.lab(&scenario.stage);
    let before = disk.room();
    lab.run(&scenario.arguments);
    2 * (before - disk.room()) + 64
}

fn outcome(number: usize, scenario: &Scenario, left: u64) -> Option<Wrong> {
    let disk = Disk::mount().unwrap();
    let lab = disk.lab(&scenario.stage);
    let full = disk.fill(left);
    let ended = lab.run(&scenario.arguments);
    // Room is made before anything is judged: what is judged is what the run has left behind.
    fs::remove_file(&full).unwrap();
    let copy = judge::copy_to_keep(&lab);
    let why = judge::after_an_error(scenario, &lab, &ended, false);
    let wrong = Wrong::found(format!("{}: {left} KiB are left", scenario.name), why);
    if let Some(wrong) = &wrong {
        judge::keep(wrong, number, copy.as_ref());
    }
    wrong
}

fn run(levels: u64, taken: usize) {
    if Disk::mount().is_none() {
        return crate::common::skip("the right to mount");
    }
    let scenarios = scenarios::all();
    let mut cases = Vec::new();
    for scenario in scenarios.iter().filter(|scenario| scenario.code == 0) {
        let needed = needed(scenario);
        cases.extend((0..levels).map(|level| (scenario, level * needed / (levels - 1))));
    }
    let cases = sample(cases, taken);
    let outcomes = share(&cases, |number, (scenario, left)| outcome(number, scenario, *left));
    let wrong: Vec<Wrong> = outcomes.into_iter().flatten().collect();
    none_wrong(
        &format!("{} runs on a disk that is nearly full, {levels} levels", cases.len()),
        &wrong,
    );
}

#[test]
fn a_sample_of_levels() {
    run(60, 20);
}

#[test]
#[ignore = "the long form, by hand: five minutes"]
fn every_command_at_60_levels() {
    run(60, usize::MAX);
}
