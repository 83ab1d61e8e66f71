//! Single shapes of a declaration, the smallest that there are.

use super::trial::{Homelab, Trial};
use crate::common::nix;

const PATH: &str = "modules/server/misc/portfolio.nix";

/// The rest of the module.
const SERVICE: &str = "services.static-web-server = {\n    enable = true;\n    listen = \"127.0.0.1:3001\";\n    \
                       root = \"/tank/media/portfolio\";\n  };\n";

fn text(declaration: &str) -> String {
    format!("{{config, lib, ...}}: {{\n  {declaration}\n\n  {SERVICE}}}\n")
}

/// The module that portfolio has in the end; nix finds the same in both repositories.
fn migrated(text: &str) -> String {
    let homelab = Homelab::read();
    let variant = homelab.with(PATH, text);
    let services = ["portfolio".to_owned()];
    if nix::available() {
        let trial = Trial::new(&homelab, &variant);
        trial.harmless().unwrap();
        trial.equivalent(&services).unwrap();
    }
    let module = Trial::new(&homelab, &variant).module("portfolio").unwrap();
    Trial::new(&homelab, &variant).services(&services).unwrap();
    module
}

/// The code and the line of the refusal.
fn refused(text: &str) -> (&'static str, u32) {
    let homelab = Homelab::read();
    let variant = homelab.with(PATH, text);
    let error = Trial::new(&homelab, &variant).module("portfolio").unwrap_err();
    (error.code(), error.place().unwrap().line)
}

const FIELDS: &str = "name = \"portfolio\"; url = \"http://127.0.0.1:3001\";";

#[test]
fn a_declaration_is_put_together_from_several_sets() {
    for declaration in [
        format!("qgroget.services.portfolio = lib.mkMerge [{{{FIELDS}}} {{type = \"public\";}}];"),
        format!("qgroget.services.portfolio = {{{FIELDS}}} // {{type = \"public\";}};"),
        format!("qgroget.services.portfolio = let unrelated = 1; in ({{{FIELDS} type = \"public\";}});"),
        format!("qgroget.services.portfolio = lib.mkIf true {{{FIELDS} type = \"public\";}};"),
    ] {
        let module = migrated(&text(&declaration));
        assert!(module.contains("exposed = true;"), "{module}");
        assert!(module.contains("type = \"public\";"), "{module}");
        assert!(!module.contains("qgroget.services"), "{module}");
    }
}

#[test]
fn what_one_set_hides_of_another_is_refused() {
    let hidden = format!("qgroget.services.portfolio = {{{FIELDS} type = \"private\";}} // {{type = \"public\";}};");
    assert_eq!(refused(&text(&hidden)), ("unsupported-value", 2));
    let twice = format!(
        "qgroget.services.portfolio = lib.mkMerge [\n{{{FIELDS} middlewares = [\"SSO\"];}}\n\
         {{type = \"public\"; middlewares = [\"compress\"];}}\n];"
    );
    assert_eq!(refused(&text(&twice)), ("unsupported-value", 4));
    let conditional = format!("qgroget.services.portfolio = lib.mkMerge [{{{FIELDS}}} (lib.mkIf config.x {{}})];");
    assert_eq!(refused(&text(&conditional)), ("unsupported-value", 2));
}

#[test]
fn a_module_that_is_no_function_becomes_one_around_everything() {
    let module = migrated(&format!(
        "{{\n  qgroget.services.portfolio = {{\n    {FIELDS}\n    type = \"public\";\n  }};\n\n  {SERVICE}}}\n"
    ));
    assert!(module.starts_with("{"), "{module}");
    assert!(module.contains("}: let\n"), "{module}");
}

#[test]
fn comments_between_the_parts_of_a_binding_are_kept() {
    let declaration = format!(
        "qgroget.services /* one */ . portfolio = /* two */ {{\n    {FIELDS}\n    type = /* three */ \"public\"; }};"
    );
    let module = migrated(&text(&declaration));
    for comment in ["one", "two", "three"] {
        assert_eq!(module.matches(&format!("/* {comment} */")).count(), 1, "{module}");
    }
}

