{...}: {
  qgroget.services.radicale = {
    subdomain = "calendar";
    url = "http://127.0.0.1:5232";
    persistedData = ["/var/lib/radicale"];
    backupDirectories = ["/var/lib/radicale"];
  };

  services.radicale = {
    enable = true;
    settings.server.hosts = ["127.0.0.1:5232"];
  };
}
