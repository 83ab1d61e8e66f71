# Hosts: every one has one service, of contracts and of the legacy pattern together.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  failures,
  hostWith,
  mixedHost,
  ...
}: let
  domainOption.options.qgroget.server.domain = lib.mkOption {default = "example.org";};
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
]
