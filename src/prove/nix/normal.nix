# A comparable form of any value: no functions, no store paths of the scratch copy, no strings with context.
#   lib       nixpkgs/lib
#   rewrite   a list of { from, to }: paths that differ between the two sides, and their common name
#   apply     which functions are compared by what they yield for a symbolic argument: 2 all, 1 those that name
#             their arguments, as modules do, 0 none
#   argument  that argument, by name
{
  lib,
  rewrite,
  apply,
  argument,
}: let
  inherit (builtins) isAttrs isFunction isList isPath isString mapAttrs removeAttrs tryEval;
  text = lib.replaceStrings (map (r: r.from) rewrite) (map (r: r.to) rewrite);

  # A file is what it contains, and whether it can be run: nothing but that and its name reaches the machine.
  file = path: let
    kind = (builtins.readDir (dirOf path)).${baseNameOf path} or "missing";
  in
    if !builtins.pathExists path
    then "<no file ${text (toString path)}>"
    else if kind == "regular"
    then "<file ${baseNameOf path} ${digest path}>"
    else "<directory ${baseNameOf path} ${builtins.substring 0 16 (builtins.hashString "sha256" (builtins.toJSON (tree path)))}>";
  # The hash of what the store would have, of which the permission to run it is a part.
  digest = path: builtins.substring 0 16 (baseNameOf (builtins.unsafeDiscardStringContext (builtins.path {
    inherit path;
    name = "file";
  })));
  tree = dir: mapAttrs (name: _: file (dir + "/${name}")) (builtins.readDir dir);

  lambda = depth: f: let
    formals = lib.functionArgs f;
    call =
      if formals == {}
      then argument "argument"
      else mapAttrs (name: _: argument name) formals;
  in
    if depth > 0 && (apply == 2 || (apply == 1 && formals != {}))
    then {"<function>" = value (depth - 1) (f call);}
    else "<function>";

  value = depth: v: let
    tried = tryEval v;
  in
    if depth == 0
    then "<deep>"
    else if !tried.success
    then "<throws>"
    else if isFunction v
    then lambda (lib.min depth 12) v
    else if isAttrs v
    then
      if v ? __symbol
      then text v.outPath
      else if v ? _type && isString v._type && lib.elem v._type ["option" "option-type" "pkgs" "configuration" "flake"]
      then "<${v._type}>"
      else if v.type or null == "derivation" && v ? outPath
      then text (builtins.unsafeDiscardStringContext "${v.outPath}")
      else mapAttrs (_: value (depth - 1)) (
        # What makes a text of it, as a number of GVariant has, is no part of the value.
        if v ? _type
        then removeAttrs v ["__toString" "__functor"]
        else v
      )
    else if isList v
    then map (value (depth - 1)) v
    else if isPath v
    then file v
    else if isString v
    then text (builtins.unsafeDiscardStringContext v)
    else v;
in
  value 40
