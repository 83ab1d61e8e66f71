{
  config,
  lib,
  ...
}: let
  cfg = config.homelab.run.gitea;
  stateDir = "/var/lib/gitea";
in {
  options.homelab.run.gitea.enable = lib.mkEnableOption "Gitea";

  config = lib.mkIf cfg.enable {
    homelab.services.gitea = {
      subdomain = "git";
      url = "http://127.0.0.1:3000";
      persistedData = [stateDir]; # repositories and database
      unitName = "gitea.service";
    };

    homelab.backups.gitea = {
      paths = [stateDir];
      systemdUnits = ["gitea.service"];
    };

    services.gitea = {
      enable = true;
      inherit stateDir;
      settings.server = {
        HTTP_ADDR = "127.0.0.1";
        HTTP_PORT = 3000;
        ROOT_URL = "https://git.${config.homelab.domain}/";
      };
    };
  };
}
