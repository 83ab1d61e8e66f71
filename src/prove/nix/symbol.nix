# Symbolic values: what stands for packages and flake inputs, which slice mode does not have.
#
# A symbol is named by the expression that yields it (`pkgs.jellyfin.lib`), can be selected from, called and
# written into a string. Calling it yields a symbol whose name carries a digest of the argument, so that a
# generated file (`pkgs.writeText name text`, `(pkgs.formats.toml {}).generate name value`) is another symbol
# as soon as its content is another one. No package and no builder is known by name.
#   lib          nixpkgs/lib
#   system       the host's platform
#   names        attribute names that some file selects; Nix has no set that answers to every name
#   scopedNames  names that may be meant by `with pkgs;`; the library's own are not, for `with lib;` stands outside
#   normal       a comparable form of a value (normal.nix)
#   expose       whether the argument of every call is printed (by trace), for the explanation of differences
{
  lib,
  system,
  names,
  scopedNames,
  normal,
  expose ? false,
}: let
  digestOf = argument: let
    value = normal argument;
    text = builtins.toJSON value;
    digest = builtins.substring 0 16 (builtins.hashString "sha256" text);
    line = builtins.toJSON {inherit digest value;};
  in
    if expose
    then builtins.trace "generated ${line}" digest
    else digest;

  # Members that every derivation has; a set by name, for mapAttrs is far cheaper than genAttrs.
  members = removeAttrs (lib.genAttrs scopedNames (_: null)) (lib.attrNames lib) // lib.genAttrs (names ++ ["out" "bin" "lib" "dev" "man" "meta" "override" "overrideAttrs" "passthru" system]) (_: null);

  isModuleArguments = a: builtins.isAttrs a && !(a ? __symbol) && a ? config && a ? options && a ? lib;

  symbol = name:
    builtins.mapAttrs (child: _: symbol "${name}.${child}") members
    // {
      __symbol = name;
      type = "derivation";
      inherit name;
      pname = name;
      version = "0-${name}";
      outPath = "/symbolic/${name}";
      # A module of a flake input is called with the module system's arguments: it then is an empty module.
      # The digest is part of a lazy name: a call must not force its argument.
      __functor = _: argument:
        if isModuleArguments argument
        then {}
        else symbol "${name}-${digestOf argument}";
      __functionArgs = {};
    };

  platform = lib.systems.elaborate system;
  formatType = lib.types.anything;
in {
  inherit symbol;

  pkgs =
    symbol "pkgs"
    // {
      inherit lib system;
      stdenv =
        symbol "pkgs.stdenv"
        // {
          inherit system;
          hostPlatform = platform;
          buildPlatform = platform;
          targetPlatform = platform;
          inherit (platform) isLinux isDarwin isx86_64 isAarch64 is64bit is32bit;
        };
      hostPlatform = platform;
      # `(pkgs.formats.<kind> {}).type` is an option type and no value.
      formats = builtins.mapAttrs (kind: _: argument:
        symbol "pkgs.formats.${kind}"
        // {
          type = formatType;
          generate = name: value: symbol "pkgs.formats.${kind}.generate" [(normal argument) name] value;
        })
      (members // lib.genAttrs ["json" "yaml" "toml" "ini" "keyValue"] (_: null));
    };
}
