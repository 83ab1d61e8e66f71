{config, ...}: let
  inherit (config.qgroget.server) dataRoot;
  inherit (config.virtualisation.quadlet) pods;
  timezone = "Europe/Paris";
in {
  qgroget.services.radarr = {
    subdomain = "radarr";
    url = "http://127.0.0.1:7878";
    persistedData = ["${dataRoot}/radarr"];
  };

  qgroget.services.sonarr = {
    subdomain = "sonarr";
    url = "http://127.0.0.1:8989";
    persistedData = ["${dataRoot}/sonarr"];
  };

  qgroget.backups.arr = {
    paths = ["${dataRoot}/sonarr" "${dataRoot}/radarr"];
    systemdUnits = ["arr-pod.service"];
  };

  virtualisation.quadlet.pods.arr.podConfig.publishPorts = [
    "127.0.0.1:7878:7878"
    "127.0.0.1:8989:8989"
  ];

  virtualisation.quadlet.containers.radarr.containerConfig = {
    image = "lscr.io/linuxserver/radarr:5.27.5";
    pod = pods.arr.ref;
    environments.TZ = timezone;
    volumes = ["${dataRoot}/radarr:/config"];
  };

  virtualisation.quadlet.containers.sonarr.containerConfig = {
    image = "lscr.io/linuxserver/sonarr:4.0.15";
    pod = pods.arr.ref;
    environments.TZ = timezone;
    volumes = ["${dataRoot}/sonarr:/config"];
  };
}
