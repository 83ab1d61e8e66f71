{...}: {
  imports = [
    ./settings.nix
    ../../modules/server
  ];
}
