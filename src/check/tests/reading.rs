//! What is read from the repository, and what is left alone because it is not known.

use super::{Homelab, REQUIRED, at, codes, find};
use crate::check::Severity;

fn clean(homelab: Homelab) {
    let found = homelab.check();
    let texts: Vec<String> = found
        .iter()
        .filter(|f| f.severity != Severity::Note)
        .map(|f| f.text())
        .collect();
    assert!(texts.is_empty(), "{texts:#?}");
}

#[test]
fn the_repositorys_own_schema_counts() {
    let options = include_str!("../../../nix/options.nix");
    let field = "options = {\n          homepage = mkOption {type = types.enum [\"a\" \"b\"]; description = \"Required. Where it is. Really.\"; example = \"a\";};\n          # Required";
    let own = options.replacen("options = {\n          # Required", field, 1);
    assert_ne!(own, options);
    let homelab = |fields: &str| {
        Homelab::new()
            .service("jellyfin", &format!("{REQUIRED} {fields}"))
            .file("modules/server/options.nix", &own)
    };
    clean(homelab("homepage = \"a\";"));
    let found = homelab("homepage = \"c\";").check();
    assert_eq!(
        find(&found, "wrong-type").error.message(),
        "Service 'jellyfin' has a wrong value in field 'homepage': expected one of \"a\", \"b\", got \"c\""
    );
    let found = homelab("").check();
    assert_eq!(
        find(&found, "missing-field").text(),
        "Service 'jellyfin' is missing required field 'homepage': Where it is\n  Fix: qgroget.serviceModules.jellyfin.homepage = \"a\";"
    );
    let renamed = options.replace("extraConfig = mkOption", "notes = mkOption");
    let found = Homelab::new()
        .service("a", &format!("{REQUIRED} extraConfig = {{}}; notes = {{}};"))
        .file("modules/server/options.nix", &renamed)
        .check();
    assert_eq!(codes(&found), ["undeclared-field"]);
}

#[test]
fn a_schema_that_cannot_be_taken_apart_accepts_every_field() {
    let options = "{lib, ...}: {options.qgroget.serviceModules = lib.mkOption {type = lib.types.attrsOf (lib.types.submodule (import ./service.nix));};}";
    clean(
        Homelab::new()
            .service("a", "whatever = 1;")
            .file("modules/server/options.nix", options),
    );
}

#[test]
fn the_embedded_schema_stands_in() {
    let found = Homelab::new()
        .service("a", &format!("{REQUIRED} prot = 1;"))
        .file("modules/server/options.nix", "{}")
        .check();
    assert_eq!(codes(&found), ["undeclared-field"]);
}

#[test]
fn what_is_not_known_is_no_fault() {
    clean(
        Homelab::new()
            .service("a", &format!("{REQUIRED} port = config.services.x.port; middlewares = config.x; dependsOn = config.y; url = \"http://127.0.0.1:${{config.z}}\";"))
            .service("b", &format!("{REQUIRED} port = 8080; middlewares = [config.x \"compress\"]; databases = map (name: {{inherit name;}}) [\"x\"];"))
            .service("c", "domain = config.x.domain; dataDir = config.x.dir; enable = config.x.enable; exposed = config.x.exposed;"),
    );
    clean(Homelab::new().module(
        "media/a/default.nix",
        &"{config, lib, ...}: {config = lib.mkMerge [\n    # ── 1. Contract ──\n    {qgroget.serviceModules.a = import ./contract.nix;}\n  ];}\n"
            .replace("{config = lib.mkMerge", "{\n  config = lib.mkMerge")
            .replace("  ];}", "  ];\n}"),
    ).file("tests/a/default.nix", "{}").file("modules/server/media/a/contract.nix", "{}"));
}

#[test]
fn a_value_that_is_needed_and_not_known_is_a_note() {
    let found = Homelab::new()
        .service("a", &format!("{REQUIRED} port = config.services.x.port;"))
        .check();
    let note = find(&found, "not-known");
    assert_eq!(note.severity, Severity::Note);
    assert!(note.error.reason_text().expect("a reason").contains("services.x.port"));
}

#[test]
fn generated_middlewares_count() {
    let generator = |middlewares: &str| {
        format!(
            "{{config, lib, ...}}: {{services.traefik.dynamicConfigOptions = lib.recursiveUpdate {{http = {{routers = lib.mapAttrs (_: _: {{middlewares = [\"x\"];}}) config.qgroget.services; {middlewares}}};}} {{}};}}"
        )
    };
    let homelab = |middlewares: &str| {
        Homelab::new()
            .service("a", &format!("{REQUIRED} middlewares = [\"geoblock\"];"))
            .module("traefik.nix", &generator(middlewares))
    };
    clean(homelab("middlewares.geoblock.plugin = {};"));
    clean(homelab("middlewares = {geoblock.plugin = {};};"));
    clean(homelab("middlewares = lib.genAttrs config.x (_: {});"));
    assert_eq!(codes(&homelab("").check()), ["unknown-middleware"]);
}

