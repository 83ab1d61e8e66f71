{...}: {
  qgroget.services.linkding = {
    subdomain = "links";
    url = "http://127.0.0.1:9090";
    type = "public";
    persistedData = ["/srv/linkding"];
  };

  qgroget.backups.linkding = {
    paths = ["/srv/linkding"];
    systemdUnits = ["linkding.service"];
  };

  virtualisation.quadlet.containers.linkding.containerConfig = {
    image = "docker.io/sissbruecker/linkding:1.41.0";
    publishPorts = ["127.0.0.1:9090:9090"];
    volumes = ["/srv/linkding:/etc/linkding/data"];
  };
}
