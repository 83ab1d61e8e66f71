{
  config,
  lib,
  pkgs,
  ...
}: let
  cfg = {
    inherit (config.qgroget.server) containerDir mediaDir;
    podName = "arr";

    ports = {
      sonarr = 8989;
      sonarr-kids = 8990;
      radarr = 7878;
      lidarr = 8686;
      bazarr = 6767;
      prowlarr = 9696;
      autobrr = 7474;
    };
  };

  # all in one place, so that an update is one look at one list
  images = {
    sonarr = "lscr.io/linuxserver/sonarr:4.0.15";
    radarr = "lscr.io/linuxserver/radarr:5.27.5";
    lidarr = "lscr.io/linuxserver/lidarr:2.13.3";
    bazarr = "lscr.io/linuxserver/bazarr:1.5.3";
    prowlarr = "lscr.io/linuxserver/prowlarr:2.0.5";
    autobrr = "ghcr.io/autobrr/autobrr:v1.65.0";
  };

  asArr = {
    user = "${toString config.users.users.arr.uid}:${toString config.users.groups.media.gid}";
  };

  restart = {
    Restart = "always";
    RestartSec = "20s";
  };

  autobrrClient = "autobrr-lab";

  # Sonarr and its relatives know one local account. The proxy signs in with it for everybody
  # whom Authelia let through; its password is filled in at run time.
  basicAuthTemplate = (pkgs.formats.toml {}).generate "inject-basic-arr.toml" {
    http.middlewares.inject-basic-arr.headers.customRequestHeaders.Authorization = "Basic @CREDENTIALS@";
  };

  inherit (config.virtualisation.quadlet) pods;
