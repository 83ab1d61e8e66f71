//! The form of modules.

use super::{Homelab, REQUIRED, at, codes, find};

/// A module with these elements in its `mkMerge`.
fn merged(elements: &str) -> String {
    let text = format!("{{config, lib, ...}}: {{ config = lib.mkMerge [\n{elements}\n]; }}");
    crate::syntax::format(&text).expect("parses")
}

const CONTRACT: &str =
    "# ── 1. Contract ──\n{qgroget.serviceModules.a = {enable = true; domain = \"x\"; dataDir = null;};}";
const IMPLEMENTATION: &str =
    "# ── 2. Implementation ──\n(lib.mkIf config.qgroget.serviceModules.a.enable {systemd.services.a = {};})";
const SECRETS: &str = "# ── 3. Secrets ──\n{sops.secrets.\"server/a/password\" = {};}";

fn found(elements: &[&str]) -> Vec<&'static str> {
    let homelab = Homelab::new()
        .module("media/a/default.nix", &merged(&elements.join("\n\n")))
        .file("tests/a/default.nix", "{}");
    codes(&homelab.check())
}

#[test]
fn three_sections_in_order_below_their_headers() {
    let none: [&str; 0] = [];
    assert_eq!(found(&[CONTRACT, IMPLEMENTATION, SECRETS]), none);
    assert_eq!(found(&[CONTRACT, IMPLEMENTATION]), none);
    assert_eq!(
        found(&[
            CONTRACT,
            IMPLEMENTATION,
            "# ── 3. Secrets ──\n# This service has no secrets of its own."
        ]),
        none
    );
    assert_eq!(found(&[CONTRACT, SECRETS, IMPLEMENTATION]), ["sections"]);
    assert_eq!(found(&[IMPLEMENTATION, CONTRACT]), ["sections"]);
    let bare = |text: &'static str| text.split_once('\n').expect("a header").1;
    assert_eq!(
        found(&[CONTRACT, bare(IMPLEMENTATION), bare(SECRETS)]),
        ["section-header", "section-header"]
    );
    assert_eq!(found(&[bare(CONTRACT), IMPLEMENTATION]), ["section-header"]);
}

#[test]
fn other_forms_are_no_sections() {
    let plain = |code: &str| {
        let text = format!("{{qgroget.serviceModules.a = {{enable = true; domain = \"x\"; dataDir = null;}};{code}}}");
        let homelab = Homelab::new()
            .module("media/a/default.nix", &crate::syntax::format(&text).expect("parses"))
            .file("tests/a/default.nix", "{}");
        codes(&homelab.check())
    };
    assert_eq!(plain("systemd.services.a = {};"), ["sections"]);
    // Where nothing but the contract stands there is nothing to divide.
    assert_eq!(plain(""), [""; 0]);
    let conditional = CONTRACT.replace("{qgroget", "(lib.mkIf (config.x or true) {qgroget") + ")";
    assert_eq!(found(&[&conditional, IMPLEMENTATION]), ["sections"]);
    let mixed = IMPLEMENTATION.replace("systemd", "sops.secrets.\"server/a/x\" = {}; systemd");
    assert_eq!(found(&[CONTRACT, &mixed]), ["sections"]);
}

#[test]
fn a_module_stands_where_its_service_says() {
    let text = merged(&[CONTRACT, IMPLEMENTATION].join("\n\n"));
    let at_path = |path: &str| {
        let homelab = Homelab::new().module(path, &text).file("tests/a/default.nix", "{}");
        codes(&homelab.check())
    };
    assert_eq!(at_path("media/a.nix"), ["module-place"]);
    assert_eq!(at_path("a/default.nix"), ["module-place"]);
    assert_eq!(at_path("media/video/a/default.nix"), ["module-place"]);
    assert_eq!(at_path("media/b/default.nix"), ["directory-name"]);
    let found = Homelab::new().module("media/a.nix", &text).check();
    let hint = &find(&found, "module-place").error.hints()[0];
    assert_eq!(
        hint,
        "Fix: mkdir -p modules/server/media/a && git mv modules/server/media/a.nix modules/server/media/a/default.nix"
    );
}

#[test]
fn secrets_are_named_after_their_service() {
    let secrets = "# ── 3. Secrets ──\n{sops.secrets = {\"server/a/password\" = {}; \"a/password\".mode = \"0400\"; \
                   \"server/x/smtp/password\" = {}; \"a/${config.networking.hostName}/key\" = {}; \"server/b/password\" = {};};}";
    let homelab = Homelab::new()
        .module(
            "media/a/default.nix",
            &merged(&[CONTRACT, IMPLEMENTATION, secrets].join("\n\n")),
        )
        .file("tests/a/default.nix", "{}");
    let found = homelab.check();
    assert_eq!(codes(&found), ["secret-name", "secret-name", "secret-name"]);
    let fixes: Vec<&str> = found
        .iter()
        .filter(|finding| finding.error.code() == "secret-name")
        .map(|finding| finding.error.hints()[0].as_str())
        .collect();
    assert_eq!(
        fixes,
        [
            "Fix: sops.secrets.\"server/a/password\"",
            "Fix: sops.secrets.\"server/a/smtp-password\"",
            "Fix: sops.secrets.\"server/a/${config.networking.hostName}-key\""
        ]
    );
    let first = find(&found, "secret-name");
    assert!(
        at(first).starts_with("modules/server/media/a/default.nix:"),
        "{}",
        at(first)
    );
    find(&found, "secret-owner");
}

#[test]
fn every_service_has_a_test() {
    let text = merged(&[CONTRACT, IMPLEMENTATION].join("\n\n"));
    let found = Homelab::new()
        .module("media/a/default.nix", &text)
        .file("tests/a.nix", "{}")
        .check();
    let finding = find(&found, "missing-test");
    assert_eq!(
        finding.error.hints()[0],
        "Fix: mkdir -p tests/a && git mv tests/a.nix tests/a/default.nix"
    );
    let found = Homelab::new().module("media/a/default.nix", &text).check();
    assert_eq!(
        find(&found, "missing-test").error.hints()[0],
        "Fix: write tests/a/default.nix"
    );
}

#[test]
fn names_of_databases_are_in_plain_sight() {
    let computed = format!("{REQUIRED} databases = [{{name = \"${{config.x}}\";}}];");
    let found = Homelab::new().service("a", &computed).check();
    assert_eq!(codes(&found), ["database-name"]);
    let plain = format!("{REQUIRED} databases = [{{name = \"a\";}}];");
    assert!(Homelab::new().service("a", &plain).check().is_empty());
}

#[test]
fn modules_are_formatted() {
    let text = merged(&[CONTRACT, IMPLEMENTATION].join("\n\n"));
    let sloppy = text.replace("enable = true;", "enable=true;");
    let homelab = |text: &str| {
        Homelab::new()
            .module("media/a/default.nix", text)
            .file("tests/a/default.nix", "{}")
    };
    let found = homelab(&sloppy).check();
    assert_eq!(codes(&found), ["formatting"]);
    assert!(
        at(find(&found, "formatting")).ends_with(":10:15"),
        "{}",
        at(find(&found, "formatting"))
    );
    assert!(homelab(&text.replace('\n', "\r\n")).check().is_empty());
}
