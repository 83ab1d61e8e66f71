# A stand-in for nixpkgs' test framework: evaluates a test's nodes with options that accept anything,
# and gives its script back. It says that a test is sound Nix and what its script is, not that it passes.
{
  test,
  arguments ? {},
  lib ? import <nixpkgs/lib>,
}: let
  inherit (lib) mkOption types;
  accepting = mkOption {
    type = types.attrsOf types.anything;
    default = {};
  };
  collecting = mkOption {
    type = types.listOf types.anything;
    default = [];
  };
  stub = name: "/nix/store/stub-${name}";
  pkgs = {
    inherit lib;
    openssl = stub "openssl";
    python3 = stub "python3";
    runCommand = name: _: _: stub name;
    writeText = name: _: stub name;
    writeTextDir = name: _: stub name;
    testers.nixosTest = lib.id;
  };
  nixos.options = {
    assertions = collecting;
    warnings = collecting;
    environment = {
      etc = accepting;
      persistence = accepting;
    };
    services = {
      authelia = accepting;
      lldap = accepting;
      postgresql = accepting;
      traefik = accepting;
    };
    systemd.services = accepting;
    users = accepting;
    virtualisation = accepting;
  };
  described = import test ({inherit pkgs;} // arguments);
  nodes = lib.mapAttrs (_: node: (lib.evalModules {modules = [nixos node];}).config) described.nodes;
in {
  inherit (described) name;
  script =
    if lib.isFunction described.testScript
    then described.testScript {inherit nodes;}
    else described.testScript;
  failures = lib.mapAttrs (_: node: map (each: each.message) node.assertions) nodes;
  routers = lib.mapAttrs (_: node: lib.attrNames (node.services.traefik.dynamicConfigOptions.http.routers or {})) nodes;
  persisted = lib.mapAttrs (_: node: node.environment.persistence) nodes;
  databases = lib.mapAttrs (_: node: node.services.postgresql.ensureDatabases or []) nodes;
}
