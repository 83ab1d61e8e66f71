{...}: {
  qgroget.services.portfolio = {
    name = "portfolio";
    url = "http://127.0.0.1:3001";
    type = "public";
  };

  services.static-web-server = {
    enable = true;
    listen = "127.0.0.1:3001";
    root = "/tank/media/portfolio";
  };
}
