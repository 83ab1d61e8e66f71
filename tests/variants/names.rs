//! Declarations whose names are bound somewhere else, made by functions, merged or inherited: found by `status`, and
//! migrated without a difference, or refused at their place.

use std::path::Path;

use qgroget::error::Error;
use qgroget::status::Pattern;

use super::trial::{Homelab, Outcome, Trial, Variant};
use crate::common::nix;

const PATH: &str = "modules/server/misc/portfolio.nix";
const OPTIONS: &str = "modules/server/options.nix";

/// The rest of the module.
const REST: &str = "services.static-web-server = {\n    enable = true;\n    listen = \"127.0.0.1:3001\";\n    \
                    root = \"/tank/media/portfolio\";\n  };\n";

const FIELDS: &str = "name = \"portfolio\"; url = \"http://127.0.0.1:3001\"; type = \"public\";";

/// The module with these `let` bindings and definitions, where `FIELDS` stands for the service's.
fn text(bindings: &str, definitions: &str) -> String {
    let text = format!("{{config, lib, ...}}: let\n  {bindings}\nin {{\n  {definitions}\n\n  {REST}}}\n");
    text.replace("FIELDS", FIELDS)
}

/// Migrates `service`: nix finds the same before and after, and nothing of it is left in the legacy pattern.
fn migrates(variant: &Variant, homelab: &Homelab, service: &str) -> String {
    let services = [service.to_owned()];
    let trial = Trial::new(homelab, variant);
    let found = trial.status().services.into_iter().find(|found| found.name == service);
    assert!(found.is_some_and(|found| found.blocked.is_none()), "{}", variant.name);
    let module = trial.module(service).unwrap();
    let outcomes = match nix::available() {
        true => trial.unchanged(&services),
        false => trial.services(&services),
    };
    let outcomes = outcomes.unwrap_or_else(|problem| panic!("{problem}\n{module}"));
    assert!(matches!(outcomes.as_slice(), [(_, Outcome::Migrated)]), "{outcomes:?}");
    module
}

/// The code, line and column of a refusal, which says why and what to do.
fn place(error: &Error) -> (&'static str, u32, u32) {
    assert!(error.reason_text().is_some() && !error.hints().is_empty(), "{error}");
    let place = error.place().expect("a place");
    assert_eq!(place.path, Path::new(PATH));
    (error.code(), place.line, place.column)
}

#[test]
fn names_that_are_bound_in_scope_are_names_like_any_other() {
    let homelab = Homelab::read();
    for (bindings, definitions) in [
        ("service = \"portfolio\";", "qgroget.services.${service} = {FIELDS};"),
        ("part = \"folio\";", "qgroget.services.\"port${part}\" = {FIELDS};"),
        ("part = \"folio\";", "qgroget.services = {\"port${part}\" = {FIELDS};};"),
        (
            "names = rec { part = \"port\"; service = \"${part}folio\"; };",
            "qgroget.services = let inherit (names) service; in {${service} = {FIELDS};};",
        ),
        (
            "names.service = \"portfolio\";",
            "qgroget.services = with names; {${service} = {FIELDS};};",
        ),
        ("space = \"services\";", "qgroget = {${space}.portfolio = {FIELDS};};"),
    ] {
        let variant = homelab.with(PATH, &text(bindings, definitions));
        let module = migrates(&variant, &homelab, "portfolio");
        assert!(module.contains("serviceModules.portfolio = {"), "{module}");
        assert!(module.contains("type = \"public\";"), "{module}");
    }
}

#[test]
fn names_of_fields_jobs_roots_and_switches_are_looked_up_too() {
    let homelab = Homelab::read();
    let field = text(
        "field = \"url\";",
        "qgroget.services.portfolio = {name = \"portfolio\"; ${field} = \"http://127.0.0.1:3001\"; type = \"public\";};",
    );
    let module = migrates(&homelab.with(PATH, &field), &homelab, "portfolio");
    assert!(module.contains("port = 3001;"), "{module}");

    let job = text(
        "job = \"portfolio\";",
        "qgroget.services.portfolio = {FIELDS}; qgroget.backups.${job} = {paths = [\"/tank/media/${job}\"];};",
    );
    let module = migrates(&homelab.with(PATH, &job), &homelab, "portfolio");
    assert!(module.contains("backupPaths = ["), "{module}");

    let root = text(
        "service = \"portfolio\"; root = \"/persist\";",
        "qgroget.services.${service} = {FIELDS}; environment.persistence.${root}.directories = [\"/var/lib/portfolio\"];",
    );
    let module = migrates(&homelab.with(PATH, &root), &homelab, "portfolio");
    assert!(module.contains("dataDir = \"/var/lib/portfolio\";"), "{module}");

    let switch = format!(
        "{{config, lib, ...}}: let\n  service = \"portfolio\";\nin {{\n  options.qgroget.server.portfolio.enable = \
         lib.mkEnableOption \"it\";\n  config = lib.mkMerge [\n    {{qgroget.server.${{service}}.enable = true;}}\n    \
         (lib.mkIf config.qgroget.server.portfolio.enable {{\n      qgroget.services.${{service}} = {{{FIELDS}}};\n      \
         {REST}    }})\n  ];\n}}\n"
    );
    migrates(&homelab.with(PATH, &switch), &homelab, "portfolio");
}

