# Epic 2: what the enabled services add up to.
{
  lib,
  case,
  service,
  exposed,
  host,
  hostOf,
  hostWith,
  bareHost,
  collected,
  persisted,
  ...
}: let
  backups = services: (host services).qgroget.backups;
  traefik = services: (collected services).traefikDynamicConfig.http;
  router = fields: (traefik {jellyfin = exposed 8096 fields;}).routers.jellyfin;
  contract = settings: hostWith [{qgroget.contract = settings;}];
  generated = settings: services: (contract settings services).qgroget.collector.traefikDynamicConfig.http;
in [
  (case "2.1: paths of all enabled services are persisted" (persisted (host {
    immich = service {persistedData = ["/var/lib/immich" "/var/cache/immich"];};
    jellyfin = service {dataDir = "/var/lib/jellyfin";};
  })) ["/var/lib/immich" "/var/cache/immich" "/var/lib/jellyfin"])
  (case "2.1: paths of disabled services are not persisted" (persisted (host {
    immich = service {
      enable = false;
      dataDir = "/var/lib/immich";
    };
    jellyfin = service {dataDir = "/var/lib/jellyfin";};
  })) ["/var/lib/jellyfin"])
  (case "2.1: an owner stays with its directory" (persisted (host {
      traefik = service {
        persistedData = [
          {
            directory = "/var/lib/traefik";
            user = "traefik";
            group = "proxy";
            mode = "0700";
          }
        ];
      };
    })) [
      {
        directory = "/var/lib/traefik";
        user = "traefik";
        group = "proxy";
        mode = "0700";
      }
    ])
  (case "2.1: an entry is passed on as it was given" (persisted (host {
      honcho = service {
        persistedData = [
          {
            directory = "/var/lib/honcho";
            mode = "0700";
          }
        ];
      };
    })) [
      {
        directory = "/var/lib/honcho";
        mode = "0700";
      }
    ])
  (case "2.1: a directory is persisted once, as who says most of it has it" (persisted (host {
      a = service {persistedData = ["/a" "/b/" "/c"];};
      b = service {
        persistedData = [
          "/a"
          {
            directory = "/b";
            mode = "0700";
          }
          "//c/."
        ];
      };
    })) [
      "/a"
      {
        directory = "/b";
        mode = "0700";
      }
      "/c"
    ])
  (case "2.1: a directory that one service alone persists keeps its form, and others that look alike are others" (persisted (host {
    a = service {persistedData = ["/a/" "/b/c"];};
    b = service {persistedData = ["/bc" "/b/c/d"];};
  })) ["/a/" "/b/c" "/bc" "/b/c/d"])
  (case "2.2: a path is in its job once"
    (collected {
      a = service {
        backupPaths = ["/a" "/b"];
        backupJob = "x";
      };
      b = service {
        backupPaths = ["/b/" "/c"];
        backupJob = "x";
      };
    })
    .backups
    .x
    .paths ["/a" "/b" "/c"])
  (case "2.1: dataDir on a mount of its own is not persisted where the list says so" (persisted (host {
    immich = service {
      dataDir = "/mnt/data/immich";
      persistedData = ["/var/lib/immich"];
    };
  })) ["/var/lib/immich"])
  (case "2.1: the root is a setting"
    ((contract {persistenceRoot = "/nix/persist";} {jellyfin = service {dataDir = "/a";};}).environment.persistence."/nix/persist".directories or "missing")
    ["/a"])
  (case "2.1: nothing to persist makes no entry" (host {jellyfin = service {};}).environment.persistence {})
  (case "2.1: the collected paths are to be read" (collected {jellyfin = service {dataDir = "/a";};}).persistence ["/a"])
  (case "2.1: an option beside its own is not impermanence's" (hostOf [{options.environment.etc = lib.mkOption {default = {};};}] {jellyfin = service {dataDir = "/a";};}).warnings [
    "Services declare persistedData, but nothing persists it: environment.persistence is no option here (impermanence is not imported)."
  ])
  (case "2.1: without impermanence a warning says so" (bareHost {jellyfin = service {dataDir = "/a";};}).warnings [
    "Services declare persistedData, but nothing persists it: environment.persistence is no option here (impermanence is not imported)."
  ])

  (case "2.2: where somebody persists and backs up there is no warning" (host {
      jellyfin = service {
        dataDir = "/a";
        backupPaths = ["/a"];
      };
    })
    .warnings [])
  (case "2.2: a job for each service that has paths" (lib.mapAttrs (_: job: job.paths) (backups {
      jellyfin = service {backupPaths = ["/a" "/b"];};
      immich = service {backupPaths = ["/c"];};
    })) {
      jellyfin = ["/a" "/b"];
      immich = ["/c"];
    })
  (case "2.2: a service with empty backupPaths is in no job" (backups {
    jellyfin = service {
      backupPaths = [];
      backupUnits = ["jellyfin.service"];
    };
  }) {})
  (case "2.2: a disabled service is in no job" (backups {
    jellyfin = service {
      enable = false;
      backupPaths = ["/a"];
    };
  }) {})
  (case "2.2: paths under the other name are backed up" ((backups {jellyfin = service {backupDirectories = ["/a"];};}).jellyfin.paths or "missing") ["/a"])
  (case "2.2: services that name the same job share it, in the order of their names" (backups {
      sonarr = service {
        backupPaths = ["/sonarr"];
        backupJob = "arr";
        backupUnits = ["arr-pod.service"];
        backupExclude = ["*.log"];
      };
      radarr = service {
        backupPaths = ["/radarr"];
        backupJob = "arr";
        backupUnits = ["arr-pod.service" "radarr.service"];
        backupExclude = ["*.tmp" "*.log"];
      };
    }) {
      arr = {
        paths = ["/radarr" "/sonarr"];
        systemdUnits = ["arr-pod.service" "radarr.service"];
        exclude = ["*.tmp" "*.log"];
        preBackup = null;
        postBackup = null;
        priority = 1000;
        requireNetwork = false;
      };
    })
  (case "2.2: every setting of a service reaches its job"
    ((backups {
        jellyfin = service {
          backupPaths = ["/a"];
          backupUnits = ["jellyfin.service"];
          backupExclude = ["/a/cache"];
          backupPrepare = "before";
          backupCleanup = "after";
          backupPriority = 10;
          backupRequiresNetwork = true;
        };
      })
      .jellyfin
      or {}) {
      paths = ["/a"];
      systemdUnits = ["jellyfin.service"];
      exclude = ["/a/cache"];
      preBackup = "before";
      postBackup = "after";
      priority = 10;
      requireNetwork = true;
    })
  (case "2.2: what no service sets keeps the job's own default" (collected {jellyfin = service {backupPaths = ["/a"];};}).backups {jellyfin.paths = ["/a"];})
  (case "2.2: false is said, where it is not the default"
    ((collected {
        jellyfin = service {
          backupPaths = ["/a"];
          backupRequiresNetwork = false;
        };
      })
      .backups
      .jellyfin
      .requireNetwork
      or "missing")
    false)
  (case "2.2: scripts of a shared job are joined, an equal one runs once" (let
    job = prepare: cleanup:
      service {
        backupPaths = ["/x"];
        backupJob = "shared";
        backupPrepare = prepare;
        backupCleanup = cleanup;
      };
    got =
      (collected {
        a = job "one" "same";
        b = job "two" "same";
        c = job null null;
      })
      .backups
      .shared
      or {};
  in [(got.preBackup or "missing") (got.postBackup or "missing")]) ["one\ntwo" "same"])
  (case "2.2: a shared job has the lowest priority and needs the network if one does" (let
    job = priority: network:
      service {
        backupPaths = ["/x"];
        backupJob = "shared";
        backupPriority = priority;
        backupRequiresNetwork = network;
      };
    got =
      (collected {
        a = job 50 false;
        b = job 20 true;
        c = job null null;
      })
      .backups
      .shared
      or {};
  in [(got.priority or "missing") (got.requireNetwork or "missing")]) [20 true])
  (case "2.2: a job of the repository's own is joined, not replaced" (lib.sort lib.lessThan (
    (hostWith [{qgroget.backups.arr.paths = ["/legacy"];}] {
      sonarr = service {
        backupPaths = ["/sonarr"];
        backupJob = "arr";
      };
    })
    .qgroget
    .backups
    .arr
    .paths
    or []
  )) ["/legacy" "/sonarr"])
  (case "2.2: without a job option a warning says so" (bareHost {jellyfin = service {backupPaths = ["/a"];};}).warnings [
    "Services declare backupPaths, but nothing backs them up: qgroget.backups is no option here."
  ])

  (case "2.3: a public service has a router and a service" (traefik {
      jellyfin = exposed 8096 {
        subdomain = "jellyfin";
        type = "public";
      };
    }) {
      routers.jellyfin = {
        rule = "Host(`jellyfin.example.org`)";
        service = "jellyfin";
        entryPoints = ["websecure"];
        tls.certResolver = "production";
      };
      services.jellyfin.loadBalancer.servers = [{url = "http://127.0.0.1:8096";}];
    })
  (case "2.3: a private service asks for a client certificate" (router {}).tls {
    certResolver = "production";
    options = "mtls";
  })
  (case "2.3: a service that is not exposed gets nothing"
    (collected {
      jellyfin = service {
        port = 8096;
        traefikDynamicConfig.http.routers.x.rule = "Path(`/x`)";
      };
    })
    .traefikDynamicConfig {})
  (case "2.3: a disabled service gets nothing" (collected {jellyfin = exposed 8096 {enable = false;};}).traefikDynamicConfig {})
  (case "2.3: the subdomain may differ from the name" (router {subdomain = "media";}).rule "Host(`media.example.org`)")
  (case "2.3: the empty subdomain is the domain itself" (router {subdomain = "";}).rule "Host(`example.org`)")
  (case "2.3: an explicit url is the backend"
    (traefik {
      immich = service {
        exposed = true;
        url = "http://[::1]:2283";
      };
    })
    .services
    .immich
    .loadBalancer
    .servers [{url = "http://[::1]:2283";}])
  (case "2.3: middlewares keep their order" ((router {middlewares = ["b" "a"];}).middlewares or []) ["b" "a"])
  (case "2.3: the chain depends on the type" (lib.mapAttrs (_: each: each.middlewares or [])
    (generated {
        traefik.typeMiddlewares = {
          public = ["rate-limit"];
          private = ["compress"];
        };
      } {
        a = exposed 1 {
          type = "public";
          middlewares = ["own"];
        };
        b = exposed 2 {middlewares = ["own"];};
      })
    .routers) {
    a = ["rate-limit" "own"];
    b = ["compress" "own"];
  })
  (case "2.3: a predefined middleware comes with its definition" ((traefik {jellyfin = exposed 8096 {middlewares = ["rate-limit"];};}).middlewares or {}) {
    rate-limit.rateLimit = {
      average = 100;
      burst = 200;
    };
  })
  (case "2.3: the predefined middlewares" (traefik {
      jellyfin = exposed 8096 {middlewares = ["authelia" "authentik" "chain-authelia" "compress" "no-index" "rate-limit" "security-headers"];};
    })
    .middlewares {
      authelia.forwardAuth = {
        address = "http://127.0.0.1:9091/api/authz/forward-auth";
        trustForwardHeader = true;
        authResponseHeaders = ["Remote-User" "Remote-Groups" "Remote-Name" "Remote-Email"];
      };
      authentik.forwardAuth = {
        address = "http://127.0.0.1:9000/outpost.goauthentik.io/auth/traefik";
        trustForwardHeader = true;
        authResponseHeaders = ["X-authentik-username" "X-authentik-groups" "X-authentik-email" "X-authentik-name" "X-authentik-uid"];
      };
      chain-authelia.chain.middlewares = ["rate-limit" "authelia"];
      compress.compress = {};
      no-index.headers.customResponseHeaders.X-Robots-Tag = "noindex, nofollow";
      rate-limit.rateLimit = {
        average = 100;
        burst = 200;
      };
      security-headers.headers = {
        contentTypeNosniff = true;
        frameDeny = true;
        stsSeconds = 31536000;
      };
    })
  (case "2.3: a middleware of a service's own comes with its definition alone" (traefik {
      jellyfin = exposed 8096 {
        middlewares = ["own" "compress"];
        traefikDynamicConfig.http.middlewares.own.headers.frameDeny = true;
      };
    })
    .middlewares {
      compress.compress = {};
      own.headers.frameDeny = true;
    })
  (case "2.3: nothing is defined for a middleware that is not predefined" (lib.attrNames (traefik {jellyfin = exposed 8096 {middlewares = ["unknown" "compress"];};}).middlewares)
    ["compress"])
  (case "2.3: a chain comes with what it leads to" (lib.attrNames ((traefik {jellyfin = exposed 8096 {middlewares = ["chain-authelia"];};}).middlewares or {})) [
    "authelia"
    "chain-authelia"
    "rate-limit"
  ])
  (case "2.3: a definition of a service's own replaces the predefined one" ((traefik {
      jellyfin = exposed 8096 {middlewares = ["rate-limit"];};
      sonarr = exposed 8989 {traefikDynamicConfig.http.middlewares.rate-limit.rateLimit.average = 5;};
    })
    .middlewares
    or {}) {rate-limit.rateLimit.average = 5;})
  (case "2.3: an extra middleware is not defined a second time"
    ((generated {extraMiddlewares = ["rate-limit"];} {jellyfin = exposed 8096 {middlewares = ["rate-limit"];};}) ? middlewares)
    false)
  (case "2.3: complex routing is merged with the generated one" (lib.mapAttrs (_: lib.attrNames) (traefik {
      git = exposed 3000 {
        traefikDynamicConfig.http = {
          routers.git-api.rule = "Path(`/api`)";
          middlewares.strip.stripPrefix.prefixes = ["/api"];
        };
      };
    })) {
      routers = ["git" "git-api"];
      services = ["git"];
      middlewares = ["strip"];
    })
  (case "2.3: entry points, resolver and TLS options are settings"
    (generated {
      traefik = {
        entryPoints = ["https"];
        certResolver = "staging";
        privateTlsOptions = "client-cert";
      };
    } {jellyfin = exposed 8096 {};})
    .routers
    .jellyfin {
      rule = "Host(`jellyfin.example.org`)";
      service = "jellyfin";
      entryPoints = ["https"];
      tls = {
        certResolver = "staging";
        options = "client-cert";
      };
    })
  (case "2.3: without a resolver Traefik's own default serves" (generated {traefik.certResolver = null;} {jellyfin = exposed 8096 {type = "public";};}).routers.jellyfin.tls {})
  (case "2.3: Traefik is left alone unless told to be fed" (host {jellyfin = exposed 8096 {};}).services.traefik {})
  (case "2.3: Traefik is fed when told" (lib.attrNames
      ((contract {traefik.enable = true;} {jellyfin = exposed 8096 {};}).services.traefik.dynamicConfigOptions.http.routers or {})) ["jellyfin"])

  (case "2.4: a database is created, with a user that owns it" (host {immich = service {databases = [{name = "immich";}];};}).services.postgresql {
    enable = true;
    ensureDatabases = ["immich"];
    ensureUsers = [
      {
        name = "immich";
        ensureDBOwnership = true;
      }
    ];
  })
  (case "2.4: a database that runs elsewhere is not created"
    (host {
      immich = service {
        databases = [
          {
            name = "immich";
            provision = false;
          }
        ];
      };
    })
    .services
    .postgresql {})
  (case "2.4: a database of a disabled service is not created"
    (host {
      immich = service {
        enable = false;
        databases = [{name = "immich";}];
      };
    })
    .services
    .postgresql {})
  (case "2.4: only PostgreSQL databases are created"
    (host {
      immich = service {
        databases = [
          {
            type = "redis";
            name = "cache";
          }
          {
            type = "mysql";
            name = "wiki";
            provision = true;
          }
        ];
      };
    })
    .services
    .postgresql {})
  (case "2.4: all databases are to be read, with their service" (map (database: "${database.service} ${database.name}")
    (collected {
      immich = service {databases = [{name = "immich";} {name = "faces";}];};
      gitea = service {databases = [{name = "git";}];};
    })
    .databases) ["gitea git" "immich immich" "immich faces"])

  (case "2.6: one line in the settings file enables a service"
    (hostWith [{qgroget.serviceModules.jellyfin.enable = true;}] {
      jellyfin = removeAttrs (service {dataDir = "/a";}) ["enable"];
    })
    .qgroget
    .collector
    .persistence ["/a"])
  (case "2.6: the enabled services are to be listed"
    (collected {
      b = service {};
      a = service {};
      c = service {enable = false;};
    })
    .enabled ["a" "b"])
  (case "2.6: the results cannot be set" ((builtins.tryEval
      (hostWith [{qgroget.collector.persistence = ["/x"];}] {}).qgroget.collector.persistence)
    .success)
    false)
]
