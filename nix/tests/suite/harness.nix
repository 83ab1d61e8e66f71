# What the cases share: evaluations of the contract with small hosts, and a way to name a case.
{
  lib,
  optionsFile,
  collectorFile,
  bridgeFile,
  templateFile,
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

  # Options that NixOS itself declares, and those of modules that a host may lack.
  nixos.options = {
    assertions = collecting;
    warnings = collecting;
  };
  upstream.options.services = {
    postgresql = accepting;
    traefik = accepting;
    redis.enable = mkOption {
      type = types.bool;
      default = false;
    };
  };
  impermanence.options.environment.persistence = mkOption {
    default = {};
    type = types.attrsOf (types.submodule {
      options.directories = mkOption {
        type = types.listOf types.anything;
        default = [];
      };
    });
  };
  restic.options.qgroget.backups = mkOption {
    default = {};
    type = types.attrsOf (types.submodule {
      options = {
        paths = mkOption {type = types.listOf types.str;};
        exclude = mkOption {
          type = types.listOf types.str;
          default = ["legacy-default"];
        };
        systemdUnits = mkOption {
          type = types.listOf types.str;
          default = [];
        };
        preBackup = mkOption {
          type = types.nullOr types.lines;
          default = null;
        };
        postBackup = mkOption {
          type = types.nullOr types.lines;
          default = null;
        };
        priority = mkOption {
          type = types.int;
          default = 1000;
        };
        requireNetwork = mkOption {
          type = types.bool;
          default = false;
        };
      };
    });
  };
  legacy.options.qgroget.services = mkOption {
    default = {};
    type = types.attrsOf (types.submodule {
      options = {
        name = mkOption {
          type = types.str;
          default = "";
        };
        subdomain = mkOption {
          type = types.str;
          default = "";
        };
        url = mkOption {type = types.str;};
        type = mkOption {
          type = types.enum ["private" "public"];
          default = "private";
        };
        persistedData = mkOption {
          type = types.listOf types.anything;
          default = [];
        };
        middlewares = mkOption {
          type = types.listOf types.str;
          default = [];
        };
        logPath = mkOption {
          type = types.str;
          default = "";
        };
        journalctl = mkOption {
          type = types.bool;
          default = false;
        };
        unitName = mkOption {
          type = types.str;
          default = "";
        };
        traefikDynamicConfig = mkOption {
          type = types.attrs;
          default = {};
        };
      };
    });
  };

  evaluate = modules: (lib.evalModules {inherit modules;}).config;
  full = [optionsFile collectorFile nixos upstream impermanence restic];
in rec {
  inherit lib templateFile nixos upstream;

  case = name: got: want: {inherit name got want;};

  # The least that a service says.
  service = fields:
    {
      enable = true;
      domain = "example.org";
      dataDir = null;
    }
    // fields;
  exposed = port: fields:
    service ({
        inherit port;
        exposed = true;
      }
      // fields);

  # The schema alone, as a test of one service imports it.
  schema = serviceModules: (evaluate [optionsFile {qgroget = {inherit serviceModules;};}]).qgroget.serviceModules;
  schemaWith = contract: serviceModules:
    (evaluate [optionsFile {qgroget = {inherit contract serviceModules;};}]).qgroget.serviceModules;
  options = (lib.evalModules {modules = [optionsFile];}).options.qgroget;
  collectorOptions = (lib.evalModules {modules = full;}).options.qgroget.collector;

  # A host with everything that the collector feeds.
  host = serviceModules: evaluate (full ++ [{qgroget = {inherit serviceModules;};}]);
  hostWith = modules: serviceModules: evaluate (full ++ modules ++ [{qgroget = {inherit serviceModules;};}]);
  # A host whose restic jobs have options of their own.
  hostWithJobs = jobs: serviceModules: evaluate [optionsFile collectorFile nixos upstream impermanence jobs {qgroget = {inherit serviceModules;};}];
  # A host without impermanence, without a restic job option, without PostgreSQL and Traefik.
  bareHost = hostOf [];
  # A host with nothing but these modules.
  hostOf = modules: serviceModules: evaluate ([optionsFile collectorFile nixos] ++ modules ++ [{qgroget = {inherit serviceModules;};}]);
  # A host in the middle of the migration: legacy services, and the bridge that shows the new ones there.
  mixedHost = services: serviceModules:
    evaluate (full ++ [legacy bridgeFile {qgroget = lib.optionalAttrs (services != {}) {inherit services;} // {inherit serviceModules;};}]);

  collected = serviceModules: (host serviceModules).qgroget.collector;
  failures = serviceModules: (collected serviceModules).failures;
  persisted = config: config.environment.persistence."/persist".directories or "nothing";
  # The faults without the lines to paste.
  firstLines = map (message: lib.head (lib.splitString "\n" message));
  throws = value: !(builtins.tryEval (builtins.deepSeq value null)).success;
}