#[test]
fn merged_declarations_are_found_at_any_level() {
    let homelab = Homelab::read();
    let other = "other = {name = \"other\"; url = \"http://127.0.0.1:1\";};";
    for definitions in [
        format!("qgroget = lib.mkMerge [{{services.portfolio = {{FIELDS}};}} {{services.{other}}}];"),
        format!("qgroget.services = lib.mkMerge [{{portfolio = {{FIELDS}};}} {{{other}}}];"),
        format!("qgroget.services = lib.mkMerge ([{{portfolio = {{FIELDS}};}}] ++ lib.optional true {{{other}}});"),
        format!("qgroget.services = lib.mkMerge (lib.optionals true [{{{other}}}] ++ [{{portfolio = {{FIELDS}};}}]);"),
        "qgroget.services.portfolio = lib.mkMerge [{name = \"portfolio\"; type = \"public\";} {url = \"http://127.0.0.1:3001\";}];"
            .to_owned(),
    ] {
        let variant = homelab.with(PATH, &text("", &definitions));
        let module = migrates(&variant, &homelab, "portfolio");
        assert!(!module.contains("services.portfolio"), "{module}");
    }
}

#[test]
fn inherited_fields_are_read_and_moved() {
    let homelab = Homelab::read();
    let set = "x = {name = \"portfolio\"; url = \"http://127.0.0.1:${toString port}\"; inherit (y) type; persistedData = [dir];}; \
               y.type = \"public\"; port = 3001; dir = \"/var/lib/portfolio\";";
    for (bindings, definitions) in [
        (
            "name = \"portfolio\"; url = \"http://127.0.0.1:3001\"; type = \"public\";",
            "qgroget.services.portfolio = {inherit name url type;};",
        ),
        (set, "qgroget.services.portfolio = {inherit (x) name url type;};"),
        (
            set,
            "qgroget.services.portfolio = {inherit (x) name url type persistedData;};",
        ),
    ] {
        let variant = homelab.with(PATH, &text(bindings, definitions));
        let status = Trial::new(&homelab, &variant).status();
        let found = status
            .services
            .iter()
            .find(|found| found.name == "portfolio")
            .expect("found");
        assert_eq!(found.port.as_ref().and_then(|port| port.known()), Some(&3001));
        assert_eq!(
            found
                .exposed
                .as_ref()
                .and_then(|access| access.known())
                .map(String::as_str),
            Some("public")
        );
        let kept: Vec<&str> = found.persisted.iter().map(|kept| kept.path.as_str()).collect();
        match definitions.contains("persistedData") {
            true => assert_eq!(kept, ["/var/lib/portfolio"]),
            false => assert!(kept.is_empty(), "{kept:?}"),
        }
        migrates(&variant, &homelab, "portfolio");
    }
}

/// Declarations that are found by their names, and the place at which they are refused.
const REFUSED: [(&str, &str, &str, u32); 13] = [
    (
        "",
        "qgroget.services = lib.genAttrs [\"portfolio\"] (name: {inherit name; url = \"http://${name}:1\";});",
        "unsupported-value",
        22,
    ),
    (
        "names = [\"portfolio\"];",
        "qgroget.services = lib.genAttrs names (name: {inherit name; url = \"http://${name}:1\";});",
        "unsupported-value",
        22,
    ),
    (
        "",
        "qgroget.services = {a = {FIELDS};} // lib.genAttrs [\"portfolio\"] (name: {FIELDS});",
        "unsupported-value",
        102,
    ),
    (
        "",
        "qgroget.services = lib.mkMerge [(lib.genAttrs [\"portfolio\"] (name: {FIELDS}))];",
        "unsupported-value",
        36,
    ),
    (
        "",
        "qgroget.services = lib.listToAttrs (map (name: {inherit name; value = {FIELDS};}) [\"portfolio\"]);",
        "unsupported-value",
        22,
    ),
    (
        "",
        "qgroget.services = lib.mapAttrs (name: port: {inherit name; url = \"http://a:${port}\";}) {portfolio = \"1\";};",
        "unsupported-value",
        22,
    ),
    (
        "services.portfolio = {FIELDS};",
        "qgroget.services = services;",
        "unsupported-value",
        22,
    ),
    (
        "services = {portfolio = {FIELDS};};",
        "qgroget = {inherit services;};",
        "unsupported-value",
        14,
    ),
    (
        "portfolio = {FIELDS};",
        "qgroget.services = {inherit portfolio;};",
        "unsupported-value",
        23,
    ),
    (
        "portfolio = {FIELDS};",
        "qgroget.services.portfolio = portfolio;",
        "unsupported-value",
        32,
    ),
    (
        "parts = [{portfolio = {FIELDS};}];",
        "qgroget.services = lib.mkMerge parts;",
        "unsupported-value",
        22,
    ),
    (
        "",
        "qgroget.services = if true then {portfolio = {FIELDS};} else {};",
        "unsupported-value",
        22,
    ),
    (
        "x = {name = \"portfolio\"; url = \"http://127.0.0.1:3001\";};",
        "qgroget.services.portfolio = with x; {inherit name url;};",
        "unmovable",
        49,
    ),
];

