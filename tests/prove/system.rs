//! System mode, with a small flake whose inputs are directories of this machine.

use std::collections::BTreeMap;
use std::path::Path;

use qgroget::prove::{Class, Mode, Proof, ProveOptions, Prover, Withheld, report, scratch};
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
            options = lib.genAttrs ["environment" "networking" "systemd" "users" "services" "label" "qgroget" "unseen"] (_: loose)
              // {boot.kernelParams = lib.mkOption {type = lib.types.listOf lib.types.str; default = [];};}
              // {system = lib.mkOption {type = lib.types.lazyAttrsOf lib.types.raw;};};
            config.system.build.toplevel = derivation {
              name = "nixos-system";
              system = "x86_64-linux";
              builder = "/bin/sh";
              content = builtins.toJSON (removeAttrs config ["system" "_module" "qgroget"]);
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
fn what_the_repository_defines_is_compared_wherever_it_is() {
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
    let found: Vec<_> = proof.differences().map(|(_, d)| (d.class, d.option())).collect();
    assert_eq!(found, [(Class::Gained, "services.obscure.x".to_owned())]);
    assert!(!proof.is_same_system());
}

/// What differs between two texts of a module, the second beside a contract that no system shows.
fn migrated(before: &str, after: &str) -> Proof {
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let sides = [("", before), ("qgroget.serviceModules.a = {};", after)].map(|(contract, text)| {
        let side = flake(nixpkgs.path());
        let module = format!("{{{contract} {text}}}");
        std::fs::write(side.path().join("modules/server/a.nix"), module).expect("written");
        side
    });
    prover()
        .prove(sides[0].path(), sides[1].path())
        .unwrap_or_else(|e| panic!("{e} {:?}", e.hints()))
}

#[test]
fn what_moves_into_the_contract_hides_no_other_difference() {
    needs_nix!();
    let kept = "boot.kernelParams = [\"a\" \"b\"];";
    assert!(migrated(kept, kept).is_same_system());
    // An option that is compared because the repository defines it.
    for (before, after) in [
        (kept, "boot.kernelParams = [\"b\" \"a\"];"),
        (kept, "boot = {kernelParams = [\"b\" \"a\"];};"),
        (kept, ""),
    ] {
        let proof = migrated(before, after);
        let told = proof
            .differences()
            .any(|(_, one)| one.class < Class::Gained && one.option() == "boot.kernelParams");
        assert!(
            told && !proof.is_preserving(),
            "{after}: {:?}",
            proof.differences().collect::<Vec<_>>()
        );
    }
    // One that no file names: there is nothing else that the other derivation could come of.
    let unseen = |value: &str| format!("imports = [(builtins.fromJSON ''{{\"unseen\": {{\"deep\": {value}}}}}'')];");
    let proof = migrated(&unseen("1"), &unseen("2"));
    let told = proof
        .differences()
        .any(|(_, one)| one.option() == "system.build.toplevel");
    assert!(
        told && !proof.is_preserving(),
        "{:?}",
        proof.differences().collect::<Vec<_>>()
    );
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

/// The proof of a change to `modules/server/a.nix` that means nothing, in a flake with these files besides or instead.
fn moved(files: &[(&str, &str)], mode: Mode) -> qgroget::error::Result<Proof> {
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let lock = lock(nixpkgs.path());
    let mut all: BTreeMap<&str, &str> = BTreeMap::from([
        ("flake.nix", FLAKE),
        ("flake.lock", &*lock),
        ("hosts/Server/configuration.nix", "{imports = [../../modules/server];}"),
        ("modules/server/default.nix", "{imports = [./a.nix];}"),
        ("modules/server/a.nix", "{networking.firewall.allowedTCPPorts = [80];}"),
    ]);
    all.extend(files.iter().copied());
    let before = repository(&all.into_iter().collect::<Vec<_>>());
    let after = copy(before.path());
    replace(after.path(), "modules/server/a.nix", "{", "{\n  # moved\n  ");
    let options = ProveOptions {
        mode,
        ..ProveOptions::default()
    };
    Prover::new(options).prove(before.path(), after.path())
}

fn no_system(proof: &Proof) -> String {
    assert_eq!(proof.mode, Mode::Slice);
    assert!(proof.is_preserving());
    let lines = report::lines(proof, false);
    let said = lines.iter().find(|line| line.text.contains("Server in slice mode: "));
    said.unwrap_or_else(|| panic!("{lines:?}")).text.clone()
}

#[test]
fn what_a_flake_knows_of_its_commit_is_the_same_on_both_sides() {
    needs_nix!();
    let labels = "{self, ...}: {imports = [../../modules/server]; label = {
      a = self.rev; b = self.shortRev; c = toString self.lastModified; d = self.lastModifiedDate; e = self.narHash;
      f = toString self.revCount; g = self.sourceInfo.rev;
    };}";
    let proof = moved(&[("hosts/Server/configuration.nix", labels)], Mode::System).expect("a proof");
    assert!(proof.is_same_system());
}

