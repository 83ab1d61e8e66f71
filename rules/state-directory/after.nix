{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.diary;
  containerDir = "/srv/containers";
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.diary = {
        domain = config.qgroget.server.domain;
        dataDir = "${containerDir}/diary";
        persistedData = [];
        backupPaths = [];

        exposed = true;
        port = 9300;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      virtualisation.quadlet.containers.diary.containerConfig = {
        image = "docker.io/example/diary:1";
        volumes = [
          "${cfg.dataDir}/pages:/pages:Z"
          "${cfg.dataDir}/config:/config:Z"
          # what another service writes is read only
          "/tank/photos/diary:/photos:ro"
        ];
      };
    })
  ];
}
