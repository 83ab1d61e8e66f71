{
  homelab.services.radicale = {
    subdomain = "dav";
    url = "http://127.0.0.1:5232";
    type = "public";
    unitName = "radicale.service";
  };

  homelab.backups.radicale = {
    paths = ["/var/lib/radicale"];
    systemdUnits = ["radicale.service"];
  };

  services.radicale = {
    enable = true;
    settings.server.hosts = ["127.0.0.1:5232"];
  };
}
