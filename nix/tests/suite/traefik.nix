# Traefik's configuration: no name twice, nothing that is nowhere defined, and the person's own definitions hold.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  failures,
  hostOf,
  hostWith,
  mixedHost,
  ...
}: let
  legacyFailures = legacy: services: (mixedHost legacy services).qgroget.collector.failures;
  with' = modules: services: (hostWith modules services).qgroget.collector;
  defines = dynamic: exposed 1 {traefikDynamicConfig = dynamic;};
  strip = prefix: {http.middlewares.strip.stripPrefix.prefixes = [prefix];};
  fed = settings: services: (hostWith [{qgroget.contract.traefik = {enable = true;} // settings;}] services);
  mtls = {services.traefik.dynamicConfigOptions.tls.options.mtls.clientAuth.clientAuthType = "RequireAndVerifyClientCert";};
  # The options of Traefik's module by their later names, the earlier ones renamed to them.
  generation = path: {
    options.services.traefik =
      lib.recursiveUpdate {
        dynamicConfigOptions = lib.mkOption {
          type = lib.types.raw;
          apply = _: throw "the earlier name is used";
        };
      } (lib.setAttrByPath path (lib.mkOption {
        type = lib.types.attrsOf lib.types.anything;
        default = {};
      }));
  };
in [
  (case "routes: one middleware defined differently by two" (failures {
    a = defines (strip "/a");
    b = exposed 2 {traefikDynamicConfig = strip "/b";};
  }) [''Duplicate http.middlewares 'strip' in the Traefik configuration of 'a' and 'b'${"\n"}  Fix: qgroget.serviceModules.b.traefikDynamicConfig.http.middlewares.b-strip = { stripPrefix = { prefixes = [ "/b" ]; }; };''])
  (case "routes: the same definition twice says the same" (failures {
    a = defines (strip "/a");
    b = exposed 2 {traefikDynamicConfig = strip "/a";};
  }) [])
  (case "routes: a middleware of a service's own name is no route" (lib.length (failures {
      strip = defines (strip "/a");
      b = exposed 2 {traefikDynamicConfig = strip "/b";};
    }))
    1)
  (case "routes: names of every kind" (firstLines (failures {
      a = defines {
        http.routers.x.rule = "A";
        tcp.services.x.y = 1;
        udp.routers.x.y = 1;
        http.serversTransports.x.y = 1;
        tls.options.x.minVersion = "VersionTLS12";
      };
      b = exposed 2 {
        traefikDynamicConfig = {
          http.routers.x.rule = "B";
          tcp.services.x.y = 2;
          udp.routers.x.y = 2;
          http.serversTransports.x.y = 2;
          tls.options.x.minVersion = "VersionTLS13";
        };
      };
    })) (map (kind: "Duplicate ${kind} 'x' in the Traefik configuration of 'a' and 'b'") [
      "http.routers"
      "http.serversTransports"
      "tcp.services"
      "tls.options"
      "udp.routers"
    ]))
  (case "routes: a definition that a legacy service has otherwise" (firstLines (legacyFailures {
    old = {
      url = "http://10.0.0.1";
      traefikDynamicConfig = strip "/a";
    };
  } {a = exposed 2 {traefikDynamicConfig = strip "/b";};})) ["Duplicate http.middlewares 'strip' in the Traefik configuration of 'a' and 'old'"])
  (case "routes: a generated router that another service overwrites" (firstLines
    (fed {} {
      a = exposed 1 {type = "public";};
      b = exposed 2 {
        type = "public";
        traefikDynamicConfig.http.routers.a.rule = "Path(`/`)";
      };
    })
    .qgroget
    .collector
    .failures) ["Duplicate http.routers 'a' in the Traefik configuration of 'a' and 'b'"])
  (case "routes: a router that is generated and extended is overwritten once" (firstLines
    (fed {} {
      a = exposed 1 {
        type = "public";
        traefikDynamicConfig.http.routers.a.priority = 1;
      };
      b = exposed 2 {
        type = "public";
        traefikDynamicConfig.http.routers.a.rule = "x";
      };
    })
    .qgroget
    .collector
    .failures) ["Duplicate http.routers 'a' in the Traefik configuration of 'a' and 'b'"])
  (case "routes: the generated one stays, whoever comes first"
    (fed {} {
      a = exposed 1 {
        type = "public";
        traefikDynamicConfig.http.routers.b.rule = "x";
      };
      b = exposed 2 {type = "public";};
    })
    .qgroget
    .collector
    .failures [''Duplicate http.routers 'b' in the Traefik configuration of 'a' and 'b'${"\n"}  Fix: qgroget.serviceModules.a.traefikDynamicConfig.http.routers.a-b = { rule = "x"; };''])
  (case "routes: where none is generated, none is overwritten" (firstLines
    (fed {} {
      a = service {};
      b = service {
        exposed = "x";
        port = 2;
      };
      c = exposed 3 {
        type = "public";
        traefikDynamicConfig.http.routers = {
          a.rule = "x";
          b.rule = "x";
        };
      };
    })
    .qgroget
    .collector
    .failures) [''Service 'b' has a wrong value in field 'exposed': expected boolean, got "x"''])
  (case "routes: definitions that are not known are none, and those of legacy services are theirs" (failures {
      a = defines (strip "/a");
      b = exposed 2 {
        traefikDynamicConfig.http.middlewares.strip = {
          stripPrefix = throw "x";
          more = 1;
        };
      };
      c = exposed 3 {traefikDynamicConfig.http.middlewares.strip.stripPrefix.prefixes = [(throw "x") "/c"];};
      d = exposed 4 {traefikDynamicConfig.http.routers = "<config.x>";};
      e = exposed 5 {traefikDynamicConfig = strip "/a";};
    }
    ++ legacyFailures {
      old = {
        url = "http://10.0.0.1";
        traefikDynamicConfig = strip "/a";
      };
      older = {
        url = "http://10.0.0.2";
        traefikDynamicConfig = strip "/b";
      };
    } {}) [])
  (case "routes: before the collector routes, the generator's names may be extended, whoever comes first" (failures {
    a = exposed 1 {traefikDynamicConfig.http.routers.b.rule = "x";};
    b = exposed 2 {traefikDynamicConfig.http.routers.b.priority = 1;};
  }) [])
  (case "routes: a service may extend its own router, and the generator of before every one" ((fed {} {
      a = exposed 1 {
        type = "public";
        traefikDynamicConfig.http.routers.a.rule = "Path(`/`)";
      };
    })
    .qgroget
    .collector
    .failures
    ++ failures {
      a = exposed 1 {};
      b = exposed 2 {traefikDynamicConfig.http.services.b.loadBalancer.sticky = {};};
      proxy = exposed 3 {
        traefikDynamicConfig.http = {
          routers.a.rule = "x";
          services.b.loadBalancer.servers = [];
        };
      };
    }) [])

  (case "routes: TLS options of private services that are nowhere defined"
    (fed {} {
      a = exposed 1 {};
      b = exposed 2 {};
      c = exposed 3 {type = "public";};
    })
    .qgroget
    .collector
    .failures [''Unknown TLS options 'mtls' in qgroget.contract.traefik.privateTlsOptions, which private services have: 'a', 'b'${"\n"}  Fix: services.traefik.dynamicConfigOptions.tls.options.mtls.clientAuth = { caFiles = [ "/path/to/ca.crt" ]; clientAuthType = "RequireAndVerifyClientCert"; };''])
  (case "routes: TLS options that are somewhere defined" (lib.concatMap (config: config.qgroget.collector.failures) [
    (hostWith [mtls {qgroget.contract.traefik.enable = true;}] {a = exposed 1 {};})
    (fed {} {a = defines mtls.services.traefik.dynamicConfigOptions;})
    (fed {privateTlsOptions = "mtls@file";} {a = exposed 1 {};})
    (fed {privateTlsOptions = "default";} {a = exposed 1 {};})
    (fed {} {a = exposed 1 {type = "public";};})
    (fed {} {a = service {};})
    (hostWith [{qgroget.contract.traefik.enable = true;} {services.traefik.dynamicConfigFile = "/x";}] {a = exposed 1 {};})
    (hostWith [{qgroget.contract.traefik.enable = true;} {services.traefik.dynamic.file = "/x";}] {a = exposed 1 {};})
    (hostWith [{qgroget.contract.traefik.enable = true;} {services.traefik.routing.file = "/x";}] {a = exposed 1 {};})
  ]) [])
  (case "routes: TLS options of a service are known in spite of another one's fault" (firstLines
    (fed {} {
      a = defines mtls.services.traefik.dynamicConfigOptions;
      b = exposed 2 {type = "open";};
      c = exposed 3 {traefikDynamicConfig.tls.options = throw "x";};
      d = service {
        exposed = "x";
        port = 4;
      };
    })
    .qgroget
    .collector
    .failures) [
    ''Service 'b' has a wrong value in field 'type': expected one of "private", "public", got "open"''
    ''Service 'd' has a wrong value in field 'exposed': expected boolean, got "x"''
  ])
  (case "routes: a service that is not known to be private needs none" (firstLines
    (fed {} {
      b = exposed 2 {type = "open";};
      d = service {
        exposed = "x";
        port = 4;
      };
    })
    .qgroget
    .collector
    .failures) [
    ''Service 'b' has a wrong value in field 'type': expected one of "private", "public", got "open"''
    ''Service 'd' has a wrong value in field 'exposed': expected boolean, got "x"''
  ])
  (case "routes: a file that is not known has none, nor has a host without Traefik" (map (config: firstLines config.qgroget.collector.failures) [
    (hostWith [{qgroget.contract.traefik.enable = true;} {services.traefik.dynamicConfigFile = throw "x";}] {a = exposed 1 {};})
    (hostOf [{qgroget.contract.traefik.enable = true;}] {a = exposed 1 {};})
  ]) (lib.genList (_: ["Unknown TLS options 'mtls' in qgroget.contract.traefik.privateTlsOptions, which private services have: 'a'"]) 2))
  (case "routes: TLS options of a legacy service are there"
    (hostWith [
      {
        qgroget.contract.traefik.enable = true;
        qgroget.collector.otherServices.old = {
          url = "http://10.0.0.1";
          traefikDynamicConfig = mtls.services.traefik.dynamicConfigOptions;
        };
      }
    ] {a = exposed 1 {};})
    .qgroget
    .collector
    .failures [])
  (case "routes: TLS options with a name that is no identifier are quoted in the line to paste" (lib.hasInfix ''.tls.options."my tls".clientAuth = '' (lib.concatStrings
    (fed {privateTlsOptions = "my tls";} {a = exposed 1 {};})
    .qgroget
    .collector
    .failures))
  true)
  (case "routes: TLS options of a service that is off are not there" (lib.length
    (fed {} {
      a = exposed 1 {};
      b = service {
        enable = false;
        traefikDynamicConfig = mtls.services.traefik.dynamicConfigOptions;
      };
    })
    .qgroget
    .collector
    .failures)
  1)

  (case "3.3: a middleware of another provider" (failures {a = exposed 1 {middlewares = ["sso@file" "x@docker"];};}) [])
  (case "3.3: a slip in a middleware's name is mended in the line to paste" (lib.last (lib.splitString "\n" (lib.head (failures {
    a = exposed 1 {middlewares = ["compress" "autheliaa"];};
  })))) "  Fix: qgroget.serviceModules.a.middlewares = [ \"compress\" \"authelia\" ];")
  (case "3.3: a slip in the middlewares of a type" (lib.last (lib.splitString "\n" (lib.head (with' [{qgroget.contract.traefik.typeMiddlewares.public = ["compres"];}] {}).failures)))
    "  Fix: qgroget.contract.traefik.typeMiddlewares.public = [ \"compress\" ];")

  (case "2.3: what Traefik's own options say holds, a middleware as a whole" (let
    settings =
      (hostWith [
        {
          qgroget.contract.traefik.enable = true;
          services.traefik.dynamicConfigOptions.http = {
            middlewares.rate-limit.rateLimit.average = 5;
            routers.a.rule = "Host(`other`)";
            services.a.loadBalancer.servers = [{url = "http://x";}];
          };
        }
      ] {a = exposed 1 {middlewares = ["rate-limit"];};})
      .services
      .traefik
      .dynamicConfigOptions
      .http;
  in [settings.middlewares settings.routers.a.rule settings.routers.a.entryPoints settings.services.a.loadBalancer.servers]) [
    {rate-limit.rateLimit.average = 5;}
    "Host(`other`)"
    ["websecure"]
    [{url = "http://x";}]
  ])
  (case "2.3: Traefik is fed by the newest name of its option" (map (path:
    lib.attrNames
    (lib.getAttrFromPath (["services" "traefik"] ++ path)
      (hostOf [(generation path) {qgroget.contract.traefik.enable = true;}] {a = exposed 1 {};}))
    .http
    .routers
    or {}) [["dynamic" "settings"] ["routing" "settings"]]) [["a"] ["a"]])
  (case "3.3: a middleware in Traefik's own configuration by its newest name"
    (hostOf [(generation ["routing" "settings"]) {services.traefik.routing.settings.http.middlewares.own.compress = {};}] {a = exposed 1 {middlewares = ["own"];};})
    .qgroget
    .collector
    .failures
    [])
  (case "2.3: a predefined middleware and what a service brings reach Traefik's own options" (let
    settings =
      (hostWith [{qgroget.contract.traefik.enable = true;}] {
        a = exposed 1 {
          middlewares = ["compress"];
          traefikDynamicConfig.tcp.services.x.loadBalancer.servers = [];
        };
      })
      .services
      .traefik
      .dynamicConfigOptions;
  in [(lib.attrNames settings.http.middlewares) settings.tcp.services])
  [["compress"] {x.loadBalancer.servers = [];}])
  (case "2.3: what Traefik's own options say of another protocol holds as well"
    (hostWith [
      {
        qgroget.contract.traefik.enable = true;
        services.traefik.dynamicConfigOptions.tcp.routers.x.rule = "HostSNI(`b`)";
      }
    ] {
      a = exposed 1 {
        traefikDynamicConfig.tcp.routers.x = {
          rule = "HostSNI(`a`)";
          service = "x";
        };
      };
    })
    .services
    .traefik
    .dynamicConfigOptions
    .tcp
    .routers
    .x
    {
      rule = "HostSNI(`b`)";
      service = "x";
    })
  (case "routes: options of the newer names are no file" (map (path:
    firstLines
    (hostOf [(generation path) {qgroget.contract.traefik.enable = true;} {services.traefik = lib.setAttrByPath path {http.middlewares.own.compress = {};};}] {a = exposed 1 {};})
    .qgroget
    .collector
    .failures) [["dynamic" "settings"] ["routing" "settings"]])
  (lib.genList (_: ["Unknown TLS options 'mtls' in qgroget.contract.traefik.privateTlsOptions, which private services have: 'a'"]) 2))
]
