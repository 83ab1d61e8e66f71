{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.ledger;
  shared = "ledger";
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.ledger = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        subdomain = "ledger";
        port = 9920;
        type = "public";

        databases = [
          {
            type = "postgresql";
            name = "ledger";
            user = "clerk";
            host = "127.0.0.1";
            port = 5450;
            provision = false;
          }
        ];
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      virtualisation.quadlet.containers = {
        ledger-store.containerConfig = {
          image = "docker.io/library/postgres:17-alpine";
          publishPorts = ["127.0.0.1:5450:5432"];
          environments = {
            POSTGRES_DB = cfg.databaseConfig.name;
            # the password is the same word, and no name
            POSTGRES_USER = cfg.databaseConfig.user;
            POSTGRES_PASSWORD = "clerk";
          };
        };
        ledger-web.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments = {
            DB_HOST = cfg.databaseConfig.host;
            DB_PORT = toString cfg.databaseConfig.port;
            DB_NAME = cfg.databaseConfig.name;
            DB_USER = cfg.databaseConfig.user;
            DB_PASSWORD = "clerk";
            TITLE = "ledger";
          };
        };
        ledger-worker.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments.DATABASE_URL = "postgresql://${cfg.databaseConfig.user}:clerk@${cfg.databaseConfig.host}:${toString cfg.databaseConfig.port}/${cfg.databaseConfig.name}?application_name=ledger";
        };
        ledger-report.containerConfig = {
          image = "docker.io/example/report:1";
          environments = {
            DB_NAME = shared;
            LABEL = shared;
          };
        };
      };
    })

    # ── 3. Secrets ─────────────────────────────────────────────────────────────────────
    # This service has no secrets of its own.
  ];
}
