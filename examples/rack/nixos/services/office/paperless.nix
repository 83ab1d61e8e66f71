{
  config,
  lib,
  ...
}:
with lib; let
  cfg = config.homelab.run.paperless;
  inherit (config.homelab) domain;
in {
  options.homelab.run.paperless = {
    enable = mkEnableOption "Paperless, the archive";
    consumeDir = mkOption {
      type = types.str;
      default = "/srv/scans";
      description = "Where the scanner puts its pages.";
    };
  };

  config = mkIf cfg.enable {
    homelab.services.paperless = {
      url = "http://127.0.0.1:28981";
      persistedData = ["/var/lib/paperless"];
    };

    # a nightly export is enough, the index is made anew
    homelab.backups.paperless = {
      paths = ["/var/lib/paperless"];
      exclude = ["/var/lib/paperless/index"];
      systemdUnits = ["paperless-web.service"];
    };

    services.paperless = {
      enable = true;
      consumptionDir = cfg.consumeDir;
      settings.PAPERLESS_URL = "https://paperless.${domain}";
    };
  };
}
