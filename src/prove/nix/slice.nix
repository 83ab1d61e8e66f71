# Evaluates the modules of one host with nixpkgs' library alone, and prints a comparable form of the whole
# configuration. What is not there (packages, flake inputs, upstream's options) is symbolic.
#   root    the repository's copy
#   depot   a directory that stands for flake inputs and `modulesPath`
#   requestFile  a JSON file: what the sources mention, and the stubs found so far
#   extra   modules to import besides the host's own, as paths under root
#   expose  whether generated files' contents are printed
#   select  the path of one option, to learn why its value cannot be evaluated
{
  root,
  depot,
  requestFile,
  extra ? [],
  expose ? false,
  select ? [],
}: let
  inherit (import ./packages.nix {inherit requestFile expose;}) request lib normal plain pkgs symbol;

  wiring = import ./wiring.nix {
    inherit lib root depot request symbol pkgs;
    inherit (request) host;
  };

  # Distinct for distinct places, so that one value taken for another is seen.
  number = place: let
    digits = lib.stringToCharacters (builtins.substring 0 3 (builtins.hashString "sha256" place));
    digit = c: (builtins.fromTOML "digit = 0x${c}").digit;
  in
    50000 + lib.foldl' (sum: c: sum * 16 + digit c) 0 digits;
  stub = loc: kind: let
    place = lib.concatStringsSep "." loc;
  in
    {
      string = "<config.${place}>";
      path = "/<config.${place}>";
      int = number place;
      # Named, so that it is known which switches there are.
      bool = builtins.trace "switch ${builtins.toJSON loc}" request.switches;
      list = [];
      set = {};
      package = symbol "config.${place}";
      null = null;
    }
    .${
      kind
    };

  loose = import ./loose.nix {
    inherit lib stub;
    inherit (request) separator;
    lazy = request.lazyDepth;
  };

  specialArgs =
    wiring.specialArgs
    // {
      inherit pkgs;
      modulesPath = "${depot}/modulesPath";
    };
  # NixOS's own, which are known: their values depend on all others, and must not be looked into for names.
  checks.options = {
    assertions = lib.mkOption {
      type = lib.types.listOf lib.types.unspecified;
      default = [];
    };
    warnings = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      default = [];
    };
  };
  modules = [checks] ++ wiring.modules ++ map (path: root + "/${path}") extra;

  # First the options that the repository declares, and the names of what it defines besides.
  probe = lib.evalModules {
    inherit specialArgs;
    modules =
      modules
      ++ [
        {
          _module.check = false;
          _module.freeformType = loose.shape;
          __shape = {};
        }
      ];
  };
  shape = removeAttrs probe.config.__shape ["__shape"];

  upstream = import ./upstream.nix {
    inherit lib loose shape;
    inherit (request) stubs mentioned;
    declared = probe.options;
  };

  eval = lib.evalModules {
    inherit specialArgs;
    modules =
      modules
      ++ [
        {
          options = upstream.options;
          config = {
            _module.check = false;
            _module.freeformType = loose.type 0 upstream.remaining;
            # Without a definition of its own the free-form type is not asked, and there are no stubs.
            __declared = [];
          };
        }
        {
          # Named by a person for this repository: weaker than a default, stronger than a stub.
          config = lib.mkMerge (map (o: lib.setAttrByPath o.path (lib.mkOverride 1400 o.value)) request.options);
        }
      ];
  };
  inherit (eval) config;

  # An assertion's message is evaluated only where it fails.
  failing = builtins.filter (a: a != null) (map (a: let
    tried = builtins.tryEval a.assertion;
  in
    if tried.success && tried.value != false
    then null
    else normal a.message)
  config.assertions);
  # In the contract's own namespaces a function is one that the contract offers, with arguments of its own kind.
  at = path: lib.attrByPath path {} config;
  without = set: path: let
    first = builtins.head path;
  in
    if set ? ${first} && builtins.tail path != []
    then set // {${first} = without set.${first} (builtins.tail path);}
    else removeAttrs set [first];
  own = builtins.filter (path: lib.hasAttrByPath path config) request.own;
  comparable = builtins.foldl' without (removeAttrs config ["assertions" "warnings" "_module" "__declared"]) own;
in
  if select != []
  then lib.foldl' (v: name: v.${name}) config select
  else {
    whole = lib.foldl' lib.recursiveUpdate (normal comparable) (map (path: lib.setAttrByPath path (plain (at path))) own);
    declared = upstream.definedSets eval.options;
    assertions = failing;
    warnings = normal config.warnings;
    # A legacy option that a change takes away is gone with what stood below it.
    options = builtins.filter (path: lib.hasAttrByPath path probe.options) [request.legacy];
    inherit (wiring) hosts;
  }
