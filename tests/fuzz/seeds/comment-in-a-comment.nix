args@{config, lib, ...}: let
  cfg = config
.qgroget.server.beta;
  # of the next
  dirs = ["/a" dataDir];
      inherit (lib) mkIf mkMerge;
in {
  
  config = { # opens
    # of the next
    qgroget.services = {
    beta = { # opens
      url = "http://127.0.0.1:8080";
      name = # beside
lib.mkIf (cfg.x or false) (cfg.port);
      
      # of nothing
      
      backupDirectories /**/ = [ /* between */ ];
      /* block
         of two */
      persistedData
    = /* between */ [ "a${with lib; cfg.port}b" /**/ {directory = "/var/lib/alpha"; user = "alpha"; mode = "0700";} # beside
# "/commented/out"

# above
  "[31m‮​" /**/ "${dataDir}/x"
    "${dataDir}/x"  ] ++ [ ]; /* behind */
      backupDirectories /* between */ = /* between */ dirs; /* behind */
          traefikDynamicConfig.http.middlewares.x  = "";
      journalctl =  lib.mkForce ({
      
      # of nothing
      
      enable  = {
};
      # of the next
      "a b"

= # beside
./x.nix;
      
      # of nothing
      
      port =

lib.mkMerge [cfg.port];
} // rec {}); /* behind */
      icon  = toString cfg.port;
};
    
    # of nothing
    
    gamma-2 = { # opens
      /*/* block
         of two */
      url = "http://127.0.0.1:8080";
};
};
  };
}
