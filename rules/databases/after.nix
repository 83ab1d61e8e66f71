{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.bookings;
  port = 5440;
  database = "bookings";
  inherit (config.virtualisation.quadlet) pods;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.bookings = {
        domain = config.qgroget.server.domain;
        dataDir = null;
        persistedData = [];
        backupPaths = [];

        exposed = true;
        port = 9910;
        type = "public";

        databases = [
          {
            type = "mysql";
            name = "rooms";
            user = "porter";
          }
          {
            name = "bookings";
            user = "clerk";
            port = 5440;
            provision = false;
          }
          {
            name = "bookings-archive";
            user = "archivist";
            host = "/run/postgresql";
            provision = false;
          }
          {
            name = "bookings-log";
            host = "/run/postgresql";
            provision = false;
          }
        ];
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      virtualisation.quadlet.pods.bookings.autoStart = true;

      # reached at the machine's own port
      virtualisation.quadlet.containers = {
        bookings-store.containerConfig = {
          image = "docker.io/library/postgres:17-alpine";
          publishPorts = ["127.0.0.1:${toString port}:5432"];
          environments = {
            POSTGRES_DB = database;
            POSTGRES_USER = "clerk";
          };
        };
        bookings-web.containerConfig = {
          image = "docker.io/example/bookings:1";
          environments.DATABASE_URL = "postgresql://clerk:secret@127.0.0.1:${toString port}/${database}";
        };

        # reached in the pod
        bookings-rooms.containerConfig = {
          image = "docker.io/library/mariadb:11";
          pod = pods.bookings.ref;
          environments = {
            MARIADB_DATABASE = "rooms";
            MARIADB_USER = "porter";
          };
        };
      };

      # made by the module of NixOS, reached by its socket
      services.bookings = {
        enable = true;
        database = {
          type = "postgres";
          createDatabase = true;
          name = "bookings-archive";
          user = "archivist";
        };
      };

      services.postgresql = {
        ensureDatabases = ["bookings-log"];
        ensureUsers = [
          {
            name = "bookings-log";
            ensureDBOwnership = true;
            ensureClauses.createrole = true;
          }
        ];
      };
    })
  ];
}
