{...}: {
  imports = [
    ./calendar.nix
    ./linkding.nix
    ./news.nix
  ];
}
