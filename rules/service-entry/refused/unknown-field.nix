# refused: unknown-field at 6:5
{...}: {
  qgroget.services.films = {
    name = "cinema";
    url = "http://127.0.0.1:9001";
    poster = "/srv/films/poster.png";
  };
}
