{config, ...}: {
  qgroget.services.miniflux = {
    subdomain = "news";
    url = "http://127.0.0.1:8280";
  };

  sops.secrets."server/miniflux/env" = {};

  services.postgresql = {
    enable = true;
    ensureDatabases = ["miniflux"];
    ensureUsers = [
      {
        name = "miniflux";
        ensureDBOwnership = true;
      }
    ];
  };

  services.miniflux = {
    enable = true;
    createDatabaseLocally = false;
    adminCredentialsFile = config.sops.secrets."server/miniflux/env".path;
    config = {
      LISTEN_ADDR = "127.0.0.1:8280";
      DATABASE_URL = "user=miniflux host=/run/postgresql dbname=miniflux";
    };
  };

  systemd.services.miniflux = {
    requires = ["postgresql.service"];
    after = ["postgresql.service"];
  };
}
