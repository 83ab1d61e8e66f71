# What both the slice and `import <a flake input>` take symbolic values from.
#   scan    a JSON file: what the sources mention, and the stand-ins found so far
#   expose  whether generated files' contents are printed
{
  scan,
  expose ? false,
}: let
  facts = builtins.fromJSON (builtins.readFile scan);
  lib = import (/. + facts.library);
  normalWith = apply:
    import ./normal.nix {
      inherit lib apply;
      inherit (facts) rewrite;
      argument = symbols.symbol;
    };
  normal = normalWith facts.applyFunctions;
  symbols = import ./symbol.nix {
    inherit lib normal expose;
    inherit (facts) names scopedNames system;
  };
in {
  inherit facts lib normal;
  plain = normalWith 0;
  inherit (symbols) pkgs symbol;
}
