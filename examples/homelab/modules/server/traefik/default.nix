{
  config,
  lib,
  pkgs,
  ...
}: let
  inherit (config.qgroget) server services;
  inherit (config.services.traefik) dataDir;

  resolver =
    if server.test.enable
    then "staging"
    else "production";

  routerOf = key: service:
    {
      rule = "Host(`${service.name}.${server.domain}`)";
      entryPoints = ["websecure"];
      service = key;
      tls =
        {certResolver = resolver;}
        // lib.optionalAttrs (service.type == "private") {options = "mtls";};
    }
    // lib.optionalAttrs (service.middlewares != []) {inherit (service) middlewares;};

  backendOf = _: service: {
    loadBalancer.servers = [{inherit (service) url;}];
  };

  # Every service may add to the dynamic configuration, later names win
  dynamicConfig = lib.foldl' lib.recursiveUpdate {} (
    map (service: service.traefikDynamicConfig) (lib.attrValues services)
  );
  toml = pkgs.formats.toml {};
  dynamicFile = toml.generate "dynamic.toml" dynamicConfig;

  acme = caServer: {
    acme = {
      inherit caServer;
      email = "hostmaster@example.org";
      storage = "${dataDir}/acme.json";
      httpChallenge.entryPoint = "web";
    };
  };
in {
  sops.secrets."server/traefik/clientCa" = {
    owner = "traefik";
    group = "traefik";
  };

  qgroget.services.proxy = {
    name = "proxy";
    url = "http://127.0.0.1:8080";
    type = "private";
    logPath = "${dataDir}/access.log";
    persistedData = [
      {
        directory = "${dataDir}";
        user = "traefik";
        group = "traefik";
        mode = "0700";
      }
    ];
  };

  services.traefik = {
    enable = true;
    staticConfigOptions = {
      global.sendAnonymousUsage = false;
      api = {
        dashboard = true;
        insecure = true; # the router below asks for a certificate
      };
      log.level = "WARN";
      accessLog.filePath = "${dataDir}/access.log";
      providers.file = {
        directory = "/run/traefik/dynamic";
        watch = true;
      };
      entryPoints = {
        web = {
          address = ":80";
          http.redirections.entryPoint = {
            to = "websecure";
            scheme = "https";
          };
        };
        websecure = {
          address = ":443";
          http.middlewares = ["no-index"];
          # uploads of whole photo albums take their time
          transport.respondingTimeouts.readTimeout = "30m";
        };
      };
      certificatesResolvers = {
        production = acme "https://acme-v02.api.letsencrypt.org/directory";
        staging = acme "https://acme-staging-v02.api.letsencrypt.org/directory";
      };
    };
  };

  qgroget.services.proxy.traefikDynamicConfig = {
    http = {
      routers = lib.mapAttrs routerOf services;
      services = lib.mapAttrs backendOf services;
      middlewares.no-index.headers.customResponseHeaders.X-Robots-Tag = "noindex";
    };
    tls.options.mtls = {
      minVersion = "VersionTLS12";
      clientAuth = {
        caFiles = [config.sops.secrets."server/traefik/clientCa".path];
        clientAuthType = "RequireAndVerifyClientCert";
      };
    };
  };

  # Traefik watches a directory on tmpfs: other modules put files beside ours that must not
  # get into the store
  systemd.services.traefik.serviceConfig.RuntimeDirectory = "traefik";
  systemd.services.traefik.preStart = ''
    mkdir -p /run/traefik/dynamic
    install -m 0600 ${dynamicFile} /run/traefik/dynamic/services.toml
  '';

  networking.firewall = {
    allowedTCPPorts = [80 443] ++ lib.optional server.test.enable 8080;
    allowedUDPPorts = [443];
  };
}
