{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.garden;
in {
  imports = [../../persistence.nix];
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.garden = {
        domain = config.qgroget.server.domain;
        dataDir = "/var/lib/garden";
        persistedData = [
          # the watering plan
          cfg.dataDir
          # moisture, hour by hour
          "/var/cache/garden"
        ];
        backupPaths = [];

        exposed = true;
        port = 9800;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.garden.enable = true;
    })
  ];
}
