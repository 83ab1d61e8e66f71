{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.ledger;
  database = "ledger";
  mail = {
    # said once for two programs
    DATABASE_URL = "postgres://ledger@127.0.0.1:5440/ledger";
  };
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
        port = 9920;
        type = "public";

        databases = [
          {
            name = "ledger";
            port = 5440;
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
          publishPorts = ["127.0.0.1:${toString cfg.databaseConfig.port}:5432"];
          environments = {
            POSTGRES_DB = cfg.databaseConfig.name;
            POSTGRES_USER = cfg.databaseConfig.user;
            # the same text, which means something else
            POSTGRES_PASSWORD = "ledger";
            PGDATA = "/var/lib/postgresql/ledger";
          };
        };

        # the password has the user's text, and the last part a word of it
        ledger-web.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments.DATABASE_URL = "postgresql+psycopg://${cfg.databaseConfig.user}:ledger@${cfg.databaseConfig.host}:${toString cfg.databaseConfig.port}/${cfg.databaseConfig.name}?application_name=ledger";
        };
        ledger-books.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments.DATABASE_URL = ''postgresql://${cfg.databaseConfig.user}:$LEDGER@${cfg.databaseConfig.host}:${toString cfg.databaseConfig.port}/${cfg.databaseConfig.name}'';
        };

        # what is computed has one source already
        ledger-tax.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments.DATABASE_URL = "postgresql://${cfg.databaseConfig.user}@${cfg.databaseConfig.host}:${toString 5440}/${database}";
        };
        ledger-mail.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments = mail;
        };
        ledger-post.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments = mail;
        };

        # reached in the network, and by another user
        ledger-audit.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments = {
            DB_HOST = "ledger-store";
            DB_PORT = 5432;
            DB_NAME = cfg.databaseConfig.name;
            DB_USER = "auditor";
            TITLE = "ledger";
          };
        };

        # escapes are read, and left as they are
        ledger-proof.containerConfig = {
          image = "docker.io/example/ledger:1";
          environments.DATABASE_URL = "postgresql://ledger:\$5@127.0.0.1:5440/ledger";
        };
      };

      systemd.services.ledger-import.environment = {
        DB_HOST = "${cfg.databaseConfig.host}:${toString cfg.databaseConfig.port}";
        DB_NAME = cfg.databaseConfig.name;
      };
      systemd.services.ledger-export.environment = {
        DB_HOST = cfg.databaseConfig.host;
        DB_PORT = lib.mkForce (toString cfg.databaseConfig.port);
        DB_NAME = cfg.databaseConfig.name;
        DB_USER = cfg.databaseConfig.user;
      };

      services.ledger = {
        enable = true;
        database = {
          type = "postgres";
          host = cfg.databaseConfig.host;
          port = cfg.databaseConfig.port;
          name = cfg.databaseConfig.name;
          user = lib.mkDefault cfg.databaseConfig.user;
        };
      };
    })
  ];
}
