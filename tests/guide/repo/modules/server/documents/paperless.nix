{config, ...}: let
  inherit (config.qgroget.server) dataRoot;
  inherit (config.virtualisation.quadlet) containers pods;
in {
  qgroget.services.paperless = {
    subdomain = "documents";
    url = "http://127.0.0.1:8010";
    persistedData = ["${dataRoot}/paperless"];
  };

  qgroget.backups.paperless = {
    paths = ["${dataRoot}/paperless"];
    systemdUnits = ["paperless-pod.service"];
  };

  sops.secrets."server/paperless/database" = {};

  virtualisation.quadlet = {
    pods.paperless.podConfig.publishPorts = ["127.0.0.1:8010:8000"];

    containers.paperless = {
      autoStart = true;
      containerConfig = {
        image = "ghcr.io/paperless-ngx/paperless-ngx:2.18";
        pod = pods.paperless.ref;
        environments.PAPERLESS_DBHOST = "127.0.0.1";
        environmentFiles = [config.sops.secrets."server/paperless/database".path];
        volumes = ["${dataRoot}/paperless/media:/usr/src/paperless/media"];
      };
      unitConfig.Requires = [containers.paperless-db.ref];
    };

    containers.paperless-db = {
      autoStart = true;
      containerConfig = {
        image = "docker.io/library/postgres:16";
        pod = pods.paperless.ref;
        environments = {
          POSTGRES_DB = "paperless";
          POSTGRES_USER = "paperless";
        };
        environmentFiles = [config.sops.secrets."server/paperless/database".path];
        volumes = ["${dataRoot}/paperless/database:/var/lib/postgresql/data"];
      };
    };
  };
}
