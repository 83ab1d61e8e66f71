# What ../../flake.nix gives out, with stand-ins for packages: a table of names and values to compare.
let
  lib = import <nixpkgs/lib>;
  derivation = name: {
    type = "derivation";
    outPath = "/nix/store/${name}";
    inherit name;
  };
  packages = system: {
    stdenv = {
      hostPlatform = {inherit system;};
      buildPlatform.canExecute = _: true;
    };
    rustPlatform.buildRustPackage = arguments: arguments // derivation "${arguments.pname}-${arguments.version}";
    mkShell = arguments: arguments // derivation "shell";
    runCommand = name: _: _: derivation name;
    installShellFiles = derivation "installShellFiles";
    git = derivation "git";
    alejandra = derivation "alejandra";
    cargo-insta = derivation "cargo-insta";
    clippy = derivation "clippy";
    rust-analyzer = derivation "rust-analyzer";
    rustfmt = derivation "rustfmt";
  };
  systems = ["x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin"];
  nixpkgs = {
    inherit lib;
    legacyPackages = lib.genAttrs systems packages;
  };
  flake = (import ../../flake.nix).outputs {inherit self nixpkgs;};
  self = flake // {outPath = "/flake";};

  host = lib.evalModules {
    modules = [
      flake.nixosModules.contract
      {
        freeformType = lib.types.lazyAttrsOf lib.types.anything;
        qgroget.serviceModules.jellyfin = {
          enable = true;
          domain = "example.org";
          dataDir = "/var/lib/jellyfin";
          exposed = true;
          port = 8096;
        };
      }
      {
        options.environment.persistence = lib.mkOption {type = lib.types.attrsOf lib.types.anything;};
      }
    ];
  };
in {
  outputs = lib.attrNames flake;
  package = flake.packages.x86_64-linux.default.name;
  overlay = (flake.overlays.default (packages "x86_64-linux") {}).qgroget.name;
  program = flake.apps.aarch64-linux.default.program;
  checks = lib.mapAttrs (_: check: check.name) flake.checks.x86_64-linux;
  shell = map (tool: tool.name) flake.devShells.x86_64-linux.default.packages;
  formatter = flake.formatter.aarch64-darwin.name;
  bridge = builtins.pathExists flake.nixosModules.legacy-bridge;
  collected = lib.attrNames host.config.qgroget.collector.services;
}
