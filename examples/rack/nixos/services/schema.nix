{lib, ...}: let
  inherit (lib) mkOption types;
in {
  options.homelab.services = mkOption {
    default = {};
    description = "Web applications, by name.";
    type = types.attrsOf (types.submodule ({name, ...}: {
      options = {
        subdomain = mkOption {
          type = types.str;
          default = name;
        };
        url = mkOption {type = types.str;};
        type = mkOption {
          type = types.enum ["private" "public"];
          default = "private";
        };
        persistedData = mkOption {
          type = types.listOf types.str;
          default = [];
        };
        unitName = mkOption {
          type = types.str;
          default = "";
        };
      };
    }));
  };

  options.homelab.backups = mkOption {
    default = {};
    description = "Restic jobs, by name.";
    type = types.attrsOf (types.submodule {
      options = {
        paths = mkOption {type = types.listOf types.str;};
        exclude = mkOption {
          type = types.listOf types.str;
          default = [];
        };
        systemdUnits = mkOption {
          type = types.listOf types.str;
          default = [];
        };
      };
    });
  };
}
