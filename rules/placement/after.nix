{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.clock;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.clock = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        port = 9600;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.clock = {
        enable = true;
        faces = builtins.fromJSON (builtins.readFile ../faces.json);
      };
    })
  ];
}
