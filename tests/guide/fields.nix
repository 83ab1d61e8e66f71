# The field reference of the service template guide, by heading, from the options themselves.
let
  lib = import <nixpkgs/lib>;
  root = (lib.evalModules {modules = [../../nix/options.nix];}).options.qgroget;
  services = root.serviceModules.type;
  fields = services.getSubOptions [];
  # The part of a list's elements, or of an alternative, that has options of its own.
  below = type:
    if type.nestedTypes ? elemType
    then below type.nestedTypes.elemType
    else if type.nestedTypes ? right
    then below type.nestedTypes.right
    else type.getSubOptions [];

  # Without the spaces that Alejandra would take out.
  compact = lib.replaceStrings ["[ ]" "{ }" "[ " " ]" "{ " " }"] ["[]" "{}" "[" "]" "{" "}"];
  code = value: "`${value.text or (compact (lib.generators.toPretty {multiline = false;} value))}`";
  default = option:
    if lib.isString (option.defaultText or null)
    then option.defaultText
    else if option ? defaultText || option ? default
    then code (option.defaultText or option.default)
    else "none: required";
  entry = prefix: name: option: {
    inherit (lib.head option.declarationPositions) line;
    text = lib.concatStringsSep "\n" [
      "#### `${prefix}${name}`"
      ""
      (lib.removeSuffix "\n" option.description)
      ""
      "- Type: ${option.type.description}"
      "- Default: ${default option}"
      "- Example: ${code option.example}"
    ];
  };
  entries = prefix: options:
    lib.concatLists (lib.mapAttrsToList (name: option:
      if !lib.isOption option
      then entries "${prefix}${name}." option
      else lib.optional (!(option.internal or false)) (entry prefix name option)) (removeAttrs options ["_module"]));
  # In the order in which they are declared.
  section = prefix: options:
    lib.concatMapStringsSep "\n\n" (each: each.text) (lib.sort (a: b: a.line < b.line) (entries prefix options)) + "\n";
in {
  "Fields of a service" = section "" fields;
  "Fields of a database" = section "databases.*." (below fields.databases.type);
  "Fields of a persisted directory" = section "persistedData.*." (below fields.persistedData.type);
  "Settings of the contract" = section "qgroget.contract." root.contract;
}
