{...}: {
  imports = [
    ./paperless.nix
  ];
}
