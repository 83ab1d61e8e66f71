{
  config,
  lib,
  ...
}: let
  cfg = {
    port = 2283;
    # a dataset of its own, see hosts/Server/disk-config.nix
    library = "/tank/photos";
  };

  inherit (config.qgroget.server) containerDir domain;
  clientId = "immich-lab";

  # Immich's settings page is closed while it reads a file
  settings = {
    ffmpeg = {
      accel = "vaapi";
      targetResolution = "1080";
      transcode = "optimal";
    };
    job = {
      thumbnailGeneration.concurrency = 2;
      videoConversion.concurrency = 1;
    };
    library.watch.enabled = true;
    machineLearning = {
      enabled = true;
      urls = ["http://127.0.0.1:3003"];
    };
    oauth = {
      inherit clientId;
      clientSecret = "@CLIENT_SECRET@";
      enabled = true;
      autoLaunch = true;
      autoRegister = true;
      buttonText = "Sign in";
      issuerUrl = "https://auth.${domain}/.well-known/openid-configuration";
      scope = "openid profile email";
    };
    passwordLogin.enabled = false;
    storageTemplate = {
      enabled = true;
      template = "{{y}}/{{MM}}/{{filename}}";
    };
    trash.days = 60;
  };
in {
  qgroget.services.immich.traefikDynamicConfig = {
    http.middlewares.immich-uploads.buffering.maxRequestBodyBytes = 8 * 1000 * 1000 * 1000;
  };

  qgroget.services.immich = {
    name = "immich";
    url = "http://[::1]:${toString cfg.port}";
    type = "public";
    middlewares = ["immich-uploads"];
    journalctl = true;
    unitName = "immich-server.service";
  };

  services.immich = {
    enable = true;
    inherit (cfg) port;
    mediaLocation = cfg.library;
    machine-learning.enable = true;
    accelerationDevices = ["/dev/dri/renderD128"];
    secretsFile = config.sops.secrets."server/immich/env".path;
    # null keeps the settings, and the secret among them, out of the store
    settings = null;
    environment.IMMICH_CONFIG_FILE = "/run/immich/settings.json";
    database = {
      enable = false;
      host = "127.0.0.1";
      port = 5433;
      name = "immich";
      user = "immich";
    };
  };

  systemd.tmpfiles.rules = [
    "d ${cfg.library} 0750 immich immich -"
    "d ${containerDir}/immich-pg 0700 immich-pg immich -"
  ];

  users.users = {
    immich.extraGroups = ["render" "video"];
    immich-pg = {
      isSystemUser = true;
      uid = 2003;
      group = "immich";
    };
  };
  users.groups.immich.gid = 2003;

  sops.secrets = {
    "server/immich/env" = {};
    "server/immich/clientSecret".mode = "0400";
  };

  virtualisation.quadlet.containers.immich-pg = {
    autoStart = true;
    containerConfig = {
      name = "immich-pg";
      # Immich needs the vector extension
      image = "ghcr.io/immich-app/postgres:16-vectorchord0.4.3";
      user = "${toString config.users.users.immich-pg.uid}:${toString config.users.groups.immich.gid}";
      publishPorts = ["127.0.0.1:5433:5432"];
      volumes = ["${containerDir}/immich-pg/data:/var/lib/postgresql/data"];
      environmentFiles = [config.sops.secrets."server/immich/env".path];
    };
    serviceConfig.Restart = "always";
    unitConfig.Before = ["immich-server.service"];
  };

  systemd.services.immich-server = {
    serviceConfig = {
      LoadCredential = lib.mkAfter [
        "clientSecret:${config.sops.secrets."server/immich/clientSecret".path}"
      ];
      RuntimeDirectory = "immich";
    };
    preStart = lib.mkAfter ''
      umask 077
      cat > /run/immich/template.json <<'JSON'
      ${builtins.toJSON settings}
      JSON
      secret=$(cat "$CREDENTIALS_DIRECTORY/clientSecret")
      sed "s#@CLIENT_SECRET@#''${secret}#" /run/immich/template.json > /run/immich/settings.json
    '';
  };

  services.authelia.instances.main.settings = {
    identity_providers.oidc = {
      clients = [
        {
          client_id = clientId;
          client_name = "Photos";
          client_secret = "$pbkdf2-sha512$310000$not-a-real-salt$not-a-real-hash";
          authorization_policy = "family";
          redirect_uris = [
            "https://immich.${domain}/auth/login"
            "https://immich.${domain}/user-settings"
            "app.immich:///oauth-callback"
          ];
          scopes = ["openid" "profile" "email"];
          token_endpoint_auth_method = "client_secret_post";
        }
      ];
      cors.allowed_origins = ["https://immich.${domain}"];
      authorization_policies.family = {
        default_policy = "deny";
        rules = [
          {
            policy = "one_factor";
            subject = ["group:family"];
          }
        ];
      };
    };
  };
}
