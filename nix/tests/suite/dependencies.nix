# Story 2.5: what services say of each other can be kept.
{
  lib,
  case,
  service,
  hostWith,
  hostOf,
  failures,
  ...
}: let
  with' = modules: services: (hostWith modules services).qgroget.collector.failures;
  on = dependsOn: service {inherit dependsOn;};
  circle = names: "Services depend on each other in a circle: ${lib.concatMapStringsSep " → " (name: "'${name}'") names}";
  # services.redis as NixOS has it since 22.05.
  redis = {
    options.services.redis.servers = lib.mkOption {
      type = lib.types.attrsOf lib.types.anything;
      default = {};
    };
  };
  withRedis = servers: (hostOf [redis {services.redis = {inherit servers;};}] {immich = on ["redis"];}).qgroget.collector.failures;
  firstLine = message: lib.head (lib.splitString "\n" message);
  off = dependency: "Service 'immich' depends on '${dependency}' which is not enabled";
in [
  (case "2.5: a service does not depend on itself" (failures {immich = on ["immich" "cache"]; cache = service {};})
    ["Service 'immich' depends on itself\n  Fix: qgroget.serviceModules.immich.dependsOn = [ \"cache\" ];"])
  (case "2.5: nor does one that is off" (failures {
    immich = service {
      enable = false;
      dependsOn = ["immich"];
    };
  }) ["Service 'immich' depends on itself\n  Fix: qgroget.serviceModules.immich.dependsOn = [ ];"])
  (case "2.5: a dependency is named once" (failures {
    immich = on ["cache" "mail" "cache"];
    cache = service {};
    mail = service {};
  }) ["Service 'immich' names its dependency 'cache' twice\n  Fix: qgroget.serviceModules.immich.dependsOn = [ \"cache\" \"mail\" ];"])
  (case "2.5: and told once that it is off" (failures {
    immich = on ["cache" "cache"];
    cache = service {enable = false;};
  }) [
    "Service 'immich' names its dependency 'cache' twice\n  Fix: qgroget.serviceModules.immich.dependsOn = [ \"cache\" ];"
    "Service 'immich' depends on 'cache' which is not enabled\n  Fix: qgroget.serviceModules.cache.enable = true;"
  ])
  (case "2.5: two services do not depend on each other" (failures {
    a = on ["b"];
    b = on ["a"];
  }) ["${circle ["a" "b" "a"]}\n  Fix: qgroget.serviceModules.b.dependsOn = [ ];"])
  (case "2.5: a circle of several is told once, by its shortest way" (failures {
    d = on ["b"];
    b = on ["c" "e"];
    c = on ["d"];
    e = on ["f"];
    f = on ["d"];
    a = on ["b"];
  }) ["${circle ["b" "c" "d" "b"]}\n  Fix: qgroget.serviceModules.d.dependsOn = [ ];"])
  (case "2.5: the line to paste for a circle names each other once, and a wrong list is in none" (map (message: lib.last (lib.splitString "Fix: " message)) (failures {
    a = on ["b"];
    b = on ["a" "c" "c" "d"];
    c = service {};
    d = on 1;
  })) [
    "qgroget.serviceModules.d.dependsOn = [ \"postgresql\" ];"
    "qgroget.serviceModules.b.dependsOn = [ \"c\" \"d\" ];"
    "qgroget.serviceModules.b.dependsOn = [ \"a\" \"c\" \"d\" ];"
  ])
  (case "2.5: every circle is told" (failures {
      a = on ["b"];
      b = on ["a" "c"];
      c = on ["b"];
    }) [
      "${circle ["a" "b" "a"]}\n  Fix: qgroget.serviceModules.b.dependsOn = [ \"c\" ];"
      "${circle ["b" "c" "b"]}\n  Fix: qgroget.serviceModules.c.dependsOn = [ ];"
    ])
  (case "2.5: of services that are off too" (lib.length (failures {
      a = on ["b"] // {enable = false;};
      b = on ["a"];
    }))
    2)
  (case "2.5: what two services need is no circle" (failures {
    a = on ["b" "c"];
    b = on ["d"];
    c = on ["d"];
    d = service {};
  }) [])
  (case "2.5: a name below services is in none" (with' [{services.redis.enable = true;}] {redis-commander = on ["redis"];}) [])
  (case "2.5: a server of services.redis is redis" (withRedis {immich.enable = true;}) [])
  (case "2.5: one that is off is none" (withRedis {immich.enable = false;})
    ["Service 'immich' depends on 'redis' which is not enabled\n  Fix: qgroget.serviceModules.redis.enable = true;"])
  (case "2.5: what is not known to be on is off" (map firstLine (with' [{services.redis.enable = throw "x";}] {immich = on ["redis"];}
    ++ withRedis (throw "x")))
  [(off "redis") (off "redis")])
  (case "2.5: a server of redis is nothing else" (map firstLine (hostOf [redis {services.redis.servers.x.enable = true;}] {immich = on ["cache"];}).qgroget.collector.failures)
    [(off "cache")])
  (case "2.5: PostgreSQL is there for a service whose database is created in it, and nothing else is" (map firstLine (lib.concatMap (fields: failures {immich = service ({dependsOn = ["postgresql"];} // fields);}) [
    {databases = [{name = "a";} {name = "b";}];}
    {
      dependsOn = ["cache"];
      databases = [{name = "a";}];
    }
    {
      databases = [
        {
          name = "1";
          type = "redis";
        }
      ];
    }
    {
      databases = [
        {
          name = "a";
          provision = false;
        }
      ];
    }
    {
      databases = [
        {
          name = "a";
          type = "mysql";
          provision = true;
        }
      ];
    }
    {databases = 1;}
  ])) [
    (off "cache")
    (off "postgresql")
    (off "postgresql")
    "Service 'immich' asks for database 'a' to be created: that works for postgresql only, not mysql"
    (off "postgresql")
    "Service 'immich' has a wrong value in field 'databases': expected list of (submodule), got 1"
    (off "postgresql")
  ])
  (case "2.5: nor does one that is not known to be on satisfy" (map firstLine (failures {
    immich = on ["cache"];
    cache = service {enable = "x";};
  })) [''Service 'cache' has a wrong value in field 'enable': expected boolean, got "x"'' (off "cache")])
  (case "2.5: what turns it on is the option that there is" (lib.concatLists [
    (failures {immich = on ["redis"];})
    (hostOf [{options.services."2fa".enable = lib.mkOption {default = false;};}] {immich = on ["2fa"];}).qgroget.collector.failures
    (hostOf [{options.services.cache.size = lib.mkOption {default = 1;};}] {immich = on ["cache"];}).qgroget.collector.failures
  ]) [
    "${off "redis"}\n  Fix: services.redis.enable = true;"
    "${off "2fa"}\n  Fix: services.\"2fa\".enable = true;"
    "${off "cache"}\n  Fix: qgroget.serviceModules.cache.enable = true;"
  ])
  (case "2.5: the line to paste for a service that depends on itself names each other once" (lib.head (failures {
    immich = on ["immich" "cache" "cache"];
    cache = service {};
  })) "Service 'immich' depends on itself\n  Fix: qgroget.serviceModules.immich.dependsOn = [ \"cache\" ];")
  (case "2.5: a service that is not known to be on may depend on one that is off" (map firstLine (failures {
    immich = on ["cache"] // {enable = "x";};
    cache = service {enable = false;};
  })) [''Service 'immich' has a wrong value in field 'enable': expected boolean, got "x"''])
]
