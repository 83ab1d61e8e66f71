# Domains and subdomains: their form, and the rules that are made of them.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  failures,
  hostWith,
  ...
}: let
  with' = modules: services: (hostWith modules services).qgroget.collector;
  domainOption.options.qgroget.server.domain = lib.mkOption {default = "example.org";};
in [
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
]
