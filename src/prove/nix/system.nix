# Calls a flake with the locked inputs that are on this machine, and prints one thing of one host.
#   root  the repository's copy
#   lock  a JSON file: { root, nodes.<name> = { path, subdirectory, info, inputs.<name> = <node>, flake } }
#   host  the name under nixosConfigurations, or of a check
#   own   the repository's own option namespaces, compared whole
#   legacy  the option of the legacy services, as a path
#   what  "check": the path of a check's derivation; "toplevel": the path of the system's derivation; "all": that, and what a person would notice
{
  root,
  lock,
  host,
  own,
  legacy,
  what,
}: let
  locked = builtins.fromJSON (builtins.readFile lock);

  node = name: let
    it = locked.nodes.${name};
    isRoot = name == locked.root;
    outPath =
      if isRoot
      then toString root
      else it.path or (throw "the flake input '${name}' is not in the store");
    # What the flake knows of its own commit is the same on both sides: which commit it is, is no difference.
    ownInfo = {
      rev = "0000000000000000000000000000000000000000";
      shortRev = "0000000";
      revCount = 1;
      lastModified = 1;
      lastModifiedDate = "19700101000001";
      narHash = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
      submodules = false;
    };
    source =
      (
        if isRoot
        then ownInfo
        else it.info or {}
      )
      // {inherit outPath;};
    directory =
      /.
      + outPath
      + (
        if (it.subdirectory or "") == ""
        then ""
        else "/${it.subdirectory}"
      );
    inputs = builtins.mapAttrs (_: node) it.inputs;
    outputs = (import (directory + "/flake.nix")).outputs (inputs // {self = flake;});
    flake =
      outputs
      // source
      // {
        inherit inputs outputs;
        sourceInfo = source;
        _type = "flake";
      };
  in
    if it.flake
    then flake
    else source;

  system = (node locked.root).nixosConfigurations.${host};
  inherit (system) config;
  lib = system.lib or system.pkgs.lib or (node locked.root).inputs.nixpkgs.lib;

  normal = import ./normal.nix {
    inherit lib;
    rewrite = [
      {
        from = toString root;
        to = "<repository>";
      }
    ];
    apply = 0;
    argument = _: null;
  };
  at = path: lib.attrByPath path {} config;
  pick = names: set: builtins.intersectAttrs (lib.genAttrs names (_: null)) set;
  each = names: builtins.mapAttrs (_: pick names);

  unit = ["enable" "description" "wantedBy" "requiredBy" "requires" "wants" "after" "before" "partOf" "script" "preStart" "postStart" "preStop" "postStop" "startAt" "environment" "path" "serviceConfig" "unitConfig"];
  observables = {
    environment = {
      persistence = builtins.mapAttrs (_: p: {
        directories = map (pick ["directory" "user" "group" "mode"]) (p.directories or []);
        files = map (pick ["file" "parentDirectory"]) (p.files or []);
      }) (at ["environment" "persistence"]);
      etc = each ["enable" "text" "source" "mode" "user" "group"] (at ["environment" "etc"]);
    };
    fileSystems = each ["device" "fsType" "options" "neededForBoot"] (at ["fileSystems"]);
    networking = {
      firewall = pick ["enable" "allowedTCPPorts" "allowedUDPPorts" "allowedTCPPortRanges" "allowedUDPPortRanges" "interfaces" "trustedInterfaces" "extraCommands"] (at ["networking" "firewall"]);
      nat = pick ["enable" "forwardPorts"] (at ["networking" "nat"]);
    };
    services = {
      restic.backups = each ["paths" "exclude" "repository" "user" "passwordFile" "timerConfig" "backupPrepareCommand" "backupCleanupCommand" "pruneOpts"] (at ["services" "restic" "backups"]);
      borgbackup.jobs = each ["paths" "exclude" "repo" "startAt" "prune" "user" "encryption"] (at ["services" "borgbackup" "jobs"]);
      traefik = pick ["enable" "dynamicConfigOptions" "staticConfigOptions"] (at ["services" "traefik"]);
      nginx.virtualHosts = each ["serverName" "serverAliases" "locations" "forceSSL" "basicAuthFile"] (at ["services" "nginx" "virtualHosts"]);
      caddy.virtualHosts = each ["hostName" "extraConfig"] (at ["services" "caddy" "virtualHosts"]);
      postgresql = pick ["enable" "ensureDatabases" "ensureUsers"] (at ["services" "postgresql"]);
    };
    systemd = {
      services = each unit (at ["systemd" "services"]);
      timers = each ["wantedBy" "timerConfig"] (at ["systemd" "timers"]);
      tmpfiles.rules = at ["systemd" "tmpfiles" "rules"];
    };
    users = {
      users = each ["uid" "group" "extraGroups" "home" "isSystemUser" "isNormalUser" "shell" "openssh"] (at ["users" "users"]);
      groups = each ["gid" "members"] (at ["users" "groups"]);
    };
    sops.secrets = each ["path" "owner" "group" "mode" "key" "restartUnits"] (at ["sops" "secrets"]);
    age.secrets = each ["path" "owner" "group" "mode"] (at ["age" "secrets"]);
    virtualisation = {
      oci-containers.containers = at ["virtualisation" "oci-containers" "containers"];
      quadlet = pick ["containers" "pods" "networks" "volumes"] (at ["virtualisation" "quadlet"]);
    };
  };
  toplevel = config.system.build.toplevel.drvPath;

  checks = (node locked.root).checks;
  named = builtins.filter (system: checks.${system} ? ${host}) (builtins.attrNames checks);
in
  if what == "check"
  then {check = checks.${builtins.head named}.${host}.drvPath;}
  else if what == "toplevel"
  then {inherit toplevel;}
  else {
    inherit toplevel;
    whole = normal (observables // lib.genAttrs own (name: at [name]));
    options = builtins.filter (path: lib.hasAttrByPath path (system.options or {})) [legacy];
  }
