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
    postgresql = {
      enable = option lib.types.bool false;
      settings = option (lib.types.attrsOf lib.types.anything) {};
      ensureDatabases = option (lib.types.listOf lib.types.str) [];
      ensureUsers = option (lib.types.listOf lib.types.anything) [];
    };
  };
  inFiles = files: (hostOf ([real] ++ lib.mapAttrsToList (_file: config: {inherit _file config;}) files) {}).qgroget.collector.failures;
in [
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
  (case "3.1: the port of PostgreSQL" (with' {postgresql.enable = true;} (git 5432)) [(conflict 5432 "git" "services.postgresql" "git" 5433)])
  (case "3.1: which the collector turns on, where it is set" (with' {postgresql.settings.port = 5433;} {
    git = exposed 5433 {databases = [{name = "git";}];};
  }) [(conflict 5433 "git" "services.postgresql" "git" 5434)])
  (case "3.1: entry points of Traefik, in every form that takes the port here" (map (address: lib.length (with' (entry address) (git 443)))
    [":443" "0.0.0.0:443" "[::]:443" "127.0.0.1:443/tcp" ":0443" ":443/udp" "192.168.0.5:443" "443" ":8443" ""]) [1 1 1 1 1 0 0 0 0 0])
  (case "3.1: the clash with an entry point" (with' (entry ":443") (git 443)) [(conflict 443 "git" "services.traefik" "git" 444)])
  (case "3.1: a static configuration in a file has no known entry points" (with' (lib.recursiveUpdate (entry ":443") {traefik.staticConfigFile = "/x";}) (git 443)) [])
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
