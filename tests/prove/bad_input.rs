//! Repositories that do not evaluate, do not end, or are hostile.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use qgroget::error::Error;
use qgroget::prove::{ProveOptions, Prover};

use super::common::{copy, homelab, options, prove, replace, repository, server};
use crate::needs_nix;

fn refusal(before: &str, after: &str) -> Error {
    let (before, after) = (server(before), server(after));
    Prover::new(options())
        .prove(before.path(), after.path())
        .expect_err("a refusal")
}

#[test]
fn what_does_not_evaluate_before_is_not_ours() {
    needs_nix!();
    let error = refusal("{ services.x = ; }", "{}");
    assert_eq!(error.code(), "does-not-evaluate");
    assert!(
        error
            .message()
            .starts_with("the repository does not evaluate before the change: syntax error"),
        "{error}"
    );
    assert!(error.reason_text().is_some_and(|r| r.contains("not in the change")));
    assert!(error.hints().iter().any(|h| h.contains("--no-verify")));
}

#[test]
fn what_no_import_leads_to_blocks_nothing() {
    needs_nix!();
    let side = |uid: u32| {
        repository(&[
            ("hosts/Server/configuration.nix", "{imports = [../../modules/server];}"),
            (
                "modules/server/default.nix",
                &format!(
                    "{{config, ...}}: {{users.users.x.uid = {uid}; services.x.user = config.users.users.y.name;}}"
                ),
            ),
            (
                "modules/server/draft.nix",
                "{config, ...}: {services.x = config.a.b.c; (",
            ),
            ("notes/binary.nix", "\u{0}"),
        ])
    };
    let (before, same, after) = (side(1000), side(1000), side(1001));
    assert!(prove(before.path(), same.path()).is_preserving());
    let proof = prove(before.path(), after.path());
    let differences = &proof.hosts[0].verdict.differences;
    let options: Vec<String> = differences.iter().map(|difference| difference.option()).collect();
    assert_eq!(options, ["users.users.x.uid"]);
}

#[test]
fn what_an_import_leads_to_is_refused_where_it_does_not_parse() {
    needs_nix!();
    let side = |module: &str| {
        repository(&[
            ("hosts/Server/configuration.nix", "{imports = [../../modules/server];}"),
            ("modules/server/default.nix", "{imports = [./draft.nix];}"),
            ("modules/server/draft.nix", module),
        ])
    };
    let error = Prover::new(options())
        .prove(
            side("{}").path(),
            side("{config, ...}: {services.x = config.a.b.c; (").path(),
        )
        .expect_err("a refusal");
    assert_eq!(error.code(), "does-not-evaluate");
    assert!(
        error
            .message()
            .starts_with("the repository does not evaluate after the change: syntax error"),
        "{error}"
    );
}

#[test]
fn what_does_not_evaluate_after_is() {
    needs_nix!();
    let error = refusal("{}", "{ services.x = undefinedVariable; }");
    assert!(
        error
            .message()
            .starts_with("the repository does not evaluate after the change: undefined variable"),
        "{error}"
    );
}

#[test]
fn a_module_that_lost_its_file_is_found() {
    needs_nix!();
    let after = copy(&homelab());
    fs::remove_file(after.path().join("modules/server/misc/obsidian.nix")).expect("removed");
    let error = Prover::new(options())
        .prove(&homelab(), after.path())
        .expect_err("a refusal");
    assert!(error.message().contains("after the change"), "{error}");
}

#[test]
fn data_that_only_the_change_lost_is_found() {
    needs_nix!();
    let after = copy(&homelab());
    replace(
        after.path(),
        "modules/server/misc/honcho.nix",
        "./honcho-config.toml",
        "./gone.toml",
    );
    let error = Prover::new(options())
        .prove(&homelab(), after.path())
        .expect_err("a refusal");
    assert!(error.message().contains("gone.toml"), "{error}");
}

#[test]
fn infinite_recursion_is_said_shortly() {
    needs_nix!();
    let error = refusal("{config, ...}: {services.x.a.b.c.d = config.services.x.a.b.c.d;}", "{}");
    assert!(error.message().contains("infinite recursion"), "{error}");
    assert!(error.hints().iter().all(|h| h.lines().count() < 15));
}

#[test]
fn an_evaluation_that_does_not_end_is_ended() {
    needs_nix!();
    let root =
        server("{services.x.y = let f = n: if n < 0 then n else f (n + 1); in builtins.foldl' (a: _: a + f 0) 0 [1];}");
    let loops = server(
        "{services.x.y = builtins.length (builtins.genList (n: n) 100000000) + builtins.foldl' (a: b: a + b) 0 (builtins.concatLists (builtins.genList (n: builtins.genList (m: m) 100000) 100000));}",
    );
    drop(root);
    let prover = Prover::new(ProveOptions {
        timeout: Duration::from_secs(2),
        ..options()
    });
    let start = Instant::now();
    let error = prover.prove(loops.path(), loops.path()).expect_err("a refusal");
    assert_eq!(error.code(), "evaluation-too-long", "{error}");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(error.hints().iter().any(|h| h.contains("--timeout")));
}

#[test]
fn a_build_is_not_started_for_evaluation() {
    needs_nix!();
    let error = refusal(
        "{pkgs, ...}: {services.x = import (pkgs.runCommand \"x\" {} \"echo {} > $out\");}",
        "{}",
    );
    assert!(error.message().contains("before the change"), "{error}");
    let error = refusal(
        "{services.x = import (derivation {name = \"x\"; system = \"x86_64-linux\"; builder = \"/bin/sh\";});}",
        "{}",
    );
    assert!(error.message().contains("before the change"), "{error}");
}

#[test]
fn neither_network_nor_other_files_can_be_read() {
    needs_nix!();
    for hostile in [
        "{services.x = builtins.readFile (builtins.fetchurl \"https://example.org/x\");}",
        "{services.x = builtins.readFile (builtins.fetchTarball \"https://example.org/x.tar.gz\");}",
        "{services.x = builtins.readFile \"/etc/passwd\";}",
        "{services.x = import /etc/nixos/configuration.nix;}",
        "{services.x = builtins.readDir \"/\";}",
    ] {
        let error = refusal(hostile, "{}");
        assert!(error.message().contains("before the change"), "{hostile}: {error}");
    }
}

#[test]
fn what_is_fetched_is_told_apart_by_what_is_asked_for() {
    needs_nix!();
    let fetches = |file: &str| {
        server(&format!(
            "{{services.x.y = builtins.fetchurl \"https://example.org/{file}\";}}"
        ))
    };
    let (one, other) = (fetches("a"), fetches("b"));
    assert!(prove(one.path(), one.path()).is_preserving());
    assert!(!prove(one.path(), other.path()).is_preserving());
}

#[test]
fn without_nix_the_proof_is_refused_by_name() {
    let prover = Prover::new(ProveOptions {
        nix: Some(PathBuf::from("/nowhere/nix-instantiate")),
        ..options()
    });
    let error = prover.available().expect_err("no nix");
    assert_eq!(error.code(), "no-nix");
    assert!(error.hints().iter().any(|h| h.contains("--no-verify")));
}

#[test]
fn an_unknown_host_is_a_usage_error() {
    needs_nix!();
    let root = server("{}");
    let prover = Prover::new(ProveOptions {
        host: Some("Nobody".to_owned()),
        ..options()
    });
    let error = prover.prove(root.path(), root.path()).expect_err("a refusal");
    assert!(error.hints().iter().any(|h| h.contains("Server")));
}
