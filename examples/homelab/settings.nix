{
  config,
  lib,
  ...
}: let
  inherit (lib) mkOption types;
in {
  options.qgroget = {
    secretAgeKeyPath = mkOption {
      type = types.str;
      default = "/var/lib/sops/age/keys.txt";
      description = "Where sops finds this machine's age key.";
    };

    user.username = mkOption {
      type = types.str;
      default = "robin";
      description = "The account of the person who looks after the machine.";
    };

    backup.network.ip = mkOption {
      type = types.str;
      default = "192.0.2.40";
      description = "Address of the machine that keeps the off-site copies.";
    };

    server = {
      domain = mkOption {
        type = types.str;
        default = "example.org";
        description = "Domain under which the server publishes its services.";
      };
      network.ip = mkOption {
        type = types.str;
        default = "192.0.2.10";
        description = "Address of the server in the house network.";
      };
      containerDir = mkOption {
        type = types.str;
        default = "/srv/containers";
        description = "Parent of the directories that containers mount.";
      };
      mediaDir = mkOption {
        type = types.str;
        default = "/tank/media";
        description = "Root of the film, series, music and book libraries.";
      };
      test.enable = mkOption {
        type = types.bool;
        default = false;
        description = "Use Let's Encrypt's staging environment and leave the proxy's own port open.";
      };
    };

    nixos = {
      isDesktop = mkOption {
        type = types.bool;
        default = true;
        description = "Whether somebody sits in front of this machine.";
      };
      desktop.environment = mkOption {
        type = types.str;
        default = "gnome";
        description = "Desktop environment, or none.";
      };
      apps.basic = mkOption {
        type = types.bool;
        default = true;
        description = "Browser, terminal and file manager.";
      };
    };
  };

  config = {
    qgroget.user.username = "robin";

    assertions = [
      {
        assertion = builtins.elem config.qgroget.nixos.desktop.environment ["gnome" "plasma" "none"];
        message = "qgroget.nixos.desktop.environment must be gnome, plasma or none.";
      }
      {
        assertion = config.qgroget.nixos.isDesktop || config.qgroget.nixos.desktop.environment == "none";
        message = "A machine without a desktop cannot have a desktop environment.";
      }
    ];
  };
}
