{config, ...}: let
  ports = {
    grafana = 3100;
    status = 3001;
  };
in {
  homelab.services = {
    grafana = {
      url = "http://127.0.0.1:${toString ports.grafana}";
      persistedData = ["/var/lib/grafana"];
      unitName = "grafana.service";
    };

    # the page that says what is down, so everybody may see it
    status = {
      url = "http://127.0.0.1:${toString ports.status}";
      type = "public";
    };
  };

  services.grafana = {
    enable = true;
    settings.server = {
      http_port = ports.grafana;
      domain = "grafana.${config.homelab.domain}";
    };
  };

  services.uptime-kuma = {
    enable = true;
    settings.PORT = toString ports.status;
  };
}
