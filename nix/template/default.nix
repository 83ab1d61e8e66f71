# Template of a service. Copy it to modules/server/<category>/<service>/default.nix, replace
# `example` by the service's name (the contract has the name of the directory), import the
# directory from its category, and enable the service in the host's settings file:
#
#   qgroget.serviceModules.example.enable = true;
#
# Or let `qgroget new <service>` do all of it.
#
# Required fields are enable, domain and dataDir, and port for an exposed service; where
# qgroget.contract.strict is set, persistedData and backupPaths as well. A field marked optional
# may be left out; the value shown is then an example, and the comment names the default.
# Recipes and a reference of all fields: docs/service-template-guide.md
{
  config,
  lib,
  ...
}: let
  # The service's own entry, to read the port and the like from it instead of writing them twice.
  cfg = config.qgroget.serviceModules.example;
in {
  config = lib.mkMerge [
    # ── 1. Contract ────────────────────────────────────────────────────────────────────
    # Holds whether or not the service is enabled, so that it is checked before it runs.
    {
      qgroget.serviceModules.example = {
        # Required. Whether the service runs. mkDefault lets the host's settings file decide.
        enable = lib.mkDefault false;
        # Required. The domain the service's subdomain belongs to; usually config.qgroget.server.domain.
        domain = "example.org";
        # Required. Where the service's state lives; null if it keeps none.
        dataDir = "/var/lib/example";

        # Persistence
        # Optional, required when qgroget.contract.strict is set. Default: [dataDir].
        # The list is exactly what survives a reboot; [] persists nothing.
        persistedData = [
          "/var/lib/example"
          {
            directory = "/var/cache/example";
            user = "root";
            group = "root";
            mode = "0755";
          }
        ];

        # Backups
        # Optional, required when qgroget.contract.strict is set. Default: [], no backup.
        # `backupDirectories` is another name of this field.
        backupPaths = ["/var/lib/example"];
        # Optional. Default: the service's name. Services that name the same job share it.
        backupJob = "example";
        # Optional. Default: []. Units to stop while the backup runs.
        backupUnits = ["example.service"];
        # Optional. Default: []. What the backup leaves out.
        backupExclude = ["/var/lib/example/cache"];
        # Optional. Default: null. Scripts to run before and after the backup.
        backupPrepare = "echo 'backup of example begins'";
        backupCleanup = "echo 'backup of example is done'";
        # Optional. Default: null, the job's own default. Lower runs earlier.
        backupPriority = 1000;
        # Optional. Default: null, the job's own default.
        backupRequiresNetwork = false;

        # Routing
        # Optional. Default: false, no route.
        exposed = true;
        # Optional. Default: the service's name; "" is the domain itself.
        subdomain = "example";
        # Required when exposed, unless a url is given. No two services may use the same port.
        port = 8999;
        # Optional. Default: http://127.0.0.1:<port>. For any other backend.
        url = "http://127.0.0.1:8999";
        # Optional. Default: "private", which asks for a client certificate. "public" is open.
        type = "private";
        # Optional. Default: []. Traefik middlewares, in order. `middleware` is another name of this field.
        middlewares = ["rate-limit"];
        # Optional. Default: {}. Further Traefik dynamic configuration, merged with the generated one.
        traefikDynamicConfig = {
          http.middlewares.example-headers.headers.frameDeny = true;
        };

        # What it needs
        # Optional. Default: []. Contract services, or names under `services`, that must be enabled: each once, and none
        # that needs this one.
        dependsOn = ["postgresql"];
        # Optional. Default: []. Only the name is required; the values shown for the rest are the defaults.
        # The implementation reads the first one back as cfg.databaseConfig, which cannot be set: type,
        # host, port, name, user and passwordFile. It is null without a database.
        databases = [
          {
            type = "postgresql";
            name = "example";
            user = "example";
            # By the socket, PostgreSQL lets in the user of the machine who has the name of the database's user. A
            # container is no such user: it has host = "127.0.0.1", and a passwordFile.
            host = "/run/postgresql";
            port = 5432;
            # false: the database runs elsewhere and is not created here.
            provision = true;
            # A file with the password, such as "/run/secrets/server/example/database-password".
            passwordFile = null;
          }
        ];

        # Logs
        # Optional. Default: false. Whether the service logs to the journal.
        journalctl = true;
        # Optional. Default: "". The unit whose journal is the service's log.
        unitName = "example.service";
        # Optional. Default: "". A log file, where the service does not log to the journal.
        logPath = "";

        # Optional. Default: {}. Anything else worth recording.
        extraConfig = {
          homepage = "https://example.org";
        };
      };
    }

    # ── 2. Implementation ──────────────────────────────────────────────────────────────
    # A NixOS service, a container or a unit of your own: the contract is the same for all.
    # In its place, for a container:
    #   virtualisation.quadlet.containers.example.containerConfig = {
    #     image = "docker.io/example/example:1.0";
    #     publishPorts = ["127.0.0.1:${toString cfg.port}:8999"];
    #     volumes = ["${cfg.dataDir}:/data"];
    #   };
    (lib.mkIf cfg.enable {
      systemd.services.example = {
        description = "Example service";
        wantedBy = ["multi-user.target"];
        environment = {
          PORT = toString cfg.port;
          DATABASE_HOST = cfg.databaseConfig.host;
          DATABASE_NAME = cfg.databaseConfig.name;
          DATABASE_USER = cfg.databaseConfig.user;
        };
        serviceConfig = {
          ExecStart = "/run/current-system/sw/bin/sleep infinity";
          User = cfg.databaseConfig.user;
          StateDirectory = "example";
        };
      };
      users.users.${cfg.databaseConfig.user} = {
        isSystemUser = true;
        group = cfg.databaseConfig.user;
      };
      users.groups.${cfg.databaseConfig.user} = {};
    })

    # ── 3. Secrets ─────────────────────────────────────────────────────────────────────
    # Named server/<service>/<credential>; the values stand in the sops file. The implementation reads
    # the file config.sops.secrets."server/example/password".path. Drop this section if there are none.
    (lib.mkIf cfg.enable {
      sops.secrets."server/example/password" = {};
    })
  ];
}
