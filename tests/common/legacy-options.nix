# The old schema of a small repository.
{lib, ...}: let
  inherit (lib) mkOption types;
  text = mkOption {
    type = types.str;
    default = "";
  };
  texts = mkOption {
    type = types.listOf types.str;
    default = [];
  };
  switch = mkOption {
    type = types.bool;
    default = false;
  };
in {
  options.qgroget = {
    server = {
      domain = text;
      dataRoot = mkOption {
        type = types.str;
        default = "/srv";
      };
    };

    services = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        options = {
          name = mkOption {type = types.str;};
          url = mkOption {type = types.str;};
          type = mkOption {
            type = types.enum ["private" "public"];
            default = "private";
          };
          middlewares = texts;
          persistedData = mkOption {
            type = types.listOf (types.either types.str types.attrs);
            default = [];
          };
          backupDirectories = texts;
          journalctl = switch;
          unitName = text;
          logPath = text;
          traefikDynamicConfig = mkOption {
            type = types.attrs;
            default = {};
          };
        };
      });
    };

    backups = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        options = {
          paths = mkOption {type = types.listOf types.str;};
          exclude = texts;
          systemdUnits = texts;
          preBackup = mkOption {
            type = types.nullOr types.lines;
            default = null;
          };
          postBackup = mkOption {
            type = types.nullOr types.lines;
            default = null;
          };
          priority = mkOption {
            type = types.int;
            default = 1000;
          };
          requireNetwork = switch;
        };
      });
    };
  };
}
