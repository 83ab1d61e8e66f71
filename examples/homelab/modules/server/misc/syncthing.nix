{
  config,
  hostname,
  lib,
  ...
}: let
  cfg = config.qgroget.syncthing;
  folders = lib.filterAttrs (_: folder: folder.onServer) cfg.folders;
  peers = removeAttrs cfg.devices [hostname];
in {
  config = lib.mkIf cfg.server {
    qgroget.services.syncthing = {
      name = "syncthing";
      url = "http://${config.services.syncthing.guiAddress}";
      type = "private";
      persistedData = ["/var/lib/syncthing"];
    };

    sops.secrets = {
      "syncthing/${hostname}/cert" = {};
      "syncthing/${hostname}/key" = {};
    };

    services.syncthing = {
      enable = true;
      guiAddress = "127.0.0.1:8384";
      dataDir = "/var/lib/syncthing";
      cert = config.sops.secrets."syncthing/${hostname}/cert".path;
      key = config.sops.secrets."syncthing/${hostname}/key".path;
      settings = {
        devices = lib.mapAttrs (_: id: {inherit id;}) peers;
        folders =
          lib.mapAttrs (_: folder: {
            inherit (folder) path;
            devices = folder.peers;
          })
          folders;
        options.urAccepted = -1;
      };
    };
  };
}
