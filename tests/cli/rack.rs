//! A repository with names of its own: everything that is particular to it is said in its `qgroget.toml`.

use std::process::Command;

use serde_json::Value;

use crate::common::{Repo, copy, nix, project};

const SERVICES: [&str; 7] = [
    "gitea",
    "grafana",
    "miniflux",
    "navidrome",
    "paperless",
    "radicale",
    "status",
];

/// A copy of `examples/rack`, committed.
fn rack() -> Repo {
    let repo = Repo::bare();
    copy(&project().join("examples/rack"), &repo.root());
    repo.start();
    repo
}

/// What the host evaluates to; the order in which modules list directories means nothing.
fn evaluated(repo: &Repo) -> Value {
    let slice = project().join("tests/common/evaluate-rack.nix");
    let output = Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json", "--readonly-mode"])
        .arg(slice)
        .args(["--arg", "root", &repo.root().display().to_string()])
        .output()
        .unwrap();
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    let mut configuration: Value = serde_json::from_slice(&output.stdout).unwrap();
    let directories = &mut configuration["preservation"]["preserveAt"]["/persist"]["directories"];
    directories.as_array_mut().unwrap().sort_by_key(Value::to_string);
    configuration
}

/// `qgroget` and the options of other repositories occur in no Nix file.
fn assert_own_names(repo: &Repo) {
    for (path, bytes) in repo.tree() {
        let text = String::from_utf8(bytes).unwrap();
        for name in ["qgroget.", "environment.persistence", "modules/server"] {
            let found = path.ends_with(".nix") && text.contains(name);
            assert!(!found, "{path} names {name}:\n{text}");
        }
    }
}

#[test]
fn init_installs_the_contract_under_the_names_of_the_repository() {
    let repo = rack();
    let before = nix::available().then(|| evaluated(&repo));
    repo.run(&["init", "--yes"]).succeeds();
    assert_own_names(&repo);
    for file in [
        "options.nix",
        "collector.nix",
        "legacy-bridge.nix",
        "_template/default.nix",
    ] {
        assert!(repo.exists(&format!("nixos/services/{file}")), "{file}");
    }
    assert!(
        repo.read("machines/shelf/services.nix")
            .contains("homelab.contracts = {};")
    );
    assert!(
        repo.read("nixos/services/options.nix")
            .contains("options.homelab.contracts = ")
    );
    if let Some(before) = before {
        nix::assert_same(&before, &evaluated(&repo), "init");
        // The installed test finds the installed files.
        let test = repo
            .command("nix-instantiate")
            .args(["--eval", "--strict", "--json", "--arg", "pkgs", "null"])
            .arg(repo.path("checks/services/collector/eval-test.nix"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&test.stdout);
        assert!(test.status.success(), "{}", String::from_utf8_lossy(&test.stderr));
        let result: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(result["failed"], serde_json::json!([]), "{said}");
    }
    repo.run(&["init", "--yes"]).succeeds().says("nothing to do");
}

#[test]
fn every_service_migrates_and_nothing_of_the_legacy_pattern_is_left() {
    let repo = rack();
    let before = nix::available().then(|| evaluated(&repo));
    repo.run(&["init", "--yes"]).succeeds();
    let run = repo.run(&["status"]).succeeds();
    for service in SERVICES {
        assert!(run.out.contains(service), "no {service}: {run}");
    }
    repo.migrate(&["--all"]).succeeds();
    assert_eq!(repo.status(), "");
    for service in SERVICES {
        let category = match service {
            "gitea" => "development",
            "miniflux" => "reading",
            "navidrome" => "media",
            "paperless" | "radicale" => "office",
            _ => "monitoring",
        };
        let module = repo.read(&format!("nixos/services/{category}/{service}/default.nix"));
        assert!(module.contains(&format!("homelab.contracts.{service} = ")), "{module}");
        assert!(module.contains("domain = config.homelab.domain;"), "{module}");
    }
    assert!(!repo.read("machines/shelf/disks.nix").contains("radicale\""));
    assert_own_names(&repo);
    repo.run(&["check"]).succeeds();
    if let Some(before) = &before {
        nix::assert_same(before, &evaluated(&repo), "migrate --all");
    }
    repo.migrate(&["--all"]).succeeds().says("nothing to do");

    repo.run(&["cleanup", "--yes"]).succeeds();
    for (path, bytes) in repo.tree().into_iter().filter(|(path, _)| path.ends_with(".nix")) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains("homelab.services"), "{path}:\n{text}");
    }
    if let Some(mut before) = before {
        before["homelab"].as_object_mut().unwrap().remove("services");
        nix::assert_same(&before, &evaluated(&repo), "cleanup");
    }
    repo.run(&["check"]).succeeds();
}

#[test]
fn verify_proves_a_migration_by_the_hosts_of_the_repository() {
    if !nix::available() {
        return;
    }
    let repo = rack();
    repo.run(&["init", "--yes"]).succeeds();
    repo.migrate(&["radicale"]).succeeds();
    let run = repo.run(&["verify", "--against", "HEAD^"]).succeeds();
    run.says("The configuration is preserved").says("shelf");
}

#[test]
fn a_slip_in_the_names_is_said_with_the_name_that_is_meant() {
    let repo = rack();
    repo.replace("qgroget.toml", "contract-options", "contract-option");
    repo.commit_all("a slip");
    let run = repo.run(&["status"]).ends(2);
    run.says("error[bad-rules]")
        .says("qgroget.toml:")
        .says("did you mean 'contract-options'?");
}

#[test]
fn names_that_come_after_the_contract_are_fitted_to_it() {
    let repo = rack();
    repo.run(&["init", "--yes"]).succeeds();
    let schema = "nixos/services/schema.nix";
    let option = "systemdUnits = mkOption {";
    repo.replace(schema, option, &format!("hook = mkOption {{\n          type = types.lines;\n          default = \"\";\n        }};\n        {option}"));
    let gitea = "nixos/services/development/gitea.nix";
    repo.replace(
        gitea,
        "paths = [stateDir];",
        "paths = [stateDir];\n      hook = \"sync\";",
    );
    let rules = repo.read("qgroget.toml");
    repo.write(
        "qgroget.toml",
        format!("{rules}\n[backup-fields]\nhook = \"backupCleanup\"\n"),
    );
    repo.replace(
        "nixos/services/collector.nix",
        "# Disabled services are",
        "# Services that are off are",
    );
    repo.commit_all("another name, and a change of one's own");

    let said = "the contract was installed when the repository's fields had other names";
    let check = repo.run(&["check"]).succeeds();
    check.says("warning[contract-outdated]").says(said);
    if nix::available() {
        let refused = repo.run(&["migrate", "gitea", "--yes"]);
        assert!(refused.err.contains("error[not-preserving]"), "{refused}");
    }
    let shown = repo.run(&["init", "--dry-run"]).succeeds();
    shown.says("fit the contract to the names that the repository's fields have now");
    repo.run(&["init", "--yes"]).succeeds();
    let subject = repo.git(&["log", "-1", "--format=%s"]);
    assert_eq!(
        subject.trim(),
        "feat(server): fit the service contract to the names of fields"
    );
    let collector = repo.read("nixos/services/collector.nix");
    assert!(collector.contains("backupCleanup = \"hook\";"), "{collector}");
    assert!(collector.contains("# Services that are off are"), "{collector}");
    repo.run(&["check"]).succeeds().says_not(said);
    repo.run(&["init", "--yes"]).succeeds().says("nothing to do");
    if nix::available() {
        repo.run(&["migrate", "gitea", "--yes"]).succeeds();
        repo.run(&["check"]).succeeds();
    }
}
