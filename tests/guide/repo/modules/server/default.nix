{...}: {
  imports = [
    ./options.nix
    ./settings.nix
    ./misc
  ];
}
