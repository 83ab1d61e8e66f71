# Evaluation test of the collector: what small contracts add up to, without a virtual machine.
#
#   as a flake check:  import ./tests/collector/eval-test.nix {inherit pkgs;}
#   without packages:  nix-instantiate --eval --strict --json --arg pkgs null tests/collector/eval-test.nix
#
# With packages it is a derivation that fails with what went wrong; without, a set of the names
# that passed and the reasons of those that failed.
{
  pkgs ? null,
  lib ?
    if pkgs == null
    then import <nixpkgs/lib>
    else pkgs.lib,
}: let
  server = ../../modules/server;
  inherit (lib) mkOption types;

  # The options that the collector writes to, which NixOS and its modules declare on a real host.
  accepting = mkOption {
    type = types.attrsOf types.anything;
    default = {};
  };
  collecting = mkOption {
    type = types.listOf types.anything;
    default = [];
  };
  declared = (lib.evalModules {modules = [(server + "/options.nix")];}).options;
  host.options =
    {
      assertions = collecting;
      warnings = collecting;
      environment.persistence = accepting;
      services.postgresql = accepting;
      services.traefik = accepting;
    }
    # The repository's own option is used where options.nix declares it.
    // lib.optionalAttrs (!(declared.qgroget ? backups)) {qgroget.backups = accepting;};

  evaluate = serviceModules:
    (lib.evalModules {
      modules = [(server + "/options.nix") (server + "/collector.nix") host {qgroget = {inherit serviceModules;};}];
    })
    .config;
  messages = serviceModules: map (each: each.message) (lib.filter (each: !each.assertion) (evaluate serviceModules).assertions);
  mentions = text: lib.any (lib.hasInfix text);

  complete = {
    enable = true;
    domain = "example.org";
    dataDir = "/var/lib/complete";
    persistedData = [];
    backupPaths = [];
  };
  media =
    complete
    // {
      persistedData = [
        "/var/lib/media"
        {
          directory = "/var/cache/media";
          user = "media";
        }
      ];
      backupPaths = ["/var/lib/media"];
      backupUnits = ["media.service"];
      exposed = true;
      subdomain = "films";
      port = 8096;
      type = "public";
    };
  notes =
    complete
    // {
      persistedData = ["/var/lib/notes"];
      backupPaths = ["/var/lib/notes"];
      exposed = true;
      port = 8097;
      databases = [{name = "notes";}];
    };
  config = evaluate {
    inherit media notes;
    off =
      media
      // {
        enable = false;
        subdomain = "off";
        port = 8098;
      };
  };
  traefik = config.qgroget.collector.traefikDynamicConfig.http;

  cases = {
    "persistence: paths of enabled services, with owners" = {
      got = config.environment.persistence.${config.qgroget.contract.persistenceRoot}.directories;
      want = [
        "/var/lib/media"
        {
          directory = "/var/cache/media";
          user = "media";
        }
        "/var/lib/notes"
      ];
    };
    "backups: a job for each enabled service that has paths" = {
      got = lib.mapAttrs (_: job: job.paths) config.qgroget.backups;
      want = {
        media = ["/var/lib/media"];
        notes = ["/var/lib/notes"];
      };
    };
    "backups: units are stopped while the job runs" = {
      got = config.qgroget.backups.media.systemdUnits;
      want = ["media.service"];
    };
    "traefik: a router for each enabled and exposed service" = {
      got = lib.mapAttrs (_: router: router.rule) traefik.routers;
      want = {
        media = "Host(`films.example.org`)";
        notes = "Host(`notes.example.org`)";
      };
    };
    "traefik: the backend is the service's port" = {
      got = traefik.services.media.loadBalancer.servers;
      want = [{url = "http://127.0.0.1:8096";}];
    };
    "traefik: private asks for a client certificate, public does not" = {
      got = lib.mapAttrs (_: router: router.tls ? options) traefik.routers;
      want = {
        media = false;
        notes = true;
      };
    };
    "databases: created with a user that owns them" = {
      got = {inherit (config.services.postgresql) enable ensureDatabases ensureUsers;};
      want = {
        enable = true;
        ensureDatabases = ["notes"];
        ensureUsers = [
          {
            name = "notes";
            ensureDBOwnership = true;
          }
        ];
      };
    };
    "databases: the service reads its connection back" = {
      got = config.qgroget.serviceModules.notes.databaseConfig.port;
      want = 5432;
    };
    "checks: sound services have no fault" = {
      got = config.qgroget.collector.failures;
      want = [];
    };
    "checks: a port clash is found, in a disabled service too" = {
      got = mentions "Port 8096 conflict between 'media' and 'other'" (messages {
        inherit media;
        other = media // {enable = false;};
      });
      want = true;
    };
    "checks: two services of one host are found" = {
      got = mentions "Host 'films.example.org' conflict between 'media' and 'other'" (messages {
        inherit media;
        other = media // {port = 8097;};
      });
      want = true;
    };
    "checks: a missing field is named" = {
      got = mentions "Service 'media' is missing required field 'dataDir'" (messages {media = removeAttrs media ["dataDir"];});
      want = true;
    };
    "services: readers of the list see enabled and exposed services" = {
      got = lib.mapAttrs (_: service: service.url) config.qgroget.collector.services;
      want = {
        media = "http://127.0.0.1:8096";
        notes = "http://127.0.0.1:8097";
      };
    };
  };

  outcome = lib.mapAttrs (_: case: builtins.tryEval (builtins.deepSeq case.got (case.got == case.want))) cases;
  holds = name: outcome.${name}.success && outcome.${name}.value;
  show = lib.generators.toPretty {};
  reason = name:
    if outcome.${name}.success
    then "${name}\n  got:  ${show cases.${name}.got}\n  want: ${show cases.${name}.want}"
    else "${name}\n  does not evaluate";
  passed = lib.filter holds (lib.attrNames cases);
  failed = map reason (lib.filter (name: !holds name) (lib.attrNames cases));
in
  if pkgs == null
  then {inherit passed failed;}
  else
    pkgs.runCommand "collector-eval-test" {
      report = lib.concatStringsSep "\n" failed;
      passAsFile = ["report"];
    } (
      if failed == []
      then "echo ${toString (lib.length passed)} cases passed > $out"
      else ''
        cat "$reportPath" >&2
        exit 1
      ''
    )
