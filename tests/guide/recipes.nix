# What the collector has to say about each of these modules by itself: file → faults.
{recipes}: let
  lib = import <nixpkgs/lib>;
  harness = import ../../nix/tests/suite/harness.nix {
    inherit lib;
    optionsFile = ../../nix/options.nix;
    collectorFile = ../../nix/collector.nix;
    bridgeFile = ../../nix/legacy-bridge.nix;
    templateFile = ../../nix/template/default.nix;
  };
  inherit (lib) mkOption types;
  # What NixOS and its modules declare on a real host.
  open = mkOption {
    type = types.attrsOf types.anything;
    default = {};
  };
  around = {
    config._module.check = false;
    options = {
      virtualisation.quadlet = open;
      systemd = open;
      networking = open;
      sops.secrets = open;
      environment.systemPackages = mkOption {
        type = types.listOf types.anything;
        default = [];
      };
      qgroget.server.domain = mkOption {
        type = types.str;
        default = "example.org";
      };
    };
  };
  # Everything that the collector makes of it is evaluated, too.
  faults = file: let
    inherit (harness.hostWith [around {qgroget.contract.strict = true;} (/. + file)] {}) qgroget virtualisation systemd networking;
    made = builtins.deepSeq [
      (removeAttrs qgroget.collector ["otherServices"])
      virtualisation
      systemd
      networking
    ];
  in
    if lib.attrNames qgroget.serviceModules == []
    then ["declares no service"]
    else if qgroget.collector.failures != []
    then qgroget.collector.failures
    else made [];
in
  lib.listToAttrs (map (file: lib.nameValuePair (baseNameOf file) (faults file)) recipes)
