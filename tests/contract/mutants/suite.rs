//! A copy of the contract and its suite, and whether the suite notices a mutant.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use super::made::Mutant;
use crate::common::{copy, nix, project};

/// An evaluation, which ends: a mutant may not. The whole suite takes a second or two of processor time, however long that is.
const LIMITED: &str = r#"ulimit -t 30; exec nix-instantiate --eval --strict --json --readonly-mode "$@""#;
/// How many of the cases that noticed last are asked first.
const ASKED_FIRST: usize = 24;

/// The files as they were when the run began: a person may go on editing.
pub struct Suite {
    directory: TempDir,
    /// What evaluation stops with, by case (see `thrown.nix`).
    thrown: Vec<(String, Vec<String>)>,
}

/// One who asks: neighbouring mutants are mostly noticed by the same cases.
pub struct Asker<'s> {
    suite: &'s Suite,
    scratch: TempDir,
    first: Vec<String>,
}

impl Suite {
    pub fn new() -> Suite {
        let directory = scratch();
        copy(&project().join("nix"), directory.path());
        let thrown = nix::expression("builtins.mapAttrs (_: case: case.want) (import ./nix/tests/suite/thrown.nix {})");
        let thrown = serde_json::from_value::<std::collections::BTreeMap<_, _>>(thrown.unwrap()).unwrap();
        Suite {
            directory,
            thrown: thrown.into_iter().collect(),
        }
    }

    pub fn asker(&self) -> Asker<'_> {
        Asker {
            suite: self,
            scratch: scratch(),
            first: Vec::new(),
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join("tests/suite").join(file)
    }
}

impl Asker<'_> {
    /// By what a mutant is noticed; `None` where nothing notices it.
    pub fn noticed(&mut self, mutant: &Mutant) -> Option<String> {
        let Some(text) = mutant.text() else {
            return Some("it does not parse".to_owned());
        };
        // The bridge knows its own definitions by the name of its file.
        let file = self.scratch.path().join(mutant.file);
        std::fs::write(&file, text).unwrap();
        let arguments = format!("{{ {} = {}; }}", mutant.parameter, file.display());
        self.failing_case(&arguments).or_else(|| self.other_words(&arguments))
    }

    fn failing_case(&mut self, arguments: &str) -> Option<String> {
        let suite = self.suite.path("default.nix");
        let first = serde_json::to_string(&self.first).unwrap();
        let asked = format!(
            "let
               cases = import {} {arguments};
               asked = builtins.partition (case: builtins.elem case.name (builtins.fromJSON ''{first}'')) cases;
               failing = cases: if cases == [] then null else if (builtins.head cases).ok then failing (builtins.tail cases) else (builtins.head cases).name;
             in failing (asked.right ++ asked.wrong)",
            suite.display()
        );
        match evaluated(&asked, self.scratch.path()) {
            Ok(Value::Null) => None,
            Ok(name) => {
                let name = name.as_str().expect("a case's name").to_owned();
                self.first.retain(|other| *other != name);
                self.first.insert(0, name.clone());
                self.first.truncate(ASKED_FIRST);
                Some(name)
            }
            Err(why) => Some(why),
        }
    }

    /// The first message that evaluation does not stop with any more.
    pub fn other_words(&self, arguments: &str) -> Option<String> {
        let table = self.suite.path("thrown.nix");
        let is_other = |(name, want): &&(String, Vec<String>)| {
            let asked = format!("(import {} {arguments}).{name}.value", table.display());
            let said = evaluated(&asked, self.scratch.path());
            !said.is_err_and(|said| {
                let lines: Vec<&str> = said.lines().map(str::trim).collect();
                want.iter().all(|text| lines.join("\n").contains(text))
            })
        };
        let other = self.suite.thrown.iter().find(is_other);
        other.map(|(name, _)| format!("thrown: {name}"))
    }
}

fn scratch() -> TempDir {
    tempfile::Builder::new().prefix("qgroget-test-").tempdir().unwrap()
}

/// What an expression evaluates to, or why it does not.
fn evaluated(expression: &str, scratch: &Path) -> Result<Value, String> {
    let output = Command::new("sh")
        .args(["-c", LIMITED, "sh", "--expr", expression])
        .current_dir(scratch)
        // What never ends may also never stop growing.
        .env("GC_MAXIMUM_HEAP_SIZE", "3G")
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
