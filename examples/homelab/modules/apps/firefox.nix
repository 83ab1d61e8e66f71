{
  config,
  inputs,
  lib,
  ...
}: let
  serverConfig = inputs.self.nixosConfigurations.Server.config;
  inherit (serverConfig.qgroget.server) domain;
  services = serverConfig.qgroget.services;

  bookmark = _: service: {
    inherit (service) name;
    url = "https://${service.name}.${domain}";
  };
  bookmarksOf = type: lib.mapAttrsToList bookmark (lib.filterAttrs (_: service: service.type == type) services);
in {
  programs.firefox = lib.mkIf config.qgroget.nixos.apps.basic {
    enable = true;
    policies = {
      DisableTelemetry = true;
      ManagedBookmarks =
        [{toplevel_name = "At home";}]
        ++ bookmarksOf "public"
        ++ [
          {
            name = "Behind the client certificate";
            children = bookmarksOf "private";
          }
        ];
    };
  };
}
