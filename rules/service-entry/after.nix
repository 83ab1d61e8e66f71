# Films for the living room.
{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.films;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      # the front door of the house
      qgroget.serviceModules.films = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        subdomain = "cinema"; # shorter than the program's name
        port = 9001;
        # guests may look, too
        type = "public";
        middlewares = ["no-robots"];
        # defined here, and of use to others
        traefikDynamicConfig.http.middlewares.no-robots = {
          headers.customResponseHeaders.X-Robots-Tag = "noindex";
        };

        journalctl = true;
        unitName = "films.service";
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.films = {
        enable = true;
        address = "films.${config.qgroget.server.domain}";
      };
    })
  ];
}
