# Story 1.1: every option with its type and default, as a person looks them up.
{
  lib,
  case,
  options,
  collectorOptions,
  service,
  schema,
  throws,
  ...
}: let
  # A type by its own name and those of the types in it, which are the same in all releases, unlike their descriptions.
  type = of: let
    parts = lib.filter (part: of.nestedTypes ? ${part}) ["elemType" "left" "right"];
  in
    if lib.elem of.name ["nullOr" "listOf" "attrsOf" "lazyAttrsOf" "either" "functionTo"]
    then "${of.name} ${lib.concatMapStringsSep " " (part: type of.nestedTypes.${part}) parts}"
    else of.name;
  said = option:
    if option ? defaultText
    then " (${option.defaultText.text or option.defaultText})${lib.optionalString (!(option ? default)) " without a default"}"
    else lib.optionalString (option ? default) " ${lib.generators.toPretty {multiline = false;} option.default}";
  marks = option: lib.concatMapStrings (mark: lib.optionalString (option.${mark} or false) " ${mark}") ["readOnly" "internal"];
  table = declared: lib.mapAttrs (_: option: "${type option.type}${said option}${marks option}") (lib.filterAttrs (_: lib.isOption) (removeAttrs declared ["_module"]));
  fields = options.serviceModules.type.getSubOptions [];
  database = fields.databases.type.getSubOptions [];
  directory = fields.persistedData.type.nestedTypes.elemType.nestedTypes.right.getSubOptions [];
in [
  (case "1.1: the fields of a service" (table fields) {
    backupCleanup = "nullOr separatedString null";
    backupDirectories = "listOf str (backupPaths)";
    backupExclude = "listOf str [ ]";
    backupJob = "str (the service's name)";
    backupPaths = "listOf str ([])";
    backupPrepare = "nullOr separatedString null";
    backupPriority = "nullOr int null";
    backupRequiresNetwork = "nullOr bool null";
    backupUnits = "listOf str [ ]";
    dataDir = "nullOr str (none: required)";
    databaseConfig = "nullOr attrsOf raw (type, host, port, name, user and passwordFile of the first database) readOnly";
    databases = "listOf submodule [ ]";
    dependsOn = "listOf str [ ]";
    domain = "str (none: required)";
    enable = "bool (none: required)";
    exposed = "bool false";
    extraConfig = "attrsOf anything { }";
    journalctl = "bool false";
    logPath = "str \"\"";
    middleware = "listOf str (middlewares)";
    middlewares = "listOf str [ ]";
    persistedData = "listOf either str submodule (`[dataDir]`, or `[]` where `dataDir` is null)";
    port = "nullOr unsignedInt16 (none: required when exposed without a url)";
    subdomain = "str (the service's name)";
    traefikDynamicConfig = "attrsOf anything { }";
    type = "enum \"private\"";
    unitName = "str \"\"";
    url = "nullOr str (\"http://127.0.0.1:<port>\")";
  })
  (case "1.1: those of a database" (table database) {
    host = "str (if provision then \"/run/postgresql\" else \"127.0.0.1\")";
    name = "str";
    passwordFile = "nullOr str null";
    port = "nullOr unsignedInt16 (the usual port of the type; that of services.postgresql for a database that is created)";
    provision = "bool (type == \"postgresql\")";
    type = "enum \"postgresql\"";
    user = "str (name)";
  })
  (case "1.1: those of a directory" (table directory) {
    directory = "str";
    group = "nullOr str null";
    mode = "nullOr str null";
    user = "nullOr str null";
  })
  (case "1.1: the settings" [(table {inherit (options) serviceModules;}) (table options.contract) (table options.contract.traefik) (table options.contract.traefik.typeMiddlewares)] [
    {serviceModules = "attrsOf submodule { }";}
    {
      extraMiddlewares = "listOf str [ ]";
      persistenceRoot = "str \"/persist\"";
      requiredFields = "attrsOf functionTo str (the message for each required field) readOnly internal";
      strict = "bool false";
    }
    {
      certResolver = "nullOr str \"production\"";
      enable = "bool false";
      entryPoints = "listOf str [ \"websecure\" ]";
      privateTlsOptions = "str \"mtls\"";
    }
    {
      private = "listOf str [ ]";
      public = "listOf str [ ]";
    }
  ])
  (case "1.1: the results" (table collectorOptions) ({otherServices = "lazyAttrsOf raw { } internal";}
    // lib.genAttrs ["backups" "databases" "enabled" "failures" "persistence" "services" "traefikDynamicConfig"] (_: "raw (computed from the contracts) readOnly")))
  (case "1.1: a service is public or private" (lib.filter fields.type.type.check ["" "open" "private" "public"]) ["private" "public"])
  (case "1.1: databases of five kinds, each with its usual port" (map (type: (lib.head
    (schema {
      wiki = service {
        databases = [
          {
            name = "wiki";
            provision = false;
            inherit type;
          }
        ];
      };
    })
    .wiki
    .databases)
  .port) (lib.filter database.type.type.check ["" "mongodb" "mysql" "oracle" "postgresql" "redis" "sqlite"])) [27017 3306 5432 6379 null])
  (case "1.1: every attribute of a directory has a description and an example, and so has the option of all services"
    (lib.attrNames (lib.filterAttrs (_: option: !(option ? description && option ? example))
      (removeAttrs directory ["_module" "_freeformOptions"] // {inherit (options) serviceModules;}))) [])
  (case "1.1: a directory is no number" (throws (schema {jellyfin = service {persistedData = [1];};}).jellyfin.persistedData) true)
]
