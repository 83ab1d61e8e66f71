# Story 3.1: ports on which other parts of the configuration listen.
{
  lib,
  case,
  service,
  exposed,
  hostWith,
  hostOf,
  failures,
  ...
}: let
  sshd.options.services.openssh = lib.mkOption {
    type = lib.types.attrsOf lib.types.anything;
    default = {};
  };
  with' = settings: services: (hostWith [sshd {services = settings;}] services).qgroget.collector.failures;
  conflict = port: a: b: fixed: to: "Port ${toString port} conflict between '${a}' and '${b}'\n  Fix: qgroget.serviceModules.${fixed}.port = ${toString to};";
  ssh = fields: {openssh = {enable = true;} // fields;};
  entry = address: {
    traefik = {
      enable = true;
      staticConfigOptions.entryPoints.x = {inherit address;};
    };
  };
  git = port: {git = exposed port {};};
  # The same with options of their own, whose files tell who says them.
  option = type: default: lib.mkOption {inherit type default;};
  real.options.services = {
    openssh = {
      enable = option lib.types.bool false;
      ports = option (lib.types.listOf lib.types.port) [22];
    };
    traefik = {
      enable = option lib.types.bool false;
      staticConfigFile = option (lib.types.nullOr lib.types.str) null;
      staticConfigOptions = option (lib.types.attrsOf lib.types.anything) {};
      dynamicConfigOptions = option (lib.types.attrsOf lib.types.anything) {};
    };
    postgresql = {
      enable = option lib.types.bool false;
      settings = option (lib.types.attrsOf lib.types.anything) {};
      ensureDatabases = option (lib.types.listOf lib.types.str) [];
      ensureUsers = option (lib.types.listOf lib.types.anything) [];
    };
  };
  inFiles = files: (hostOf ([real] ++ lib.mapAttrsToList (_file: config: {inherit _file config;}) files) {}).qgroget.collector.failures;
in [
  (case "3.1: a host that has none of these modules" (hostOf [] {git = exposed 3000 {};}).qgroget.collector.failures [])
  (case "3.1: a host in which the services are one option" (hostOf [
      {
        options.services = lib.mkOption {type = lib.types.attrsOf lib.types.anything;};
        config.services.traefik = {
          enable = true;
          staticConfigOptions.entryPoints.x.address = ":3000";
        };
      }
    ] {git = exposed 3000 {};})
    .qgroget.collector.failures [(conflict 3000 "git" "services.traefik" "git" 3001)])
  (case "3.1: the port of sshd" (with' (ssh {ports = [22 2222];}) (git 2222)) [(conflict 2222 "git" "services.openssh" "git" 2223)])
  (case "3.1: names stand in their order, and the service moves" (with' (ssh {ports = [2222];}) {zigbee = exposed 2222 {};})
    [(conflict 2222 "services.openssh" "zigbee" "zigbee" 2223)])
  (case "3.1: the port proposed is free of listeners too" (with' (ssh {ports = [8081];}) {
    a = exposed 8080 {};
    b = exposed 8080 {};
  }) [(conflict 8080 "a" "b" "b" 8082)])
  (case "3.1: sshd at this machine's own address, and at one for others" (map (addr: lib.length (with' (ssh {
    ports = [22];
    listenAddresses = [
      {
        inherit addr;
        port = 2222;
      }
    ];
  }) (git 2222))) ["0.0.0.0" "127.0.0.1" "192.168.0.5"]) [1 1 0])
  (case "3.1: an address without a port has those of sshd" (lib.length (with' (ssh {
    ports = [2222];
    listenAddresses = [
      {
        addr = "::";
        port = null;
      }
    ];
  }) (git 2222))) 1)
  (case "3.1: what is off does not listen" (with' {
    openssh = {
      enable = false;
      ports = [2222];
    };
    postgresql.settings.port = 2222;
    traefik.staticConfigOptions.entryPoints.x.address = ":2222";
  } (git 2222)) [])
  (case "3.1: what is not known listens nowhere" (lib.concatMap (fields: with' (ssh fields) (git 2222)) [
    {
      enable = throw "x";
      ports = [2222];
    }
    {ports = throw "x";}
    {ports = [2222 (throw "x")];}
    {ports = "<config.x>";}
    {ports = ["2222"];}
    {
      ports = [2222];
      listenAddresses = throw "x";
    }
    {
      ports = [2222];
      listenAddresses = "<config.x>";
    }
    {
      ports = [2222];
      listenAddresses = ["<config.x>"];
    }
    {}
  ]) [])
  (case "3.1: what is not known to be on listens nowhere" ((hostOf [
      real
      {
        services.openssh = {
          enable = throw "x";
          ports = [2222];
        };
      }
    ] (git 2222))
    .qgroget
    .collector
    .failures) [])
  (case "3.1: the port of PostgreSQL" (with' {postgresql.enable = true;} (git 5432)) [(conflict 5432 "git" "services.postgresql" "git" 5433)])
  (case "3.1: which the collector turns on, where it is set" (with' {postgresql.settings.port = 5433;} {
    git = exposed 5433 {databases = [{name = "git";}];};
  }) [(conflict 5433 "git" "services.postgresql" "git" 5434)])
  (case "3.1: entry points of Traefik, in every form that takes the port here" (map (address: lib.length (with' (entry address) (git 443)))
    [":443" "0.0.0.0:443" "[::]:443" "127.0.0.1:443/tcp" ":0443" ":443/udp" "192.168.0.5:443" "443" ":8443" "" 443 (throw "x")]) [1 1 1 1 1 0 0 0 0 0 0 0])
  (case "3.1: entry points by the later names of Traefik's static configuration" (map (path:
    lib.length ((hostOf [
        {
          options.services.traefik =
            lib.recursiveUpdate {
              enable = option lib.types.bool true;
              dynamicConfigOptions = option (lib.types.attrsOf lib.types.anything) {};
              staticConfigOptions = lib.mkOption {
                type = lib.types.raw;
                apply = _: throw "the earlier name is used";
              };
            }
            (lib.setAttrByPath path (option (lib.types.attrsOf lib.types.anything) {}));
          config.services.traefik = lib.setAttrByPath path {entryPoints.x.address = ":443";};
        }
      ] (git 443))
    .qgroget
    .collector
    .failures)) [["install" "settings"] ["static" "settings"]]) [1 1])
  (case "3.1: entry points that are not known" (lib.concatMap (entryPoints: with' (lib.recursiveUpdate (entry ":1") {traefik.staticConfigOptions = {inherit entryPoints;};}) (git 443)) [
    "<config.x>"
    {y = "<config.x>";}
    {y = {};}
  ]) [])
  (case "3.1: the clash with an entry point" (with' (entry ":443") (git 443)) [(conflict 443 "git" "services.traefik" "git" 444)])
  (case "3.1: a static configuration in a file has no known entry points" (with' (lib.recursiveUpdate (entry ":443") {traefik.staticConfigFile = "/x";}) (git 443)) [])
  (case "3.1: and a file that is not known is none" ((hostOf [real {services.traefik = (entry ":443").traefik // {staticConfigFile = throw "x";};}] (git 443)).qgroget.collector.failures)
    [(conflict 443 "git" "services.traefik" "git" 444)])
  (case "3.1: a port that is only opened in the firewall is nobody's" ((hostWith [
      {
        options.networking.firewall = lib.mkOption {type = lib.types.attrsOf lib.types.anything;};
        config.networking.firewall.allowedTCPPorts = [8096];
      }
    ] (git 8096))
    .qgroget
    .collector
    .failures) [])
  (case "3.1: a service that is the listener, by its name or its unit" (with' (lib.recursiveUpdate (entry ":443") (ssh {ports = [2222];})) {
    traefik = exposed 443 {};
    shell = service {
      port = 2222;
      unitName = "sshd.service";
    };
  }) [])
  (case "3.1: each listener by its own units" (map (unit: lib.length (with' (lib.recursiveUpdate (entry ":443") (ssh {ports = [2222];})) {
    web = service {
      port = 443;
      unitName = unit;
    };
    shell = service {
      port = 2222;
      unitName = unit;
    };
  })) ["traefik.service" "traefik.socket" "openssh.service" "openssh.socket" "sshd.service" "sshd.socket" "x.service" ""]) [1 1 1 1 1 1 2 2])
  (case "3.1: a unit that is none hides no clash" (map (message: lib.head (lib.splitString "\n" message)) (with' (ssh {ports = [2222];}) {git = exposed 2222 {unitName = 1;};})) [
    "Service 'git' has a wrong value in field 'unitName': expected string, got 1"
    "Port 2222 conflict between 'git' and 'services.openssh'"
  ])
  (case "3.1: nor does a contract that is a function" (inFiles {
      "on.nix".services.openssh = {
        enable = true;
        ports = [2222];
      };
      "git.nix".qgroget.serviceModules.git = {...}: exposed 2222 {};
    })
    [(conflict 2222 "git" "services.openssh" "git" 2223)])
  (case "3.1: or because one file says the port of both" (inFiles {
    "git.nix" = {
      services.openssh = {
        enable = true;
        ports = [2222];
      };
      qgroget.serviceModules.git = exposed 2222 {};
    };
    "db.nix" = {
      services.postgresql.enable = true;
      qgroget.serviceModules.db = service {port = 5432;};
    };
  }) [])
  (case "3.1: also where another file turns it on" (inFiles {
    "on.nix".services = {
      openssh.enable = true;
      postgresql.enable = true;
      traefik.enable = true;
    };
    "git.nix" = {
      services.openssh.ports = [2222];
      qgroget.serviceModules.git = exposed 2222 {};
    };
    "db.nix" = {
      services.postgresql.settings.port = 5433;
      qgroget.serviceModules.db = service {port = 5433;};
    };
    "web.nix" = {
      services.traefik.staticConfigOptions.entryPoints.x.address = ":443";
      qgroget.serviceModules.web = service {port = 443;};
    };
  }) [])
  (case "3.1: modules without a file say nothing of it" ((hostOf [
      real
      {
        services.openssh = {
          enable = true;
          ports = [2222];
        };
      }
    ] (git 2222))
    .qgroget
    .collector
    .failures) [(conflict 2222 "git" "services.openssh" "git" 2223)])
  (case "3.1: a file that only turns it on says no port of it" (inFiles {
    "settings.nix" = {
      services.openssh.enable = true;
      qgroget.serviceModules.git.enable = true;
    };
    "git.nix".qgroget.serviceModules.git = removeAttrs (exposed 22 {}) ["enable"];
  }) [(conflict 22 "git" "services.openssh" "git" 23)])
  (case "3.1: a url to a listener" (with' (ssh {ports = [2222];}) {
    git = service {
      exposed = true;
      url = "http://127.0.0.1:2222";
    };
  }) [''Port 2222 conflict between 'git' and 'services.openssh'${"\n"}  Fix: qgroget.serviceModules.git.url = "http://127.0.0.1:2223";''])
  (case "3.1: port 0 is no port" (failures {
    a = exposed 0 {};
    b = exposed 0 {};
  }) (map (name: "Service '${name}' has a wrong value in field 'port': expected a port between 1 and 65535, got 0\n  Fix: qgroget.serviceModules.${name}.port = 8096;") ["a" "b"]))
]
