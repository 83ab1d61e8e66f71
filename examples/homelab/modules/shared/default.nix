{...}: {
  imports = [
    ./syncthing.nix
  ];
}
