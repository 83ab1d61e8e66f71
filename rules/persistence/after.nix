{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.letters;
  inherit (config.qgroget.server) dataRoot;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.letters = {
        domain = config.qgroget.server.domain;
        dataDir = "/var/lib/letters";
        persistedData = [
          cfg.dataDir # the mailboxes
          {
            directory = "${dataRoot}/attachments";
            user = "letters";
            group = "letters";
            mode = "0750";
          }
          # "/var/cache/letters"
        ];
        backupPaths = [];

        exposed = true;
        port = 9200;
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.letters.enable = true;
    })
  ];
}
