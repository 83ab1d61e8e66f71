# Evaluates the machines of a virtual machine test with options that accept anything in place of NixOS's own, and
# gives back what the contract of `service` is there, and which units are defined.
{
  test,
  service,
  arguments ? {},
  lib ? import <nixpkgs/lib>,
}: let
  # Packages are named and never built, so none is there.
  pkgs = {
    inherit lib;
    testers = {
      nixosTest = lib.id;
      runNixOSTest = lib.id;
    };
  };
  accepting = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = {};
  };
  # Read by name only: what a unit does needs packages.
  named = lib.mkOption {
    type = lib.types.lazyAttrsOf lib.types.raw;
    default = {};
  };
  nixos = {
    freeformType = lib.types.lazyAttrsOf lib.types.raw;
    options = {
      assertions = lib.mkOption {
        type = lib.types.listOf lib.types.raw;
        default = [];
      };
      environment = {
        etc = accepting;
        persistence = accepting;
      };
      services = named;
      systemd.services = named;
      users = accepting;
      virtualisation = named;
    };
    config._module.args = {
      inherit pkgs;
      inputs = {};
    };
  };
  described = import test ({inherit pkgs;} // arguments);
  machine = _: node: let
    inherit (lib.evalModules {modules = [nixos node];}) config;
    contract = config.qgroget.serviceModules.${service} or null;
  in
    if contract == null
    then null
    else {
      inherit (contract) enable domain port;
      units = lib.attrNames config.systemd.services;
    };
in
  lib.mapAttrs machine described.nodes
