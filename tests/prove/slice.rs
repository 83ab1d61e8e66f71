//! Slice mode: what it needs no help for, and what it says.

use qgroget::prove::{Area, Class, ProveOptions, Prover, html, report};

use super::common::{copy, homelab, options, prove, replace, server};
use crate::needs_nix;

#[test]
fn the_example_evaluates_in_one_round() {
    needs_nix!();
    let proof = prove(&homelab(), &homelab());
    assert!(proof.is_preserving() && !proof.has_gains());
    assert!(proof.hosts.iter().any(|h| h.host == "Server" && h.rounds == 1));
    for area in Area::ALL {
        assert!(proof.covers(area), "{}", area.name());
    }
}

#[test]
fn modules_that_are_not_imported_can_be_proved_too() {
    needs_nix!();
    let extra = ["homeAssistant", "misc/forgero.nix"].map(|m| format!("modules/server/{m}").into());
    let prover = Prover::new(ProveOptions {
        extra_modules: extra.to_vec(),
        host: Some("Server".into()),
        ..options()
    });
    let proof = prover.prove(&homelab(), &homelab()).expect("a proof");
    assert!(proof.is_preserving());
}

#[test]
fn what_is_asked_for_is_given_the_type_that_is_needed() {
    needs_nix!();
    let module = r#"{config, lib, pkgs, ...}: let up = config.services.upstream; in {
      options.own = lib.mkOption {type = lib.types.attrsOf lib.types.anything;};
      options.typed.port = lib.mkOption {type = lib.types.port;};
      options.typed.place = lib.mkOption {type = lib.types.path;};
      options.typed.names = lib.mkOption {type = lib.types.listOf lib.types.str;};
      options.typed.on = lib.mkOption {type = lib.types.bool;};
      config.typed = {port = up.listen; place = up.place; names = up.names; on = up.flag;};
      config.own = {
        text = "${up.user}:${toString up.number}";
        list = map (n: n) up.members;
        more = up.more ++ ["x"];
        sum = up.count + 1;
        choice = if up.choice then "a" else "b";
        set = lib.attrNames up.set;
        file = pkgs.writeText "x" up.text;
        shell = lib.getExe pkgs.bash;
        python = pkgs.python3.withPackages (ps: with ps; [requests zlib-ng]);
      };
    }"#;
    let root = server(module);
    let proof = prove(root.path(), root.path());
    assert!(proof.is_preserving());
    let after = copy(root.path());
    replace(
        after.path(),
        "modules/server/default.nix",
        "requests zlib-ng",
        "requests",
    );
    assert!(!prove(root.path(), after.path()).is_preserving());
}

#[test]
fn a_generated_file_is_explained_by_its_content() {
    needs_nix!();
    let after = copy(&homelab());
    replace(
        after.path(),
        "modules/server/arrs/default.nix",
        "[\"SSO\" \"inject-basic-arr\"]",
        "[\"inject-basic-arr\"]",
    );
    let proof = prove(&homelab(), after.path());
    let inside: Vec<_> = proof.differences().flat_map(|(_, d)| &d.inside).collect();
    assert!(
        inside
            .iter()
            .any(|d| d.class == Class::Lost && d.option() == "http.routers.sonarr.middlewares")
    );
}

#[test]
fn a_value_that_breaks_says_why() {
    needs_nix!();
    let before = server("{services.x.y.z = \"fine\";}");
    let after = server("{services.x.y.z = throw \"no such database\";}");
    let proof = prove(before.path(), after.path());
    let sentences: Vec<_> = proof.differences().map(|(_, d)| d.sentence.clone()).collect();
    assert_eq!(
        sentences,
        ["services.x.y.z cannot be evaluated any more: no such database"]
    );
}

#[test]
fn an_assertion_that_fails_now_is_a_change() {
    needs_nix!();
    let before = server("{assertions = [{assertion = true; message = \"ports clash\";}];}");
    let after = server("{assertions = [{assertion = false; message = \"ports clash\";}];}");
    let proof = prove(before.path(), after.path());
    assert!(!proof.is_preserving());
    assert!(
        report::lines(&proof, false)
            .iter()
            .any(|l| l.text.contains("an assertion fails now: ports clash"))
    );
}

