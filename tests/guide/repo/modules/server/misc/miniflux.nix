{...}: {
  qgroget.services.miniflux = {
    subdomain = "news";
    url = "http://127.0.0.1:8280";
  };

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
    config.LISTEN_ADDR = "127.0.0.1:8280";
    config.DATABASE_URL = "user=miniflux host=/run/postgresql dbname=miniflux";
  };
}
