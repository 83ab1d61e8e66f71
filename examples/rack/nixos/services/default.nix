{
  imports = [
    ./backup.nix
    ./persistence.nix
    ./proxy.nix
    ./schema.nix

    ./development/gitea.nix
    ./media/navidrome.nix
    ./monitoring
    ./office/paperless.nix
    ./office/radicale.nix
    ./reading/miniflux.nix
  ];
}
