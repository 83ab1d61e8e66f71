//! System mode, with a small flake whose inputs are directories of this machine.

use std::path::Path;

use qgroget::prove::{Class, Mode, ProveOptions, Prover, report};
use tempfile::TempDir;

use super::common::{copy, replace, repository, tools};
use crate::needs_nix;

/// A stand-in for nixpkgs that builds a derivation from the configuration, as NixOS does.
pub const NIXPKGS: &str = r#"{
  inputs.library.flake = false;
  outputs = {library, ...}: let
    lib = import (library.outPath + "/lib");
    loose = lib.mkOption {type = lib.types.attrsOf lib.types.anything; default = {};};
  in {
    lib = lib // {
      nixosSystem = {modules, specialArgs ? {}, ...}:
        lib.evalModules {
          inherit specialArgs;
          modules = modules ++ [({config, ...}: {
            options = lib.genAttrs ["environment" "networking" "systemd" "users" "services" "label"] (_: loose)
              // {system = lib.mkOption {type = lib.types.lazyAttrsOf lib.types.raw;};};
            config.system.build.toplevel = derivation {
              name = "nixos-system";
              system = "x86_64-linux";
              builder = "/bin/sh";
              content = builtins.toJSON (removeAttrs config ["system" "_module"]);
            };
          })];
        };
    };
  };
}"#;

pub const FLAKE: &str = r#"{
  inputs.nixpkgs.url = "path:./nixpkgs";
  outputs = {self, nixpkgs, ...}: {
    nixosConfigurations.Server = nixpkgs.lib.nixosSystem {
      specialArgs = {inherit self;};
      modules = [./hosts/Server/configuration.nix];
    };
  };
}"#;

/// The lock of [`FLAKE`], with nixpkgs in this directory.
pub fn lock(nixpkgs: &Path) -> String {
    let library = tools().expect("a library");
    let library = library.parent().expect("nixpkgs").canonicalize().expect("nixpkgs");
    let lock = serde_json::json!({
        "version": 7,
        "root": "root",
        "nodes": {
            "root": {"inputs": {"nixpkgs": "nixpkgs"}},
            "nixpkgs": {"inputs": {"library": "library"}, "locked": {"type": "path", "path": nixpkgs}},
            "library": {"flake": false, "locked": {"type": "path", "path": library}},
        },
    });
    lock.to_string()
}

fn flake(nixpkgs: &Path) -> TempDir {
    repository(&[
        ("flake.nix", FLAKE),
        ("flake.lock", &lock(nixpkgs)),
        (
            "hosts/Server/configuration.nix",
            "{self, ...}: {imports = [../../modules/server]; label.revision = self.rev or \"dirty\";}",
        ),
        ("modules/server/default.nix", "{imports = [./a.nix];}"),
        (
            "modules/server/a.nix",
            "{networking.firewall.allowedTCPPorts = [80 443]; systemd.services.a.script = \"true\";}",
        ),
    ])
}

fn prover() -> Prover {
    Prover::new(ProveOptions {
        mode: Mode::System,
        ..ProveOptions::default()
    })
}

#[test]
fn the_same_derivation_is_the_perfect_proof() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let before = flake(nixpkgs.path());
    let after = copy(before.path());
    replace(
        after.path(),
        "modules/server/a.nix",
        "{networking",
        "{\n  # moved\n  networking",
    );
    let proof = prover()
        .prove(before.path(), after.path())
        .unwrap_or_else(|e| panic!("{e} {:?}", e.hints()));
    assert_eq!(proof.mode, Mode::System);
    assert!(proof.is_same_system() && proof.is_preserving());
    assert!(report::headline(&proof).starts_with("The system is the same: one toplevel derivation"));
}

#[test]
fn another_system_is_told_by_option() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let before = flake(nixpkgs.path());
    let after = copy(before.path());
    replace(after.path(), "modules/server/a.nix", "[80 443]", "[80]");
    let proof = prover()
        .prove(before.path(), after.path())
        .unwrap_or_else(|e| panic!("{e} {:?}", e.hints()));
    assert!(!proof.is_same_system());
    let found: Vec<_> = proof.differences().map(|(_, d)| (d.class, d.option())).collect();
    assert_eq!(found, [(Class::Lost, "networking.firewall.allowedTCPPorts".to_owned())]);
}

#[test]
fn a_change_that_no_option_shows_is_not_called_preserved() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let before = flake(nixpkgs.path());
    let after = copy(before.path());
    replace(
        after.path(),
        "modules/server/a.nix",
        "systemd",
        "services.obscure.x = 1; systemd",
    );
    let proof = prover().prove(before.path(), after.path()).expect("a proof");
    assert!(!proof.is_preserving() && !proof.is_same_system());
}

#[test]
fn without_the_inputs_slice_mode_does() {
    needs_nix!();
    let before = flake(Path::new("/nowhere/nixpkgs"));
    let error = prover().prove(before.path(), before.path()).expect_err("no inputs");
    assert_eq!(error.code(), "no-system-evaluation");
    let auto = Prover::new(ProveOptions::default())
        .prove(before.path(), before.path())
        .expect("a proof");
    assert_eq!(auto.mode, Mode::Slice);
    assert!(auto.is_preserving());
}

#[test]
fn a_lock_file_behind_a_link_is_read_only_inside_the_repository() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let before = flake(nixpkgs.path());
    let lock = before.path().join("flake.lock");
    let behind = |target: &Path| {
        std::fs::remove_file(&lock).expect("the lock");
        std::os::unix::fs::symlink(target, &lock).expect("a link");
        prover().prove(before.path(), before.path())
    };
    std::fs::copy(&lock, before.path().join("real.lock")).expect("copied");
    let outside = nixpkgs.path().join("outside.lock");
    std::fs::copy(&lock, &outside).expect("copied");
    for target in [&outside, Path::new("nowhere"), Path::new("flake.lock")] {
        let error = behind(target).expect_err("no lock");
        assert_eq!(
            error.message(),
            "the whole system cannot be evaluated here: flake.lock is a link to nothing that is in the repository"
        );
    }
    assert!(behind(Path::new("real.lock")).expect("a proof").is_same_system());
}
