{...}: {
  imports = [
    ./options.nix
    ./settings.nix
    ./arrs
    ./documents
    ./media
    ./misc
  ];
}
