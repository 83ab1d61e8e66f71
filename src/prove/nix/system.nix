# Calls a flake with the locked inputs that are on this machine, and prints one thing of one host.
#   root  the repository's copy
#   lock  a JSON file: { root, nodes.<name> = { path, subdirectory, info, inputs.<name> = <node>, flake } }
#   host  the name under nixosConfigurations, or of a check
#   own   the repository's own option namespaces, compared whole
#   legacy  the option of the legacy services, as a path
#   mentioned  a JSON file: the first two names of the option paths that the repository's files mention, second names by first name
#   what  "check": the path of a check's derivation; "toplevel": the path of the system's derivation; "all": that, and what a person would notice
{
  root,
  lock,
  host,
  own,
  legacy,
  mentioned,
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

  # What the repository's own files define besides: two systems that differ for a reason that is not seen above differ in
  # one of these, since all else comes from the same inputs. Of a set that is what they define in it: other members may be
  # upstream's own affair, and not be meant to be evaluated.
  inRepository = file: lib.hasPrefix (toString root) (toString file) || file == "<unknown-file>";
  isSet = value: builtins.isAttrs value && value.type or null != "derivation";
  # The members that a definition has, each with its own; null where it is a value.
  shape = definition:
    if !isSet definition
    then null
    else if !(definition ? _type)
    then builtins.mapAttrs (_: shape) definition
    else if definition._type == "if"
    then
      if definition.condition
      then shape definition.content
      else {}
    else if definition._type == "merge"
    then builtins.foldl' both {} (map shape definition.contents)
    else if definition ? content
    then shape definition.content
    else null;
  both = a: b:
    if a == null || b == null
    then null
    else a // b // builtins.mapAttrs (name: of: both a.${name} of) (builtins.intersectAttrs a b);
  # The part of a value that has a shape. A set where the definition is none comes of a module's file or function.
  part = of: value:
    if of != null && isSet value
    then builtins.mapAttrs (name: part of.${name}) (builtins.intersectAttrs of value)
    else if isSet value
    then "<set>"
    else value;
  defined = path: option:
    if option._type or null == "option"
    then let
      definitions = lib.zipListsWith (file: value: {inherit file value;}) (option.files or []) (option.definitions or []);
      ours = builtins.filter (definition: inRepository definition.file) definitions;
      of = builtins.foldl' both {} (map (definition: shape definition.value) ours);
    in
      lib.optional (ours != []) (lib.setAttrByPath path (part of option.value))
    else if builtins.isAttrs option
    then builtins.concatLists (lib.mapAttrsToList (name: defined (path ++ [name])) option)
    else [];
  # Sets of everything there is.
  whole = ["_module" "home-manager" "lib" "nixpkgs"];
  ofTheRepository = builtins.concatLists (lib.mapAttrsToList (first: seconds: let
    options = (system.options or {}).${first} or {};
    names = builtins.filter (name: options ? ${name}) seconds;
  in
    if options._type or null == "option"
    then defined [first] options
    else builtins.concatMap (second: defined [first second] options.${second}) names)
  (builtins.removeAttrs (builtins.fromJSON (builtins.readFile mentioned)) (own ++ whole)));

  checks = (node locked.root).checks;
  named = builtins.filter (system: checks.${system} ? ${host}) (builtins.attrNames checks);
in
  if what == "check"
  then {check = checks.${builtins.head named}.${host}.drvPath;}
  else if what == "toplevel"
  then {inherit toplevel;}
  else {
    inherit toplevel;
    whole = lib.recursiveUpdate
      (builtins.foldl' (all: one: lib.recursiveUpdate all (normal one)) {} ofTheRepository)
      (normal (observables // lib.genAttrs own (name: at [name])));
    options = builtins.filter (path: lib.hasAttrByPath path (system.options or {})) [legacy];
  }