#[test]
fn a_proof_can_be_written_as_json_and_as_a_page() {
    needs_nix!();
    let after = copy(&homelab());
    replace(
        after.path(),
        "modules/server/arrs/default.nix",
        "type = \"private\"",
        "type = \"public\"",
    );
    let proof = prove(&homelab(), after.path());
    let json: serde_json::Value = serde_json::to_value(&proof).expect("JSON");
    assert_eq!(json["mode"], "slice");
    let first = &json["hosts"][0]["verdict"]["differences"][0];
    assert_eq!(
        (first["class"].as_str(), first["area"].as_str()),
        (Some("lost"), Some("routes"))
    );
    let setting = html::Setting {
        sides: ["before", "after"].map(str::to_owned),
        date: "2026-11-27".to_owned(),
        notes: Vec::new(),
    };
    let page = html::page(&proof, &setting);
    assert!(page.contains("anyone can reach it now") && page.contains("prefers-color-scheme: dark"));
}

#[test]
fn values_of_the_repository_are_taken_from_its_options() {
    needs_nix!();
    let root =
        server("{config, ...}: {environment.etc.x.text = builtins.readFile (./. + \"/${config.services.up.name}\");}");
    std::fs::write(root.path().join("modules/server/data"), "text").expect("a file");
    assert!(Prover::new(options()).prove(root.path(), root.path()).is_err());
    let values = [("services.up.name".to_owned(), serde_json::json!("data"))]
        .into_iter()
        .collect();
    let prover = Prover::new(ProveOptions { values, ..options() });
    assert!(prover.prove(root.path(), root.path()).expect("a proof").is_preserving());
}

#[test]
fn what_stands_under_a_switch_that_nothing_here_defines_is_compared_too() {
    needs_nix!();
    let module = |text: &str| {
        format!(
            r#"{{config, lib, ...}}: let up = config.services.upstream; in {{
              environment.etc = lib.mkIf up.enable {{a.text = "{text} ${{up.user}}";}};
              services.other.paths = lib.optional config.services.second.enable "/{text}";
              services.third.enable = false;
              environment.variables.x = lib.mkIf config.services.third.enable "{text}";
            }}"#
        )
    };
    let before = server(&module("one"));
    let same = prove(before.path(), before.path());
    assert!(same.is_preserving());
    assert_eq!(
        same.hosts[0].how.switches.options,
        ["services.second.enable", "services.upstream.enable"]
    );
    let proof = prove(before.path(), server(&module("two")).path());
    let sentences: Vec<_> = proof.differences().map(|(_, d)| d.sentence.clone()).collect();
    insta::assert_snapshot!(sentences.join("\n"));
    assert!(!proof.is_preserving());
    assert!(proof.differences().all(|(_, d)| d.path[1] != "variables"));
}

#[test]
fn two_definitions_of_one_text_are_not_one() {
    needs_nix!();
    let module = |more: &str| {
        format!("{{lib, ...}}: {{config = lib.mkMerge [{{services.up.text = \"a\";}} {more}]; imports = [];}}")
    };
    let once = server(&module(""));
    let twice = server(&module("{services.up.text = \"a\";}"));
    assert!(prove(twice.path(), twice.path()).is_preserving());
    let proof = prove(twice.path(), once.path());
    assert!(!proof.is_preserving());
    let sentences: Vec<_> = proof.differences().map(|(_, d)| d.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "services.up.text is defined once with the same text, before twice: an option that joins its texts has another one"
        ]
    );
    let weaker = server(&module("{services.up.text = lib.mkDefault \"a\";}"));
    assert!(prove(weaker.path(), once.path()).is_preserving());
}

