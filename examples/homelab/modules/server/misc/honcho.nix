{
  config,
  pkgs,
  ...
}: let
  stateDir = "/var/lib/honcho";
  settings = ./honcho-config.toml;
  enableVectors = pkgs.writeText "enable-vectors.sql" ''
    create extension if not exists vector;
  '';
  image = "ghcr.io/plastic-labs/honcho:v2.3.0";

  afterStores = {
    After = ["honcho-db.service" "honcho-cache.service"];
    Requires = ["honcho-db.service" "honcho-cache.service"];
  };

  inherit (config.virtualisation.quadlet) pods;
in {
  sops.secrets."server/honcho/env" = {};

  environment.persistence."/persist".directories = [
    {
      directory = stateDir;
      mode = "0700";
    }
  ];

  systemd.tmpfiles.rules = [
    "d ${stateDir}/db 0700 root root -"
    "d ${stateDir}/cache 0700 root root -"
  ];

  virtualisation.quadlet = {
    pods.honcho = {
      autoStart = true;
      podConfig = {
        name = "honcho";
        publishPorts = ["127.0.0.1:8000:8000"];
      };
    };

    containers.honcho-db = {
      autoStart = true;
      containerConfig = {
        name = "honcho-db";
        pod = pods.honcho.ref;
        image = "docker.io/pgvector/pgvector:pg17";
        environmentFiles = [config.sops.secrets."server/honcho/env".path];
        volumes = [
          "${stateDir}/db:/var/lib/postgresql/data:Z"
          "${enableVectors}:/docker-entrypoint-initdb.d/vectors.sql:ro"
        ];
      };
      serviceConfig.Restart = "always";
    };

    containers.honcho-cache = {
      autoStart = true;
      containerConfig = {
        name = "honcho-cache";
        pod = pods.honcho.ref;
        image = "docker.io/valkey/valkey:8";
        volumes = ["${stateDir}/cache:/data:Z"];
      };
      serviceConfig.Restart = "always";
    };

    containers.honcho-api = {
      autoStart = true;
      containerConfig = {
        name = "honcho-api";
        pod = pods.honcho.ref;
        inherit image;
        environmentFiles = [config.sops.secrets."server/honcho/env".path];
        volumes = ["${settings}:/app/config.toml:ro"];
      };
      serviceConfig.Restart = "always";
      unitConfig = afterStores;
    };

    containers.honcho-deriver = {
      autoStart = true;
      containerConfig = {
        name = "honcho-deriver";
        pod = pods.honcho.ref;
        inherit image;
        exec = "python -m src.deriver";
        environmentFiles = [config.sops.secrets."server/honcho/env".path];
        volumes = ["${settings}:/app/config.toml:ro"];
      };
      serviceConfig.Restart = "always";
      unitConfig = afterStores;
    };
  };
}
