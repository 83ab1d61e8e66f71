{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.serviceModules.radio;
  inherit (config.qgroget.server) domain;
  # Others may take it from here.
  fallback = "http://127.0.0.1:9100/fallback";
  folder = "radio";
in {
  options.radio = {
    enable = lib.mkEnableOption "the radio";
    port = lib.mkOption {
      type = lib.types.port;
      default = cfg.port;
      defaultText = lib.literalExpression "config.qgroget.serviceModules.radio.port";
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

  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    {
      qgroget.serviceModules.radio = {
        domain = config.qgroget.server.domain;
        dataDir = "/srv/${domain}/radio";
        persistedData = [];
        backupPaths = [cfg.dataDir];
        backupUnits = ["radio.service"];
        backupExclude = ["${cfg.dataDir}/cache"];

        exposed = true;
        port = 9100;
        type = "public";
        middlewares = ["radio-page"];
        traefikDynamicConfig.http.middlewares.radio-page.forwardAuth.address = "http://127.0.0.1:${toString cfg.port}/check";
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    (lib.mkIf cfg.enable {
      services.radio = {
        enable = true;
        port = cfg.port;
        transport = 9100;
        settings = {
          HTTP_PORT = toString cfg.port;
          listen = "127.0.0.1:${toString cfg.port}";
          # another machine's, and a longer number
          mirrors = ["http://radio.example.org:9100" "http://127.0.0.1:91000"];
          inherit fallback;
        };
        dataDir = cfg.dataDir;
        other = "/srv/${domain}/radio-old";
      };

      networking.firewall.allowedTCPPorts = [80] ++ lib.optionals config.radio.enable [cfg.port];

      virtualisation.quadlet.containers.radio.containerConfig = {
        image = "docker.io/example/radio:1";
        # inside, the port is the container's own
        environments.PORT = "9100";
        publishPorts = ["${toString cfg.port}:9100" "127.0.0.1:${toString cfg.port}:80"];
        volumes = [
          "${cfg.dataDir}:/data:Z"
          "${cfg.dataDir}/music:/music:ro"
        ];
      };

      systemd.tmpfiles.rules = ["d ${cfg.dataDir} 0750 radio radio -"];

      # In the network of the machine it is the machine's.
      virtualisation.quadlet.containers.radio-page.containerConfig = {
        image = "docker.io/example/radio-page:1";
        networks = ["host"];
        exec = "--port ${toString cfg.port} --support 9100 --web-port=${toString cfg.port} --bitrate 9100 --export-port 91000";
        podmanArgs = ["--entrypoint=[\"page\", \"--port\", \"${toString cfg.port}\"]"];
      };

      systemd.user.services.radio-stream.serviceConfig = {
        ExecStart = "/bin/stream --port=${toString cfg.port} --from ${cfg.dataDir}/live";
        Group = folder;
      };

      systemd.services = lib.genAttrs ["radio-a"] (domain: {
        serviceConfig.WorkingDirectory = "/srv/${domain}/radio";
      });
    })
  ];
}
