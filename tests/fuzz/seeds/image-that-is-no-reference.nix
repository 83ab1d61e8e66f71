{
  # what is asked for
  config,
  lib ? null,
  ...
}:
let
  cfg = config.qgroget.server.alpha;
in {
  config = lib.mkIf (cfg.enable && true) {
     qgroget.services.alpha

= rec {
      # of the next
      persistedData
# above
  =  [ /* between */ "/var/lib/alpha"
    "/var/lib/alpha" # "/commented/out"
	];       logPath = "public";
};
    
    # of nothing
    
    qgroget.server.alpha.enable = true;
    virtualisation.quadlet.containers.alpha = {     image
# above
  = lib.mkIf (cfg.x or false) (''one
   two ''${x} ''\n ''''');
    # of the next
    "a b"
    = /* between */ x: x: lib.mkMerge [8080];
};   };
}
