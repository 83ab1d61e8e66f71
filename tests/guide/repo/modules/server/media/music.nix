{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.navidrome;
in {
  options.qgroget.server.navidrome = {
    enable = lib.mkEnableOption "Navidrome, the music of the house";
    library = lib.mkOption {
      type = lib.types.str;
      default = "/mnt/music";
    };
  };

  config = lib.mkIf cfg.enable {
    # one line of KEY=value each
    sops.secrets."server/navidrome/env" = {};

    qgroget.services.navidrome = {
      subdomain = "music";
      url = "http://127.0.0.1:4533";
      type = "public";
      persistedData = [
        "/var/lib/navidrome"
        # "/var/cache/navidrome"
      ];
      journalctl = true;
      unitName = "navidrome.service";
    };

    qgroget.backups.navidrome = {
      paths = ["/var/lib/navidrome"];
      systemdUnits = ["navidrome.service"];
    };

    services.navidrome = {
      enable = true;
      settings = {
        Port = 4533;
        MusicFolder = cfg.library;
      };
      environmentFile = config.sops.secrets."server/navidrome/env".path;
    };
  };
}
