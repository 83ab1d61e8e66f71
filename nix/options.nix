# The service contract: what every service says about itself, and nothing else.
#
#   qgroget.serviceModules.<service>   one entry a service, declared in the service's own file
#   qgroget.contract                   settings that hold for all services
#
# This file only declares options. What is made of them (persistence, backups, routes,
# databases) and what is checked across services stands in collector.nix, so a test can
# import this file and one service without anything else.
{
  config,
  lib,
  ...
}: {
  options.qgroget = {
    serviceModules = let
      inherit (lib) mkOption types literalExpression;
      inherit (config.qgroget) contract;

      # A default in words, which a manual shows as such.
      prose = lib.literalMD or (text: text);

      # A required field has no usable default: whatever reads it first gets the message.
      missing = field: service: throw (contract.requiredFields.${field} service);

      # Whether a module has given the option a value (its default does not count).
      isSet = option: option.highestPrio < (lib.mkOptionDefault null).priority;

      # Where PostgreSQL of this machine listens, for databases that are created in it. Faults of a service, which decide
      # whether it is turned on, hide no other service.
      postgresqlPort = let
        # False where it does not evaluate.
        said = (builtins.tryEval (config.services.postgresql.settings.port or config.services.postgresql.port or 5432)).value;
      in
        if lib.isInt said
        then said
        else 5432;

      # A directory with attributes: these, and any other that the module which persists it takes.
      ownedDirectory = types.submodule {
        freeformType = types.attrsOf types.anything;
        options = {
          directory = mkOption {
            type = types.str;
            example = "/var/lib/traefik";
            description = "The directory to persist.";
          };
          user = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "traefik";
            description = "Owner of the directory; null leaves it to the module that persists it.";
          };
          group = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "traefik";
            description = "Group of the directory; null leaves it to the module that persists it.";
          };
          mode = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "0700";
            description = "Permissions of the directory, as chmod takes them; null leaves them to the module that persists it.";
          };
        };
      };

      database = types.submodule ({config, ...}: let
        isCreated = config.provision && config.type == "postgresql";
      in {
        options = {
          type = mkOption {
            type = types.enum ["postgresql" "mysql" "mongodb" "redis" "sqlite"];
            default = "postgresql";
            example = "postgresql";
            description = "The kind of database.";
          };
          name = mkOption {
            type = types.str;
            example = "immich";
            description = ''
              Name of the database: for redis its number, for sqlite the path of its file.
              No two services may use the same one of a server.
            '';
          };
          user = mkOption {
            type = types.str;
            default = config.name;
            defaultText = literalExpression "name";
            example = "immich";
            description = "The database user the service connects as.";
          };
          host = mkOption {
            type = types.str;
            default =
              if isCreated
              then "/run/postgresql"
              else "127.0.0.1";
            defaultText = literalExpression ''if provision then "/run/postgresql" else "127.0.0.1"'';
            example = "/run/postgresql";
            description = ''
              Host name, address or socket directory of the database server.
              By the socket, PostgreSQL lets in the user of the machine who has the name of the database's user.
              A container is no such user: it connects to 127.0.0.1, with a password.
            '';
          };
          port = mkOption {
            type = types.nullOr types.port;
            default =
              {
                postgresql =
                  if isCreated
                  then postgresqlPort
                  else 5432;
                mysql = 3306;
                mongodb = 27017;
                redis = 6379;
                sqlite = null;
              }
              .${
                config.type
              };
            defaultText = prose "the usual port of the type; that of services.postgresql for a database that is created";
            example = 5433;
            description = "Port of the database server.";
          };
          provision = mkOption {
            type = types.bool;
            default = config.type == "postgresql";
            defaultText = literalExpression ''type == "postgresql"'';
            example = false;
            description = ''
              Whether the collector creates the database and its user in `services.postgresql`.
              Set it to false for a database that runs elsewhere, in a container for instance.
            '';
          };
          passwordFile = mkOption {
            type = types.nullOr types.str;
            default = null;
            example = "/run/secrets/server/immich/database-password";
            description = ''
              File with the user's password, where the service connects by TCP. For a database that the collector creates,
              the user gets the password that stands there.
              Its path is written out: a contract is checked while its service is off as well, and its secrets are not there.
            '';
          };
        };
      });

      service = types.submodule ({
        name,
        config,
        options,
        ...
      }: {
        options = {
          # Required: every service says these three.

          enable = mkOption {
            type = types.bool;
            default = missing "enable" name;
            defaultText = prose "none: required";
            example = true;
            description = "Required. Whether the service runs; set for each host in its settings file.";
          };
          domain = mkOption {
            type = types.str;
            default = missing "domain" name;
            defaultText = prose "none: required";
            example = "example.org";
            description = "Required. The domain under which the service has its subdomain.";
          };
          dataDir = mkOption {
            type = types.nullOr types.str;
            default = missing "dataDir" name;
            defaultText = prose "none: required";
            example = "/var/lib/jellyfin";
            description = "Required. Where the service's state lives; null says that it keeps none.";
          };

          # Persistence.

          persistedData = mkOption {
            type = types.listOf (types.either types.str ownedDirectory);
            default =
              if contract.strict
              then missing "persistedData" name
              else lib.optional (config.dataDir != null) config.dataDir;
            # Every entry as it was given: what is left to the module that persists is not said.
            apply = map (entry:
              if lib.isString entry
              then entry
              else lib.filterAttrs (_: value: value != null) entry);
            defaultText = prose "`[dataDir]`, or `[]` where `dataDir` is null";
            example = literalExpression ''["/var/lib/jellyfin" "/var/cache/jellyfin"]'';
            description = ''
              Directories that survive a reboot: plain paths, or sets of `directory`, `user`, `group`, `mode` and whatever
              else the module that persists them takes, passed on as they are.
              A list given here is exactly what is persisted: `dataDir` is not added to it, and `[]` persists nothing.
              That is what data on a mount of its own needs, which persisting would hide under an empty directory.
            '';
          };

          # Backups.

          backupPaths = mkOption {
            type = types.listOf types.str;
            default =
              if contract.strict
              then missing "backupPaths" name
              else [];
            defaultText = literalExpression "[]";
            example = ["/var/lib/jellyfin"];
            description = "Paths to back up. An empty list leaves the service out of the backups.";
          };
          backupDirectories = mkOption {
            type = types.listOf types.str;
            default = config.backupPaths;
            defaultText = literalExpression "backupPaths";
            example = ["/var/lib/jellyfin"];
            description = "Another name of `backupPaths`: set one of the two.";
          };
          backupJob = mkOption {
            type = types.str;
            default = name;
            defaultText = prose "the service's name";
            example = "arr";
            description = "The restic job that backs the service up. Services that name the same job share it.";
          };
          backupUnits = mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["jellyfin.service"];
            description = "Units to stop while the backup runs.";
          };
          backupExclude = mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["/var/lib/jellyfin/transcodes"];
            description = "Paths or patterns that the backup leaves out.";
          };
          backupPrepare = mkOption {
            type = types.nullOr types.lines;
            default = null;
            example = "sqlite3 /var/lib/jellyfin/data.db '.backup /var/lib/jellyfin/data.bak'";
            description = "Script to run before the backup.";
          };
          backupCleanup = mkOption {
            type = types.nullOr types.lines;
            default = null;
            example = "rm /var/lib/jellyfin/data.bak";
            description = "Script to run after the backup.";
          };
          backupPriority = mkOption {
            type = types.nullOr types.int;
            default = null;
            example = 100;
            description = "Place of the job in the chain: lower runs earlier. Null keeps the job's own default.";
          };
          backupRequiresNetwork = mkOption {
            type = types.nullOr types.bool;
            default = null;
            example = true;
            description = "Whether the job waits for the network. Null keeps the job's own default.";
          };

          # Routing.

          exposed = mkOption {
            type = types.bool;
            default = false;
            example = true;
            description = "Whether Traefik routes requests to the service.";
          };
          subdomain = mkOption {
            type = types.str;
            default = name;
            defaultText = prose "the service's name";
            example = "media";
            description = "Subdomain of `domain`; the empty string is the domain itself.";
          };
          port = mkOption {
            type = types.nullOr types.port;
            default = null;
            # A route needs a port to lead to; null, given or by default, is none.
            apply = port:
              if port == null && config.exposed && !isSet options.url
              then missing "port" name
              else port;
            defaultText = prose "none: required when exposed without a url";
            example = 8096;
            description = "The port the service listens on. No two services may use the same one.";
          };
          url = mkOption {
            type = types.nullOr types.str;
            default = null;
            # Null, given or by default, is the port; a route needs one of the two.
            apply = url:
              if url != null
              then url
              else if config.port != null
              then "http://127.0.0.1:${toString config.port}"
              else if config.exposed
              then missing "port" name
              else null;
            defaultText = literalExpression ''"http://127.0.0.1:<port>"'';
            example = "http://[::1]:2283";
            description = "The backend Traefik forwards to, where it is not this machine's `port` over http.";
          };
          type = mkOption {
            type = types.enum ["private" "public"];
            default = "private";
            example = "private";
            description = "`private` asks for a client certificate (mTLS); `public` is open to anyone who passes the middlewares.";
          };
          middlewares = mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["chain-authelia"];
            description = "Traefik middlewares that every request passes, in this order.";
          };
          middleware = mkOption {
            type = types.listOf types.str;
            default = config.middlewares;
            defaultText = literalExpression "middlewares";
            example = ["chain-authelia"];
            description = "Another name of `middlewares`: set one of the two.";
          };
          traefikDynamicConfig = mkOption {
            type = types.attrsOf types.anything;
            default = {};
            example = literalExpression ''{http.middlewares.strip.stripPrefix.prefixes = ["/api"];}'';
            description = "Traefik dynamic configuration merged with the generated one: middlewares, TCP routers and the like.";
          };

          # What the service needs from others.

          dependsOn = mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["postgresql"];
            description = "Services this one needs: contract services, or names under `services`. Each must be enabled.";
          };
          databases = mkOption {
            type = types.listOf database;
            default = [];
            example = literalExpression ''[{name = "immich";}]'';
            description = "Databases the service uses.";
          };
          databaseConfig = mkOption {
            type = types.nullOr (types.attrsOf types.raw);
            readOnly = true;
            default =
              if config.databases == []
              then null
              else lib.getAttrs ["type" "host" "port" "name" "user" "passwordFile"] (lib.head config.databases);
            defaultText = prose "type, host, port, name, user and passwordFile of the first database";
            example = literalExpression ''{type = "postgresql"; host = "/run/postgresql"; port = 5432; name = "immich"; user = "immich"; passwordFile = null;}'';
            description = ''
              Read-only. Connection of the first database, for the service's implementation to read; null without one.
              Further databases are read from `databases`.
            '';
          };

          # Logs, and anything else.

          journalctl = mkOption {
            type = types.bool;
            default = false;
            example = true;
            description = "Whether the service logs to the journal.";
          };
          unitName = mkOption {
            type = types.str;
            default = "";
            example = "jellyfin.service";
            description = "The systemd unit whose journal is the service's log.";
          };
          logPath = mkOption {
            type = types.str;
            default = "";
            example = "/var/log/jellyfin/jellyfin.log";
            description = "Log file of the service, where it does not log to the journal.";
          };
          extraConfig = mkOption {
            type = types.attrsOf types.anything;
            default = {};
            example = {icon = "jellyfin.svg";};
            description = "Anything else worth recording about the service. No other unknown field is accepted.";
          };
        };

        # The two other names stand for the same list: what one is set to, both have, with its priority and in its order.
        config = let
          alias = option: lib.mkIf (isSet option) (lib.mkMerge (map (lib.mkOverride option.highestPrio) option.definitions));
        in {
          backupPaths = alias options.backupDirectories;
          middlewares = alias options.middleware;
        };
      });
    in
      mkOption {
        type = types.attrsOf service;
        default = {};
        example = literalExpression ''
          {
            jellyfin = {
              enable = true;
              domain = "example.org";
              dataDir = "/var/lib/jellyfin";
              exposed = true;
              port = 8096;
            };
          }
        '';
        description = "The contract of every service, keyed by the name of the directory its module lives in.";
      };

    contract = let
      inherit (lib) mkOption types literalExpression;
      prose = lib.literalMD or (text: text);
    in {
      strict = mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = "Whether every service must also write out `persistedData` and `backupPaths`.";
      };
      persistenceRoot = mkOption {
        type = types.str;
        default = "/persist";
        example = "/nix/persist";
        description = "The entry of `environment.persistence` that takes the services' directories.";
      };
      extraMiddlewares = mkOption {
        type = types.listOf types.str;
        default = [];
        example = ["inject-basic-arr"];
        description = "Middlewares that exist outside this configuration, in a file written at run time for instance.";
      };
      traefik = {
        enable = mkOption {
          type = types.bool;
          default = false;
          example = true;
          description = ''
            Whether the collector writes `services.traefik.dynamicConfigOptions` itself.
            Leave it off while the legacy generator still routes the services.
          '';
        };
        entryPoints = mkOption {
          type = types.listOf types.str;
          default = ["websecure"];
          example = ["websecure"];
          description = "Entry points of the generated routers.";
        };
        certResolver = mkOption {
          type = types.nullOr types.str;
          default = "production";
          example = "staging";
          description = "Certificate resolver of the generated routers; null leaves it to Traefik's default.";
        };
        privateTlsOptions = mkOption {
          type = types.str;
          default = "mtls";
          example = "mtls";
          description = "Traefik TLS options of private services: those that ask for a client certificate.";
        };
        typeMiddlewares = {
          public = mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["rate-limit"];
            description = "Middlewares put before a public service's own.";
          };
          private = mkOption {
            type = types.listOf types.str;
            default = [];
            example = ["compress"];
            description = "Middlewares put before a private service's own.";
          };
        };
      };
      requiredFields = mkOption {
        type = types.attrsOf (types.functionTo types.str);
        internal = true;
        readOnly = true;
        default = let
          say = field: meaning: example: service: ''
            Service '${service}' is missing required field '${field}': ${meaning}
              Fix: qgroget.serviceModules.${lib.strings.escapeNixIdentifier service}.${field} = ${example service};'';
          domain =
            if config.qgroget ? server.domain
            then "config.qgroget.server.domain"
            else ''"example.org"'';
          directories = service: ''["/var/lib/${service}"]'';
        in
          {
            enable = say "enable" "whether the service runs" (_: "true");
            domain = say "domain" "the domain its subdomain belongs to" (_: domain);
            dataDir = say "dataDir" "where its state lives (null if it keeps none)" (service: ''"/var/lib/${service}"'');
            port = say "port" "the port it listens on, which a route needs (or give a url)" (_: "8080");
          }
          // lib.optionalAttrs config.qgroget.contract.strict {
            persistedData = say "persistedData" "the directories that survive a reboot ([] for none)" directories;
            backupPaths = say "backupPaths" "the paths to back up ([] for none)" directories;
          };
        defaultText = prose "the message for each required field";
        example = literalExpression ''{dataDir = service: "Service '…' is missing required field 'dataDir': …";}'';
        description = "What is said when a required field is missing: a function of the service's name for each field.";
      };
    };
  };
}
