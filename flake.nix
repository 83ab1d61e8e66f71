{
  description = "Migrates a NixOS homelab from scattered service declarations to one contract per service";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = {
    self,
    nixpkgs,
  }: let
    inherit (nixpkgs) lib;
    systems = ["x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin"];
    forSystems = make: lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
    system = pkgs: pkgs.stdenv.hostPlatform.system;

    manifest = (lib.importTOML ./Cargo.toml).package;
    qgroget = pkgs:
      pkgs.rustPlatform.buildRustPackage {
        pname = manifest.name;
        inherit (manifest) version;
        src = self;
        cargoLock.lockFile = ./Cargo.lock;
        nativeBuildInputs = [pkgs.installShellFiles];
        # The unit tests; the others evaluate repositories with a nix of their own, which a build has not.
        nativeCheckInputs = [pkgs.git];
        cargoTestFlags = ["--lib"];
        postInstall = lib.optionalString (pkgs.stdenv.buildPlatform.canExecute pkgs.stdenv.hostPlatform) ''
          $out/bin/qgroget man --all man1
          installManPage man1/*.1
          for shell in bash zsh fish; do
            $out/bin/qgroget completions $shell > qgroget.$shell
            installShellCompletion --$shell --name qgroget.$shell qgroget.$shell
          done
          $out/bin/qgroget completions nushell > qgroget.nu
          install -Dm644 qgroget.nu $out/share/nushell/vendor/autoload/qgroget.nu
        '';
        meta = {
          inherit (manifest) description;
          homepage = manifest.repository;
          license = lib.licenses.mit;
          mainProgram = "qgroget";
        };
      };

    # The cases of nix/tests/suite that fail, by name.
    failing = map (case: case.name) (lib.filter (case: !case.ok) (import ./nix/tests/suite {inherit lib;}));
  in {
    packages = forSystems (pkgs: {default = qgroget pkgs;});

    apps = forSystems (pkgs: {
      default = {
        type = "app";
        program = lib.getExe self.packages.${system pkgs}.default;
        meta.description = manifest.description;
      };
    });

    overlays.default = final: _: {qgroget = qgroget final;};

    nixosModules = {
      # The contract with its collector, for a configuration that imports it and does not keep it in its own repository.
      contract.imports = [./nix/options.nix ./nix/collector.nix];
      # Shows the contract's services to readers of the legacy `qgroget.services`.
      legacy-bridge = ./nix/legacy-bridge.nix;
      default = self.nixosModules.contract;
    };

    checks = forSystems (pkgs: {
      package = self.packages.${system pkgs}.default;
      contract =
        if failing == []
        then pkgs.runCommand "contract-suite" {} "touch $out"
        else throw "the contract's suite fails: ${lib.concatStringsSep ", " failing}";
    });

    devShells = forSystems (pkgs: {
      default = pkgs.mkShell {
        inputsFrom = [self.packages.${system pkgs}.default];
        packages = with pkgs; [cargo-insta clippy rust-analyzer rustfmt];
      };
    });

    formatter = forSystems (pkgs: pkgs.alejandra);
  };
}
