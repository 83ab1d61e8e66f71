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
        persistedData = ["/var/lib/photos"];
        # the originals are nowhere else
        backupPaths = ["/var/lib/photos"];

        exposed = true;
        subdomain = "photos";
        port = 9700;
        type = "private";
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.photos.enable = true;
    })

    # ── 3. Secrets ─────────────────────────────────────────────────────────────────────
    # This service has no secrets of its own.
  ];
}
