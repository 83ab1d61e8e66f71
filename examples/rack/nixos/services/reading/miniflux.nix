{
  config,
  lib,
  ...
}: let
  cfg = config.homelab.run.miniflux;
  port = 8081;
in {
  options.homelab.run.miniflux.enable = lib.mkEnableOption "Miniflux, which reads feeds";

  config = lib.mkIf cfg.enable {
    homelab.services.miniflux = {
      subdomain = "news";
      url = "http://127.0.0.1:${toString port}";
      type = "public";
      unitName = "miniflux.service";
    };

    services.miniflux = {
      enable = true;
      config.LISTEN_ADDR = "127.0.0.1:${toString port}";
    };
  };
}
