//! The tests of the program as a whole, in one binary.

mod architecture;
mod cli;
mod common;
mod contract;
mod documents;
mod faults;
mod flake;
mod fuzz;
mod guides;
mod installed;
mod newcomer;
mod next_steps;
mod orders;
mod properties;
mod prove;
mod real;
mod renamed;
mod rules;
mod terminal;
mod truth;
mod unread;
mod variants;

/// Without this a file of tests that nobody declares would never run.
#[test]
fn every_file_of_tests_is_declared_here() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let own = std::fs::read_to_string(tests.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(&tests).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let module = path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").is_file();
        if module && name != "main" {
            assert!(
                own.contains(&format!("mod {name};")),
                "tests/{name} is declared nowhere"
            );
        }
    }
}
