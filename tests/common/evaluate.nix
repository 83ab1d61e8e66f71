# The configuration of the host `Server` in the repository at `root`, as data, with nixpkgs' real module system.
#
# What NixOS, sops, quadlet and impermanence declare is stood in for by options that take anything, and packages by
# names. Left out is what a migration changes on purpose: the contracts themselves, and the persistence fields of
# legacy services, which count where they take effect.
{root}: let
  lib = import <nixpkgs/lib>;
  inherit (lib) mkOption types;

  # Takes any definitions: sets are merged, lists joined, and strings joined by lines, or else they have to be equal.
  anything = lib.mkOptionType {
    name = "anything";
    check = _: true;
    emptyValue.value = {};
    merge = loc: defs: let
      values = lib.catAttrs "value" defs;
      first = lib.head values;
      all = test: lib.all test values;
    in
      if lib.length values == 1 && !lib.isAttrs first
      then first
      else if all (value: lib.isAttrs value && !(value ? drvName))
      then (types.attrsOf anything).merge loc defs
      else if all lib.isList
      then lib.concatLists values
      else if all (value: value == first)
      then first
      else if all lib.isString
      then lib.concatStringsSep "\n" values
      else throw "${lib.showOption loc} has definitions that differ";
  };
  open = options:
    mkOption {
      default = {};
      type = types.submodule {
        freeformType = types.attrsOf anything;
        inherit options;
      };
    };
  named = options:
    mkOption {
      default = {};
      type = types.attrsOf (types.submodule ({name, ...}: {
        freeformType = types.attrsOf anything;
        options = lib.mapAttrs (_: default:
          mkOption {
            type = types.str;
            default = default name;
          })
        options;
      }));
    };
  list = mkOption {
    default = [];
    type = types.listOf types.unspecified;
  };

  # A package, or a file whose name changes with its content.
  package = name: {
    drvName = name;
    outPath = "/nix/store/${name}";
  };
  file = name: text: package "${builtins.hashString "sha256" text}-${name}";
  generated = _: {
    type = types.attrs;
    generate = name: value: file name (builtins.toJSON value);
  };
  pkgs =
    lib.genAttrs ["beets" "coreutils" "curl" "gnused" "librsvg" "podman-compose" "restic" "sqlite" "zfs"] package
    // {
      inherit lib;
      formats = lib.genAttrs ["ini" "toml" "yaml" "json"] (_: generated);
      hostPlatform.system = "x86_64-linux";
      writeText = file;
      writeTextDir = file;
      writeShellScript = file;
      writeShellScriptBin = file;
      runCommand = name: _: file name;
    };

  standIns = {config, ...}: {
    options =
      lib.genAttrs ["boot" "disko" "fileSystems" "hardware" "home" "networking" "nixpkgs" "programs" "security" "systemd" "users"]
      (_: open {})
      // {
        assertions = list;
        warnings = list;
        services = open {};
        environment = open {
          persistence = mkOption {
            default = {};
            type = types.attrsOf (types.submodule {
              freeformType = types.attrsOf anything;
              options.directories = list;
            });
          };
        };
        virtualisation = open {
          quadlet = open (lib.genAttrs ["containers" "networks" "pods" "volumes"] (kind: named {ref = name: "${name}.${kind}";}));
        };
        sops = open {
          secrets = named {path = name: "/run/secrets/${name}";};
          templates = named {path = name: "/run/secrets/rendered/${name}";};
          placeholder = mkOption {
            type = types.attrs;
            default = lib.mapAttrs (name: _: "<${name}>") config.sops.secrets;
          };
        };
      };
    config.services = {
      forgejo.stateDir = "/var/lib/forgejo";
      jellyseerr.configDir = "/var/lib/jellyseerr/config";
      syncthing.guiAddress = lib.mkDefault "127.0.0.1:8384";
      traefik.dataDir = "/var/lib/traefik";
    };
    config.users = {
      users = lib.genAttrs ["arr" "immich-pg" "vaultwarden"] (_: {uid = lib.mkDefault 900;});
      groups = lib.genAttrs ["downloaders" "immich" "media" "password-manager"] (_: {gid = lib.mkDefault 900;});
    };
  };

  inherit
    (lib.evalModules {
      specialArgs = {
        inherit pkgs;
        hostname = "Server";
        modulesPath = "/nixpkgs/nixos/modules";
        inputs.scrutiny-nixpkgs = toString ./stand-ins;
      };
      modules =
        [standIns {_module.check = false;}]
        ++ lib.filter builtins.pathExists (map (path: root + path) [
          "/settings.nix"
          "/modules/shared"
          "/modules/branding"
          "/modules/server"
          "/modules/server/misc/syncthing.nix"
          "/modules/server/misc/syncthing/default.nix"
          "/hosts/Server/settings.nix"
          "/hosts/Server/disk-config.nix"
        ]);
    })
    config
    ;

  data = value:
    if lib.isFunction value
    then "<function>"
    else if value ? outPath
    then value.outPath
    else if lib.isAttrs value
    then lib.mapAttrs (_: data) value
    else if lib.isList value
    then map data value
    else if lib.isString value || builtins.isPath value
    then lib.replaceStrings [(toString root)] ["<root>"] (builtins.unsafeDiscardStringContext (toString value))
    else value;
  legacy = lib.mapAttrs (_: service: removeAttrs service ["persistedData" "backupDirectories"]);
  failed = lib.filter (assertion: !assertion.assertion) config.assertions;
in
  if failed != []
  then throw (lib.concatMapStringsSep "\n" (assertion: assertion.message) failed)
  else
    data (removeAttrs config ["assertions" "_module"]
      // {
        qgroget =
          removeAttrs config.qgroget ["serviceModules" "contract" "collector"]
          // lib.optionalAttrs (config.qgroget ? services) {services = legacy config.qgroget.services;};
      })
