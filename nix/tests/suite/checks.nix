# Stories 2.5 and 3.1 to 3.3: what does not fit together across services, word for word.
{
  lib,
  case,
  service,
  exposed,
  hostWith,
  mixedHost,
  host,
  failures,
  ...
}: let
  legacyFailures = legacy: services: (mixedHost legacy services).qgroget.collector.failures;
  with' = modules: services: (hostWith modules services).qgroget.collector.failures;
  database = fields: service {databases = [fields];};
  predefined = "authelia, authentik, chain-authelia, compress, no-index, rate-limit, security-headers";
in [
  (case "3.1: two services on one port" (failures {
    jellyfin = exposed 8080 {};
    sonarr = exposed 8080 {};
  }) ["Port 8080 conflict between 'jellyfin' and 'sonarr'\n  Fix: qgroget.serviceModules.sonarr.port = 8081;"])
  (case "3.1: the assertion that stops the build carries the message"
    (host {
      jellyfin = exposed 8080 {};
      sonarr = exposed 8080 {};
    })
    .assertions [
      {
        assertion = false;
        message = "Port 8080 conflict between 'jellyfin' and 'sonarr'\n  Fix: qgroget.serviceModules.sonarr.port = 8081;";
      }
    ])
  (case "3.1: of three services on one port, every pair is told" (failures {
      a = exposed 8080 {};
      b = exposed 8080 {};
      c = exposed 8080 {};
    }) [
      "Port 8080 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 8081;"
      "Port 8080 conflict between 'a' and 'c'\n  Fix: qgroget.serviceModules.c.port = 8082;"
      "Port 8080 conflict between 'b' and 'c'\n  Fix: qgroget.serviceModules.c.port = 8082;"
    ])
  (case "3.1: clashes on several ports are all told" (failures {
      a = exposed 8080 {};
      b = exposed 8080 {};
      c = exposed 9090 {};
      d = exposed 9090 {};
    }) [
      "Port 8080 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 8081;"
      "Port 9090 conflict between 'c' and 'd'\n  Fix: qgroget.serviceModules.d.port = 9091;"
    ])
  (case "3.1: the port proposed is free" (failures {
    a = exposed 8080 {};
    b = exposed 8080 {};
    c = exposed 8081 {};
    d = exposed 8082 {enable = false;};
  }) ["Port 8080 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 8083;"])
  (case "3.1: the port proposed is free of legacy services too" (legacyFailures {old.url = "http://127.0.0.1:8081";} {
    a = exposed 8080 {};
    b = exposed 8080 {};
  }) ["Port 8080 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 8082;"])
  (case "3.1: after the last port the search goes on from below" (failures {
    a = exposed 65535 {};
    b = exposed 65535 {};
  }) ["Port 65535 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 1024;"])
  (case "3.1: two proposals are never the same port" (failures {
      a = exposed 8080 {};
      b = exposed 8080 {};
      c = exposed 8081 {};
      d = exposed 8081 {};
    }) [
      "Port 8080 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 8082;"
      "Port 8081 conflict between 'c' and 'd'\n  Fix: qgroget.serviceModules.d.port = 8083;"
    ])
  (case "3.1: a port without a route counts" (failures {
    a = service {port = 8080;};
    b = exposed 8080 {};
  }) ["Port 8080 conflict between 'a' and 'b'\n  Fix: qgroget.serviceModules.b.port = 8081;"])
  (case "3.1: a url to this machine counts, and is what changes" (failures {
    a = exposed 2283 {};
    b = service {
      exposed = true;
      url = "http://[::1]:2283/app";
    };
  }) [''Port 2283 conflict between 'a' and 'b'${"\n"}  Fix: qgroget.serviceModules.b.url = "http://[::1]:2284/app";''])
  (case "3.1: a url to another machine does not count" (failures {
    a = exposed 8080 {};
    b = service {
      exposed = true;
      url = "http://192.168.0.5:8080";
    };
  }) [])
  (case "3.1: a clash with a legacy service changes the contract" (legacyFailures {sonarr.url = "http://localhost:8080";} {
    jellyfin = exposed 8080 {};
  }) ["Port 8080 conflict between 'jellyfin' and 'sonarr'\n  Fix: qgroget.serviceModules.jellyfin.port = 8081;"])
  (case "3.1: legacy services among themselves are not the contract's business" (legacyFailures {
      a.url = "http://127.0.0.1:8080";
      b.url = "http://127.0.0.1:8080";
    } {
      jellyfin = exposed 8096 {};
    }) [])
  (case "3.1: services without a port do not clash" (failures {
    a = service {};
    b = service {};
  }) [])

  (case "3.2: two services with one database name" (failures {
      service1 = database {name = "mydb";};
      service2 = database {name = "mydb";};
    }) [
      ''Duplicate database name 'mydb' declared by 'service1' and 'service2'${"\n"}  Fix: qgroget.serviceModules.service2.databases = [ { host = "/run/postgresql"; name = "mydb_service2"; port = 5432; provision = true; type = "postgresql"; user = "mydb_service2"; } ];''
    ])
  (case "3.2: of three services with one database name, every pair is told" (map (message: lib.head (lib.splitString "\n" message)) (failures {
      a = database {name = "mydb";};
      b = database {name = "mydb";};
      c = database {name = "mydb";};
    })) [
      "Duplicate database name 'mydb' declared by 'a' and 'b'"
      "Duplicate database name 'mydb' declared by 'a' and 'c'"
      "Duplicate database name 'mydb' declared by 'b' and 'c'"
    ])
  (case "3.2: a database that is not created counts too" (lib.length (failures {
      a = database {name = "mydb";};
      b = database {
        name = "mydb";
        provision = false;
      };
    }))
    1)
  (case "3.2: databases of different types may share a name" (failures {
    immich = service {
      databases = [
        {name = "immich";}
        {
          name = "immich";
          type = "redis";
        }
      ];
    };
  }) [])
  (case "2.4: only PostgreSQL databases can be created" (failures {
      wiki = database {
        name = "wiki";
        type = "mysql";
        provision = true;
      };
    }) [
      ''Service 'wiki' asks for database 'wiki' to be created: that works for postgresql only, not mysql${"\n"}  Fix: qgroget.serviceModules.wiki.databases = [ { host = "127.0.0.1"; name = "wiki"; port = 3306; provision = false; type = "mysql"; user = "wiki"; } ];''
    ])

  (case "3.3: a middleware that is nowhere defined" (failures {jellyfin = exposed 8096 {middlewares = ["auth-sso"];};})
    ["Unknown middleware 'auth-sso' in service 'jellyfin'\n  Valid middlewares: ${predefined}\n  Fix: qgroget.contract.extraMiddlewares = [ \"auth-sso\" ];"])
  (case "3.3: predefined middlewares are valid" (failures {
    jellyfin = exposed 8096 {middlewares = ["authelia" "authentik" "chain-authelia" "compress" "no-index" "rate-limit" "security-headers"];};
  }) [])
  (case "3.3: a middleware under the field's other name is checked" (lib.length (failures {jellyfin = exposed 8096 {middleware = ["auth-sso"];};})) 1)
  (case "3.3: a service's own definition is valid for it" (failures {
    jellyfin = exposed 8096 {
      middlewares = ["own"];
      traefikDynamicConfig.http.middlewares.own.headers.frameDeny = true;
    };
  }) [])
  (case "3.3: definitions that do not evaluate are none, and no fault of the check" (failures {
    jellyfin = exposed 8096 {
      middlewares = ["x"];
      traefikDynamicConfig.http.middlewares = throw "x";
    };
  }) ["Unknown middleware 'x' in service 'jellyfin'\n  Valid middlewares: ${predefined}\n  Fix: qgroget.contract.extraMiddlewares = [ \"x\" ];"])
  (case "3.3: a definition of another enabled service is valid" (failures {
    auth = exposed 9091 {traefikDynamicConfig.http.middlewares.SSO.forwardAuth.address = "x";};
    sonarr = exposed 8989 {middlewares = ["SSO"];};
  }) [])
  (case "3.3: a definition of a disabled service is not there, and valid names are sorted" (failures {
    auth = exposed 9091 {
      enable = false;
      traefikDynamicConfig.http.middlewares.SSO.forwardAuth.address = "x";
    };
    sonarr = exposed 8989 {
      middlewares = ["SSO"];
      traefikDynamicConfig.http.middlewares.build.headers.frameDeny = true;
    };
  }) ["Unknown middleware 'SSO' in service 'sonarr'\n  Valid middlewares: authelia, authentik, build, chain-authelia, compress, no-index, rate-limit, security-headers\n  Fix: qgroget.contract.extraMiddlewares = [ \"SSO\" ];"])
  (case "3.3: nor is one of a service that is not known to run" (map (message: lib.head (lib.splitString "\n" message)) (failures {
    auth = exposed 9091 {
      enable = "x";
      traefikDynamicConfig.http.middlewares.SSO.forwardAuth.address = "x";
    };
    sonarr = exposed 8989 {middlewares = ["SSO"];};
  })) [
    ''Service 'auth' has a wrong value in field 'enable': expected boolean, got "x"''
    "Unknown middleware 'SSO' in service 'sonarr'"
  ])
  (case "3.3: a definition of a legacy service is valid" (legacyFailures {
      auth = {
        url = "http://127.0.0.1:9091";
        traefikDynamicConfig.http.middlewares.SSO.forwardAuth.address = "x";
      };
    } {
      sonarr = exposed 8989 {middlewares = ["SSO"];};
    }) [])
  (case "3.3: a middleware in Traefik's own configuration is valid"
    (with' [{services.traefik.dynamicConfigOptions.http.middlewares.geoblock.plugin.x = 1;}] {jellyfin = exposed 8096 {middlewares = ["geoblock"];};}) [])
  (case "3.3: an extra middleware is valid"
    (with' [{qgroget.contract.extraMiddlewares = ["inject"];}] {jellyfin = exposed 8096 {middlewares = ["inject"];};}) [])
  (case "3.3: middlewares of a type are checked like a service's own" (with' [{qgroget.contract.traefik.typeMiddlewares.public = ["nowhere"];}] {})
    ["Unknown middleware 'nowhere' in qgroget.contract.traefik.typeMiddlewares.public\n  Valid middlewares: ${predefined}\n  Fix: qgroget.contract.extraMiddlewares = [ \"nowhere\" ];"])

  (case "2.5: a dependency on a disabled service" (failures {
    immich = service {dependsOn = ["cache"];};
    cache = service {enable = false;};
  }) ["Service 'immich' depends on 'cache' which is not enabled\n  Fix: qgroget.serviceModules.cache.enable = true;"])
  (case "2.5: a dependency on an upstream service that is off" (failures {immich = service {dependsOn = ["postgresql"];};})
    ["Service 'immich' depends on 'postgresql' which is not enabled\n  Fix: services.postgresql.enable = true;"])
  (case "2.5: a dependency on something nobody declares" (failures {immich = service {dependsOn = ["nowhere"];};})
    ["Service 'immich' depends on 'nowhere' which is not enabled\n  Fix: qgroget.serviceModules.nowhere.enable = true;"])
  (case "2.5: a disabled contract is what to enable, though an upstream service has the same name" (failures {
    immich = service {dependsOn = ["redis"];};
    redis = service {enable = false;};
  }) ["Service 'immich' depends on 'redis' which is not enabled\n  Fix: qgroget.serviceModules.redis.enable = true;"])
  (case "2.5: an enabled service satisfies" (failures {
    immich = service {dependsOn = ["cache"];};
    cache = service {};
  }) [])
  (case "2.5: an enabled upstream service satisfies"
    (with' [{services.redis.enable = true;}] {immich = service {dependsOn = ["redis"];};}) [])
  (case "2.5: a legacy service satisfies" (legacyFailures {auth.url = "http://127.0.0.1:9091";} {
    immich = service {dependsOn = ["auth"];};
  }) [])
  (case "2.5: PostgreSQL is there for a service whose database is created" (failures {
    immich = service {
      dependsOn = ["postgresql"];
      databases = [{name = "immich";}];
    };
  }) [])
  (case "2.5: a disabled service may depend on another that is disabled too" (failures {
    immich = service {
      enable = false;
      dependsOn = ["cache"];
    };
    cache = service {enable = false;};
  }) [])
]
