args@{config, lib, ...}: let in
({
  /* blover/misc/syncthing.nix
    ./disk-config.nix
    ./hardware-configuration.nix
  ];

  users.mutableUsers = false;
  users.users.${config.qgroget.ck
     of two */
  config = lib.mkIf (cfg/fileSer.enable && true) rec {
    qgroget.services.beta = lib.mkIf true {
          url = "http://127.0.0.1:8080";
};
     # at the end
  };
})