#[test]
fn line_ends_inside_strings_stay_as_they_are() {
    let declaration = format!(
        "qgroget.services.portfolio = {{\n    {FIELDS}\n    type = \"public\";\n    logPath = ''\n      /a\n    '';\n  }};"
    );
    let before = text(&declaration)
        .replace('\n', "\r\n")
        .replace("''\r\n      /a\r\n", "''\n      /a\n");
    let homelab = Homelab::read();
    let variant = homelab.with(PATH, &before);
    let module = Trial::new(&homelab, &variant).module("portfolio").unwrap();
    assert!(
        module.contains("logPath = ''\n          /a\n        '';\r\n"),
        "{module:?}"
    );
    assert!(module.contains("exposed = true;\r\n"), "{module:?}");
}

/// A text that is indented by two spaces, with another unit; in comments as well.
fn with_unit(text: &str, unit: &str) -> String {
    let indented = |line: &str| {
        let spaces = line.len() - line.trim_start().len();
        unit.repeat(spaces / 2) + line.trim_start()
    };
    let line = |line: &str| match line.split_once("# ") {
        Some((before, comment)) => format!("{}# {}\n", indented(before), indented(comment)),
        None => indented(line) + "\n",
    };
    text.lines().map(line).collect()
}

#[test]
fn what_is_put_in_is_indented_as_the_file_is() {
    let homelab = Homelab::read();
    let mut tried = 0;
    for (service, path) in homelab.services() {
        let text = homelab.text(path);
        // What moves out of a shared file is formatted, and strings of several lines are not indented by tabs.
        if homelab.services().filter(|(_, other)| *other == path).count() > 1 || text.contains("''") {
            continue;
        }
        let module = |text: &str| Trial::new(&homelab, &homelab.with(path, text)).module(service);
        let plain = module(text).unwrap();
        for unit in ["    ", "\t"] {
            assert_eq!(
                module(&with_unit(text, unit)).unwrap(),
                with_unit(&plain, unit),
                "{service}"
            );
            tried += 1;
        }
    }
    assert!(tried > 10, "{tried}");
}

/// A declaration with a persistence list, and another list beside it.
fn gathered(list: &str) -> String {
    text(&format!(
        "qgroget.services.portfolio = {{\n    {FIELDS}\n    type = \"public\";\n    persistedData = {list};\n  }};\n  \
         environment.persistence.\"/persist\".directories = [\"/var/lib/other\"];"
    ))
}

#[test]
fn lists_from_several_places_become_one() {
    for (list, expected) in [
        ("[\"/var/lib/portfolio\"]", "[cfg.dataDir] ++ ["),
        (
            "lib.optionals true [\"/var/lib/portfolio\"]",
            "lib.optionals true [cfg.dataDir] ++ [",
        ),
        (
            "if true then [\"/var/lib/portfolio\"] else []",
            "(if true then [\"/var/lib/portfolio\"] else []) ++ [cfg.dataDir",
        ),
        (
            "lib.mkIf true [\"/var/lib/portfolio\"]",
            "lib.mkMerge [(lib.mkIf true [cfg.dataDir]) [",
        ),
    ] {
        let homelab = Homelab::read();
        let variant = homelab.with(PATH, &gathered(list));
        let module = Trial::new(&homelab, &variant).module("portfolio").unwrap();
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert!(
            words(&module).contains(&words(&format!("persistedData = {expected}"))),
            "{module}"
        );
    }
    let (code, _) = refused(&gathered("lib.mkForce [\"/var/lib/portfolio\"]"));
    assert_eq!(code, "unsupported-value");
}

#[test]
fn a_directory_is_found_behind_a_name() {
    let declaration = format!(
        "qgroget.services.portfolio = {{\n    {FIELDS}\n    type = \"public\";\n    persistedData = [(state)];\n  }};"
    );
    let module = text(&declaration).replacen(
        "}: {",
        "}: let\n  state = {directory = \"/var/lib/portfolio\";};\nin {",
        1,
    );
    let homelab = Homelab::read();
    let variant = homelab.with(PATH, &module);
    let module = Trial::new(&homelab, &variant).module("portfolio").unwrap();
    assert!(module.contains("dataDir = \"/var/lib/portfolio\";"), "{module}");
}
