//! Faults that the collector finds as well: the same words, compared by evaluation where nix is at hand.

mod coexistence;
mod databases;
mod dependencies;
mod fields;
mod listeners;
mod relations;
mod routes;
mod storage;

use std::process::Command;

use super::{Homelab, REQUIRED, codes, errors};

/// A repository, the codes of what is wrong with it, and the messages (`None` where the wording is compared by
/// evaluation alone).
struct Case {
    name: &'static str,
    homelab: Homelab,
    codes: &'static [&'static str],
    texts: &'static [&'static str],
    /// Whether the collector finds exactly the same; it finds more where the code alone does not say it.
    evaluated: bool,
}

impl Case {
    /// The collector finds more.
    fn unevaluated(mut self) -> Case {
        self.evaluated = false;
        self
    }
}

fn case(name: &'static str, homelab: Homelab, codes: &'static [&'static str], texts: &'static [&'static str]) -> Case {
    Case {
        name,
        homelab,
        codes,
        texts,
        evaluated: true,
    }
}

fn with(extra: &str) -> String {
    format!("{REQUIRED} {extra}")
}

/// Options of NixOS and of the legacy pattern, as far as the cases use them.
const STAND_IN: &str = r#"{lib, ...}: let
  inherit (lib) mkOption types;
  any = mkOption {type = types.attrsOf types.anything; default = {};};
  list = mkOption {type = types.listOf types.anything; default = [];};
  off = mkOption {type = types.bool; default = false;};
in {
  options = {
    assertions = list;
    warnings = list;
    systemd.services = any;
    services = {postgresql = any; traefik = any; openssh = any; redis = {enable = off; servers = any;}; immich = any;};
    qgroget.server = any;
    qgroget.services = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        freeformType = types.attrsOf types.anything;
        options = {
          url = mkOption {type = types.str;};
          traefikDynamicConfig = mkOption {type = types.attrs; default = {};};
        };
      });
    };
  };
}"#;

fn cases() -> Vec<Case> {
    let mut cases = fields::cases();
    cases.extend(relations::cases());
    cases.extend(databases::cases());
    cases.extend(dependencies::cases());
    cases.extend(listeners::cases());
    cases.extend(routes::cases());
    cases.extend(coexistence::cases());
    cases.extend(storage::cases());
    cases
}

#[test]
fn every_fault_is_found_and_nothing_else() {
    for case in cases() {
        let found = case.homelab.check();
        let mut actual: Vec<&str> = codes(&found);
        actual.retain(|code| !matches!(*code, "missing-test" | "sections"));
        let mut expected = case.codes.to_vec();
        actual.sort_unstable();
        expected.sort_unstable();
        assert_eq!(actual, expected, "{}: {:#?}", case.name, errors(&found));
        if !case.texts.is_empty() {
            assert_eq!(errors(&found), case.texts, "{}", case.name);
        }
    }
}

#[test]
fn the_collector_says_the_same() {
    let cases = cases();
    let stand_in = tempfile::NamedTempFile::with_suffix(".nix").expect("a file");
    std::fs::write(stand_in.path(), STAND_IN).expect("writes");
    let mut expression = format!(
        "let lib = import <nixpkgs/lib>; \
         failures = root: (lib.evalModules {{modules = [{} (root + \"/hosts/Server\")];}}).config.qgroget.collector.failures; in [",
        stand_in.path().display()
    );
    for case in &cases {
        case.homelab.finish();
        expression.push_str(&format!(" (failures {})", case.homelab.root().display()));
    }
    expression.push(']');
    let output = Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json", "-E", &expression])
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: needs nix-instantiate: the_collector_says_the_same");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let failures: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("lists of messages");
    for (case, mut expected) in cases.iter().zip(failures) {
        expected.sort();
        let found = errors(&case.homelab.check());
        if !case.evaluated {
            assert!(
                found.iter().all(|text| expected.contains(text)),
                "{}: {found:#?}",
                case.name
            );
            continue;
        }
        assert_eq!(found, expected, "{}", case.name);
    }
}
