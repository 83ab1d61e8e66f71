# Messages that evaluation stops with. tryEval hides a thrown text, so each case is evaluated by
# itself (see tests/contract/mutants): `value` must fail, and the error, its lines without indentation, must contain `want`.
{
  optionsFile ? ../../options.nix,
  collectorFile ? ../../collector.nix,
  bridgeFile ? ../../legacy-bridge.nix,
  templateFile ? ../../template/default.nix,
  lib ? import <nixpkgs/lib>,
}: let
  harness = import ./harness.nix {inherit lib optionsFile collectorFile bridgeFile templateFile;};
  inherit (harness) service exposed schema schemaWith host;
  fault = field: {jellyfin = removeAttrs (service {}) [field];};
in {
  enable = {
    value = (schema (fault "enable")).jellyfin.enable;
    want = ["Service 'jellyfin' is missing required field 'enable': whether the service runs" "Fix: qgroget.serviceModules.jellyfin.enable = true;"];
  };
  domain = {
    value = (schema (fault "domain")).jellyfin.domain;
    want = ["Service 'jellyfin' is missing required field 'domain'"];
  };
  dataDir = {
    value = (schema (fault "dataDir")).jellyfin.persistedData;
    want = ["Service 'jellyfin' is missing required field 'dataDir': where its state lives (null if it keeps none)" ''Fix: qgroget.serviceModules.jellyfin.dataDir = "/var/lib/jellyfin";''];
  };
  port = {
    value = (schema {jellyfin = service {exposed = true;};}).jellyfin.url;
    want = ["Service 'jellyfin' is missing required field 'port'" "Fix: qgroget.serviceModules.jellyfin.port = 8080;"];
  };
  persistedData = {
    value = (schemaWith {strict = true;} {jellyfin = service {};}).jellyfin.persistedData;
    want = ["Service 'jellyfin' is missing required field 'persistedData'"];
  };
  backupPaths = {
    value = (schemaWith {strict = true;} {jellyfin = service {};}).jellyfin.backupPaths;
    want = ["Service 'jellyfin' is missing required field 'backupPaths'"];
  };
  aggregate = {
    value =
      (host (fault "dataDir"
        // {
          sonarr = exposed 8080 {};
          radarr = exposed 8080 {};
        }))
      .environment
      .persistence;
    want = [
      (lib.concatStringsSep "\n" [
        "Service 'jellyfin' is missing required field 'dataDir': where its state lives (null if it keeps none)"
        ''Fix: qgroget.serviceModules.jellyfin.dataDir = "/var/lib/jellyfin";''
        "Port 8080 conflict between 'radarr' and 'sonarr'"
      ])
    ];
  };
  # A fault at the bottom of an aggregate.
  job = {
    value =
      (host {
        jellyfin = service {
          backupPaths = ["/a"];
          backupExclude = 1;
        };
      })
      .qgroget
      .backups;
    want = ["Service 'jellyfin' has a wrong value in field 'backupExclude'"];
  };
}
