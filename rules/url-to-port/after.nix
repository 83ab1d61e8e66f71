{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.radio;
  ports = {
    radio = 9100;
    spare = 9101;
  };
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.radio = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        # the stream and the page share one port
        port = ports.radio;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.radio = {
        enable = true;
        port = ports.radio;
        fallback = "http://${config.qgroget.server.domain}:${toString ports.spare}";
      };
    })
  ];
}
