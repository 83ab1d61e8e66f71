{config, ...}: let
  inherit (config.qgroget.server) dataRoot;
in {
  qgroget.services.linkding = {
    subdomain = "links";
    url = "http://127.0.0.1:9090";
    persistedData = [
      {
        directory = "${dataRoot}/linkding";
        user = "root";
        group = "root";
        mode = "0750";
      }
    ];
  };

  virtualisation.quadlet.containers.linkding = {
    autoStart = true;
    containerConfig = {
      image = "docker.io/sissbruecker/linkding:1.41.0";
      publishPorts = ["127.0.0.1:9090:9090"];
      volumes = ["${dataRoot}/linkding:/etc/linkding/data"];
    };
  };
}
