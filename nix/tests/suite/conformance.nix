# Story 3.4, with 1.3 and 5.3: one check finds every fault of every service, disabled ones included.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  failures,
  host,
  hostWith,
  hostWithJobs,
  bareHost,
  throws,
  ...
}: let
  of = fields: failures {jellyfin = service fields;};
  five = {
    jellyfin = exposed 8080 {databases = [{name = "mydb";}];};
    sonarr = exposed 8080 {
      middlewares = ["auth-sso"];
      databases = [{name = "mydb";}];
    };
    immich = removeAttrs (service {dependsOn = ["redis"];}) ["dataDir"];
  };
  fiveMessages = [
    "Service 'immich' is missing required field 'dataDir': where its state lives (null if it keeps none)"
    "Port 8080 conflict between 'jellyfin' and 'sonarr'"
    "Duplicate database name 'mydb' declared by 'jellyfin' and 'sonarr'"
    "Unknown middleware 'auth-sso' in service 'sonarr'"
    "Service 'immich' depends on 'redis' which is not enabled"
  ];
in [
  (case "3.4: sound services have no failure and no assertion" (let
    config = host {
      jellyfin = exposed 8096 {};
      sonarr = exposed 8989 {};
    };
  in [config.qgroget.collector.failures config.assertions config.warnings]) [[] [] []])
  (case "3.4: five faults of different kinds in one check" (firstLines (failures five)) fiveMessages)
  (case "3.4: the same five in disabled services" (firstLines (failures (lib.mapAttrs (_: fields: fields // {enable = false;}) five))) fiveMessages)
  (case "3.4: every required field of every service is told" (firstLines (failures {
      a = {};
      b = {enable = false;};
    })) [
      "Service 'a' is missing required field 'dataDir': where its state lives (null if it keeps none)"
      "Service 'a' is missing required field 'domain': the domain its subdomain belongs to"
      "Service 'a' is missing required field 'enable': whether the service runs"
      "Service 'b' is missing required field 'dataDir': where its state lives (null if it keeps none)"
      "Service 'b' is missing required field 'domain': the domain its subdomain belongs to"
    ])
  (case "1.3: the failure is the design's message, to the letter" (failures {jellyfin = removeAttrs (service {}) ["dataDir"];}) [
    ''
      Service 'jellyfin' is missing required field 'dataDir': where its state lives (null if it keeps none)
        Fix: qgroget.serviceModules.jellyfin.dataDir = "/var/lib/jellyfin";''
  ])
  (case "1.3: an aggregate that needs the missing field fails" (throws (host {jellyfin = removeAttrs (service {}) ["dataDir"];}).environment.persistence) true)
  (case "1.3: an exposed service without port and url" (firstLines (of {exposed = true;}))
    ["Service 'jellyfin' is missing required field 'port': the port it listens on, which a route needs (or give a url)"])
  (case "1.3: an exposed service whose port is null" (firstLines (of {
    exposed = true;
    port = null;
  })) ["Service 'jellyfin' is missing required field 'port': the port it listens on, which a route needs (or give a url)"])
  (case "FR1: strict tells both missing lists" (firstLines (hostWith [{qgroget.contract.strict = true;}] {jellyfin = service {};}).qgroget.collector.failures) [
    "Service 'jellyfin' is missing required field 'backupPaths': the paths to back up ([] for none)"
    "Service 'jellyfin' is missing required field 'persistedData': the directories that survive a reboot ([] for none)"
  ])
  (case "FR1: without strict nobody misses them" (of {}) [])
  (case "3.4: a value of the wrong type" (of {port = "8096";}) [
    ''
      Service 'jellyfin' has a wrong value in field 'port': expected null or 16 bit unsigned integer; between 0 and 65535 (both inclusive), got "8096"
        Fix: qgroget.serviceModules.jellyfin.port = 8096;''
  ])
  (case "3.4: a name that is no identifier is quoted in the line to paste" (failures {"2fauth" = service {type = "open";};}) [
    ''
      Service '2fauth' has a wrong value in field 'type': expected one of "private", "public", got "open"
        Fix: qgroget.serviceModules."2fauth".type = "private";''
  ])
  (case "3.4: a wrong value deep in a list" (of {backupPaths = ["/a" 1];}) [
    ''
      Service 'jellyfin' has a wrong value in field 'backupPaths': expected list of string, got [ "/a" 1 ]
        Fix: qgroget.serviceModules.jellyfin.backupPaths = [ "/var/lib/jellyfin" ];''
  ])
  (case "3.4: the line to paste speaks of the service at hand" (failures {immich = service {dataDir = 1;};}) [
    ''
      Service 'immich' has a wrong value in field 'dataDir': expected null or string, got 1
        Fix: qgroget.serviceModules.immich.dataDir = "/var/lib/immich";''
  ])
  (case "3.4: a wrong type of route" (firstLines (of {type = "open";}))
    [''Service 'jellyfin' has a wrong value in field 'type': expected one of "private", "public", got "open"''])
  (case "3.4: a wrong value of exposed is not also a missing port" (firstLines (of {exposed = "yes";}))
    [''Service 'jellyfin' has a wrong value in field 'exposed': expected boolean, got "yes"''])
  (case "3.4: a wrong value under another name is told once" (firstLines
    (hostWith [{qgroget.contract.strict = true;}] {
      jellyfin = service {
        persistedData = [];
        backupDirectories = [1];
      };
    })
    .qgroget
    .collector
    .failures) ["Service 'jellyfin' has a wrong value in field 'backupDirectories': expected list of string, got [ 1 ]"])
  (case "3.4: an unknown field, with the one that was meant" (of {prot = 8096;})
    ["Service 'jellyfin' has unknown field 'prot': did you mean 'port'?\n  Fix: qgroget.serviceModules.jellyfin.port = 8096;"])
  (case "3.4: an unknown field without a likely one" (of {homepage = "x";}) [
    ''
      Service 'jellyfin' has unknown field 'homepage': the contract has no such field
        Fix: qgroget.serviceModules.jellyfin.extraConfig.homepage = "x";''
  ])
  (case "3.4: an unknown field hides no other fault" (firstLines (failures {
      jellyfin = exposed 8080 {homepage = "x";};
      sonarr = exposed 8080 {};
    })) [
      "Service 'jellyfin' has unknown field 'homepage': the contract has no such field"
      "Port 8080 conflict between 'jellyfin' and 'sonarr'"
    ])
  (case "3.4: an unknown field from a function" (firstLines (failures {jellyfin = {...}: service {homepage = "x";};}))
    ["Service 'jellyfin' has an unknown field"])
  (case "3.4: an unknown field in a database" (lib.length (of {
      databases = [
        {
          name = "a";
          pot = 1;
        }
      ];
    }))
    1)
  (case "3.4: fields under mkIf, mkDefault and mkForce are no faults" (failures {
    jellyfin = lib.mkMerge [
      (lib.mkIf true (service {port = lib.mkDefault 1;}))
      (lib.mkIf false {homepage = "x";})
      {port = lib.mkForce 2;}
    ];
  }) [])
  (case "3.4: two modules that do not agree" (failures {
    jellyfin = lib.mkMerge [(service {subdomain = "a";}) {subdomain = "b";}];
  }) [''Service 'jellyfin' has several values in field 'subdomain': "a", "b"${"\n"}  Fix: qgroget.serviceModules.jellyfin.subdomain = "a";''])
  (case "3.4: a value that does not evaluate" (firstLines (of {dataDir = throw "elsewhere";}))
    ["Service 'jellyfin' has a value in field 'dataDir' that does not evaluate"])
  (case "3.4: a value that follows from another service's fault is no fault of its own" (map (message: lib.head (lib.splitString "\n" message))
    (hostWith [
        ({config, ...}: {
          options.upstream = lib.mkOption {
            type = lib.types.attrsOf lib.types.anything;
            default = {};
          };
          config.upstream = lib.mkIf config.qgroget.serviceModules.vault.enable {port = 1;};
          config.qgroget.serviceModules.jellyfin.port = config.upstream.port;
        })
      ] {
        jellyfin = service {};
        vault = service {homepage = "x";};
      })
    .qgroget
    .collector
    .failures) ["Service 'vault' has unknown field 'homepage': the contract has no such field"])
  (case "3.4: both names of one field" (of {
    middlewares = ["compress"];
    middleware = ["rate-limit"];
  }) [''Service 'jellyfin' sets both 'middlewares' and its other name 'middleware': keep one${"\n"}  Fix: qgroget.serviceModules.jellyfin.middlewares = [ "rate-limit" "compress" ];''])
  (case "3.4: both names of the other one" (firstLines (of {
    backupPaths = ["/a"];
    backupDirectories = ["/b"];
  })) ["Service 'jellyfin' sets both 'backupPaths' and its other name 'backupDirectories': keep one"])
  (case "3.4: a read-only field" (of {databaseConfig = {};})
    ["Service 'jellyfin' sets field 'databaseConfig', which is read-only: leave it out"])
  (case "3.4: a service that is no set" (firstLines (failures {jellyfin = true;})) ["Service 'jellyfin' is not a set of fields"])
  (case "3.4: a setting that the repository's jobs cannot take"
    (hostWithJobs {
        options.qgroget.backups = lib.mkOption {
          default = {};
          type = lib.types.attrsOf (lib.types.submodule {options.paths = lib.mkOption {type = lib.types.listOf lib.types.str;};});
        };
      } {
        jellyfin = service {
          backupPaths = ["/a"];
          backupPrepare = "dump";
        };
      })
    .qgroget
    .collector
    .failures [
      "Service 'jellyfin' sets 'backupPrepare', but qgroget.backups.<job> has no option 'preBackup' to take it\n  Fix: declare that option, or leave 'backupPrepare' out"
    ])
  (case "3.4: jobs that take anything, or have no options that are known" (lib.concatMap (type:
    (hostWithJobs {
        options.qgroget.backups = lib.mkOption {
          default = {};
          type = lib.types.attrsOf type;
        };
      } {
        jellyfin = service {
          backupPaths = ["/a"];
          backupPrepare = "dump";
        };
      })
    .qgroget
    .collector
    .failures) [
    (lib.types.submodule {
      freeformType = lib.types.attrsOf lib.types.anything;
      options.paths = lib.mkOption {type = lib.types.listOf lib.types.str;};
    })
    (lib.types.attrsOf lib.types.anything)
  ]) [])
  (case "3.4: a setting that is not known is not one that jobs cannot take" (firstLines
    (hostWithJobs {
        options.qgroget.backups = lib.mkOption {
          default = {};
          type = lib.types.attrsOf (lib.types.submodule {options.paths = lib.mkOption {type = lib.types.listOf lib.types.str;};});
        };
      } {
        jellyfin = service {
          backupPaths = ["/a"];
          backupUnits = 1;
        };
      })
    .qgroget
    .collector
    .failures) ["Service 'jellyfin' has a wrong value in field 'backupUnits': expected list of string, got 1"])
  (case "3.3: middlewares of a host without Traefik" (firstLines (bareHost {jellyfin = exposed 1 {middlewares = ["nowhere"];};}).qgroget.collector.failures)
    ["Unknown middleware 'nowhere' in service 'jellyfin'"])
  (case "2.1: paths that are not absolute" (of {
      dataDir = "a";
      persistedData = [
        "/b"
        "c"
        {
          directory = "d";
          mode = "0700";
        }
      ];
      backupPaths = ["e/f"];
    }) [
      "Service 'jellyfin' has a wrong value in field 'dataDir': expected an absolute path, got \"a\"\n  Fix: qgroget.serviceModules.jellyfin.dataDir = \"/a\";"
      "Service 'jellyfin' has a wrong value in field 'persistedData': expected absolute paths, got \"c\"\n  Fix: qgroget.serviceModules.jellyfin.persistedData = [ \"/b\" \"/c\" { directory = \"/d\"; mode = \"0700\"; } ];"
      "Service 'jellyfin' has a wrong value in field 'backupPaths': expected absolute paths, got \"e/f\"\n  Fix: qgroget.serviceModules.jellyfin.backupPaths = [ \"/e/f\" ];"
    ])
  (case "2.1: what follows from a data directory that is not absolute is not told again" (lib.length (of {dataDir = "a";})) 1)
  (case "2.1: under the other name of a field, and of directories with attributes" (of {
      persistedData = [
        {
          directory = "d";
          mode = "0700";
        }
      ];
      backupDirectories = ["e/f"];
    }) [
      "Service 'jellyfin' has a wrong value in field 'persistedData': expected absolute paths, got \"d\"\n  Fix: qgroget.serviceModules.jellyfin.persistedData = [ { directory = \"/d\"; mode = \"0700\"; } ];"
      "Service 'jellyfin' has a wrong value in field 'backupPaths': expected absolute paths, got \"e/f\"\n  Fix: qgroget.serviceModules.jellyfin.backupPaths = [ \"/e/f\" ];"
    ])
  (case "2.1: one directory with other attributes each time" (failures {
    a = service {
      persistedData = [
        {
          directory = "/x";
          mode = "0700";
        }
      ];
    };
    b = service {
      persistedData = [
        "/y"
        {
          directory = "/x/";
          mode = "0755";
        }
      ];
    };
  }) ["Directory '/x' is persisted twice, with other attributes each time, by 'a' and 'b'\n  Fix: qgroget.serviceModules.b.persistedData = [ \"/y\" ];"])
  (case "2.1: one directory with the same attributes, or with none once" (failures {
    a = service {
      persistedData = [
        {
          directory = "/x";
          mode = "0700";
        }
        "/y"
      ];
    };
    b = service {
      persistedData = [
        {
          directory = "/x";
          mode = "0700";
        }
        {
          directory = "/y";
          mode = "0700";
        }
      ];
    };
  }) [])
  (case "2.2: settings of a service that backs nothing up" (of {
      dataDir = "/a";
      backupUnits = ["x.service"];
      backupExclude = ["y"];
      backupPrepare = "z";
      backupCleanup = "z";
    }) (map (field: "Service 'jellyfin' sets '${field}', but backs nothing up: 'backupPaths' is empty\n  Fix: qgroget.serviceModules.jellyfin.backupPaths = [ \"/a\" ];")
      ["backupCleanup" "backupExclude" "backupPrepare" "backupUnits"]))
  (case "2.2: without a data directory, the usual one is proposed" (of {backupUnits = ["x.service"];})
    ["Service 'jellyfin' sets 'backupUnits', but backs nothing up: 'backupPaths' is empty\n  Fix: qgroget.serviceModules.jellyfin.backupPaths = [ \"/var/lib/jellyfin\" ];"])
  (case "2.2: settings that are not known, and a data directory that is missing" (failures {
    a = removeAttrs (service {backupUnits = ["x.service"];}) ["dataDir"];
    b = service {backupUnits = 1;};
  }) [
    "Service 'a' is missing required field 'dataDir': where its state lives (null if it keeps none)\n  Fix: qgroget.serviceModules.a.dataDir = \"/var/lib/a\";"
    "Service 'b' has a wrong value in field 'backupUnits': expected list of string, got 1\n  Fix: qgroget.serviceModules.b.backupUnits = [ \"b.service\" ];"
    "Service 'a' sets 'backupUnits', but backs nothing up: 'backupPaths' is empty\n  Fix: qgroget.serviceModules.a.backupPaths = [ \"/var/lib/a\" ];"
  ])
  (case "2.2: settings of a service that backs something up" (of {
    backupPaths = ["/a"];
    backupUnits = ["x.service"];
    backupExclude = [];
  }) [])
  (case "5.3: a contract that is not yet enabled is checked" (firstLines (failures {
      jellyfin = exposed 8096 {
        enable = false;
        middlewares = ["auth-sso"];
      };
      sonarr = exposed 8096 {};
    })) [
      "Port 8096 conflict between 'jellyfin' and 'sonarr'"
      "Unknown middleware 'auth-sso' in service 'jellyfin'"
    ])
]
