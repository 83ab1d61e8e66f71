{...}: {
  qgroget.services = {
    archive = {
      name = "archive";
      url = "http://127.0.0.1:9901";
    };
    clock = {
      name = "clock";
      url = "http://127.0.0.1:9905";
    };
    ledger = {
      name = "ledger";
      url = "http://127.0.0.1:9902";
    };
    mailer = {
      name = "mailer";
      url = "http://127.0.0.1:9903";
      unitName = "postbox.service";
    };
    tunnel = {
      name = "tunnel";
      url = "http://127.0.0.1:9904";
    };
  };

  services.mysql.enable = true;

  virtualisation.quadlet = {
    pods.archive.autoStart = true;
    containers.ledger-store.autoStart = true;
    containers.tunnel.autoStart = true;
  };
}
