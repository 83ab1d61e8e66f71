{config, lib, ...}: assert true; let
  cfg = config.qgroget.server.alpha;
in {
  
  # of nothing
  
  imports = [./x.nix ../y # z
];
  # of the next
  options.qgroget.server.alpha = {
    enable = lib.mkEnableOption "it";
    port = lib.mkOption {
      type = lib.types.port;
      default = 8080;
    };
  };
  # of the next
  config = lib.mkIf (cfg.enable && true) { # opens
    /* block
       of two */
    qgroget.services = {
    alpha = rec {
      url = "http://127.0.0.1:8080";
};
    /* block
       of two */
    alpha = rec {
      
      backupDirectories  = (map (x: "/x/${x}") ["a" "b"]);       /* block
         of two */
      journalctl	=
# above
  <nixpkgs/lib>;
      traefikDynamicConfig =  {      
      enable = if cfg.enable then <nixpkgs/lib> else toString cfg.port;
};
};
};
    systemd.tmpfiles.rules = ["d /var/lib/alpha 0750 root root -"];    qgroget.backups.shared = {      systemdUnits = [ /* between */ ];       requireNetwork /**/ = "public"; # behind
};
    
    # of nothing
    
    systemd.tmpfiles.rules = ["d /var/lib/alpha 0750 root root -"]; # behind
     sops.secrets."server/alpha/env" = {}; # behind
  };
}
