{
  config,
  lib,
  ...
}: let
  database = "ledger";
  mail = {
    # said once for two programs
    DATABASE_URL = "postgres://ledger@127.0.0.1:5440/ledger";
  };
in {
  qgroget.services.ledger = {
    name = "ledger";
    url = "http://127.0.0.1:9920";
    type = "public";
  };

  virtualisation.quadlet.containers = {
    ledger-store.containerConfig = {
      image = "docker.io/library/postgres:17-alpine";
      publishPorts = ["127.0.0.1:5440:5432"];
      environments = {
        POSTGRES_DB = "ledger";
        POSTGRES_USER = "ledger";
        # the same text, which means something else
        POSTGRES_PASSWORD = "ledger";
        PGDATA = "/var/lib/postgresql/ledger";
      };
    };

    # the password has the user's text, and the last part a word of it
    ledger-web.containerConfig = {
      image = "docker.io/example/ledger:1";
      environments.DATABASE_URL = "postgresql+psycopg://ledger:ledger@127.0.0.1:5440/ledger?application_name=ledger";
    };
    ledger-books.containerConfig = {
      image = "docker.io/example/ledger:1";
      environments.DATABASE_URL = ''postgresql://ledger:$LEDGER@127.0.0.1:5440/ledger'';
    };

    # what is computed has one source already
    ledger-tax.containerConfig = {
      image = "docker.io/example/ledger:1";
      environments.DATABASE_URL = "postgresql://ledger@127.0.0.1:${toString 5440}/${database}";
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
        DB_NAME = "ledger";
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
    DB_HOST = "127.0.0.1:5440";
    DB_NAME = "ledger";
  };
  systemd.services.ledger-export.environment = {
    DB_HOST = "127.0.0.1";
    DB_PORT = lib.mkForce "5440";
    DB_NAME = "ledger";
    DB_USER = "ledger";
  };

  services.ledger = {
    enable = true;
    database = {
      type = "postgres";
      host = "127.0.0.1";
      port = 5440;
      name = "ledger";
      user = lib.mkDefault "ledger";
    };
  };
}
