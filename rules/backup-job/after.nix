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
        persistedData = ["/var/lib/recipes"];
        backupPaths = [
          "/var/lib/recipes"
          # "/var/lib/recipes-old"
        ];
        backupUnits = ["recipes.service"];
        backupExclude = ["/var/lib/recipes/thumbnails"];
        # a consistent copy
        backupPrepare = ''
          ${pkgs.sqlite}/bin/sqlite3 /var/lib/recipes/recipes.db ".backup '/var/lib/recipes/copy.db'"
        '';
        backupCleanup = ''
          rm --force /var/lib/recipes/copy.db
        '';
        backupPriority = 200;
        backupRequiresNetwork = false;
        # at night, when nobody cooks

        exposed = true;
        subdomain = "recipes";
        port = 9300;
        type = "private";
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.recipes.enable = true;
    })

    # ── 3. Secrets ─────────────────────────────────────────────────────────────────────
    # This service has no secrets of its own.
  ];
}
