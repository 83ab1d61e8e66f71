//! `check`: faults of the contracts, all at once, from the source and by evaluation.

use crate::common::{Repo, nix, snapshot};

/// The homelab with five services migrated and a fault in each.
fn with_five_faults() -> Repo {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "bazarr", "kavita", "navidrome", "portfolio", "vaultwarden"])
        .succeeds();
    let module = |path: &str| format!("modules/server/{path}/default.nix");
    repo.replace(&module("media/kavita"), "port = 5000;", "port = 8096;");
    repo.replace(&module("media/navidrome"), "dataDir = state;\n", "");
    repo.replace(
        &module("arrs/bazarr"),
        "middlewares = [\"SSO\"",
        "middlewares = [\"auth-sso\"",
    );
    repo.replace(
        &module("misc/portfolio"),
        "backupPaths = [];",
        "backupPaths = [];\ndatabases = [{name = \"site\";}];\ndependsOn = [\"mongodb\"];",
    );
    repo.replace(
        &module("password-manager/vaultwarden"),
        "backupUnits =",
        "databases = [{name = \"site\";}];\nbackupUnits =",
    );
    repo
}

const FIVE: [&str; 5] = [
    "Port 8096 conflict between 'jellyfin' and 'kavita'",
    "Service 'navidrome' is missing required field 'dataDir': where its state lives (null if it keeps none)",
    "Unknown middleware 'auth-sso' in service 'bazarr'",
    "Duplicate database name 'site' declared by 'portfolio' and 'vaultwarden'",
    "Service 'portfolio' depends on 'mongodb' which is not enabled",
];

#[test]
fn five_faults_are_told_at_once_from_the_source() {
    let repo = with_five_faults();
    let mut run = repo.run(&["check", "--no-eval"]).ends(1);
    for fault in FIVE {
        run = run.says(fault);
    }
    snapshot!("cli", "check-five-faults", run);
}

#[test]
fn one_evaluation_tells_all_five_as_well() {
    if !nix::available() {
        return;
    }
    let repo = with_five_faults();
    let output = repo.run(&["check"]).ends(1).to_string();
    let evaluated = output.split("these of its assertions fail:").nth(1);
    let evaluated = evaluated.unwrap_or_else(|| panic!("the evaluation says nothing:\n{output}"));
    for fault in FIVE {
        assert!(evaluated.contains(fault), "{fault}:\n{evaluated}");
    }
}

#[test]
fn what_does_not_evaluate_is_shown_as_the_repository_has_it() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.migrate(&["portfolio"]).succeeds();
    let path = "modules/server/misc/portfolio/default.nix";
    repo.replace(path, "exposed = true;", "exposed = true;\nexposed = true;");
    repo.run(&["check"])
        .ends(1)
        .says("already defined at modules/")
        .says_not("/qgroget-");
}

#[test]
fn a_sound_repository_passes() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "portfolio"]).succeeds();
    let run = repo.run(&["check"]).succeeds().says("2 services, nothing wrong");
    if nix::available() {
        run.says("the configuration evaluates");
    }
}

#[test]
fn a_warning_is_no_error() {
    let repo = Repo::with_contract();
    repo.migrate(&["--in-place", "portfolio"]).succeeds();
    let run = repo.run(&["check", "--no-eval"]).succeeds();
    snapshot!("cli", "check-warning", run);
}

#[test]
fn programs_get_json_and_sarif() {
    let repo = with_five_faults();
    let json = repo.run(&["check", "--format", "json"]).ends(1).json();
    let codes: Vec<&str> = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] == "error")
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "unknown-middleware",
            "port-conflict",
            "missing-field",
            "dependency-not-enabled",
            "duplicate-database"
        ]
    );
    let sarif = repo.run(&["check", "--format", "sarif"]).ends(1).json();
    assert_eq!(sarif["version"], "2.1.0");
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result["level"] == "error").count(), 5);
}

#[test]
fn what_is_mechanical_is_mended() {
    let repo = Repo::with_contract();
    repo.migrate(&["portfolio"]).succeeds();
    let path = "modules/server/misc/portfolio/default.nix";
    let sound = repo.read(path);
    repo.replace(path, "exposed = true;", "exposed   =   true;");
    repo.commit_all("style: sloppy");
    repo.run(&["check", "--fix", "--yes"]).succeeds();
    assert_eq!(repo.read(path), sound);
    assert_eq!(repo.status(), "");
    repo.run(&["check", "--fix", "--yes"]).succeeds().says("nothing to fix");
    repo.replace(path, "exposed = true;", "exposed = true;\n        homepage = 1;");
    repo.commit_all("an unknown field");
    repo.run(&["check", "--fix", "--yes"])
        .ends(1)
        .says("unknown field 'homepage'")
        .says("nothing to fix by machine; 1 finding is left to you");
}

#[test]
fn every_code_is_explained() {
    let repo = Repo::bare();
    repo.run(&["explain", "port-conflict"]).succeeds().says("port-conflict");
    repo.run(&["explain", "port-conflct"])
        .ends(2)
        .says("did you mean 'port-conflict'?");
}

#[test]
fn before_the_installation_it_says_that_there_is_nothing_to_check() {
    Repo::homelab()
        .run(&["check"])
        .succeeds()
        .says("the contract is not installed, so there is nothing to check yet")
        .says("services are declared in the legacy pattern: qgroget init");
}

#[test]
fn what_does_not_evaluate_is_not_called_well_before() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.replace(
        "modules/server/media/jellyfin/default.nix",
        "\"public\"",
        "(throw \"no\")",
    );
    let run = repo.run(&["check"]);
    if !run.err.contains("not evaluated") {
        assert_eq!(run.code, 1, "{run}");
        run.says_not("nothing wrong")
            .says_not("before the change")
            .says_not("--no-verify");
    }
}
