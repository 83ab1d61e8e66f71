{...}: {
  imports = [
    ./linkding.nix
    ./miniflux.nix
  ];
}
