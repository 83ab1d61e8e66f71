{config, ...}: let
  authelia = "authelia-main";
  inherit (config.qgroget.server) containerDir domain;
  baseDn = "dc=lab,dc=example,dc=org";
  ownedBy = user: {
    owner = user;
    group = user;
  };
in {
  sops.secrets = {
    "server/authelia/hmac" = ownedBy authelia;
    "server/authelia/issuerKey" = ownedBy authelia;
    "server/authelia/jwt" = ownedBy authelia;
    "server/authelia/ldapPassword" = ownedBy authelia;
    "server/authelia/storageKey" = ownedBy authelia;
    "server/lldap/adminPassword" = ownedBy "lldap";
    "server/lldap/env" = ownedBy "lldap";
    "server/lldap/jwt" = ownedBy "lldap";
  };

  systemd.tmpfiles.rules = [
    "d /var/lib/${authelia} 0700 ${authelia} ${authelia} -"
  ];

  services.authelia.instances.main = {
    enable = true;
    user = authelia;
    group = authelia;

    secrets = {
      jwtSecretFile = config.sops.secrets."server/authelia/jwt".path;
      oidcHmacSecretFile = config.sops.secrets."server/authelia/hmac".path;
      oidcIssuerPrivateKeyFile = config.sops.secrets."server/authelia/issuerKey".path;
      storageEncryptionKeyFile = config.sops.secrets."server/authelia/storageKey".path;
    };
    environmentVariables.AUTHELIA_AUTHENTICATION_BACKEND_LDAP_PASSWORD_FILE =
      config.sops.secrets."server/authelia/ldapPassword".path;

    settings = {
      theme = "auto";
      server = {
        address = "tcp://127.0.0.1:9091";
        asset_path = config.logo.autheliaAssetsPath;
      };
      log = {
        level = "warn";
        format = "text";
      };
      authentication_backend.ldap = {
        implementation = "lldap";
        address = "ldap://127.0.0.1:3890";
        base_dn = baseDn;
        user = "uid=authelia,ou=people,${baseDn}";
      };
      # the first rule that matches decides, and what no rule names stays closed
      access_control.default_policy = "deny";
      session.cookies = [
        {
          inherit domain;
          authelia_url = "https://auth.${domain}";
          default_redirection_url = "https://home.${domain}";
        }
      ];
      storage.local.path = "/var/lib/${authelia}/db.sqlite3";
      notifier.filesystem.filename = "/var/lib/${authelia}/outbox.txt";
      identity_providers.oidc.lifespans = {
        access_token = "1h";
        refresh_token = "12h";
      };
    };
  };

  qgroget.services.auth = {
    name = "auth";
    url = "http://127.0.0.1:9091";
    type = "public";
  };

  qgroget.services.auth.traefikDynamicConfig.http.middlewares.SSO = {
    forwardAuth = {
      address = "http://127.0.0.1:9091/api/authz/forward-auth";
      trustForwardHeader = true;
      authResponseHeaders = ["Remote-User" "Remote-Groups" "Remote-Email"];
    };
  };

  services.lldap = {
    enable = true;
    environmentFile = config.sops.secrets."server/lldap/env".path;
    settings = {
      ldap_base_dn = baseDn;
      ldap_host = "127.0.0.1";
      ldap_port = 3890;
      http_host = "127.0.0.1";
      http_port = 17170;
      http_url = "https://people.${domain}";
      jwt_secret_file = config.sops.secrets."server/lldap/jwt".path;
      ldap_user_pass_file = config.sops.secrets."server/lldap/adminPassword".path;
    };
  };

  qgroget.services.lldap = {
    name = "people";
    url = "http://127.0.0.1:17170";
    type = "private";
    persistedData = [
      {
        directory = "/var/lib/${authelia}";
        user = authelia;
        group = "${authelia}";
        mode = "u=rwx,g=,o=";
      }
    ];
  };

  qgroget.backups.lldap = {
    paths = [
      "${containerDir}/lldap-pg"
    ];
    systemdUnits = [
      "lldap.service"
      "lldap-pg.service"
    ];
    priority = 200;
  };

  virtualisation.quadlet.containers.lldap-pg = {
    autoStart = true;
    containerConfig = {
      name = "lldap-pg";
      image = "docker.io/library/postgres:16-alpine";
      publishPorts = ["127.0.0.1:5434:5432"];
      volumes = ["${containerDir}/lldap-pg/data:/var/lib/postgresql/data"];
      environmentFiles = [config.sops.secrets."server/lldap/env".path];
    };
    serviceConfig.Restart = "always";
    unitConfig.Before = ["lldap.service"];
  };

  users.users.lldap = {
    isSystemUser = true;
    group = "lldap";
  };
  users.groups.lldap = {};
}
