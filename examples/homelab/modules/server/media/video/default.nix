{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.jellyfin;
  inherit (config.qgroget.server) domain mediaDir;
in {
  options.qgroget.server.jellyfin = {
    enable = lib.mkEnableOption "Jellyfin, the film and series library of the house";
    user = lib.mkOption {
      type = lib.types.str;
      default = "jellyfin";
      description = "Account that runs Jellyfin.";
    };
    group = lib.mkOption {
      type = lib.types.str;
      default = "jellyfin";
      description = "Group of that account.";
    };
    discovery = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether televisions in the house network may find the server by themselves.";
    };
    libraries = lib.mkOption {
      type = lib.types.attrsOf (lib.types.listOf lib.types.str);
      default = {
        films = ["${mediaDir}/films"];
        series = ["${mediaDir}/series"];
        # cartoons = ["${mediaDir}/cartoons"];
      };
      description = "Libraries and the directories that they show.";
    };
    accounts = lib.mkOption {
      type = lib.types.attrsOf (lib.types.submodule {
        options = {
          passwordFile = lib.mkOption {type = lib.types.str;};
          administrator = lib.mkOption {
            type = lib.types.bool;
            default = false;
          };
        };
      });
      default = {};
      description = "Accounts that exist from the first start on.";
    };
  };

  config = lib.mkIf cfg.enable {
    hardware.graphics.enable = true;

    # SSDP and Jellyfin's own discovery
    networking.firewall = lib.mkIf cfg.discovery {
      allowedTCPPorts = [8096];
      allowedUDPPorts = [1900 7359];
    };

    qgroget.services.jellyfin = {
      name = "jellyfin";
      url = "http://127.0.0.1:8096";
      type = "public";
      journalctl = true;
      unitName = "jellyfin.service";
      middlewares = ["jellyfin-headers"];
      persistedData = [
        "/var/lib/jellyfin" # database, metadata, accounts
        "/var/cache/jellyfin"
        # "/var/log/jellyfin"
      ];
      # backupDirectories = [
      #   "/var/lib/jellyfin/data"
      # ];
    };

    qgroget.backups.jellyfin = {
      paths = [
        "/var/lib/jellyfin"
      ];
      systemdUnits = [
        "jellyfin.service"
      ];
    };

    # Browsers remember that this host speaks HTTPS only
    qgroget.services.jellyfin.traefikDynamicConfig = {
      http.middlewares.jellyfin-headers = {
        headers = {
          stsSeconds = 31536000;
          stsIncludeSubdomains = true;
          contentTypeNosniff = true;
          # televisions embed the player in a frame
          customFrameOptionsValue = "ALLOW-FROM https://jellyfin.${domain}";
          customResponseHeaders.X-Robots-Tag = "noindex, nofollow";
        };
      };
    };

    # the video and render devices are for hardware transcoding
    users.users.${cfg.user}.extraGroups = ["media" "render" "video"];

    services.jellyfin = {
      enable = true;
      inherit (cfg) user group;
      # openFirewall = true;
    };

    systemd.services.jellyfin.serviceConfig.LoadCredential =
      lib.mapAttrsToList (name: account: "${name}:${account.passwordFile}") cfg.accounts;

    systemd.tmpfiles.rules =
      lib.mapAttrsToList (
        name: _: "d /var/lib/jellyfin/libraries/${name} 0750 ${cfg.user} ${cfg.group} -"
      )
      cfg.libraries;
  };
}
