# Which modules make a host, and with which arguments: from the flake's own `nixosConfigurations`, evaluated
# with symbolic inputs and a `nixosSystem` that returns what it is given; without one, from the host's directory.
{
  lib,
  root,
  depot,
  host,
  request,
  symbol,
  pkgs,
}: let
  flakeFile = root + "/flake.nix";
  hasFlake = builtins.pathExists flakeFile;
  flake = import flakeFile;

  capture = arguments: symbol "nixosSystem" // {__captured = arguments;};
  systemLib = lib // {nixosSystem = capture;};

  names = lib.remove "self" (lib.unique (lib.attrNames (flake.inputs or {}) ++ lib.attrNames (lib.functionArgs flake.outputs)));
  isNixpkgs = name: lib.hasPrefix "nixpkgs" name || lib.hasInfix "/nixpkgs" (flake.inputs.${name}.url or "");
  input = name: let
    it = symbol "inputs.${name}";
  in
    it
    // {outPath = "${depot}/${name}";}
    // (
      if isNixpkgs name
      then {
        lib = systemLib;
        legacyPackages = lib.genAttrs lib.systems.flakeExposed (_: pkgs);
      }
      else {lib = it.lib // {nixosSystem = capture;};}
    );
  # The flake's outputs get what it declares and nothing else: without `...` they take no more. Where there is no flake, or
  # it declares no host, modules get what any source takes from `inputs`.
  declared = lib.genAttrs names input // {inherit self;};
  inputs = lib.genAttrs (lib.optionals hasFlake names ++ request.inputs) input // {inherit self;};
  self =
    symbol "inputs.self"
    // {
      outPath = toString root;
      inherit inputs;
    }
    // lib.optionalAttrs (hasFlake && !(outputs ? __symbol)) outputs;
  outputs = flake.outputs declared;

  captured =
    if hasFlake && !(outputs ? __symbol)
    then lib.mapAttrs (_: c: c.__captured) (lib.filterAttrs (_: c: c ? __captured) (outputs.nixosConfigurations or {}))
    else {};

  files = builtins.filter builtins.pathExists (
    map (name: root + "/${request.hosts}/${host}/${name}") ["configuration.nix" "default.nix"]
  );
  conventional = {
    modules =
      if files != []
      then [(builtins.head files)]
      else
        builtins.filter builtins.pathExists (map (p: root + "/${p}") [
          "${request.hosts}/${host}/settings.nix"
          request.server
        ]);
    specialArgs =
      lib.genAttrs request.arguments symbol
      // {
        inherit inputs self;
      }
      // lib.genAttrs ["hostname" "hostName" "host"] (_: host);
  };

  wired = captured.${host} or conventional;
in {
  hosts = lib.attrNames captured;
  modules = wired.modules or [];
  specialArgs = lib.mapAttrs (name: value: request.values.${name} or value) (wired.specialArgs or {});
}
