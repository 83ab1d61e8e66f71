{
  config,
  lib,
  ...
}: let
  inherit (config.homelab) domain services;

  hostOf = service: lib.concatStringsSep "." (lib.filter (part: part != "") [service.subdomain domain]);

  # a private service is for the house network
  site = _: service:
    lib.nameValuePair (hostOf service) {
      extraConfig =
        lib.optionalString (service.type == "private") "@outside not remote_ip private_ranges\nabort @outside\n"
        + "reverse_proxy ${service.url}\n";
    };
in {
  services.caddy = {
    enable = true;
    virtualHosts = lib.mapAttrs' site services;
  };

  # a mail when one of them fails
  systemd.services = lib.mapAttrs' (_: service:
    lib.nameValuePair (lib.removeSuffix ".service" service.unitName) {
      onFailure = ["tell@%n.service"];
    }) (lib.filterAttrs (_: service: service.unitName != "") services);
}
