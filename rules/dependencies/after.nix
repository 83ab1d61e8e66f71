{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.tickets;
  inherit (config.virtualisation.quadlet) containers pods;
  afterStore = {
    After = [containers.ledger-store.ref];
    Requires = [containers.ledger-store.ref];
  };
in {
  imports = [../../others.nix];
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.tickets = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        port = 9900;

        dependsOn = ["archive" "clock" "ledger" "mailer" "mysql" "tunnel"];

        journalctl = true;
        unitName = "tickets.service";
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      # what it only starts after, and its own parts, are no needs of it
      systemd.services.tickets = {
        requires = ["mysql.service" "tickets-search.service"];
        wants = ["postbox.service" "network-online.target"];
        after = ["mysql.service" "postbox.service" "traefik.service" "network-online.target"];
      };

      virtualisation.quadlet.containers = {
        tickets-print = {
          containerConfig.image = "docker.io/example/print:1";
          unitConfig = afterStore;
        };
        tickets-scan = {
          containerConfig = {
            image = "docker.io/example/scan:1";
            pod = pods.archive.ref;
          };
          unitConfig.BindsTo = "clock.service";
        };
        tickets-search.containerConfig = {
          image = "docker.io/example/search:1";
          networks = ["container:tunnel"];
        };
      };
    })
  ];
}
