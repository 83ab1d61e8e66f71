# Epic 1: what a service can and must say. Epic 2's read-back of database connections is part of the schema.
{
  lib,
  case,
  service,
  exposed,
  schema,
  schemaWith,
  options,
  collectorOptions,
  throws,
  host,
  hostWith,
  upstream,
  nixos,
  templateFile,
  ...
}: let
  one = fields: (schema {jellyfin = service fields;}).jellyfin;
  strict = fields: (schemaWith {strict = true;} {jellyfin = service fields;}).jellyfin;
  without = field: (schema {jellyfin = removeAttrs (service {}) [field];}).jellyfin.${field};
  message = field: options.contract.requiredFields.value.${field} "jellyfin";
  documented = declared:
    lib.filter (option: !(option ? description && option ? example))
    (lib.collect lib.isOption (removeAttrs declared ["_module"]));
  template =
    (import templateFile {
      inherit lib;
      config = throw "the template's contract reads no configuration";
    })
    .config
    .contents;
  templateHost = enable:
    hostWith [
      templateFile
      {
        options = {
          systemd.services = lib.mkOption {
            type = lib.types.attrsOf lib.types.anything;
            default = {};
          };
          sops.secrets = lib.mkOption {
            type = lib.types.attrsOf lib.types.anything;
            default = {};
          };
          users = lib.mkOption {
            type = lib.types.attrsOf lib.types.anything;
            default = {};
          };
        };
      }
    ] (lib.optionalAttrs enable {example.enable = true;});
