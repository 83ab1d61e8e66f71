{config, ...}: let
  inherit (config.virtualisation.quadlet) containers pods;
  afterStore = {
    After = [containers.ledger-store.ref];
    Requires = [containers.ledger-store.ref];
  };
in {
  imports = [../../others.nix];

  qgroget.services.tickets = {
    name = "tickets";
    url = "http://127.0.0.1:9900";
    journalctl = true;
    unitName = "tickets.service";
  };

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
}
