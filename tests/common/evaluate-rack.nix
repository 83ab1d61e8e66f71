# The configuration of the host `shelf` in a copy of examples/rack at `root`, as data, with nixpkgs' real module system.
#
# What NixOS and preservation declare is stood in for by options that take anything. Left out is what a migration
# changes on purpose: the contracts themselves, and the persistence field of legacy services, which counts where it takes
# effect.
{root}: let
  lib = import <nixpkgs/lib>;
  inherit (lib) mkOption types;
  open = mkOption {
    default = {};
    type = types.attrsOf types.anything;
  };
  list = mkOption {
    default = [];
    type = types.listOf types.unspecified;
  };
  standIns.options =
    lib.genAttrs ["fileSystems" "networking" "services" "systemd"] (_: open)
    // {
      assertions = list;
      warnings = list;
      preservation = {
        enable = mkOption {default = false;};
        preserveAt = mkOption {
          default = {};
          type = types.attrsOf (types.submodule {
            options = {
              directories = list;
              files = list;
            };
          });
        };
      };
    };
  inherit (lib.evalModules {modules = [standIns (root + "/common") (root + "/machines/shelf")];}) config;
  legacy = lib.mapAttrs (_: service: removeAttrs service ["persistedData"]);
  failed = lib.filter (assertion: !assertion.assertion) config.assertions;
in
  if failed != []
  then throw (lib.concatMapStringsSep "\n" (assertion: assertion.message) failed)
  else
    removeAttrs config ["assertions" "_module"]
    // {
      homelab =
        removeAttrs config.homelab ["contracts" "contractRules" "collected" "services"]
        // lib.optionalAttrs (config.homelab ? services) {services = legacy config.homelab.services;};
    }
