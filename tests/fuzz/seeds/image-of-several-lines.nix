{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.alpha;
  
  # of nothing
  
  f = x: {path = x;};
  
  # of nothing
  
  dataDir = "/var/lib/alpha";
in {
  
  # of nothing
  
  qgroget.services."alpha" = lib.mkIf true { # opens
    url = "http://127.0.0.1:8080";
};
  a.b.c = ./x.nix;
  # of the next
  virtualisation.quadlet.containers.alpha = {
  image =	let y = ''
      one
        two
    ''; in y;
}; # behind
  
  # of nothing
  
  services.alpha = {  a."b".c = <nixpkgs/lib>;
}; }