in [
  (case "1.1: the three required fields make a contract" {inherit (one {}) enable domain dataDir;} {
    enable = true;
    domain = "example.org";
    dataDir = null;
  })
  (case "1.1: every field of the contract is an option" (lib.attrNames (one {})) [
    "backupCleanup"
    "backupDirectories"
    "backupExclude"
    "backupJob"
    "backupPaths"
    "backupPrepare"
    "backupPriority"
    "backupRequiresNetwork"
    "backupUnits"
    "dataDir"
    "databaseConfig"
    "databases"
    "dependsOn"
    "domain"
    "enable"
    "exposed"
    "extraConfig"
    "journalctl"
    "logPath"
    "middleware"
    "middlewares"
    "persistedData"
    "port"
    "subdomain"
    "traefikDynamicConfig"
    "type"
    "unitName"
    "url"
  ])
  (case "1.1: a service that says the least has these values" (removeAttrs (one {}) ["enable" "domain" "dataDir"]) {
    backupCleanup = null;
    backupDirectories = [];
    backupExclude = [];
    backupJob = "jellyfin";
    backupPaths = [];
    backupPrepare = null;
    backupPriority = null;
    backupRequiresNetwork = null;
    backupUnits = [];
    databaseConfig = null;
    databases = [];
    dependsOn = [];
    exposed = false;
    extraConfig = {};
    journalctl = false;
    logPath = "";
    middleware = [];
    middlewares = [];
    persistedData = [];
    port = null;
    subdomain = "jellyfin";
    traefikDynamicConfig = {};
    type = "private";
    unitName = "";
    url = null;
  })
  (case "1.1: extraConfig takes anything, merged"
    (one {
      extraConfig = lib.mkMerge [{a.b = 1;} {a.c = ["x"];}];
    })
    .extraConfig {
      a = {
        b = 1;
        c = ["x"];
      };
    })
  (case "1.1: traefikDynamicConfig merges its definitions to the bottom"
    (one {
      traefikDynamicConfig = lib.mkMerge [
        {http.middlewares.a.headers.frameDeny = true;}
        {http.middlewares.b.headers.frameDeny = false;}
      ];
    })
    .traefikDynamicConfig
    .http
    .middlewares {
      a.headers.frameDeny = true;
      b.headers.frameDeny = false;
    })
  (case "1.1: middleware is another name of middlewares" (let
    got = one {middleware = ["a"];};
  in [got.middlewares got.middleware]) [["a"] ["a"]])
  (case "1.1: middlewares are read under the other name too" (one {middlewares = ["a"];}).middleware ["a"])
  (case "1.1: backupDirectories is another name of backupPaths" (one {backupDirectories = ["/a"];}).backupPaths ["/a"])
  (case "1.1: backupPaths are read under the other name too" (one {backupPaths = ["/a"];}).backupDirectories ["/a"])
  (case "1.1: type is public or private" (throws (one {type = "open";}).type) true)
  (case "1.1: port is a port number" (throws (one {port = 70000;}).port) true)
  (case "1.1: a field that the contract does not know fails" (throws (one {prot = 1;}).enable) true)
  (case "1.1: every field has a description and an example"
    (documented (options.serviceModules.type.getSubOptions [])) [])
  (case "1.1: every field of a database has a description and an example"
    (documented ((options.serviceModules.type.getSubOptions []).databases.type.getSubOptions [])) [])
  (case "1.1: every setting and every result has a description and an example"
    (documented options.contract ++ documented collectorOptions) [])
  (case "6.3: a reference can be generated from the options, without a service"
    (throws (lib.optionAttrSetToDocList {
      inherit (options) serviceModules contract;
      collector = collectorOptions;
    }))
    false)
  (case "FR4: persistedData is dataDir where nothing else is said" (one {dataDir = "/var/lib/jellyfin";}).persistedData ["/var/lib/jellyfin"])
  (case "FR4: an explicit list is exactly what is persisted"
    (one {
      dataDir = "/mnt/data/jellyfin";
      persistedData = ["/var/cache/jellyfin"];
    })
    .persistedData ["/var/cache/jellyfin"])
  (case "FR4: an empty list persists nothing, not even dataDir"
    (one {
      dataDir = "/mnt/data/jellyfin";
      persistedData = [];
    })
    .persistedData [])
  (case "FR4: a directory with attributes is passed on as it was given"
    (one {
      persistedData = [
        {directory = "/a";}
        {
          directory = "/b";
          mode = "0700";
          group = null;
        }
        {
          directory = "/c";
          hideMount = true;
          parentDirectory.mode = "0711";
        }
        "/d"
      ];
    })
    .persistedData [
      {directory = "/a";}
      {
        directory = "/b";
        mode = "0700";
      }
      {
        directory = "/c";
        hideMount = true;
        parentDirectory.mode = "0711";
      }
      "/d"
    ])
  (case "FR4: a directory has a path" (throws (one {persistedData = [{mode = "0700";}];}).persistedData) true)
  (case "1.1: the other name of a field keeps its priority and its order" (let
    of = first: second:
      (one {
        middleware = lib.mkMerge first;
        middlewares = lib.mkMerge second;
      })
      .middlewares;
  in [
    (of [(lib.mkForce ["a"])] [["b"]])
    (of [(lib.mkDefault ["a"])] [["b"]])
    (of [["b"] (lib.mkBefore ["a"]) (lib.mkAfter ["c"])] [])
    (of [(lib.mkForce ["b"]) ["x"] (lib.mkForce (lib.mkBefore ["a"]))] [])
  ]) [["a"] ["b"] ["a" "b" "c"] ["a" "b"]])
  (case "FR6: the backend is this machine's port over http"
    (one {
      exposed = true;
      port = 8096;
    })
    .url "http://127.0.0.1:8096")
  (case "FR6: an explicit url holds, and needs no port" (let
    got = one {
      exposed = true;
      url = "http://[::1]:2283";
    };
  in [got.url got.port]) ["http://[::1]:2283" null])
  (case "FR6: the empty subdomain is kept" (one {subdomain = "";}).subdomain "")

  (case "1.3: a missing enable fails when it is read" (throws (without "enable")) true)
  (case "1.3: a missing domain fails when it is read" (throws (without "domain")) true)
  (case "1.3: a missing dataDir fails when it is read" (throws (without "dataDir")) true)
  (case "1.3: a missing dataDir fails whatever reads it first"
    (throws (schema {jellyfin = removeAttrs (service {}) ["dataDir"];}).jellyfin.persistedData)
    true)
  (case "1.3: an exposed service without port and url fails" (throws (one {exposed = true;}).url) true)
  (case "1.3: an exposed service without port and url fails at its port" (throws (one {exposed = true;}).port) true)
  (case "1.3: null is no port for an exposed service" (throws
    (one {
      exposed = true;
      port = null;
    })
    .port)
  true)
  (case "1.3: a service that is not exposed needs no port" (one {}).port null)

  (case "1.4: the message for enable" (message "enable") ''
    Service 'jellyfin' is missing required field 'enable': whether the service runs
      Fix: qgroget.serviceModules.jellyfin.enable = true;'')
  (case "1.4: the message for domain" (message "domain") ''
    Service 'jellyfin' is missing required field 'domain': the domain its subdomain belongs to
      Fix: qgroget.serviceModules.jellyfin.domain = "example.org";'')
  (case "1.4: the message for domain names the host's own, where there is one"
    ((hostWith [{options.qgroget.server.domain = lib.mkOption {default = "homelab.test";};}] {}).qgroget.contract.requiredFields.domain "jellyfin") ''
      Service 'jellyfin' is missing required field 'domain': the domain its subdomain belongs to
        Fix: qgroget.serviceModules.jellyfin.domain = config.qgroget.server.domain;'')
  (case "1.4: the message for dataDir" (message "dataDir") ''
    Service 'jellyfin' is missing required field 'dataDir': where its state lives (null if it keeps none)
      Fix: qgroget.serviceModules.jellyfin.dataDir = "/var/lib/jellyfin";'')
  (case "1.4: the message for port" (message "port") ''
    Service 'jellyfin' is missing required field 'port': the port it listens on, which a route needs (or give a url)
      Fix: qgroget.serviceModules.jellyfin.port = 8080;'')
  (case "1.4: a name that is no identifier is quoted in the line to paste"
    (options.contract.requiredFields.value.enable "2fauth") ''
      Service '2fauth' is missing required field 'enable': whether the service runs
        Fix: qgroget.serviceModules."2fauth".enable = true;'')

  (case "FR1: strict asks for persistedData" (throws
    (strict {
      dataDir = "/a";
      backupPaths = [];
    })
    .persistedData)
  true)
  (case "FR1: the messages of strict" (let
    inherit ((hostWith [{qgroget.contract.strict = true;}] {}).qgroget.contract) requiredFields;
  in [(requiredFields.persistedData "jellyfin") (requiredFields.backupPaths "jellyfin")]) [
    ("Service 'jellyfin' is missing required field 'persistedData': the directories that survive a reboot ([] for none)\n"
      + "  Fix: qgroget.serviceModules.jellyfin.persistedData = [\"/var/lib/jellyfin\"];")
    ("Service 'jellyfin' is missing required field 'backupPaths': the paths to back up ([] for none)\n"
      + "  Fix: qgroget.serviceModules.jellyfin.backupPaths = [\"/var/lib/jellyfin\"];")
  ])
  (case "FR1: strict asks for backupPaths" (throws (strict {persistedData = [];}).backupPaths) true)
  (case "FR1: strict takes backupPaths under its other name" (strict {backupDirectories = ["/a"];}).backupPaths ["/a"])
  (case "FR1: strict is satisfied by explicit lists" (let
    got = strict {
      persistedData = [];
      backupPaths = [];
    };
  in [got.persistedData got.backupPaths]) [[] []])

  (case "2.4: databaseConfig is the connection of the first database"
    (one {
      databases = [
        {
          name = "immich";
          user = "photos";
          host = "/run/postgresql";
          port = 5433;
        }
        {name = "second";}
      ];
    })
    .databaseConfig {
      type = "postgresql";
      host = "/run/postgresql";
      port = 5433;
      name = "immich";
      user = "photos";
      passwordFile = null;
    })
  (case "2.4: a database says its name; the rest has usual values" (one {databases = [{name = "immich";}];}).databases [
    {
      type = "postgresql";
      name = "immich";
      user = "immich";
      host = "/run/postgresql";
      port = 5432;
      provision = true;
      passwordFile = null;
    }
  ])
  (case "2.4: one that is not created is reached by TCP" (map (database: {inherit (database) host port;})
    (one {
      databases = [
        {
          name = "immich";
          provision = false;
        }
        {
          name = "wiki";
          type = "mysql";
          provision = true;
        }
      ];
    })
    .databases) [
    {
      host = "127.0.0.1";
      port = 5432;
    }
    {
      host = "127.0.0.1";
      port = 3306;
    }
  ])
  (case "2.4: a database of another type is not created, and has its own port" (map (database: {inherit (database) port provision;})
    (one {
      databases = [
        {
          type = "redis";
          name = "cache";
        }
        {
          type = "mysql";
          name = "wiki";
        }
      ];
    })
    .databases) [
    {
      port = 6379;
      provision = false;
    }
    {
      port = 3306;
      provision = false;
    }
  ])
  (case "2.4: databaseConfig cannot be set" (throws (one {databaseConfig = {host = "x";};}).databaseConfig) true)

  (case "1.2: the template evaluates as it is, disabled, without a fault" (let
    config = templateHost false;
  in [config.qgroget.collector.enabled config.qgroget.collector.failures config.systemd.services]) [[] [] {}])
  (case "1.2: the template enabled evaluates without a fault" (let
    config = templateHost true;
  in [config.qgroget.collector.enabled config.qgroget.collector.failures config.systemd.services.example.environment]) [
    ["example"]
    []
    {
      PORT = "8999";
      DATABASE_HOST = "/run/postgresql";
      DATABASE_NAME = "example";
      DATABASE_USER = "example";
    }
  ])
  (case "1.2: the template shows every field that can be set"
    (lib.subtractLists (lib.attrNames (lib.head template).qgroget.serviceModules.example) (lib.attrNames (one {})))
    ["backupDirectories" "databaseConfig" "middleware"])
  (case "1.2: the template has the three sections" (lib.length template) 3)
]
