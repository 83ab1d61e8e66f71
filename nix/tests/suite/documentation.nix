# What nixpkgs' nixosOptionsDoc makes of the contract's options: all of it renders, and says what a reader needs.
#
# It is made of lib.optionAttrSetToDocList; the renderer itself is a package.
{
  lib,
  case,
  options,
  collectorOptions,
  ...
}: let
  declared = {
    inherit (options) serviceModules contract;
    collector = collectorOptions;
  };
  isOwn = documented: !(lib.elem "_module" documented.loc);
  all = lib.filter isOwn (lib.optionAttrSetToDocList declared);
  names = holds: map (documented: documented.name) (lib.filter (documented: !(holds documented)) all);

  # Every option with those of its submodules, as they are declared.
  walk = set: lib.concatMap (option: [option] ++ walk (removeAttrs (option.type.getSubOptions option.loc) ["_module"])) (lib.collect lib.isOption set);
  raw = walk declared;
  # Before 23.05, what is rendered is the value itself.
  render = lib.options.renderOptionValue or (value: {text = value.text or (lib.generators.toPretty {} value);});
  rendered = value: builtins.tryEval (builtins.deepSeq (render value).text true);
  fails = attribute: lib.filter (option: option ? ${attribute} && !(rendered option.${attribute}).success) raw;
  locations = map (option: lib.showOption option.loc);
  text = documented: documented.default.text or "";
in [
  (case "6.3: every option is documented, those of submodules too" (lib.length all >= 50 && lib.length raw == lib.length all) true)
  (case "6.3: every option has a description" (names (documented: lib.isString documented.description && documented.description != "")) [])
  (case "6.3: every option has an example that renders" (names (documented:
      documented ? example && (builtins.tryEval (builtins.deepSeq (documented.example.text or documented.example) true)).value)) [])
  (case "6.3: every option has a type with a description" (names (documented: documented.type != "" && documented.type != "unspecified")) [])
  (case "6.3: every default renders" (names (documented: (builtins.tryEval (text documented != null)).value)) [])
  (case "6.3: no example and no text of a default throws" (locations (fails "example" ++ fails "defaultText")) [])
  # A string would be rendered as Nix, in quotes.
  (case "6.3: a default in words is text" (locations (lib.filter (option: lib.isString (option.defaultText or null)) raw)) [])
  (case "6.3: a required field says in words that there is no default"
    (lib.genAttrs ["enable" "domain" "dataDir"] (name: let
      documented = lib.findFirst (documented: documented.name == "qgroget.serviceModules.<name>.${name}") {} all;
    in {
      kind = documented.default._type;
      text = text documented;
    }))
    (lib.genAttrs ["enable" "domain" "dataDir"] (_: {
      kind = "literalMD";
      text = "none: required";
    })))
]