#[test]
fn a_switch_with_which_nothing_evaluates_is_named() {
    needs_nix!();
    let module =
        "{config, lib, ...}: {environment.etc = lib.mkIf config.services.up.enable (import ./absent/nothing.txt).x;}";
    let root = server(module);
    std::fs::create_dir(root.path().join("modules/server/absent")).expect("a directory");
    std::fs::write(
        root.path().join("modules/server/absent/nothing.txt"),
        "throw \"not here\"",
    )
    .expect("a file");
    let proof = prove(root.path(), root.path());
    assert!(proof.is_preserving());
    let lines = report::lines(&proof, false);
    let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    let after = copy(root.path());
    replace(
        after.path(),
        "modules/server/absent/nothing.txt",
        "throw \"not here\"",
        "{x.a.text = \"here\";}",
    );
    let error = Prover::new(options())
        .prove(after.path(), root.path())
        .expect_err("the change breaks it");
    assert_eq!(
        error.message(),
        "the repository does not evaluate after the change: not here"
    );
    assert_eq!(
        text[1..],
        [
            "not compared: what stands under services.up.enable, off where nothing here turns it on; with all of them on there is no evaluation: the repository does not evaluate before the change: not here"
        ]
    );
}

#[test]
fn functions_that_are_not_compared_are_said() {
    needs_nix!();
    let how = |more: &str| {
        let module = format!("{{pkgs, ...}}: {{services.a.package = pkgs.a.overrideAttrs (old: {{x = 1;}}); {more}}}");
        let before = server(&module);
        let proof = prove(before.path(), before.path());
        let lines: Vec<String> = proof.hosts.iter().flat_map(|host| report::how(host, false)).collect();
        lines.join("\n")
    };
    assert_eq!(how(""), "");
    let said = how("services.b.package = pkgs.b.overrideAttrs (old: {inputs = old.inputs ++ [1];});");
    assert!(
        said.contains("not compared: what functions without named arguments"),
        "{said}"
    );
}

#[test]
fn what_is_deep_in_a_module_that_is_a_function_is_compared() {
    needs_nix!();
    let module = |users: &str, port: u16, value: u8, mark: &str| {
        let inner = format!(
            "services.up.settings.access.deep.users = \"{users}\"; networking.firewall.allowedTCPPorts = [{port}];"
        );
        format!(
            r#"{{lib, ...}}: {{
              containers.vault.config = {{pkgs, ...}}: {{{inner}}};
              specialisation.guest.configuration = {{config, ...}}: {{{inner}}};
              programs.dconf.profiles.user.databases = [{{settings.a.b = lib.gvariant.mkUint32 {value};}}];
              services.editor.hook = lib.generators.mkLuaInline "{mark}";
            }}"#
        )
    };
    let before = server(&module("nobody", 80, 1, "one"));
    assert!(prove(before.path(), before.path()).is_preserving());
    for (users, port, value, mark, option) in [
        ("all", 80, 1, "one", "deep.users"),
        ("nobody", 81, 1, "one", "allowedTCPPorts"),
        ("nobody", 80, 2, "one", "databases"),
        ("nobody", 80, 1, "two", "editor.hook"),
    ] {
        let proof = prove(before.path(), server(&module(users, port, value, mark)).path());
        assert!(!proof.is_preserving(), "{option}");
        assert!(
            proof
                .differences()
                .all(|(_, difference)| difference.sentence.contains(option)),
            "{:?}",
            proof
                .differences()
                .map(|(_, difference)| &difference.sentence)
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn a_file_that_can_be_run_no_more_is_another_one() {
    use std::os::unix::fs::PermissionsExt as _;
    needs_nix!();
    let repository = |mode: u32| {
        let root = server("{...}: {environment.etc.\"update.sh\".source = ./update.sh;}");
        let script = root.path().join("modules/server/update.sh");
        std::fs::write(&script, "#!/bin/sh\n").expect("a file");
        std::fs::set_permissions(&script, std::fs::Permissions::from_mode(mode)).expect("permissions");
        root
    };
    let sides = [0o755, 0o644].map(repository);
    // A scratch copy has what git has of the permissions.
    let copies = sides.each_ref().map(|side| copy(side.path()));
    let proof = prove(copies[0].path(), copies[1].path());
    let sentences: Vec<_> = proof.differences().map(|(_, d)| d.sentence.as_str()).collect();
    assert!(
        matches!(sentences.as_slice(), [one] if one.starts_with("environment.etc.\"update.sh\".source: ")),
        "{sentences:?}"
    );
    assert!(prove(copies[0].path(), sides[0].path()).is_preserving());
}
