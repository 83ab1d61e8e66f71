//! `cleanup` and `status`: how far it is, and the end of the legacy pattern.

use crate::common::{Repo, nix, snapshot};

#[test]
fn while_a_service_is_left_it_is_named() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let before = repo.tree();
    repo.run(&["cleanup", "--yes"])
        .ends(1)
        .says("bazarr")
        .says("qgroget migrate");
    assert!(repo.tree() == before);
}

#[test]
fn after_all_services_nothing_of_the_legacy_pattern_is_left() {
    let repo = Repo::with_contract();
    repo.migrate(&["--all"])
        .succeeds()
        .says("honcho is declared nowhere: qgroget migrate honcho --from modules/server/misc/honcho.nix");
    snapshot!("cli", "status-migrated", repo.run(&["status"]).succeeds());
    let before = repo.tree();
    repo.run(&["cleanup", "--dry-run"]).succeeds();
    assert!(repo.tree() == before);
    let run = repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    snapshot!("cli", "cleanup", run);
    assert_eq!(repo.status(), "");
    for (path, bytes) in repo.tree() {
        if path.ends_with(".nix") {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!text.contains("qgroget.services"), "{path}");
        }
    }
    repo.run(&["cleanup", "--yes"]).succeeds().says("nothing to do");
    repo.run(&["check", "--no-eval"]).succeeds();
    repo.run(&["undo", "--yes"]).succeeds();
    assert!(repo.tree() == before);
    if nix::available() {
        repo.run(&["cleanup", "--yes"])
            .succeeds()
            .says("The configuration is preserved: nothing goes but qgroget.services itself");
    }
}

#[test]
fn a_test_that_has_no_collector_is_named_and_others_are_not() {
    let repo = Repo::with_contract();
    repo.migrate(&["--all"]).succeeds();
    // Those that the tool has written have it by the library that they share.
    assert!(repo.read("tests/home/default.nix").contains("dashboard/home"));
    repo.run(&["cleanup", "--dry-run"]).succeeds().says_not("by itself");
    repo.write(
        "tests/page/default.nix",
        "{pkgs, ...}: pkgs.testers.nixosTest {\n  name = \"page\";\n  nodes.server.imports = [../../modules/server/dashboard/home];\n  testScript = \"\";\n}\n",
    );
    repo.commit_all("a test of the page alone");
    repo.run(&["cleanup", "--dry-run"])
        .succeeds()
        .says("a test that imports modules/server/dashboard/home/default.nix by itself")
        .says("(tests/page/default.nix:3)");
    let page = |imports: &str| {
        repo.write(
            "tests/page/default.nix",
            format!("# no collector.nix\n{{\n  imports = [{imports}];\n}}\n"),
        );
        repo.commit_all("another test");
        repo.run(&["cleanup", "--dry-run"]).succeeds()
    };
    // By another module that imports it; and with the whole server, which has the collector.
    page("../../modules/server/dashboard").says("(tests/page/default.nix:3)");
    page("../../modules/server ../../modules/server/dashboard/home").says_not("by itself");
}

#[test]
fn the_status_of_a_legacy_repository() {
    let repo = Repo::homelab();
    let before = repo.tree();
    snapshot!("cli", "status-legacy", repo.run(&["status"]).succeeds());
    let json = repo.run(&["status", "--format", "json"]).succeeds().json();
    let services = json["services"].as_array().unwrap();
    assert!(
        services
            .iter()
            .any(|s| s["service"] == "qbittorrent" && s["pattern"] == "undeclared")
    );
    assert!(
        services
            .iter()
            .any(|s| s["service"] == "jellyfin" && s["pattern"] == "legacy" && s["port"] == 8096)
    );
    assert!(repo.tree() == before);
}
