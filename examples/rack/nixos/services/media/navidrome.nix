{config, ...}: {
  homelab.services.navidrome = {
    subdomain = "music";
    url = "http://127.0.0.1:${toString config.services.navidrome.settings.Port}";
    type = "public";
    persistedData = ["/var/lib/navidrome"];
    unitName = "navidrome.service";
  };

  services.navidrome = {
    enable = true;
    settings = {
      Port = 4533;
      MusicFolder = "/srv/music";
    };
  };
}
