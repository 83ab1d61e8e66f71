{config, ...}: let
  ports = {
    radio = 9100;
    spare = 9101;
  };
in {
  qgroget.services.radio = {
    name = "radio";
    # the stream and the page share one port
    url = "http://127.0.0.1:${toString ports.radio}";
  };

  services.radio = {
    enable = true;
    port = ports.radio;
    fallback = "http://${config.qgroget.server.domain}:${toString ports.spare}";
  };
}
