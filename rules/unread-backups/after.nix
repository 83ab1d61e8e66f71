{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.photos;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.photos = {
        domain = config.qgroget.server.domain;
        dataDir = "/var/lib/photos";
        persistedData = [cfg.dataDir];
        # the originals are nowhere else
        backupPaths = [cfg.dataDir];

        exposed = true;
        port = 9700;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.photos.enable = true;
    })
  ];
}
