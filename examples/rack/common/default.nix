{lib, ...}: {
  options.homelab.domain = lib.mkOption {
    type = lib.types.str;
    default = "shelf.example.net";
    description = "Everything that the server offers is below it.";
  };

  config.services.openssh.enable = true;
}