in {
  users.users.arr = {
    isSystemUser = true;
    uid = 2001;
    group = "arr";
    extraGroups = ["media"];
  };
  users.groups = {
    arr = {};
    media.gid = 2000;
  };

  qgroget.services = {
    sonarr = {
      name = "sonarr";
      url = "http://127.0.0.1:${toString cfg.ports.sonarr}";
      type = "private";
      middlewares = ["SSO" "inject-basic-arr"];
    };
    sonarr-kids = {
      name = "sonarr-kids";
      url = "http://127.0.0.1:${toString cfg.ports.sonarr-kids}";
      type = "private";
      middlewares = ["SSO" "inject-basic-arr"];
    };
    radarr = {
      name = "radarr";
      url = "http://127.0.0.1:${toString cfg.ports.radarr}";
      type = "private";
      middlewares = ["SSO" "inject-basic-arr"];
    };
    lidarr = {
      name = "lidarr";
      url = "http://127.0.0.1:${toString cfg.ports.lidarr}";
      type = "private";
      middlewares = ["SSO" "inject-basic-arr"];
    };
    bazarr = {
      name = "bazarr";
      url = "http://127.0.0.1:${toString cfg.ports.bazarr}";
      type = "private";
      middlewares = ["SSO" "inject-basic-arr"];
    };
    prowlarr = {
      name = "prowlarr";
      url = "http://127.0.0.1:${toString cfg.ports.prowlarr}";
      type = "private";
      middlewares = ["SSO" "inject-basic-arr"];
    };

    # signs people in by itself, through OpenID Connect
    autobrr = {
      name = "autobrr";
      url = "http://127.0.0.1:${toString cfg.ports.autobrr}";
      type = "public";
    };
  };

  qgroget.backups.arr = {
    paths = [
      "${cfg.containerDir}/sonarr"
      "${cfg.containerDir}/sonarr-kids"
      "${cfg.containerDir}/radarr"
      "${cfg.containerDir}/lidarr"
      "${cfg.containerDir}/bazarr"
    ];
    # covers are fetched again
    exclude = ["MediaCover"];
    systemdUnits = [
      "${cfg.podName}-pod.service"
    ];
  };

  sops.secrets = {
    "server/arr/user".owner = "traefik";
    "server/arr/password".owner = "traefik";
    "server/autobrr/env" = {};
  };

  systemd.services.traefik = {
    path = [pkgs.coreutils pkgs.gnused];
    preStart = lib.mkAfter ''
      credentials=$(printf '%s:%s' \
        "$(cat ${config.sops.secrets."server/arr/user".path})" \
        "$(cat ${config.sops.secrets."server/arr/password".path})" | base64 --wrap=0)
      (
        umask 077
        sed "s|@CREDENTIALS@|$credentials|" ${basicAuthTemplate} > /run/traefik/dynamic/inject-basic-arr.toml
      )
    '';
  };

  environment.etc."tmpfiles.d/arr.conf".text = ''
    d ${cfg.containerDir}/sonarr 0750 arr media -
    d ${cfg.containerDir}/sonarr-kids 0750 arr media -
    d ${cfg.containerDir}/radarr 0750 arr media -
    d ${cfg.containerDir}/lidarr 0750 arr media -
    d ${cfg.containerDir}/bazarr 0750 arr media -
    d ${cfg.containerDir}/prowlarr 0750 arr media -
    d ${cfg.mediaDir}/incoming 0775 arr media -
  '';

  virtualisation.quadlet = {
    pods.${cfg.podName} = {
      autoStart = true;
      podConfig = {
        name = cfg.podName;
        publishPorts = [
          "127.0.0.1:${toString cfg.ports.sonarr}:8989"
          # the second Sonarr is told its port in its own settings
          "127.0.0.1:${toString cfg.ports.sonarr-kids}:8990"
          "127.0.0.1:${toString cfg.ports.radarr}:7878"
          "127.0.0.1:${toString cfg.ports.lidarr}:8686"
          "127.0.0.1:${toString cfg.ports.bazarr}:6767"
          "127.0.0.1:${toString cfg.ports.prowlarr}:9696"
          "127.0.0.1:${toString cfg.ports.autobrr}:7474"
        ];
      };
      serviceConfig = restart;
    };

    containers = {
      sonarr = {
        autoStart = true;
        containerConfig =
          {
            name = "sonarr";
            pod = pods.${cfg.podName}.ref;
            image = images.sonarr;
            volumes = [
              "${cfg.containerDir}/sonarr:/config:Z"
              "${cfg.mediaDir}:/media"
            ];
          }
          // asArr;
        serviceConfig = restart;
      };

      sonarr-kids = {
        autoStart = true;
        containerConfig =
          {
            name = "sonarr-kids";
            pod = pods.${cfg.podName}.ref;
            image = images.sonarr;
            volumes = [
              "${cfg.containerDir}/sonarr-kids:/config:Z"
              "${cfg.mediaDir}:/media"
            ];
          }
          // asArr;
        serviceConfig = restart;
      };

      radarr = {
        autoStart = true;
        containerConfig =
          {
            name = "radarr";
            pod = pods.${cfg.podName}.ref;
            image = images.radarr;
            volumes = [
              "${cfg.containerDir}/radarr:/config:Z"
              "${cfg.mediaDir}:/media"
            ];
          }
          // asArr;
        serviceConfig = restart;
      };

      lidarr = {
        autoStart = true;
        containerConfig =
          {
            name = "lidarr";
            pod = pods.${cfg.podName}.ref;
            image = images.lidarr;
            volumes = [
              "${cfg.containerDir}/lidarr:/config:Z"
              "${cfg.mediaDir}:/media"
            ];
          }
          // asArr;
        serviceConfig = restart;
      };

      bazarr = {
        autoStart = true;
        containerConfig =
          {
            name = "bazarr";
            pod = pods.${cfg.podName}.ref;
            image = images.bazarr;
            volumes = [
              "${cfg.containerDir}/bazarr:/config:Z"
              "${cfg.mediaDir}:/media"
            ];
          }
          // asArr;
        serviceConfig = restart;
      };

      prowlarr = {
        autoStart = true;
        containerConfig =
          {
            name = "prowlarr";
            pod = pods.${cfg.podName}.ref;
            image = images.prowlarr;
            volumes = ["${cfg.containerDir}/prowlarr:/config:Z"];
          }
          // asArr;
        serviceConfig = restart;
      };

      autobrr = {
        autoStart = true;
        containerConfig = {
          name = "autobrr";
          pod = pods.${cfg.podName}.ref;
          image = images.autobrr;
          environmentFiles = [config.sops.secrets."server/autobrr/env".path];
          environments = {
            AUTOBRR__OIDC_ENABLED = "true";
            AUTOBRR__OIDC_CLIENT_ID = autobrrClient;
            AUTOBRR__OIDC_ISSUER = "https://auth.${config.qgroget.server.domain}";
            AUTOBRR__OIDC_REDIRECT_URL = "https://autobrr.${config.qgroget.server.domain}/api/auth/oidc/callback";
          };
          volumes = ["${cfg.containerDir}/autobrr:/config:Z"];
        };
        serviceConfig = restart;
      };
    };
  };

  services.authelia.instances.main.settings.access_control.rules = lib.mkAfter [
    {
      domain = "sonarr.${config.qgroget.server.domain}";
      policy = "two_factor";
      subject = ["group:librarians"];
    }
    {
      domain = "sonarr-kids.${config.qgroget.server.domain}";
      policy = "one_factor";
      subject = ["group:family"];
    }
    {
      domain = "radarr.${config.qgroget.server.domain}";
      policy = "two_factor";
      subject = ["group:librarians"];
    }
    {
      domain = "lidarr.${config.qgroget.server.domain}";
      policy = "two_factor";
      subject = ["group:librarians"];
    }
    {
      domain = "bazarr.${config.qgroget.server.domain}";
      policy = "two_factor";
      subject = ["group:librarians"];
    }
    {
      domain = "prowlarr.${config.qgroget.server.domain}";
      policy = "two_factor";
      subject = ["group:librarians"];
    }
    # retired, but its name still resolves
    {
      domain = "readarr.${config.qgroget.server.domain}";
      policy = "deny";
    }
  ];

  services.authelia.instances.main.settings.identity_providers.oidc = {
    clients = [
      {
        client_id = autobrrClient;
        client_name = "Autobrr";
        client_secret = "$pbkdf2-sha512$310000$another-unreal-salt$another-unreal-hash";
        authorization_policy = "librarians";
        redirect_uris = ["https://autobrr.${config.qgroget.server.domain}/api/auth/oidc/callback"];
        scopes = ["openid" "profile" "email"];
      }
    ];
    authorization_policies.librarians = {
      default_policy = "deny";
      rules = [
        {
          policy = "two_factor";
          subject = ["group:librarians"];
        }
      ];
    };
  };
}
