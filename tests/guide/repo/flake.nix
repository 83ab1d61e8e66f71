{
  description = "A household's server";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

  outputs = {nixpkgs, ...}: let
    system = "x86_64-linux";
    pkgs = nixpkgs.legacyPackages.${system};
  in {
    nixosConfigurations.Server = nixpkgs.lib.nixosSystem {
      inherit system;
      modules = [./hosts/Server/configuration.nix];
    };

    checks.${system} = {};

    formatter.${system} = pkgs.alejandra;
  };
}
