{...}: {
  imports = [
    ./music.nix
  ];
}
