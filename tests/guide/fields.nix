# The contract's fields from the options themselves: name, what they are for, and their default, in the order of names.
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
  code = value: "default `${value.text or (compact (lib.generators.toPretty {multiline = false;} value))}`";
  default = option:
    if option.defaultText._type or null == "literalMD"
    then
      if lib.hasPrefix "none: " option.defaultText.text
      then lib.removePrefix "none: " option.defaultText.text
      else "default: ${option.defaultText.text}"
    else if option ? defaultText || option ? default
    then code (option.defaultText or option.default)
    else "required";
  entries = prefix: options:
    lib.concatLists (lib.mapAttrsToList (name: option:
      if !lib.isOption option
      then entries "${prefix}${name}." option
      else
        lib.optional (!(option.internal or false)) {
          name = "${prefix}${name}";
          meaning = option.description;
          default = default option;
        }) (removeAttrs options ["_module"]));
in
  entries "" fields
  ++ entries "databases.*." (below fields.databases.type)
  ++ entries "persistedData.*." (below fields.persistedData.type)
  ++ entries "qgroget.contract." root.contract
