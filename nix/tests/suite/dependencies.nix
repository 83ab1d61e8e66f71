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
]