#[test]
fn modules_that_are_not_imported_make_no_clash() {
    let contract = "{lib, ...}: {\n  config = lib.mkMerge [\n    # ── 1. Contract ──\n    {\n      qgroget.serviceModules.b = {\n        domain = \"x\";\n        dataDir = null;\n        port = 8080;\n      };\n    }\n  ];\n}\n";
    let homelab = |contract: &str| {
        Homelab::new()
            .service("a", &format!("{REQUIRED} port = 8080;"))
            .file("modules/server/media/b/default.nix", contract)
            .file(
                "modules/server/_template/default.nix",
                "{qgroget.serviceModules.example = {};}",
            )
            .file("tests/b/default.nix", "{}")
    };
    clean(homelab(contract));
    let found = homelab(&contract.replace("dataDir = null", "datadir = null")).check();
    assert_eq!(codes(&found), ["missing-field", "undeclared-field"]);
}

#[test]
fn the_bridge_declares_no_services() {
    let found = Homelab::new()
        .service("a", &format!("{REQUIRED} dependsOn = [\"b\"]; middlewares = [\"x\"];"))
        .check();
    assert_eq!(codes(&found), ["dependency-not-enabled", "unknown-middleware"]);
}

#[test]
fn a_module_of_nixpkgs_may_enable_what_is_needed() {
    let homelab = |settings: &str| {
        Homelab::new()
            .service("a", &format!("{REQUIRED} dependsOn = [\"postgresql\"];"))
            .settings(settings)
    };
    clean(homelab("{services.immich.enable = true;}"));
    let found = homelab("{services.immich = {enable = true; database.enable = false;};}").check();
    assert_eq!(codes(&found), ["dependency-not-enabled"]);
    clean(homelab("{services.postgresql = {enable = true;};}"));
    let found = homelab("{services.postgresql.enable = false;}").check();
    assert_eq!(codes(&found), ["dependency-not-enabled"]);
}

#[test]
fn places_are_those_of_the_values() {
    let found = Homelab::new()
        .service("a", &format!("{REQUIRED} port = \"x\";"))
        .service(
            "b",
            &format!("{REQUIRED} middlewares = [\"compress\" \"nothing\"]; domian = 1;"),
        )
        .check();
    assert_eq!(
        at(find(&found, "wrong-type")),
        "modules/server/media/a/default.nix:13:16"
    );
    assert_eq!(
        at(find(&found, "unknown-middleware")),
        "modules/server/media/b/default.nix:13:35"
    );
}

#[test]
fn a_file_that_does_not_parse_is_said() {
    let homelab = |text: &str| {
        Homelab::new()
            .service(
                "a",
                &format!("{REQUIRED} dependsOn = [\"b\"]; middlewares = [\"of-b\"];"),
            )
            .service("b", REQUIRED)
            .settings("{qgroget.serviceModules.c.enable = true;}")
            .file("modules/server/media/b/default.nix", text)
    };
    // What follows from the file that is not seen is not said.
    assert_eq!(codes(&homelab("{ a = ").check()), ["missing-test", "does-not-parse"]);
    let found = homelab("{}").check();
    assert_eq!(
        codes(&found),
        [
            "missing-field",
            "missing-field",
            "missing-test",
            "dependency-not-enabled",
            "unknown-middleware"
        ]
    );
}

#[test]
fn a_contract_that_waits_for_itself_is_said_to_recurse() {
    let homelab = |module: &str| {
        let text = format!(
            "{{config, lib, ...}}: let cfg = config.qgroget.serviceModules.a; in {{config = lib.mkMerge [{module}];}}"
        );
        Homelab::new()
            .module("media/a/default.nix", &text)
            .settings("{qgroget.serviceModules.a.enable = true;}")
    };
    let fields = "domain = \"x\"; dataDir = null;";
    for module in [
        format!("{{qgroget.serviceModules.a = lib.mkIf cfg.enable {{{fields}}};}}"),
        format!("(lib.mkIf cfg.enable {{qgroget.serviceModules.a = {{{fields}}};}})"),
        format!("{{qgroget = lib.mkIf config.qgroget.serviceModules.a.enable {{serviceModules.a = {{{fields}}};}};}}"),
    ] {
        let found = homelab(&module).check();
        let finding = find(&found, "contract-recurses");
        assert_eq!(finding.severity, Severity::Error);
        assert!(
            finding
                .error
                .message()
                .ends_with("which is why evaluation recurses without end")
        );
        assert!(
            !found
                .iter()
                .any(|f| f.error.message().contains("not checked while the service is off")),
            "{module}"
        );
    }
    for module in [
        format!("{{qgroget.serviceModules.a = {{{fields} port = lib.mkIf cfg.enable 80;}};}}"),
        format!("{{qgroget.serviceModules.a = {{{fields} traefikDynamicConfig = lib.mkIf cfg.enable {{x = 1;}};}};}}"),
        format!("(lib.mkIf config.qgroget.serviceModules.b.enable {{qgroget.serviceModules.a = {{{fields}}};}})"),
    ] {
        assert!(
            !codes(&homelab(&module).check()).contains(&"contract-recurses"),
            "{module}"
        );
    }
}

#[test]
fn a_switch_without_a_contract_is_most_likely_a_slip() {
    let found = Homelab::new()
        .service("jellyfin", REQUIRED)
        .settings("{qgroget.serviceModules.jelyfin.enable = true;}")
        .check();
    let finding = find(&found, "missing-field");
    assert_eq!(
        finding.error.reason_text(),
        Some("only its switch is set; did you mean 'jellyfin'?")
    );
    assert!(at(finding).starts_with("hosts/Server/settings.nix:1:"));
}
