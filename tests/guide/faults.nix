# What the collector says, by heading of the migration guide. Every text comes from an evaluation.
let
  lib = import <nixpkgs/lib>;
  harness = import ../../nix/tests/suite/harness.nix {
    inherit lib;
    optionsFile = ../../nix/options.nix;
    collectorFile = ../../nix/collector.nix;
    bridgeFile = ../../nix/legacy-bridge.nix;
    templateFile = ../../nix/template/default.nix;
  };
  inherit (harness) service exposed failures hostWith hostWithJobs bareHost;
  database = fields: service {databases = [fields];};
  text = lib.concatStringsSep "\n";
in
  lib.mapAttrs (_: text) {
    "A required field is missing" =
      (hostWith [{qgroget.contract.strict = true;}] {jellyfin.exposed = true;})
      .qgroget
      .collector
      .failures;
    "Two services use one port" = failures {
      jellyfin = exposed 8080 {};
      sonarr = exposed 8080 {};
    };
    "Two services use one database" = failures {
      service1 = database {name = "mydb";};
      service2 = database {name = "mydb";};
    };
    "A database cannot be created as declared" = failures {
      immich = database {
        name = "immich";
        user = "photos";
      };
      wiki = database {
        name = "wiki";
        type = "mysql";
        provision = true;
      };
    };
    "A middleware is not known" = failures {jellyfin = exposed 8096 {middlewares = ["auth-sso"];};};
    "A dependency is not enabled" = failures {
      immich = service {dependsOn = ["postgresql"];};
      jellyseerr = service {dependsOn = ["jellyfin"];};
      jellyfin = service {enable = false;};
    };
    "A field has a wrong value" = failures {jellyfin = service {port = "8096";};};
    "A field is not known" = failures {
      jellyfin = service {prot = 8096;};
      radarr = {...}: service {homepage = "https://example.org";};
      sonarr = service {homepage = "https://example.org";};
    };
    "A field has several values" = failures {
      jellyfin = lib.mkMerge [(service {subdomain = "jellyfin";}) {subdomain = "media";}];
    };
    "A field is set under both of its names" = failures {
      jellyfin = service {
        middlewares = ["compress"];
        middleware = ["rate-limit"];
      };
    };
    "A read-only field is set" = failures {immich = service {databaseConfig = {};};};
    "A value does not evaluate" = failures {jellyfin = service {dataDir = throw "elsewhere";};};
    "A service is not a set of fields" = failures {jellyfin = true;};
    "A backup setting has no place" =
      (hostWithJobs {
          options.qgroget.backups = lib.mkOption {
            default = {};
            type = lib.types.attrsOf (lib.types.submodule {
              options.paths = lib.mkOption {type = lib.types.listOf lib.types.str;};
            });
          };
        } {
          jellyfin = service {
            backupPaths = ["/var/lib/jellyfin"];
            backupPrepare = "dump";
          };
        })
      .qgroget
      .collector
      .failures;
    "Nothing takes persistence or backups" =
      (bareHost {
        jellyfin = service {
          dataDir = "/var/lib/jellyfin";
          backupPaths = ["/var/lib/jellyfin"];
        };
      })
      .warnings;
  }
