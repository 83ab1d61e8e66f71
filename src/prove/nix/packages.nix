# What both the slice and `import <a flake input>` take symbolic values from.
#   requestFile  a JSON file: what the sources mention, and the stubs found so far
#   expose  whether generated files' contents are printed
{
  requestFile,
  expose ? false,
}: let
  request = builtins.fromJSON (builtins.readFile requestFile);
  lib = import (/. + request.library);
  normalWith = apply:
    import ./normal.nix {
      inherit lib apply;
      inherit (request) rewrite;
      argument = symbols.symbol;
    };
  normal = normalWith request.applyFunctions;
  symbols = import ./symbol.nix {
    inherit lib normal expose;
    inherit (request) names scopedNames system;
  };
in {
  inherit request lib normal;
  plain = normalWith 0;
  inherit (symbols) pkgs symbol;
}