#[test]
fn what_is_not_written_out_is_found_and_refused_at_its_place() {
    let homelab = Homelab::read();
    for (bindings, definitions, code, column) in REFUSED {
        let variant = homelab.with(PATH, &text(bindings, definitions));
        let trial = Trial::new(&homelab, &variant);
        let error = trial.module("portfolio").expect_err(definitions);
        assert_eq!(place(&error), (code, 4, column), "{definitions}: {error}");
        let status = trial.status();
        let found = status.services.iter().find(|found| found.name == "portfolio");
        let found = found.unwrap_or_else(|| panic!("{definitions}: not found"));
        let blocked = found.blocked.as_ref().expect(definitions);
        assert_eq!(place(blocked), (code, 4, column), "{definitions}");
        // What a function makes of it is unknown, and not what it is by default.
        let known = found.exposed.as_ref().and_then(|access| access.known());
        assert!(known.is_none() || code == "unmovable", "{definitions}: {known:?}");
    }
}

#[test]
fn what_is_not_even_known_by_name_is_noted_and_refused() {
    let homelab = Homelab::read();
    for (bindings, definitions, code, column) in [
        (
            "",
            "qgroget.services.${lib.toLower \"Portfolio\"} = {FIELDS}; /* portfolio */",
            "dynamic-name",
            20,
        ),
        (
            "",
            "qgroget.services = lib.mapAttrs' (a: b: lib.nameValuePair \"portfolio\" {FIELDS}) {a = 1;};",
            "unsupported-value",
            22,
        ),
        (
            "",
            "qgroget = lib.id {services.portfolio = {FIELDS};};",
            "unsupported-value",
            13,
        ),
        (
            "qgroget.services = {portfolio = {FIELDS};};",
            "inherit qgroget;",
            "unsupported-value",
            3,
        ),
        (
            "",
            "qgroget.services.portfolio = {FIELDS}; qgroget.backups = lib.id {portfolio.paths = [\"/tank/media/x\"];};",
            "unsupported-value",
            121,
        ),
        (
            "",
            "qgroget.services.portfolio = {FIELDS}; qgroget.services = lib.id {};",
            "unsupported-value",
            122,
        ),
    ] {
        let variant = homelab.with(PATH, &text(bindings, definitions));
        let trial = Trial::new(&homelab, &variant);
        let error = trial.module("portfolio").expect_err(definitions);
        assert_eq!(place(&error), (code, 4, column), "{definitions}: {error}");
        let noted = trial.status().faults;
        assert!(
            noted.iter().any(|noted| place(noted) == (code, 4, column)),
            "{definitions}: {noted:?}"
        );
        // Services that it says nothing of can be migrated.
        assert!(trial.module("navidrome").is_ok(), "{definitions}");
    }
}

#[test]
fn a_service_beside_one_that_a_function_makes_can_be_migrated() {
    let homelab = Homelab::read();
    let text = text(
        "",
        "qgroget.services = lib.mkMerge [{portfolio = {FIELDS};} (lib.genAttrs [\"blog\"] (name: {inherit name; url = \"http://a:1\";}))];",
    );
    let variant = homelab.with(PATH, &text);
    migrates(&variant, &homelab, "portfolio");
    let trial = Trial::new(&homelab, &variant);
    assert_eq!(place(&trial.module("blog").unwrap_err()), ("unsupported-value", 4, 121));
}

