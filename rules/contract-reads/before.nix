{
  config,
  lib,
  ...
}: let
  inherit (config.qgroget.server) domain;
  # Others may take it from here.
  fallback = "http://127.0.0.1:9100/fallback";
  folder = "radio";
in {
  options.radio = {
    enable = lib.mkEnableOption "the radio";
    port = lib.mkOption {
      type = lib.types.port;
      default = 9100;
      description = "Where the radio is heard.";
    };
    streamPort = lib.mkOption {
      type = lib.types.port;
      default = 9100;
      defaultText = "that of the radio";
    };
    bitrate = lib.mkOption {
      type = lib.types.int;
      default = 9100;
    };
  };

  config = {
    qgroget.services.radio = {
      name = "radio";
      url = "http://127.0.0.1:9100";
      type = "public";
      middlewares = ["radio-page"];
      traefikDynamicConfig.http.middlewares.radio-page.forwardAuth.address = "http://127.0.0.1:9100/check";
    };

    qgroget.backups.radio = {
      paths = [
        "/srv/${domain}/radio"
      ];
      exclude = ["/srv/${domain}/radio/cache"];
      systemdUnits = [
        "radio.service"
      ];
    };

    services.radio = {
      enable = true;
      port = 9100;
      transport = 9100;
      settings = {
        HTTP_PORT = "9100";
        listen = "127.0.0.1:9100";
        # another machine's, and a longer number
        mirrors = ["http://radio.example.org:9100" "http://127.0.0.1:91000"];
        inherit fallback;
      };
      dataDir = "/srv/${domain}/radio";
      other = "/srv/${domain}/radio-old";
    };

    networking.firewall.allowedTCPPorts = [80] ++ lib.optionals config.radio.enable [9100];

    virtualisation.quadlet.containers.radio.containerConfig = {
      image = "docker.io/example/radio:1";
      # inside, the port is the container's own
      environments.PORT = "9100";
      publishPorts = ["9100:9100" "127.0.0.1:9100:80"];
      volumes = [
        "/srv/${domain}/radio:/data:Z"
        "/srv/${domain}/radio/music:/music:ro"
      ];
    };

    systemd.tmpfiles.rules = ["d /srv/${domain}/radio 0750 radio radio -"];

    # In the network of the machine it is the machine's.
    virtualisation.quadlet.containers.radio-page.containerConfig = {
      image = "docker.io/example/radio-page:1";
      networks = ["host"];
      exec = "--port 9100 --support 9100 --web-port=9100 --bitrate 9100 --export-port 91000";
      podmanArgs = ["--entrypoint=[\"page\", \"--port\", \"9100\"]"];
    };

    systemd.user.services.radio-stream.serviceConfig = {
      ExecStart = "/bin/stream --port=9100 --from /srv/${domain}/${folder}/live";
      Group = folder;
    };

    systemd.services = lib.genAttrs ["radio-a"] (domain: {
      serviceConfig.WorkingDirectory = "/srv/${domain}/radio";
    });
  };
}