#[test]
fn a_system_that_names_its_own_source_is_the_same_system() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let files = flake(nixpkgs.path());
    let uses = "{self, ...}: {imports = [./a.nix]; label.script = \"${self}/x.sh\"; label.here = toString ./.;}";
    std::fs::write(files.path().join("modules/server/default.nix"), uses).expect("a file");
    let scratch = tempfile::tempdir().expect("a directory");
    let sides = ["before", "after"].map(|name| scratch.path().join(name));
    for side in &sides {
        scratch::materialise(files.path(), None, side).expect("a copy");
    }
    replace(&sides[1], "modules/server/a.nix", "{", "{\n  # moved\n  ");
    let options = ProveOptions {
        mode: Mode::System,
        disposable: true,
        ..ProveOptions::default()
    };
    let proof = Prover::new(options).prove(&sides[0], &sides[1]).expect("a proof");
    assert!(proof.is_same_system(), "{:?}", report::lines(&proof, true));
    assert!(sides.iter().all(|side| side.join("flake.nix").is_file()));
}

#[test]
fn what_system_mode_cannot_evaluate_before_goes_to_the_slice() {
    needs_nix!();
    let fetches = |what: &str| format!("{{imports = [./a.nix]; label.x = \"${{{what}}}\";}}");
    let tarball = fetches("builtins.fetchTarball \"https://example.org/x.tar.gz\"");
    let git = fetches(
        "(builtins.fetchGit {url = \"https://example.org/x.git\"; rev = \"0123456789012345678901234567890123456789\";}).rev",
    );
    for fetcher in [&tarball, &git] {
        let files = [("modules/server/default.nix", fetcher.as_str())];
        let error = moved(&files, Mode::System).expect_err("it fetches");
        assert_eq!(error.code(), "no-system-evaluation");
        assert!(error.message().contains("it fetches https://example.org/x"), "{error}");
        let proof = moved(&files, Mode::Auto).expect("a proof");
        assert!(no_system(&proof).contains("it fetches https://example.org/x"));
    }
}

#[test]
fn an_input_of_an_input_that_is_not_here_is_named_where_it_is_read() {
    needs_nix!();
    let deep = repository(&[(
        "flake.nix",
        "{inputs.deep.url = \"path:./deep\"; outputs = {self, deep}: {a = {}; b = {label.x = deep.y;};};}",
    )]);
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let mut locked: serde_json::Value = serde_json::from_str(&lock(nixpkgs.path())).expect("a lock");
    let node = serde_json::json!({"inputs": {"deep": "deep"}, "locked": {"type": "path", "path": deep.path()}});
    locked["nodes"]["other"] = node;
    locked["nodes"]["deep"] = serde_json::json!({"locked": {"type": "path", "path": "/nowhere/deep"}});
    locked["nodes"]["root"]["inputs"]["other"] = "other".into();
    let locked = locked.to_string();
    let with = |module: &str| {
        FLAKE
            .replace("{self, nixpkgs, ...}", "{self, nixpkgs, other}")
            .replace("modules = [", &format!("modules = [{module} "))
    };
    let (unused, used) = (with("other.a"), with("other.b"));
    let files = |flake| [("flake.lock", &*locked), ("flake.nix", flake)];
    assert!(moved(&files(&unused), Mode::System).expect("a proof").is_same_system());
    let error = moved(&files(&used), Mode::System).expect_err("it is read");
    assert_eq!(error.code(), "no-system-evaluation");
    let proof = moved(&files(&used), Mode::Auto).expect("a proof");
    assert!(no_system(&proof).contains("'deep' is not in the store"));
}

#[test]
fn what_only_the_change_breaks_is_refused_with_its_place() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let before = flake(nixpkgs.path());
    let scratch = tempfile::tempdir().expect("a directory");
    let after = scratch.path().join("qgroget-1/after");
    scratch::materialise(before.path(), None, &after).expect("a copy");
    replace(
        &after,
        "modules/server/a.nix",
        "\"true\"",
        "let f = x:\n  x.y.z;\nin f {y = {};}",
    );
    for mode in [Mode::System, Mode::Auto] {
        let options = ProveOptions {
            mode,
            ..ProveOptions::default()
        };
        let error = Prover::new(options).prove(before.path(), &after).expect_err("broken");
        assert!(
            error.message().contains("after the change: attribute 'z' missing"),
            "{error}"
        );
        let said = error.hints().join("\n");
        assert!(said.contains("at modules/server/a.nix:2:"), "{said}");
    }
}