#[test]
fn a_module_that_is_no_set_is_noted() {
    let homelab = Homelab::read();
    let text = format!("{{lib, ...}}: lib.mkMerge [{{qgroget.services.portfolio = {{{FIELDS}}};}} {{{REST}}}]\n");
    let variant = homelab.with(PATH, &text);
    let trial = Trial::new(&homelab, &variant);
    assert_eq!(
        place(&trial.module("portfolio").unwrap_err()),
        ("unsupported-module", 1, 1)
    );
    let noted = trial.status().faults;
    assert!(
        noted.iter().any(|noted| place(noted) == ("unsupported-module", 1, 1)),
        "{noted:?}"
    );
}

/// The homelab's schema with the type of services as `kind`, `bindings` in its `let`, where `SUB` is the submodule's set.
fn schema(homelab: &Homelab, bindings: &str, kind: &str) -> (String, String) {
    let text = homelab.text(Path::new(OPTIONS)).to_string();
    let (before, rest) = text
        .split_once("types.attrsOf (types.submodule {\n        options = {\n          name")
        .expect("a type");
    let (fields, after) = rest.split_once("      });\n    };\n\n    backups").expect("its end");
    let set = format!("{{\n        options = {{\n          name{fields}      }}");
    let text = format!("{before}{kind};\n    }};\n\n    backups{after}");
    let text = text.replacen("\nin {\n", &format!("\n{bindings}\nin {{\n"), 1);
    (text.replace("SUB", &set), set)
}

#[test]
fn the_legacy_schema_is_read_behind_names_and_imports() {
    let homelab = Homelab::read();
    let import = "{lib, ...}: let\n  inherit (lib) mkOption types;\n  directory = types.attrs;\nin SUB\n";
    for (bindings, kind, file) in [
        ("service = SUB;", "types.attrsOf (types.submodule service)", None),
        (
            "service = {name, ...}: SUB;",
            "types.attrsOf (types.submodule service)",
            None,
        ),
        (
            "kind = types.submodule service; service = _: SUB;",
            "types.attrsOf kind",
            None,
        ),
        (
            "inherit (SUB) options;",
            "types.attrsOf (types.submodule ({...}: {inherit options;}))",
            None,
        ),
        ("", "types.attrsOf (types.submodule [SUB {}])", None),
        ("", "types.attrsOf (types.submodule ./service.nix)", Some(import)),
        (
            "",
            "types.attrsOf (types.submodule (import ./service.nix))",
            Some(import),
        ),
        (
            "",
            "types.attrsOf (types.submodule (import ./service.nix {inherit lib;}))",
            Some(import),
        ),
    ] {
        let (text, set) = schema(&homelab, bindings, kind);
        let file = file.map(|file| file.replace("SUB", &set));
        let path = Path::new("modules/server/service.nix");
        let mut files = vec![(Path::new(OPTIONS), text.as_str())];
        files.extend(file.as_ref().map(|file| (path, file.as_str())));
        migrates(&homelab.with_files(&files), &homelab, "portfolio");
    }
}

#[test]
fn a_legacy_schema_that_cannot_be_read_is_refused() {
    let homelab = Homelab::read();
    for (bindings, kind, why) in [
        (
            "make = _: types.submodule SUB;",
            "types.attrsOf (make {})",
            "its type is no submodule",
        ),
        (
            "make = _: SUB;",
            "types.attrsOf (types.submodule (make {}))",
            "its submodule is made by a function",
        ),
        (
            "",
            "types.attrsOf (types.submodule ./elsewhere.nix)",
            "its file is no submodule that can be read",
        ),
        (
            "",
            "types.attrsOf (types.submodule {options = lib.id (SUB).options;})",
            "its options are no attribute set literal",
        ),
    ] {
        let (text, _) = schema(&homelab, bindings, kind);
        let variant = homelab.with(OPTIONS, &text);
        let trial = Trial::new(&homelab, &variant);
        let error = trial.refusal().unwrap_or_else(|| panic!("{kind}: installed"));
        assert_eq!(error.code(), "legacy-schema-unreadable");
        assert!(error.message().ends_with(why), "{error}");
        assert_eq!(error.place().expect("a place").path, Path::new(OPTIONS));
        assert!(error.reason_text().is_some() && !error.hints().is_empty());
    }
}

#[test]
fn contracts_that_a_function_makes_are_listed() {
    let homelab = Homelab::read();
    let definitions = "qgroget.serviceModules = lib.genAttrs [\"portfolio\"] (name: {enable = true; dataDir = null;});";
    let variant = homelab.with(PATH, &text("", definitions));
    let status = Trial::new(&homelab, &variant).status();
    let found = status
        .services
        .iter()
        .find(|found| found.name == "portfolio")
        .expect("found");
    assert_eq!(found.pattern, Pattern::Contract);
    assert!(found.enabled.known().is_none() && found.place.line == 4);
}
