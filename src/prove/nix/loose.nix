# A type that accepts what upstream's options would: sets merge by attribute, lists concatenate, texts join.
# It is the type of every option that the repository does not declare itself.
#   lib       nixpkgs/lib
#   lazy      down to this depth the names of a set do not depend on conditions, as if they were options;
#             below, a set has the names that are defined under a true condition, as `attrsOf` has
#   stub   the value that stands for `config.<loc>` where something reads it and nothing defines it
#   separator what stands between two definitions of one text, so that another order can be told from another text
#
# `tree` says which stubs there are: { value = <kind>; children.<name> = tree; any = tree; }; `any` is for
# names computed at evaluation, and applies to each name that is there.
{
  lib,
  lazy,
  stub,
  separator,
}: let
  inherit (lib) all attrNames concatMap filter head isAttrs isList isString length mapAttrs unique;

  isSet = v: isAttrs v && !(v ? __symbol) && !(v ? _type) && v.type or null != "derivation";

  # What a definition is below its conditions and priorities, which it does not evaluate.
  isSetBelow = v:
    if !isAttrs v || v ? __symbol
    then false
    else if v._type or null == "if" || v._type or null == "override" || v._type or null == "order"
    then isSetBelow v.content
    else if v._type or null == "merge"
    then v.contents != [] && all isSetBelow v.contents
    else isSet v;

  join = a: b: {
    ${
      if a ? value || b ? value
      then "value"
      else null
    } =
      a.value or b.value;
    children = let
      left = a.children or {};
      right = b.children or {};
    in
      left
      // mapAttrs (name: node:
        if left ? ${name}
        then join left.${name} node
        else node)
      right;
    ${
      if a ? any || b ? any
      then "any"
      else null
    } =
      if a ? any && b ? any
      then join a.any b.any
      else a.any or b.any;
  };
  child = tree: name: join (tree.children.${name} or {}) (tree.any or {});

  fresh = loc: tree:
    if tree ? value && (tree.children or {}) == {}
    then stub loc tree.value
    else mapAttrs (name: node: fresh (loc ++ [name]) node) (tree.children or {});

  # A set's members, and the stubs beside them.
  members = depth: loc: tree: defs: let
    names = namesOf defs;
    merged = name: one (depth + 1) (loc ++ [name]) (child tree name) (named name defs);
    lazily = lib.genAttrs names (name: let
      m = merged name;
    in
      if m.defined
      then m.value
      else fresh (loc ++ [name]) (child tree name));
    strictly = lib.listToAttrs (concatMap (name: let
      m = merged name;
      # A definition that throws is one; only its own value throws.
      tried = builtins.tryEval m.defined;
    in
      if !tried.success || tried.value
      then [(lib.nameValuePair name m.value)]
      else [])
    names);
    there =
      if depth < lazy
      then lazily
      else strictly;
  in
    mapAttrs (name: node: fresh (loc ++ [name]) node) (removeAttrs (tree.children or {}) (attrNames there)) // there;

  isOptionSet = depth: defs: depth <= lazy && defs != [] && all (d: isSetBelow d.value) defs;
  pushDown = concatMap (d:
    map (value: {
      inherit (d) file;
      inherit value;
    }) (distribute d.value));
  # `mkIf c {a = 1; b = 2;}` as {a = mkIf c 1; b = mkIf c 2;}, for all four properties.
  distribute = v:
    if v._type or null == "merge"
    then concatMap distribute v.contents
    else if v._type or null == "if" || v._type or null == "override" || v._type or null == "order"
    then map (mapAttrs (_: content: v // {inherit content;})) (distribute v.content)
    else [v];
  named = name: defs:
    map (d: {
      inherit (d) file;
      value = d.value.${name};
    }) (filter (d: d.value ? ${name}) defs);
  namesOf = defs: unique (concatMap (d: attrNames d.value) defs);

  # The sets that have a definition of their own, among those that a stub is a member of: without it, a set
  # that is declared and empty could not be told from one that is only read.
  declared = depth: loc: tree: defs: let
    here =
      if isOptionSet depth defs
      then pushDown defs
      else (lib.mergeDefinitions loc (type depth tree) defs).defsFinal;
  in
    if ((tree.children or {}) == {} && !(tree ? any)) || !(builtins.tryEval (here != [] && all (d: isSet d.value) here)).value
    then []
    else [loc] ++ concatMap (name: declared (depth + 1) (loc ++ [name]) (child tree name) (named name here)) (namesOf here);

  # One location: { defined, value }, both lazy.
  one = depth: loc: tree: defs:
    if isOptionSet depth defs
    then {
      defined = true;
      value = members depth loc tree (pushDown defs);
    }
    else let
      merged = lib.mergeDefinitions loc (type depth tree) defs;
    in {
      defined = merged.isDefined;
      value = merged.mergedValue;
    };

  # Upstream's type may have one of equal texts or join them: it is told how many there are.
  repeated = loc: values: value:
    if isString value
    then builtins.trace "repeated ${builtins.toJSON [loc (length values)]}" value
    else value;

  type = depth: tree:
    lib.mkOptionType {
      name = "loose";
      description = "anything, merged";
      check = _: true;
      merge = loc: defs: let
        values = map (d: d.value) defs;
      in
        if all isSet values
        then members depth loc tree defs
        else if all isList values
        then lib.concatLists values
        else if length values == 1
        then head values
        else if all (v: v == head values) values
        then repeated loc values (head values)
        else if all isString values
        then lib.concatStringsSep separator values
        # Upstream's type may know how to merge these; both sides get the same answer, and a second
        # definition that a change brings in is seen.
        else {definitions = values;};
      emptyValue.value = {};
    };
in {
  inherit declared fresh type;

  # A type for the root that says only which names there are on the first two levels: null for what is no set.
  shape = lib.mkOptionType {
    name = "shape";
    description = "names";
    check = _: true;
    merge = _: defs: {
      __shape = lib.genAttrs (namesOf defs) (name: let
        here = named name defs;
      in
        if isOptionSet 1 here
        then namesOf (pushDown here)
        else null);
    };
  };
}
