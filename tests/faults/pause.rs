//! A run that waits in a hook until the test lets it go on.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::common::faults::{Ended, Lab};

/// What a hook does to wait: it says that it is there, and reads until the test writes.
pub const WAIT: &str =
    "echo ran >> \"$LAB/outside/hook\"\necho here > \"$LAB/outside/here\"\nread -r go < \"$LAB/outside/go\"";

/// Runs the program, does `meanwhile` while its hook waits, and lets the hook go on. `None` if no hook came to wait.
pub fn run(lab: &Lab, arguments: &[&str], meanwhile: impl FnOnce(&Lab)) -> (Ended, bool) {
    let pipe = |name: &str| -> PathBuf {
        let path = lab.directory().join("outside").join(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    };
    // Open for both, so that opening waits for nobody.
    let open = |path: &PathBuf| File::options().read(true).write(true).open(path).unwrap();
    let (here, go) = (pipe("here"), pipe("go"));
    let mut lines = BufReader::new(open(&here)).lines().map(Result::unwrap);
    let mut command = lab.qgroget(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut end = open(&here);
    let waiting = std::thread::spawn(move || {
        let output = child.wait_with_output().unwrap();
        writeln!(end, "ended").unwrap();
        output
    });
    let waits = lines.next().unwrap() == "here";
    let mut gate = open(&go);
    if waits {
        meanwhile(lab);
        writeln!(gate, "go").unwrap();
    }
    // A commit that is made once more may come to the hook again; it is not held up a second time.
    while waits && lines.next().unwrap() == "here" {
        writeln!(gate, "go").unwrap();
    }
    let output = waiting.join().unwrap();
    (Ended::of(lab, &output), waits)
}
