# Story 3.4: each fault of a field, word for word, and those that only follow from it untold.
{
  lib,
  case,
  firstLines,
  service,
  exposed,
  failures,
  hostWith,
  hostOf,
  ...
}: let
  of = fields: failures {jellyfin = service fields;};
  both = first: second: lib.mkMerge [first second];
  # A field that a repository has added to the contract.
  icon.options.qgroget.serviceModules = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule {
      options.icon = lib.mkOption {
        type = lib.types.str;
        default = "";
      };
    });
  };
  wrong = field: expected: got: "Service 'jellyfin' has a wrong value in field '${field}': expected ${expected}, got ${got}";
  port = "null or 16 bit unsigned integer; between 0 and 65535 (both inclusive)";
  unknown = field: rest: "Service 'jellyfin' has unknown field '${field}': ${rest}";
  none = "the contract has no such field";
  fix = field: value: "\n  Fix: qgroget.serviceModules.jellyfin.${field} = ${value};";
in [
  (case "3.4: a value that does not evaluate has a line to paste, of its own service" (failures {radarr = service {dataDir = throw "x";};})
    ["Service 'radarr' has a value in field 'dataDir' that does not evaluate\n  Fix: qgroget.serviceModules.radarr.dataDir = \"/var/lib/radarr\";"])
  (case "3.4: several values, one of which is wrong" (firstLines (of {port = both 8080 "x";})) [(wrong "port" port ''8080, "x"'')])
  (case "3.4: null is a value like others, but for a port" (firstLines (of {enable = null;})) [(wrong "enable" "boolean" "null")])
  (case "3.4: null and a port are several values" (firstLines (failures {jellyfin = exposed (both null 8080) {};}))
    ["Service 'jellyfin' has several values in field 'port': null, 8080"])
  (case "3.4: a url of null that follows from a wrong port" (firstLines (failures {jellyfin = exposed "x" {url = null;};})) [(wrong "port" port ''"x"'')])
  (case "3.4: a url of null that follows from a wrong 'exposed'" (firstLines (of {
    exposed = "x";
    url = null;
  })) [(wrong "exposed" "boolean" ''"x"'')])
  (case "3.4: wrong values beside a wrong 'exposed'" (firstLines (of {
    exposed = "x";
    port = "y";
    databaseConfig = {};
  })) [
    "Service 'jellyfin' sets field 'databaseConfig', which is read-only: leave it out"
    (wrong "exposed" "boolean" ''"x"'')
    (wrong "port" port ''"y"'')
  ])
  (case "3.4: a field without an example" (hostWith [icon] {jellyfin = service {icon = 1;};}).qgroget.collector.failures
    ["${wrong "icon" "string" "1"}${fix "icon" "\"…\""}"])
  (case "3.4: a definition whose condition does not hold is none" (of {
    middlewares = ["compress"];
    middleware = lib.mkIf false ["rate-limit"];
  }) [])
  (case "3.4: but its name is checked" (of {prot = lib.mkIf false 1;}) ["${unknown "prot" "did you mean 'port'?"}${fix "port" "…"}"])
  (case "3.4: an unknown field with a value that does not evaluate" (of {prot = throw "x";}) ["${unknown "prot" "did you mean 'port'?"}${fix "port" "…"}"])
  (case "3.4: of several near names the nearest is proposed, of equally near ones the first" (firstLines (of {
    middlewaress = [];
    middlewars = [];
    backupPathz = [];
  })) [
    (unknown "backupPathz" "did you mean 'backupPaths'?")
    (unknown "middlewaress" "did you mean 'middlewares'?")
    (unknown "middlewars" "did you mean 'middleware'?")
  ])
  (case "3.4: a near name that would not take the value was not meant" (of {
    typo = 1;
    typu = "public";
  }) ["${unknown "typo" none}${fix "extraConfig.typo" "1"}" "${unknown "typu" "did you mean 'type'?"}${fix "type" ''"public"''}"])
  (case "3.4: the line to paste for a wrong access closes it" (of {type = "open";})
    ["${wrong "type" ''one of "private", "public"'' ''"open"''}${fix "type" ''"private"''}"])
  (case "3.4: a name that is not near proposes nothing, and is quoted where it has to be" (of {
    "2fa" = true;
    pxyz = 1;
  }) ["${unknown "2fa" none}${fix ''extraConfig."2fa"'' "true"}" "${unknown "pxyz" none}${fix "extraConfig.pxyz" "1"}"])
  (case "3.4: both names of a field, one with a wrong value" (firstLines (of {
    backupPaths = ["/a"];
    backupDirectories = 1;
  })) ["Service 'jellyfin' has a wrong value in field 'backupDirectories': expected list of string, got 1"])
  (case "3.4: a service that is no set has a line to paste" (failures {jellyfin = true;}) ["Service 'jellyfin' is not a set of fields${fix "enable" "true"}"])
  (case "3.4: unknown fields of a function have a line to paste" (failures {jellyfin = {...}: service {homepage = "x";};})
    ["Service 'jellyfin' has an unknown field${fix "extraConfig" "{}"}"])
]
