{
  description = "The machines of a small household";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.11";

    # Scrutiny's module of the next release, see modules/server/misc/scrutiny.nix
    scrutiny-nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

    disko = {
      url = "github:nix-community/disko";
      inputs.nixpkgs.follows = "nixpkgs";
    };

    impermanence.url = "github:nix-community/impermanence";

    quadlet-nix.url = "github:SEIAROTg/quadlet-nix";

    sops-nix = {
      url = "github:Mic92/sops-nix";
      inputs.nixpkgs.follows = "nixpkgs";
    };
  };

  outputs = {nixpkgs, ...} @ inputs: let
    system = "x86_64-linux";
    pkgs = nixpkgs.legacyPackages.${system};

    everywhere = [
      inputs.sops-nix.nixosModules.sops
      inputs.impermanence.nixosModules.impermanence
    ];

    mkSystem = hostname: modules:
      nixpkgs.lib.nixosSystem {
        inherit system;
        specialArgs = {inherit inputs hostname;};
        modules = [./hosts/${hostname}/configuration.nix] ++ everywhere ++ modules;
      };
  in {
    nixosConfigurations = {
      Desk = mkSystem "Desk" [];

      Server = mkSystem "Server" [
        inputs.disko.nixosModules.disko
        inputs.quadlet-nix.nixosModules.quadlet
      ];
    };

    checks.${system} = {
      jellyfinTest = import ./tests/jellyfin {inherit pkgs;};
      jellyseerrTest = import ./tests/jellyseerr {inherit pkgs;};
    };

    formatter.${system} = pkgs.alejandra;
  };
}
