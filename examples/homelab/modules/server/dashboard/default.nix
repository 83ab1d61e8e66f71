{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (config.qgroget) services;
  inherit (config.qgroget.server) domain;

  # names of the icons that differ from those of the services
  icons = {
    auth = "authelia";
    file = "caddy";
    git = "forgejo";
    proxy = "traefik";
    top = "glances";
  };

  tile = key: service: {
    ${key} = {
      href = "https://${service.name}.${domain}";
      icon = icons.${key} or key;
    };
  };

  tilesOf = type: lib.mapAttrsToList tile (lib.filterAttrs (_: service: service.type == type) services);

  page = (pkgs.formats.yaml {}).generate "services.yaml" [
    {"Everybody" = tilesOf "public";}
    {"Housekeeping" = tilesOf "private";}
  ];
in {
  qgroget.services = {
    home = {
      name = "home";
      url = "http://127.0.0.1:8088";
      type = "public";
    };
    top = {
      name = "top";
      url = "http://127.0.0.1:61208";
      type = "private";
    };
  };

  services.homepage-dashboard = {
    enable = true;
    listenPort = 8088;
    allowedHosts = "home.${domain}";
  };
  environment.etc."homepage-dashboard/services.yaml".source = lib.mkForce page;

  services.glances = {
    enable = true;
    port = 61208;
  };
}
