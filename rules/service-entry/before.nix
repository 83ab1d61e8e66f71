# Films for the living room.
{config, ...}: {
  # the front door of the house
  qgroget.services.films = {
    name = "cinema"; # shorter than the program's name
    url = "http://127.0.0.1:9001";
    # guests may look, too
    type = "public";
    middlewares = ["no-robots"];
    journalctl = true;
    unitName = "films.service";
  };

  # defined here, and of use to others
  qgroget.services.films.traefikDynamicConfig.http.middlewares.no-robots = {
    headers.customResponseHeaders.X-Robots-Tag = "noindex";
  };

  services.films = {
    enable = true;
    address = "films.${config.qgroget.server.domain}";
  };
}
