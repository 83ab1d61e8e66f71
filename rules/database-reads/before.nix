{config, ...}: let
  shared = "ledger";
in {
  qgroget.services.ledger = {
    name = "ledger";
    url = "http://127.0.0.1:9920";
    type = "public";
  };

  virtualisation.quadlet.containers = {
    ledger-store.containerConfig = {
      image = "docker.io/library/postgres:17-alpine";
      publishPorts = ["127.0.0.1:5450:5432"];
      environments = {
        POSTGRES_DB = "ledger";
        # the password is the same word, and no name
        POSTGRES_USER = "clerk";
        POSTGRES_PASSWORD = "clerk";
      };
    };
    ledger-web.containerConfig = {
      image = "docker.io/example/ledger:1";
      environments = {
        DB_HOST = "127.0.0.1";
        DB_PORT = "5450";
        DB_NAME = "ledger";
        DB_USER = "clerk";
        DB_PASSWORD = "clerk";
        TITLE = "ledger";
      };
    };
    ledger-worker.containerConfig = {
      image = "docker.io/example/ledger:1";
      environments.DATABASE_URL = "postgresql://clerk:clerk@127.0.0.1:5450/ledger?application_name=ledger";
    };
    ledger-report.containerConfig = {
      image = "docker.io/example/report:1";
      environments = {
        DB_NAME = shared;
        LABEL = shared;
      };
    };
  };
}
