{...}: {
  imports = [
    ./fileServer.nix
    # ./forgero.nix
    ./honcho.nix
    ./obsidian.nix
    ./portfolio.nix
    ./scrutiny.nix
  ];
}
