//! The contract itself: its suite on nixpkgs' own library, what of its code is tested, and its virtual machine tests.

mod mutants;

use std::process::Command;

use serde_json::Value;

use crate::common::{nix, project, skip};
use mutants::suite::Suite;

#[test]
fn every_case_of_the_suite_holds() {
    if !nix::available() {
        return;
    }
    let cases = nix::expression("import ./nix/tests/suite {}").unwrap_or_else(|error| panic!("{error}"));
    let cases = cases.as_array().unwrap();
    let failing: Vec<&Value> = cases.iter().filter(|case| case["ok"] != true).collect();
    assert!(failing.is_empty(), "{failing:#?}");
    assert!(cases.len() >= 250, "cases are gone: {}", cases.len());
    for story in [
        "1.1", "1.3", "1.4", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "3.1", "3.2", "3.3", "3.4",
    ] {
        let shown = |case: &Value| case["name"].as_str().is_some_and(|name| name.starts_with(story));
        assert!(cases.iter().any(shown), "no case shows story {story}");
    }
}

#[test]
fn what_evaluation_stops_with_is_said() {
    if nix::available() {
        assert_eq!(Suite::new().asker().other_words("{}"), None);
    }
}

#[test]
fn the_virtual_machine_tests_are_sound() {
    let said = script("nix/tests/vm/check.py", &[]);
    assert!(said.is_none_or(|said| said.contains("its script compiles")));
}

/// What one of the contract's scripts prints, if it can run here; it has to succeed.
fn script(path: &str, arguments: &[&str]) -> Option<String> {
    if !nix::available() {
        return None;
    }
    let mut command = Command::new("python3");
    command.arg(path).args(arguments).current_dir(project());
    let Ok(output) = command.output() else {
        skip("python3");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(said)
}
