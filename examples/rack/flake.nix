{
  description = "A shelf with one server on it, and a laptop";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";
    preservation.url = "github:nix-community/preservation";
  };

  outputs = {
    nixpkgs,
    preservation,
    ...
  }: let
    machine = name:
      nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          preservation.nixosModules.preservation
          ./common
          ./machines/${name}
        ];
      };
  in {
    nixosConfigurations = nixpkgs.lib.genAttrs ["laptop" "shelf"] machine;
    formatter.x86_64-linux = nixpkgs.legacyPackages.x86_64-linux.alejandra;
  };
}
