# refused: split-conditions at 8:7
{lib, ...}: {
  config = lib.mkMerge [
    {
      qgroget.services.films.url = "http://127.0.0.1:9001";
    }
    (lib.mkIf (builtins.pathExists /srv/films) {
      qgroget.services.films.name = "cinema";
    })
  ];
}
