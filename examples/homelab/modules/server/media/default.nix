{...}: {
  imports = [
    ./books
    ./music
    ./photo
    ./video
    ./video/jellyseerr.nix
  ];
}
