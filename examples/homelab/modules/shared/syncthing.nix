{lib, ...}: let
  inherit (lib) mkOption types;
in {
  options.qgroget.syncthing = {
    server = lib.mkEnableOption "the always-on Syncthing peer of the household";
    devices = mkOption {
      type = types.attrsOf types.str;
      default = {};
      description = "Peers and their device identifiers.";
    };
    folders = mkOption {
      type = types.attrsOf (types.submodule {
        options = {
          path = mkOption {type = types.str;};
          peers = mkOption {
            type = types.listOf types.str;
            default = [];
          };
          onServer = mkOption {
            type = types.bool;
            default = true;
          };
        };
      });
      default = {};
      description = "Folders, where they lie on the server, and who shares them.";
    };
  };

  config.qgroget.syncthing = {
    server = true;
    devices = {
      Desk = "AAAAAAA-BBBBBBB-CCCCCCC-DDDDDDD-EEEEEEE-FFFFFFF-GGGGGGG-HHHHHHH";
      Server = "HHHHHHH-GGGGGGG-FFFFFFF-EEEEEEE-DDDDDDD-CCCCCCC-BBBBBBB-AAAAAAA";
    };
    folders = {
      documents = {
        path = "/var/lib/syncthing/documents";
        peers = ["Desk"];
      };
      scratch = {
        path = "/home/robin/scratch";
        peers = ["Desk"];
        onServer = false;
      };
    };
  };
}
