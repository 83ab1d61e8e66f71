{
  config,
  lib,
  ...
}:
with lib; let
  cfg = config.qgroget.server.jellyseerr;
in {
  options.qgroget.server.jellyseerr = {
    enable = mkEnableOption "Jellyseerr, where the family asks for films";

    port = mkOption {
      type = types.port;
      default = 5055;
      description = "Port of its web interface.";
    };
  };

  config = mkIf cfg.enable {
    services.jellyseerr = {
      enable = true;
      port = cfg.port;
    };

    qgroget.services = {
      jellyseerr = {
        name = "jellyseerr";
        url = "http://127.0.0.1:${toString config.services.jellyseerr.port}";
        type = "public";
        journalctl = true;
        unitName = "jellyseerr.service";
        persistedData = [
          "${config.services.jellyseerr.configDir}"
        ];
        backupDirectories = [
          "${config.services.jellyseerr.configDir}"
        ];
      };
    };

    # A dynamic user cannot own a bind mount, so it gets a static one
    users.users.jellyseerr = {
      isSystemUser = true;
      group = "jellyseerr";
    };
    users.groups.jellyseerr = {};
    systemd.services.jellyseerr.serviceConfig = {
      DynamicUser = mkForce false;
      User = "jellyseerr";
    };

    systemd.tmpfiles.rules = [
      "d ${config.services.jellyseerr.configDir} 0750 jellyseerr jellyseerr -"
      "Z ${config.services.jellyseerr.configDir} - jellyseerr jellyseerr -"
    ];
  };
}