#[test]
fn a_large_text_is_read_as_it_is() {
    needs_nix!();
    let data = format!("{{\"x\": \"{}\"}}", "1".repeat(300 << 10));
    let reads = "{imports = [./a.nix]; label.x = (builtins.fromJSON (builtins.readFile ./data.json)).x;}";
    let files = [
        ("modules/server/data.json", &*data),
        ("modules/server/default.nix", reads),
    ];
    for mode in [Mode::System, Mode::Slice] {
        assert!(moved(&files, mode).expect("a proof").is_preserving());
    }
}

#[test]
fn a_flake_that_takes_no_more_than_it_declares_has_no_input_of_a_test() {
    needs_nix!();
    let exact = FLAKE.replace("{self, nixpkgs, ...}", "{self, nixpkgs}");
    let test = "{inputs, ...}: {imports = [inputs.quadlet-nix.nixosModules.quadlet];}";
    let files = [("flake.nix", &*exact), ("tests/a/default.nix", test)];
    for mode in [Mode::System, Mode::Slice] {
        assert!(moved(&files, mode).expect("a proof").is_preserving());
    }
}

#[test]
fn a_module_behind_a_link_is_the_module_that_it_leads_to() {
    needs_nix!();
    let root = repository(&[
        ("hosts/Server/configuration.nix", "{imports = [../../modules/server];}"),
        ("modules/server/default.nix", "{imports = [./alias/m.nix];}"),
        (
            "modules/server/real/m.nix",
            "{networking.firewall.allowedTCPPorts = [80];}",
        ),
    ]);
    std::os::unix::fs::symlink("real", root.path().join("modules/server/alias")).expect("a link");
    let options = ProveOptions {
        mode: Mode::Slice,
        extra_modules: vec!["modules/server/real/m.nix".into()],
        ..ProveOptions::default()
    };
    let proof = Prover::new(options).prove(root.path(), root.path()).expect("a proof");
    let ports = proof.hosts[0].compared.values().sum::<usize>();
    assert!(proof.hosts[0].how.extra.is_empty() && ports > 0, "{proof:?}");
}

#[test]
fn a_nixpkgs_that_is_locked_as_a_path_is_found_by_both_modes() {
    needs_nix!();
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let library = tools().expect("a library").canonicalize().expect("a library");
    std::os::unix::fs::symlink(&library, nixpkgs.path().join("lib")).expect("a link");
    let before = flake(nixpkgs.path());
    let mut options = ProveOptions {
        mode: Mode::Slice,
        ..ProveOptions::default()
    };
    assert_eq!(
        Prover::new(options.clone()).library(before.path()).expect("a library"),
        library
    );
    options.mode = Mode::System;
    let proof = Prover::new(options).prove(before.path(), before.path());
    assert!(proof.expect("a proof").is_same_system());
}

/// Whether the flake's check `name` evaluates, where its checks are these.
fn check(checks: &str, name: &str) -> Option<Result<(), String>> {
    let nixpkgs = repository(&[("flake.nix", NIXPKGS)]);
    let root = flake(nixpkgs.path());
    let with = format!("outputs = {{self, nixpkgs, ...}}: {{ checks.x86_64-linux = {{{checks}}};");
    replace(root.path(), "flake.nix", "outputs = {self, nixpkgs, ...}: {", &with);
    let withheld = Withheld::default();
    prover()
        .evaluates_check(root.path(), &withheld, name)
        .unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_check_evaluates_or_says_why_not() {
    needs_nix!();
    let derivation = "derivation {name = \"x\"; system = \"x86_64-linux\"; builder = \"/bin/sh\";}";
    let checks = format!("good = {derivation}; bad = throw \"the machine has no y.service\";");
    assert_eq!(check(&checks, "good"), Some(Ok(())));
    let why = check(&checks, "bad").expect("evaluated").expect_err("it throws");
    assert!(why.contains("the machine has no y.service"), "{why}");
    let absent = check(&checks, "absent").expect("evaluated");
    assert!(absent.is_err(), "{absent:?}");
}

#[test]
fn without_the_inputs_nothing_is_said_of_a_check() {
    needs_nix!();
    let root = flake(Path::new("/nowhere"));
    let evaluated = prover().evaluates_check(root.path(), &Withheld::default(), "good");
    assert_eq!(evaluated.unwrap_or_else(|error| panic!("{error}")), None);
}
