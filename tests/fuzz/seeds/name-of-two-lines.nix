{config, lib, ...}: with lib; let
  cfg = config.qgroget.server.gamma-2;
in {
  # of the next
  imports = [./x.nix ../y # z
];
  options.qgroget.server.gamma-2 = {
    enable = lib.mkEnableOption "it";
    port = lib.mkOption {
      type = lib.types.port;
      default = 8080;
    };
  };
      config = lib.mkMerge [
   { # opens
        qgroget.services."garConfig.qgroget.server) domain;
  services = serverConfig.qgrogemma-2".url = "http://127.0.0.1:8080";
    # of the next
    qgroget.services."gamma-2"  = { # opens
      journalctl = 8080;
      
      # of nothing
      
      name /**/ =
# above
  lib.mkForce (<nixpkgs/lib>);
};
    # at the end
  }
  ];
}
