{
  imports = [
    ../../nixos/services
    ./disks.nix
    ./services.nix
  ];

  networking.hostName = "shelf";
}
