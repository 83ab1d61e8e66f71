# Routes: every host has one service, every service a backend, and Traefik's configuration no name twice.
{
  lib,
  case,
  service,
  exposed,
  failures,
  hostOf,
  hostWith,
  mixedHost,
  throws,
  schema,
  ...
}: let
  firstLines = map (message: lib.head (lib.splitString "\n" message));
  legacyFailures = legacy: services: (mixedHost legacy services).qgroget.collector.failures;
  with' = modules: services: (hostWith modules services).qgroget.collector;
  missing = ["Service 'jellyfin' is missing required field 'port': the port it listens on, which a route needs (or give a url)\n  Fix: qgroget.serviceModules.jellyfin.port = 8080;"];
  routed = fields: service ({exposed = true;} // fields);
  to = url: routed {inherit url;};
  # Two services, one of which is at port 2283 of this machine: whether the url leads there.
  meets = url:
    failures {
      a = exposed 2283 {};
      b = to url;
    };
  domainOption.options.qgroget.server.domain = lib.mkOption {default = "example.org";};
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
  (case "routes: two services of one host" (failures {
    a = exposed 1 {subdomain = "media";};
    b = exposed 2 {subdomain = "media";};
  }) [''Host 'media.example.org' conflict between 'a' and 'b'${"\n"}  Fix: qgroget.serviceModules.b.subdomain = "b";''])
  (case "routes: hosts are the same in any case" (firstLines (failures {
    a = exposed 1 {subdomain = "Media";};
    b = exposed 2 {
      subdomain = "media";
      domain = "EXAMPLE.org";
    };
  })) ["Host 'media.example.org' conflict between 'a' and 'b'"])
  (case "routes: a subdomain that is another service's name" (failures {
    jellyfin = exposed 1 {};
    seerr = exposed 2 {subdomain = "jellyfin";};
  }) [''Host 'jellyfin.example.org' conflict between 'jellyfin' and 'seerr'${"\n"}  Fix: qgroget.serviceModules.seerr.subdomain = "seerr";''])
  (case "routes: where the own name is taken, the next one is proposed" (failures {
    a = exposed 1 {subdomain = "b";};
    b = exposed 2 {};
  }) [''Host 'b.example.org' conflict between 'a' and 'b'${"\n"}  Fix: qgroget.serviceModules.b.subdomain = "b-2";''])
  (case "routes: the empty subdomain twice" (firstLines (failures {
    a = exposed 1 {subdomain = "";};
    b = exposed 2 {subdomain = "";};
  })) ["Host 'example.org' conflict between 'a' and 'b'"])
  (case "routes: one subdomain of two domains is two hosts" (failures {
    a = exposed 1 {subdomain = "www";};
    b = exposed 2 {
      subdomain = "www";
      domain = "example.com";
    };
  }) [])
  (case "routes: a service without a route has no host" (failures {
    a = exposed 1 {subdomain = "www";};
    b = service {subdomain = "www";};
  }) [])
  (case "routes: the host of a legacy service" ((mixedHost {
      old = {
        url = "http://10.0.0.1";
        subdomain = "media";
      };
    } {a = exposed 1 {subdomain = "media";};})
    .qgroget
    .collector
    .failures) [])
  (case "routes: the host of a legacy service, where the domain is known" (lib.concatMap (legacy:
      (hostWith [
        domainOption
        {qgroget.collector.otherServices.old = {url = "http://10.0.0.1";} // legacy;}
      ] {a = exposed 1 {subdomain = "media";};})
      .qgroget
      .collector
      .failures) [
      {subdomain = "media";}
      {
        name = "media";
        subdomain = "";
      }
      {name = "media";}
      {name = "other";}
      {}
      {subdomain = "";}
    ])
    (lib.genList (_: ''Host 'media.example.org' conflict between 'a' and 'old'${"\n"}  Fix: qgroget.serviceModules.a.subdomain = "a";'') 3))
  (case "routes: a legacy service without a backend has no host" (lib.concatMap (legacy:
    (hostWith [
      domainOption
      {qgroget.collector.otherServices.old = {subdomain = "media";} // legacy;}
    ] {a = exposed 1 {subdomain = "media";};})
    .qgroget
    .collector
    .failures) [
    {url = "";}
    {url = null;}
    {url = throw "x";}
    {}
  ]) [])
  (case "routes: both are named in the order of their names, and the contract moves" (let
      config = hostWith [
        domainOption
        {
          qgroget.collector.otherServices.a = {
            url = "http://10.0.0.1";
            subdomain = "media";
          };
        }
      ] {b = exposed 1 {subdomain = "media";};};
    in
      config.qgroget.collector.failures)
    [''Host 'media.example.org' conflict between 'a' and 'b'${"\n"}  Fix: qgroget.serviceModules.b.subdomain = "b";''])
  (case "routes: one host of two is told once, though one of them is in both patterns" (firstLines
    (hostWith [
      domainOption
      {
        qgroget.collector.otherServices.auth = {
          url = "http://10.0.0.1";
          subdomain = "media";
        };
      }
    ] {
      auth = exposed 1 {
        enable = false;
        subdomain = "media";
      };
      sonarr = exposed 2 {subdomain = "media";};
    })
    .qgroget
    .collector
    .failures) ["Host 'media.example.org' conflict between 'auth' and 'sonarr'"])
  (case "routes: a host that is not known meets nobody's" (firstLines
    (hostWith [
      domainOption
      {
        qgroget.collector.otherServices.old = {
          url = "http://10.0.0.1";
          subdomain = throw "x";
        };
      }
    ] {
      a = exposed 1 {subdomain = "media";};
      b = exposed 2 {subdomain = 1;};
      c = removeAttrs (exposed 3 {}) ["domain"];
      d = service {
        exposed = "x";
        subdomain = "media";
        port = 4;
      };
    })
    .qgroget
    .collector
    .failures) [
    "Service 'b' has a wrong value in field 'subdomain': expected string, got 1"
    "Service 'c' is missing required field 'domain': the domain its subdomain belongs to"
    ''Service 'd' has a wrong value in field 'exposed': expected boolean, got "x"''
  ])
  (case "routes: a legacy service with both names empty has the host of its own name" (hostWith [
      domainOption
      {
        qgroget.collector.otherServices.old = {
          url = "http://10.0.0.1";
          subdomain = "";
          name = "";
        };
      }
    ] {a = exposed 1 {subdomain = "";};})
    .qgroget
    .collector
    .failures [])
  (case "routes: the domain itself, of a legacy service that has one name for the field alone" (lib.concatMap (legacy:
      firstLines
      (hostWith [
        domainOption
        {qgroget.collector.otherServices.old = {url = "http://10.0.0.1";} // legacy;}
      ] {a = exposed 1 {subdomain = "";};})
      .qgroget
      .collector
      .failures) [
      {subdomain = "";}
      {name = "";}
      {
        subdomain = "";
        name = "";
      }
      {}
    ])
    ["Host 'example.org' conflict between 'a' and 'old'"])

  (case "routes: exposed with a url of null" (failures {jellyfin = to null;}) missing)
  (case "routes: exposed with a url forced to null" (failures {jellyfin = to (lib.mkForce null);}) missing)
  (case "routes: exposed with both forced to null" (failures {
      jellyfin = routed {
        url = lib.mkForce null;
        port = lib.mkForce null;
      };
    })
    missing)
  (case "routes: exposed with neither" (failures {jellyfin = routed {};}) missing)
  (case "routes: a url of null fails when it is read" (throws (schema {jellyfin = to null;}).jellyfin.url) true)
  (case "routes: a url of null is the port's" (schema {jellyfin = exposed 8096 {url = null;};}).jellyfin.url "http://127.0.0.1:8096")
  (case "routes: a wrong port is one fault, with a url that follows from it" (firstLines (failures {jellyfin = exposed "x" {};}))
    [''Service 'jellyfin' has a wrong value in field 'port': expected null or 16 bit unsigned integer; between 0 and 65535 (both inclusive), got "x"''])

  (case "routes: urls that lead to a port of this machine" (map (url: firstLines (meets url)) [
    "http://127.0.0.1:2283"
    "HTTP://LocalHost:2283/x"
    "https://user:secret@localhost:02283"
    "h2c://127.1.2.3:2283?x"
    "http://0.0.0.0:2283"
    "http://[::1]:2283"
    "http://[::]:2283"
    "http://[0:0:0:0:0:0:0:1]:2283"
    "http://[0000::0001]:2283"
    "http://[::FFFF:127.0.0.1]:2283"
    "http://[::ffff:7f00:1]:2283"
    "http://[::1%25lo]:2283"
    "http://app.localhost:2283"
  ]) (lib.genList (_: ["Port 2283 conflict between 'a' and 'b'"]) 13))
  (case "routes: this machine by each of its names" (lib.filter (host: meets "http://${host}:2283" == []) [
    "localhost."
    "a.localhost."
    "ip6-localhost"
    "ip6-loopback"
    "127.1"
    "127.10.20.30"
    "0"
    "0.0"
    "[0000:0:0:0:0:0:0:0]"
    "[::00]"
    "[0000:0::0001]"
    "[::ffff:127.10.0.1]"
    "[0:0:0:0:0:ffff:127.0.0.1]"
    "[::ffff:0.0.0.0]"
    "[::ffff:7fab:12ab]"
    "[::ffff:0:0]"
    "[::ffff:0000:0000]"
  ]) [])
  (case "routes: what only looks like one" (lib.filter (host: meets "http://${host}:2283" != []) [
    "xlocalhost"
    "localhostx"
    "127a1"
    "0a0"
    "[1::]"
    "[::ffff:127a0.0.1]"
    "[::ffff:0a0.0.0]"
    "[::ffff:0.0a0.0]"
    "[::ffff:0.0.0a0]"
    "[::ffff:0:1]"
  ]) [])
  (case "routes: urls that lead elsewhere, or to another port" (map (url: lib.length (meets url)) [
    "http://127.0.0.1:2284"
    "http://127.0.0.1"
    "http://nas:2283"
    "http://localhost.example.org:2283"
    "http://[fd00::1]:2283"
    "http://[::2]:2283"
    "http://1127.0.0.1:2283"
    "http://nas:80/http://127.0.0.1:2283"
    "udp://127.0.0.1"
  ]) (lib.genList (_: 0) 9))
  (case "routes: a port that is not written is the scheme's" (lib.concatMap (url:
    firstLines (failures {
      a = exposed 80 {};
      b = exposed 443 {};
      c = to url;
    })) ["http://localhost" "https://localhost:/x" "h2c://[::1]" "gopher://localhost"]) [
    "Port 80 conflict between 'a' and 'c'"
    "Port 443 conflict between 'b' and 'c'"
    "Port 80 conflict between 'a' and 'c'"
  ])
  (case "routes: the proposed url keeps all but the port" (map (message: lib.last (lib.splitString "\n" message)) (lib.concatMap (url:
    failures {
      a = exposed 80 {};
      b = to url;
    }) ["HTTP://u:p@LocalHost/a:80" "http://[0::1]:0080?b"])) [
    "  Fix: qgroget.serviceModules.b.url = \"HTTP://u:p@LocalHost:81/a:80\";"
    "  Fix: qgroget.serviceModules.b.url = \"http://[0::1]:81?b\";"
  ])
  (case "routes: what is no url" (lib.concatMap (url: failures {jellyfin = to url;}) ["127.0.0.1:8096" "http://" "http://a:x" "http://a:65536" "http://a:0" "http://a:99999999999999999999" "http://a b" ""])
    (map (url: ''Service 'jellyfin' has a wrong value in field 'url': expected a URL with a scheme and a host, got "${url}"${"\n"}  Fix: qgroget.serviceModules.jellyfin.url = "http://[::1]:2283";'')
      ["127.0.0.1:8096" "http://" "http://a:x" "http://a:65536" "http://a:0" "http://a:99999999999999999999" "http://a b" ""]))
  (case "routes: a service with a url that is none has its port all the same" (firstLines (failures {
    a = exposed 8080 {};
    b = exposed 8080 {url = "x";};
  })) [''Service 'b' has a wrong value in field 'url': expected a URL with a scheme and a host, got "x"'' "Port 8080 conflict between 'a' and 'b'"])
  (case "routes: where no port is known there is no clash" (failures {
    a = to "gopher://localhost";
    b = to "gopher://localhost";
    c = exposed 1 {url = "gopher://localhost";};
    d = exposed 2 {url = "gopher://localhost";};
  }) [])
  (case "routes: the port of a backend elsewhere claims nothing here" (failures {
    a = exposed 8080 {};
    b = exposed 8080 {url = "http://nas:8080";};
  }) [])
  (case "routes: legacy urls of any form stop nothing" (legacyFailures {
      x.url = "";
      y.url = "nothing";
      z.url = "http://localhost:99999";
    } {
      a = exposed 8080 {};
    }) [])

  (case "routes: what is no domain" (lib.concatMap (domain: failures {jellyfin = service {inherit domain;};}) ["" "https://example.org" "example.org." "a b.org" "-a.org"])
    (map (domain: ''Service 'jellyfin' has a wrong value in field 'domain': expected a domain name, got "${domain}"${"\n"}  Fix: qgroget.serviceModules.jellyfin.domain = "example.org";'')
      ["" "https://example.org" "example.org." "a b.org" "-a.org"]))
  (case "routes: the domain proposed is the host's own, where there is one" (with' [domainOption] {jellyfin = service {domain = "";};}).failures
    [''Service 'jellyfin' has a wrong value in field 'domain': expected a domain name, got ""${"\n"}  Fix: qgroget.serviceModules.jellyfin.domain = config.qgroget.server.domain;''])
  (case "routes: what is no subdomain" (lib.concatMap (subdomain: failures {jellyfin = service {inherit subdomain;};}) ["a." "a/b" "*a" "*ab" "a.*"])
    (map (subdomain: ''Service 'jellyfin' has a wrong value in field 'subdomain': expected a subdomain, "*" or the empty string, got "${subdomain}"${"\n"}  Fix: qgroget.serviceModules.jellyfin.subdomain = "jellyfin";'')
      ["a." "a/b" "*a" "*ab" "a.*"]))
  (case "routes: a name that is no subdomain is not proposed" (failures {"my service" = service {subdomain = "a.";};})
    [''Service 'my service' has a wrong value in field 'subdomain': expected a subdomain, "*" or the empty string, got "a."${"\n"}  Fix: qgroget.serviceModules."my service".subdomain = "service";''])
  (case "routes: a wrong url beside a wrong port" (lib.concatMap (port:
    firstLines (failures {
      jellyfin = service {
        inherit port;
        url = "x";
      };
    })) [0 "y"]) [
    "Service 'jellyfin' has a wrong value in field 'port': expected a port between 1 and 65535, got 0"
    ''Service 'jellyfin' has a wrong value in field 'url': expected a URL with a scheme and a host, got "x"''
    ''Service 'jellyfin' has a wrong value in field 'port': expected null or 16 bit unsigned integer; between 0 and 65535 (both inclusive), got "y"''
    ''Service 'jellyfin' has a wrong value in field 'url': expected a URL with a scheme and a host, got "x"''
  ])
  (case "routes: a wrong url of a contract that is a function" (firstLines (failures {jellyfin = {...}: exposed 1 {url = "x";};}))
    [''Service 'jellyfin' has a wrong value in field 'url': expected a URL with a scheme and a host, got "x"''])
  (case "routes: without a domain of the host's own, legacy services have no host"
    (hostWith [
      {options.qgroget.server.domain = lib.mkOption {};}
      {
        qgroget.collector.otherServices.old = {
          url = "http://10.0.0.1";
          subdomain = "media";
        };
      }
    ] {a = exposed 1 {subdomain = "media";};})
    .qgroget
    .collector
    .failures [])
  (case "routes: a value that is not known has no form" (failures {
    jellyfin = exposed 1 {
      domain = "<config.a>";
      subdomain = "x-<config.b>";
      url = "http://127.0.0.1:<config.c>/";
      dataDir = "<config.d>";
      persistedData = ["<config.d>" {directory = "<config.d>/x";}];
      backupPaths = ["<config.d>"];
    };
  }) [])
  (case "routes: subdomains of every form" (failures (lib.listToAttrs (lib.imap1 (port: subdomain: lib.nameValuePair "s${toString port}" (exposed port {inherit subdomain;})) ["" "a" "a.b" "*" "*.a" "a-1_b" "A"])))
    ["Host 'a.example.org' conflict between 's2' and 's7'\n  Fix: qgroget.serviceModules.s7.subdomain = \"s7\";"])
  (case "routes: a wildcard has a rule that matches it, after all others" (let
      router = (with' [] {pages = exposed 1 {subdomain = "*.pages";};}).traefikDynamicConfig.http.routers.pages;
    in {
      inherit (router) rule;
      priority = router.priority or null;
    }) {
      rule = "HostRegexp(`^[^.]+\\.pages\\.example\\.org$`)";
      priority = 1;
    })
  (case "routes: a wildcard in the syntax of Traefik 2"
    (with' [{services.traefik.package.version = "2.11.0";}] {pages = exposed 1 {subdomain = "*";};}).traefikDynamicConfig.http.routers.pages.rule
    "HostRegexp(`{any:[^.]+}.example.org`)")
  (case "routes: a host that is written out has no priority" ((with' [] {a = exposed 1 {};}).traefikDynamicConfig.http.routers.a ? priority) false)

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
