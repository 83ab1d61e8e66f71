{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.notes;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.notes = {
        domain = config.qgroget.server.domain;
        dataDir = "/var/lib/notes";
        persistedData = [cfg.dataDir];
        backupPaths = [];

        exposed = true;
        port = 9500;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.notes = {
        enable = true;
        environmentFile = config.sops.secrets."server/notes/env".path;
      };
    })

    # ── 3. Secrets ─────────────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      # one line of KEY=value each
      sops.secrets."server/notes/env" = {
        owner = "notes";
      };
    })
  ];
}
