//! What turns a service on: one switch for several, and conditions that are no switch.

use crate::common::{Repo, nix};

const BOOKS: &str = "modules/server/media/books/default.nix";
const SETTINGS: &str = "hosts/Server/settings.nix";

/// Two services under this condition, in one file.
fn two_under(condition: &str) -> Repo {
    let repo = Repo::with_contract();
    let service = |name: &str, port: u16| {
        format!(
            "    qgroget.services.{name} = {{\n      name = \"{name}\";\n      url = \"http://127.0.0.1:{port}\";\n      persistedData = [\"/var/lib/{name}\"];\n    }};\n    \
             virtualisation.quadlet.containers.{name}.containerConfig.name = \"{name}\";\n"
        )
    };
    let module = format!(
        "{{\n  config,\n  lib,\n  ...\n}}: {{\n  options.qgroget.server.reading.enable = lib.mkEnableOption \"books\";\n\n  config = lib.mkIf {condition} {{\n{}{}  }};\n}}\n",
        service("calibre", 8083),
        service("kavita", 5000),
    );
    repo.write(BOOKS, module);
    repo.replace(SETTINGS, "calibre.enable = true;", "reading.enable = true;");
    repo.commit_all("books under one condition");
    repo
}

/// What is evaluated with a service turned off in the host's settings.
fn without(repo: &Repo, service: &str) -> serde_json::Value {
    let on = repo.read(SETTINGS);
    repo.replace(
        SETTINGS,
        "serviceModules = {};",
        &format!("serviceModules.{service}.enable = false;"),
    );
    let off = nix::configuration(&repo.root()).unwrap();
    repo.write(SETTINGS, on);
    off
}

#[test]
fn services_that_share_a_switch_can_be_turned_off_one_by_one() {
    if !nix::available() {
        return;
    }
    let repo = two_under("config.qgroget.server.reading.enable");
    let before = nix::configuration(&repo.root()).unwrap();
    repo.migrate(&["calibre"]).succeeds();
    repo.migrate(&["kavita"]).succeeds();
    nix::assert_same(&before, &nix::configuration(&repo.root()).unwrap(), "both are on");
    for (service, other) in [("calibre", "kavita"), ("kavita", "calibre")] {
        let module = repo.read(&format!("modules/server/media/{service}/default.nix"));
        assert!(
            module.contains(&format!("# The switch is that of {other} as well.")),
            "{module}"
        );
        let off = without(&repo, service);
        let containers = &off["virtualisation"]["quadlet"]["containers"];
        assert!(
            containers[service].is_null() && !containers[other].is_null(),
            "{containers}"
        );
        let directories = off["environment"]["persistence"].to_string();
        assert!(!directories.contains(&format!("/var/lib/{service}\"")), "{directories}");
        assert!(directories.contains(&format!("/var/lib/{other}\"")), "{directories}");
    }
    // The one switch turns both off as before.
    repo.replace(SETTINGS, "reading.enable = true;", "reading.enable = false;");
    let off = nix::configuration(&repo.root()).unwrap();
    let containers = &off["virtualisation"]["quadlet"]["containers"];
    assert!(
        containers["calibre"].is_null() && containers["kavita"].is_null(),
        "{containers}"
    );
}

#[test]
fn a_condition_that_is_not_known_is_not_written_into_the_settings() {
    let repo = two_under("(config.networking.hostName == \"Server\")");
    let settings = repo.read(SETTINGS);
    repo.migrate(&["calibre"]).succeeds();
    assert_eq!(repo.read(SETTINGS), settings);
    let module = repo.read("modules/server/media/calibre/default.nix");
    assert!(
        module.contains("enable = lib.mkDefault (config.networking.hostName == \"Server\");"),
        "{module}"
    );
}

#[test]
fn what_several_services_of_one_switch_have_in_common_stays_common() {
    if !nix::available() {
        return;
    }
    let repo = two_under("config.qgroget.server.reading.enable");
    repo.replace(
        BOOKS,
        "    qgroget.services.calibre = {",
        "    users.groups.books-and-comics.gid = 4242;\n    qgroget.services.calibre = {",
    );
    repo.commit_all("a group of both");
    let before = nix::configuration(&repo.root()).unwrap();
    repo.migrate(&["calibre"]).succeeds();
    repo.migrate(&["kavita"]).succeeds();
    nix::assert_same(&before, &nix::configuration(&repo.root()).unwrap(), "both are on");
    assert!(repo.read(BOOKS).contains("users.groups.books-and-comics.gid = 4242;"));
    for service in ["calibre", "kavita"] {
        let off = without(&repo, service);
        assert_eq!(
            off["users"]["groups"]["books-and-comics"]["gid"], 4242,
            "without {service}"
        );
    }
}
