# The options that NixOS and the flake's inputs would declare: one of a loose type for each name that something
# defines, reads or asks for, on the first two levels (`services.traefik`, `environment.persistence`), so that
# `options ? services.traefik` holds as it does in NixOS. What the repository declares stays its own.
#   loose      loose.nix
#   declared   the repository's own options
#   shape      the names that it defines besides: { <first> = [<second>]; <first> = null for what is no set; }
#   stubs   the tree of stubs
#   mentioned  second names by first name, that the sources of either side mention: the same options on both sides
{
  lib,
  loose,
  declared,
  shape,
  stubs,
  mentioned,
}: let
  # NixOS's own: here the repository's options stand beside upstream's.
  nixos = ["boot" "console" "documentation" "environment" "fileSystems" "fonts" "hardware" "i18n" "image" "networking" "nix" "nixpkgs" "powerManagement" "programs" "security" "services" "sound" "swapDevices" "system" "systemd" "time" "users" "virtualisation" "xdg" "zramSwap"];

  children = tree: tree.children or {};
  secondNames = name: lib.attrNames (children ((children stubs).${name} or {}));
  firsts =
    builtins.filter (name: !(declared ? ${name}) || (builtins.elem name nixos && !(lib.isOption declared.${name})))
    (lib.unique (lib.attrNames shape ++ lib.attrNames (children stubs) ++ lib.intersectLists nixos (lib.attrNames mentioned)));

  option = loc: tree:
    lib.mkOption {
      type = loose.type (lib.length loc) tree;
      default = loose.fresh loc tree;
    };

  below = name: let
    tree = (children stubs).${name} or {};
    names =
      lib.filter (second: !((declared.${name} or {}) ? ${second}))
      (lib.unique ((shape.${name} or []) ++ secondNames name ++ mentioned.${name} or []));
  in
    if shape ? ${name} && shape.${name} == null
    then option [name] tree
    else
      lib.genAttrs names (second: option [name second] ((children tree).${second} or {}))
      // lib.optionalAttrs (names == [] && !(declared ? ${name})) (option [name] tree);

  options = lib.genAttrs firsts below;

  # The stubs that no generated option has, and that are not inside of what the repository declares.
  prune = tree: taken:
    tree
    // {
      children = lib.mapAttrs (name: node:
        if taken ? ${name}
        then prune node taken.${name}
        else node)
      (lib.filterAttrs (name: _: !(taken ? ${name} && lib.isOption taken.${name})) (children tree));
    };

  isDefined = option: option.isDefined && option.highestPrio < 1500;
in {
  inherit options;
  remaining = prune stubs (lib.recursiveUpdateUntil (_: a: b: lib.isOption a || lib.isOption b) declared options);

  # The sets among those with stubs that have a definition of their own.
  definedSets = all:
    lib.concatLists (lib.mapAttrsToList (first: generated: let
      sets = loc: option: tree:
        lib.optionals (isDefined option) (loose.declared (lib.length loc) loc tree option.definitionsWithLocations);
      tree = (children stubs).${first} or {};
    in
      if lib.isOption generated
      then sets [first] all.${first} tree
      else
        lib.concatLists (lib.mapAttrsToList (second: _:
          sets [first second] all.${first}.${second} ((children tree).${second} or {}))
        generated))
    options);
}
