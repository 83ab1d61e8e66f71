{inputs, ...}: {
  # The stable module cannot watch ZFS pools yet
  disabledModules = ["services/monitoring/scrutiny.nix"];
  imports = ["${inputs.scrutiny-nixpkgs}/nixos/modules/services/monitoring/scrutiny.nix"];

  services.smartd.enable = true;

  services.scrutiny = {
    enable = true;
    settings.web.listen.port = 8086;
    collector = {
      enable = true;
      schedule = "daily";
      settings.api.endpoint = "http://127.0.0.1:8086";
    };
  };

  qgroget.services.scrutiny = {
    name = "disks";
    url = "http://127.0.0.1:8086";
    type = "private";
    middlewares = ["SSO"];
  };
}
