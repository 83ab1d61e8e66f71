# Epic 5: old and new declarations side by side.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  mixedHost,
  hostWith,
  persisted,
  ...
}: let
  old = {
    sonarr = {
      url = "http://127.0.0.1:8989";
      persistedData = ["/var/lib/sonarr"];
      middlewares = ["SSO"];
    };
  };
  full = exposed 8096 {
    subdomain = "films";
    type = "public";
    middlewares = ["own"];
    journalctl = true;
    unitName = "jellyfin.service";
    logPath = "/var/log/jellyfin.log";
    dataDir = "/var/lib/jellyfin";
    backupPaths = ["/var/lib/jellyfin"];
    traefikDynamicConfig.http.middlewares.own.headers.frameDeny = true;
  };
  shown = services: (mixedHost old services).qgroget.services;
  failures = legacy: services: (mixedHost legacy services).qgroget.collector.failures;
  sso = {
    url = "http://127.0.0.1:9091";
    traefikDynamicConfig.http.middlewares.SSO.forwardAuth.address = "x";
  };
in [
  (case "5.1: legacy services stay as they are" (shown {jellyfin = full;}).sonarr ((shown {}).sonarr))
  (case "5.1: an enabled and exposed service is seen by legacy readers, whole" (shown {jellyfin = full;}).jellyfin {
    name = "films";
    subdomain = "films";
    url = "http://127.0.0.1:8096";
    type = "public";
    middlewares = ["own"];
    journalctl = true;
    unitName = "jellyfin.service";
    logPath = "/var/log/jellyfin.log";
    persistedData = [];
    traefikDynamicConfig.http.middlewares.own.headers.frameDeny = true;
  })
  (case "5.1: a private service stays private for them" (shown {jellyfin = exposed 8096 {};}).jellyfin.type "private")
  (case "5.1: they do not see a service that is not exposed" (lib.attrNames (shown {jellyfin = service {};})) ["sonarr"])
  (case "5.1: they do not see a disabled service" (lib.attrNames (shown {jellyfin = exposed 8096 {enable = false;};})) ["sonarr"])
  (case "5.1: the collector takes nothing from legacy services" (let
    config = mixedHost old {jellyfin = full;};
  in [config.qgroget.collector.enabled (persisted config) (lib.attrNames config.qgroget.backups)]) [["jellyfin"] ["/var/lib/jellyfin"] ["jellyfin"]])
  (case "5.1: a predefined middleware reaches the legacy generator with its definition"
    (lib.attrNames ((shown {jellyfin = exposed 8096 {middlewares = ["rate-limit"];};}).jellyfin.traefikDynamicConfig.http.middlewares or {})) ["rate-limit"])
  (case "5.1: one that a legacy service defines does not" ((mixedHost {
        proxy = {
          url = "http://127.0.0.1:1";
          traefikDynamicConfig.http.middlewares.rate-limit.rateLimit.average = 5;
        };
      } {
        jellyfin = exposed 8096 {middlewares = ["rate-limit"];};
      })
    .qgroget
    .services
    .jellyfin
    .traefikDynamicConfig) {})
  (case "5.1: nor has the bridge once no legacy service is left" (failures {} {jellyfin = full;}) [])
  (case "5.1: both sides together have no fault" ((mixedHost old {jellyfin = full;}).qgroget.collector.failures) [])
  (case "5.1: the collected services are what a legacy reader needs" (lib.attrNames (mixedHost {} {jellyfin = full;}).qgroget.collector.services.jellyfin) [
    "backupDirectories"
    "journalctl"
    "logPath"
    "middlewares"
    "name"
    "persistedData"
    "subdomain"
    "traefikDynamicConfig"
    "type"
    "unitName"
    "url"
  ])
  (case "5.1: whose directories and paths do not count a second time"
    (let
      shown = (mixedHost {} {jellyfin = full;}).qgroget.collector.services.jellyfin;
    in {inherit (shown) backupDirectories persistedData;}) {
      backupDirectories = [];
      persistedData = [];
    })
  (case "5.3: before the cutover old and new have the same port, which is no clash"
    (mixedHost old {
      sonarr = exposed 8989 {enable = false;};
    })
    .qgroget
    .collector
    .failures [])
  (case "5.3: a contract that is not enabled changes nothing" (let
    parts = config: {inherit (config) assertions warnings environment services qgroget;};
    kept = config: removeAttrs (parts config) ["qgroget"] // {inherit (config.qgroget) services backups;};
  in
    kept (mixedHost old {jellyfin = full // {enable = false;};}) == kept (mixedHost old {}))
  true)
  (case "5.3: a running legacy service with a contract that is off still has its middlewares" (failures {auth = sso;} {
    auth = exposed 9091 {enable = false;};
    sonarr = exposed 8989 {middlewares = ["SSO"];};
  }) [])
  (case "5.3: and its middleware is not defined a second time" ((mixedHost {
        proxy = {
          url = "http://127.0.0.1:1";
          traefikDynamicConfig.http.middlewares.rate-limit.rateLimit.average = 5;
        };
      } {
        proxy = exposed 1 {enable = false;};
        jellyfin = exposed 8096 {middlewares = ["rate-limit"];};
      })
    .qgroget
    .services
    .jellyfin
    .traefikDynamicConfig) {})
  (case "5.3: and its port, of which a clash is told once" (failures {auth = sso;} {
    auth = exposed 9091 {enable = false;};
    sonarr = exposed 9091 {};
  }) ["Port 9091 conflict between 'auth' and 'sonarr'\n  Fix: qgroget.serviceModules.sonarr.port = 9092;"])
  (case "5.3: and its port, where its contract is to have another one" (failures {auth = sso;} {
    auth = exposed 9092 {enable = false;};
    sonarr = exposed 9091 {};
  }) ["Port 9091 conflict between 'auth' and 'sonarr'\n  Fix: qgroget.serviceModules.sonarr.port = 9093;"])
  (case "5.3: and it satisfies a dependency" (failures {auth = sso;} {
    auth = exposed 9091 {enable = false;};
    sonarr = exposed 8989 {dependsOn = ["auth"];};
  }) [])
  (case "5.3: it never clashes with the legacy service of its own name" (failures {auth = sso // {subdomain = "auth";};} {
    auth = exposed 9091 {
      enable = false;
      traefikDynamicConfig.http.middlewares.SSO.forwardAuth.address = "y";
    };
  }) [])
  (case "5.3: its own faults are told" (firstLines (failures {auth = sso;} {
      auth = exposed 9091 {
        enable = false;
        url = "x";
      };
    }))
    [''Service 'auth' has a wrong value in field 'url': expected a URL with a scheme and a host, got "x"''])
  (case "5.3: old and new both on is one fault" (failures old {
    sonarr = exposed 8989 {dataDir = "/var/lib/sonarr";};
  }) ["Service 'sonarr' is enabled by its contract and declared in the legacy pattern as well: keep one\n  Fix: qgroget.serviceModules.sonarr.enable = false;"])
  (case "5.3: a directory that both persist, in either form, is one as well" (map (persistedData:
    lib.length (failures {
      sonarr = {
        url = "";
        inherit persistedData;
      };
    } {sonarr = service {dataDir = "/var/lib/sonarr";};})) [["/var/lib/sonarr"] [{directory = "/var/lib/sonarr/";}] ["/other"] (throw "x") [(throw "x")]]) [1 1 0 0 0])
  (case "5.3: nor is a directory that is not known" (hostWith [
      {
        qgroget.collector.otherServices.sonarr = {
          url = "";
          persistedData = [(throw "x")];
        };
      }
    ] {sonarr = service {dataDir = "/var/lib/sonarr";};})
    .qgroget
    .collector
    .failures [])
  (case "5.3: a route that both have is one" (map (url: firstLines (failures {sonarr = {inherit url;};} {sonarr = exposed 8989 {};})) ["http://10.0.0.1" ""])
    [["Service 'sonarr' is enabled by its contract and declared in the legacy pattern as well: keep one"] []])
  (case "5.3: what is not known of a contract is not there twice" (lib.concatMap (fields:
    map (message: lib.head (lib.splitString ":" message))
    (hostWith [{qgroget.collector.otherServices.sonarr.url = "http://10.0.0.1";}] {sonarr = service fields;})
    .qgroget
    .collector
    .failures) [
    {exposed = "x";}
    {persistedData = 1;}
    {
      enable = "x";
      exposed = true;
      port = 1;
    }
  ]) [
    "Service 'sonarr' has a wrong value in field 'exposed'"
    "Service 'sonarr' has a wrong value in field 'persistedData'"
    "Service 'sonarr' has a wrong value in field 'enable'"
  ])
  (case "5.3: a route that stays in the legacy pattern, beside a contract without one" (failures {auth = sso;} {auth = service {};}) [])
  (case "5.3: enabling it is enough" (let
    config = mixedHost old {jellyfin = full // {enable = true;};};
  in [(config.qgroget.services ? jellyfin) (persisted config)]) [true ["/var/lib/jellyfin"]])
  (case "5.4: the cutover leaves the same routes, paths and jobs" (let
    before = mixedHost (old
      // {
        jellyfin = {
          name = "films";
          subdomain = "films";
          url = "http://127.0.0.1:8096";
          type = "public";
          middlewares = ["own"];
          journalctl = true;
          unitName = "jellyfin.service";
          logPath = "/var/log/jellyfin.log";
          traefikDynamicConfig.http.middlewares.own.headers.frameDeny = true;
        };
      }) {};
    after = mixedHost old {jellyfin = full;};
  in
    after.qgroget.services == before.qgroget.services)
  true)
  (case "5.4: faults of a contract do not hide legacy services from the checks" (map (message: lib.head (lib.splitString "\n" message))
    (mixedHost old {
      jellyfin = removeAttrs (exposed 8989 {homepage = "x";}) ["enable"];
    })
    .qgroget
    .collector
    .failures) [
    "Service 'jellyfin' is missing required field 'enable': whether the service runs"
    "Service 'jellyfin' has unknown field 'homepage': the contract has no such field"
    "Port 8989 conflict between 'jellyfin' and 'sonarr'"
  ])
]
