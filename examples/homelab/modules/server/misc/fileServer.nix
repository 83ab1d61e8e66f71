{config, ...}: {
  qgroget.services.file = {
    name = "file";
    url = "http://127.0.0.1:8095";
    type = "public";
  };

  virtualisation.quadlet.containers.file-server = {
    autoStart = true;
    containerConfig = {
      name = "file-server";
      image = "docker.io/library/caddy:2-alpine";
      exec = "caddy file-server --root /srv --listen :8095";
      publishPorts = ["127.0.0.1:8095:8095"];
      volumes = [
        "${config.logo.web}:/srv/images:ro"
        "${config.qgroget.server.mediaDir}/public:/srv/public:ro"
      ];
    };
    serviceConfig.Restart = "always";
  };
}
