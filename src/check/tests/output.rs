//! JSON and SARIF.

use serde_json::Value;

use super::{Homelab, REQUIRED};
use crate::check::Finding;
use crate::check::output::{self, Summary};

fn findings() -> Vec<Finding> {
    Homelab::new()
        .service("a", &format!("{REQUIRED} prot = 1; port = config.x;"))
        .service(
            "b",
            &format!("{REQUIRED} middlewares = [\"nothing\"]; middleware = [];"),
        )
        .module(
            "media/c.nix",
            &format!("{{qgroget.serviceModules.c = {{{REQUIRED}}};}}"),
        )
        .settings("{qgroget.contract.traefik.typeMiddlewares.public = [\"é\" \"nothing\"];}")
        .check()
}

#[test]
fn the_document_says_everything() {
    let document: Value = serde_json::from_str(&output::json(&findings())).expect("JSON");
    assert_eq!(document["schema"], 1);
    assert_eq!(document["command"], "check");
    let entries = document["findings"].as_array().expect("a list");
    let entry = entries
        .iter()
        .find(|e| e["code"] == "undeclared-field")
        .expect("an entry");
    assert_eq!(entry["severity"], "error");
    assert_eq!(entry["service"], "a");
    assert_eq!(entry["file"], "modules/server/media/a/default.nix");
    assert_eq!(
        entry["message"],
        "Service 'a' has unknown field 'prot': did you mean 'port'?"
    );
    assert_eq!(entry["next"][0], "Fix: qgroget.serviceModules.a.port = 1;");
    assert_eq!(entry["end_column"].as_u64(), entry["column"].as_u64().map(|c| c + 4));
    assert_eq!(document["summary"]["errors"], 5);
}

#[test]
fn the_schema_is_that_of_the_document() {
    let schema: Value = serde_json::from_str(include_str!("../../../docs/schema/check-1.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let document: Value = serde_json::from_str(&output::json(&findings())).expect("JSON");
    let faults: Vec<String> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let empty: Value = serde_json::from_str(&output::json(&[])).expect("JSON");
    assert!(validator.is_valid(&empty));
    let mut wrong = document;
    wrong["findings"][0]["severity"] = "fatal".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn the_sarif_log_has_what_2_1_0_asks_for() {
    let found = findings();
    let log: Value = serde_json::from_str(&output::sarif(&found)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "qgroget");
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        for text in [&rule["shortDescription"], &rule["fullDescription"], &rule["help"]] {
            assert!(text["text"].as_str().is_some_and(|t| !t.is_empty()), "{rule}");
        }
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), found.len());
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
        assert!(!result["message"]["text"].as_str().expect("a text").is_empty());
        for location in result["locations"].as_array().expect("a list") {
            let physical = &location["physicalLocation"];
            let uri = physical["artifactLocation"]["uri"].as_str().expect("a URI");
            assert!(!uri.starts_with('/') && uri.is_ascii(), "{uri}");
            let region = &physical["region"];
            let number = |name: &str| region[name].as_u64().expect("a number");
            assert!(number("startLine") >= 1 && number("startColumn") >= 1);
            assert!((number("startLine"), number("startColumn")) <= (number("endLine"), number("endColumn")));
        }
    }
    let mut ids: Vec<&Value> = rules.iter().map(|rule| &rule["id"]).collect();
    ids.dedup();
    assert_eq!(ids.len(), rules.len());
}

#[test]
fn the_summary_counts() {
    let none = Summary::of(&[]);
    assert_eq!(none.line(1), "1 service, nothing wrong");
    assert_eq!(none.exit_code(), 0);
    let summary = Summary {
        errors: 1,
        warnings: 0,
        notes: 9,
        fixable: 2,
    };
    assert_eq!(summary.line(3), "3 services: 1 error, no warnings; --fix settles 2");
    assert_eq!(summary.exit_code(), 1);
}
