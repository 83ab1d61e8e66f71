{
  pkgs,
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.recipes;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.recipes = {
        domain = config.qgroget.server.domain;
        dataDir = "/var/lib/recipes";
        persistedData = [cfg.dataDir];
        backupPaths = [
          cfg.dataDir
          # "/var/lib/recipes-old"
        ];
        backupUnits = ["recipes.service"];
        backupExclude = ["${cfg.dataDir}/thumbnails"];
        # a consistent copy
        backupPrepare = ''
          ${pkgs.sqlite}/bin/sqlite3 ${cfg.dataDir}/recipes.db ".backup '${cfg.dataDir}/copy.db'"
        '';
        backupCleanup = ''
          rm --force ${cfg.dataDir}/copy.db
        '';
        backupPriority = 200;
        backupRequiresNetwork = false;
        # at night, when nobody cooks

        exposed = true;
        port = 9300;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.recipes.enable = true;
    })
  ];
}
