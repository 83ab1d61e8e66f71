#!/usr/bin/env python3
"""Plants faults in the contract, one at a time, and shows that the suite notices each.

usage: mutants.py [--only TEXT] [--every N] [--jobs N]

First the suite and the thrown messages must hold for the files as they are. Then each fault is planted in
a copy, by replacing a text that must occur exactly once. Exit status: 0 every fault was noticed, 1 one was
not (or the suite fails without any), 2 a fault could not be planted.
"""
import argparse
import concurrent.futures
import json
import pathlib
import subprocess
import sys
import tempfile

TESTS = pathlib.Path(__file__).resolve().parent
FILES = {
    "options": TESTS.parent / "options.nix",
    "collector": TESTS.parent / "collector.nix",
    "bridge": TESTS.parent / "legacy-bridge.nix",
}

# (file, what the fault does, text to replace, its replacement)
MUTANTS = [
    # Aggregates
    ("collector", "ignore enable", "lib.filterAttrs (_: service: service.enable) config", "lib.filterAttrs (_: _: true) config"),
    ("collector", "route what is not exposed", "lib.filterAttrs (_: service: service.exposed) enabled", "enabled"),
    ("collector", "drop the last persisted path", "(_: service: service.persistedData) enabled", "(_: service: lib.init ([[]] ++ service.persistedData)) enabled"),
    ("collector", "persist dataDir besides an explicit list", "(_: service: service.persistedData) enabled", "(_: service: service.persistedData ++ lib.optional (service.dataDir != null && !lib.elem service.dataDir service.persistedData) service.dataDir) enabled"),
    ("collector", "forget the owner of a directory", "(_: service: service.persistedData) enabled", "(_: service: map (each: each.directory or each) service.persistedData) enabled"),
    ("collector", "report nothing with an aggregate that fails", 'else throw ("\\n" + lib.concatStringsSep "\\n" failures)', "else aggregate"),
    ("collector", "persist under a fixed root", "${contract.persistenceRoot}.directories", '"/persist".directories'),
    ("collector", "do not persist", "environment.persistence = lib.mkIf (persistence != [])", "environment.persistence = lib.mkIf false"),
    ("collector", "make an entry for nothing", "environment.persistence = lib.mkIf (persistence != [])", "environment.persistence = lib.mkIf true"),
    ("collector", "back up services without paths", "(lib.filter (service: service.backupPaths != []) (lib.attrValues enabled))", "(lib.attrValues enabled)"),
    ("collector", "a job of its own for every service", "(lib.groupBy (service: service.backupJob)", "(lib.groupBy (service: service.subdomain)"),
    ("collector", "only the first service's paths in a shared job", '{backupPaths = once (lists "backupPaths");}', '{backupPaths = (lib.head services).backupPaths;}'),
    ("collector", "swap the scripts before and after", 'backupPrepare = scripts "backupPrepare"', 'backupPrepare = scripts "backupCleanup"'),
    ("collector", "drop the script after the backup", 'backupCleanup = scripts "backupCleanup"', 'backupCleanup = ""'),
    ("collector", "the repository's fields under the contract's names", "lib.mapAttrs' (field: lib.nameValuePair backupFields.${field}) (", "lib.mapAttrs' lib.nameValuePair ("),
    ("collector", "run an equal script twice", 'lib.concatStringsSep "\\n" (lib.unique (values field))', 'lib.concatStringsSep "\\n" (values field)'),
    ("collector", "stop no units", 'backupUnits = lib.unique (lists "backupUnits")', "backupUnits = []"),
    ("collector", "stop a unit twice", 'backupUnits = lib.unique (lists "backupUnits")', 'backupUnits = lists "backupUnits"'),
    ("collector", "exclude nothing", 'backupExclude = lib.unique (lists "backupExclude")', "backupExclude = []"),
    ("collector", "empty lists override the job's defaults", "// unless [] {", '// unless "" {'),
    ("collector", "the highest priority wins", "lib.foldl' lib.min", "lib.foldl' lib.max"),
    ("collector", "the network only if all need it", 'lib.any lib.id (values "backupRequiresNetwork")', 'lib.all lib.id (values "backupRequiresNetwork")'),
    ("collector", "do not feed the restic jobs", "qgroget.backups = backups;", "qgroget.backups = {};"),
    ("collector", "say nothing where nobody persists", "lib.optional (!takesPersistence && persistence != [])", "lib.optional false"),
    ("collector", "say nothing where nobody backs up", "lib.optional (!takesBackups && backups != {})", "lib.optional false"),
    ("collector", "create databases of others", "lib.filter (database: database.provision && database.type == \"postgresql\") databases", "lib.filter (database: database.type == \"postgresql\") databases"),
    ("collector", "create databases that are not PostgreSQL's", "lib.filter (database: database.provision && database.type == \"postgresql\") databases", "databases"),
    ("collector", "give no ownership", "ensureDBOwnership = true", "ensureDBOwnership = false"),
    ("collector", "do not enable PostgreSQL", "services.postgresql = lib.mkIf (provisioned != []) {\n        enable = true;", "services.postgresql = lib.mkIf (provisioned != []) {"),
    # Routes
    ("collector", "swap public and private", 'lib.optionalAttrs (service.type == "private") {options', 'lib.optionalAttrs (service.type == "public") {options'),
    ("collector", "no client certificate for anyone", 'lib.optionalAttrs (service.type == "private") {options', "lib.optionalAttrs false {options"),
    ("collector", "fixed TLS options", "options = contract.traefik.privateTlsOptions", 'options = "mtls"'),
    ("collector", "a dot before the bare domain", 'lib.optionalString (service.subdomain != "") ', ""),
    ("collector", "route by name instead of subdomain", 'hostOf = service: lib.toLower "${lib.optionalString (service.subdomain != "") "${service.subdomain}."}', 'hostOf = service: lib.toLower "${lib.optionalString (service.subdomain != "") "${service.name or "x"}."}'),
    ("collector", "forget a service's own middlewares", "contract.traefik.typeMiddlewares.${service.type} ++ service.middlewares", "contract.traefik.typeMiddlewares.${service.type}"),
    ("collector", "forget the middlewares of the type", "contract.traefik.typeMiddlewares.${service.type} ++ service.middlewares", "service.middlewares"),
    ("collector", "reverse the chain", "contract.traefik.typeMiddlewares.${service.type} ++ service.middlewares", "service.middlewares ++ contract.traefik.typeMiddlewares.${service.type}"),
    ("collector", "drop complex routing", '++ lib.catAttrs "traefikDynamicConfig" (lib.attrValues exposed)', "++ []"),
    ("collector", "override a definition with the predefined one", "removeAttrs (lib.getAttrs reached middlewareMap) definedElsewhere", "lib.getAttrs reached middlewareMap"),
    ("collector", "a chain without its links", "(name: middlewareMap.${name}.chain.middlewares or [])", "(_: [])"),
    ("collector", "feed Traefik unasked", "lib.mkIf contract.traefik.enable", "lib.mkIf true"),
    ("collector", "never feed Traefik", "lib.mkIf contract.traefik.enable", "lib.mkIf false"),
    # Checks
    ("collector", "ignore disabled services in the checks", "forEachService = check: lib.concatLists (lib.mapAttrsToList check declared)", "forEachService = check: lib.concatLists (lib.mapAttrsToList check (lib.filterAttrs (_: each: each.enable or false) declared))"),
    ("collector", "check the fields of enabled services only", "lib.concatMap fieldFailures (lib.attrNames declared)", "lib.concatMap fieldFailures (lib.attrNames (lib.filterAttrs (_: each: each.enable or false) declared))"),
    ("collector", "stop at the first kind of fault", "    ++ portFailures\n", "    ++ lib.optionals (lib.concatMap fieldFailures (lib.attrNames declared) == []) portFailures\n"),
    ("collector", "no assertion", "          assertion = false;", "          assertion = true;"),
    ("collector", "miss the third port clash", '(a.movable || b.movable) && a.name != b.name)\n    (lib.concatMap pairs', '(a.movable || b.movable) && a.name != b.name)\n    (lib.concatMap (group: lib.take 1 (pairs group))'),
    ("collector", "compare neighbours only", "map (b: {inherit a b;}) (lib.drop i list)", "map (b: {inherit a b;}) (lib.take 1 (lib.drop i list))"),
    ("collector", "ignore the ports of legacy services", 'portsOf false name {inherit (service) url;}', 'portsOf false name {url = "";}'),
    ("collector", "clash with the own legacy entry", '(a.movable || b.movable) && a.name != b.name', '(a.movable || b.movable)'),
    ("collector", "propose a taken port", "freePort (map (each: each.port) claims ++ lib.attrValues found) claim.port", "claim.port + 1"),
    ("collector", "propose one port twice", "freePort (map (each: each.port) claims ++ lib.attrValues found) claim.port", "freePort (map (each: each.port) claims) claim.port"),
    ("collector", "propose a port above 65535", "if port == 65535", "if false"),
    ("collector", "tell the legacy service to move", "    if b.movable\n    then b\n    else a;", "    b;"),
    ("collector", "ports of other machines clash", '"127(\\\\.[0-9]+){1,3}|0(\\\\.0){0,3}"', '"[0-9.]+"'),
    ("collector", "ports on IPv6 do not clash", '      "[0:]*:0{0,3}1|[0:]*:[0:]*"\n', ''),
    ("collector", "tell legacy services among themselves", "a.movable || b.movable)", "true)"),
    ("collector", "databases of different servers clash", '"${database.type} ${server database} ${database.name}"', '"${database.type} ${database.name}"'),
    ("collector", "a server by another name is another one", "isHere = host: lib.hasPrefix \"/\" host || isLocal host;", "isHere = lib.hasPrefix \"/\";"),
    ("collector", "a server in other letters is another one", '"${lib.toLower database.host} ', '"${database.host} '),
    ("collector", "sockets of redis are one", ' && !(database.type == "redis" && lib.hasPrefix "/" database.host)', ""),
    ("collector", "files of sqlite by their text", '"sqlite ${normal database.name}"', '"sqlite ${database.name}"'),
    ("collector", "relative files of sqlite clash", '"sqlite ${service} ${database.name}"', '"sqlite ${database.name}"'),
    ("collector", "a number of redis that is taken", "!lib.elem (toString number) taken", "true"),
    ("collector", "no check of database names", "map duplicate (lib.concatMap pairs", "map duplicate (lib.concatMap (_: [])"),
    ("collector", "allow to create any type", 'else if database.type != "postgresql"\n      then ["${asks}', 'else if false\n      then ["${asks}'),
    ("collector", "create on another machine", "else if !isMachine database.host", "else if false"),
    ("collector", "a container's name of this machine is another one", "isHere host || lib.elem host [\"host.containers.internal\" \"host.docker.internal\"]", "isHere host"),
    ("collector", "create on another port", "else if database.port != postgresqlPort", "else if false"),
    ("collector", "allow to log in without a password", "database.passwordFile == null && !trusts)", "false)"),
    ("collector", "a password where PostgreSQL trusts", "database.passwordFile == null && !trusts)", "database.passwordFile == null)"),
    ("collector", "no owner of another name", "lib.filter (database: database.user != database.name) provisioned", "[]"),
    ("collector", "no password", "lib.filter (database: database.passwordFile != null) provisioned", "[]"),
    ("collector", "names of databases unquoted", '["\\"\\""] name}\\""', '["\\""] name}\\""'),
    ("collector", "permissions where there is ownership", "userOptions ? ensurePermissions && !(userOptions ? ensureDBOwnership)", "userOptions ? ensurePermissions"),
    ("collector", "ownership before there was any", "userOptions ? ensurePermissions && !(userOptions ? ensureDBOwnership)", "false"),
    ("collector", "own a database of another name", "lib.optionalAttrs (lib.elem user names) {ensureDBOwnership", "lib.optionalAttrs true {ensureDBOwnership"),
    ("collector", "a user once for each database", "lib.unique (map (database: database.user) provisioned)", "map (database: database.user) provisioned"),
    ("collector", "a unit without anything to do", "lib.mkIf (alterations != [])", "lib.mkIf true"),
    ("collector", "services do not wait for their password", 'lib.filter (unit: unit != "") (map', 'lib.filter (unit: false) (map'),
    ("collector", "listeners are nobody", "    ++ listeners\n", ""),
    ("collector", "a listener clashes with the service that runs it", "lib.filter (clash: !isOwn clash)", "lib.filter (clash: true)"),
    ("collector", "what is off listens", "      lib.optionals (isOn service) (map (port: {", "      lib.optionals true (map (port: {"),
    ("collector", "sshd at other addresses", "lib.optionals (listen.addr or null == null || isLocal listen.addr) (", "lib.optionals true ("),
    ("collector", "entry points at other addresses", '(host == "" || isLocal host)', "true"),
    ("collector", "entry points in spite of a file", "lib.optionals (orElse null (traefik.staticConfigFile or null) == null) (", "lib.optionals true ("),
    ("collector", "a file that turns it on says no port", '[["enable"] option]', "[option]"),
    ("collector", "all inline modules are one file", 'lib.intersectLists files (lib.remove "<unknown-file>" listener.files)', "lib.intersectLists files listener.files"),
    ("collector", "port 0 is a port", "lib.optional (service.port or null == 0)", "lib.optional false"),
    ("collector", "port 0 clashes", "!lib.elem (service.port or null) [null 0]", "service.port or null != null"),
    ("collector", "a service depends on itself", "lib.optional (lib.elem name named)", "lib.optional false"),
    ("collector", "a dependency named twice", "lib.filter (dependency: lib.count (each: each == dependency) named > 1) (lib.unique named)", "[]"),
    ("collector", "circles pass", "lib.optional (circle != null)", "lib.optional false"),
    ("collector", "a circle from each of its services", "dependency > name && declared ? ${dependency}", "declared ? ${dependency}"),
    ("collector", "servers of redis are none", 'dependency == "redis" && lib.any isOn', 'dependency == "redis" && lib.any (_: false)'),
    ("collector", "a server of redis that is off", 'dependency == "redis" && lib.any isOn', 'dependency == "redis" && lib.any (_: true)'),
    ("collector", "any middleware is valid", "(lib.subtractLists valid names)", "[]"),
    ("collector", "valid names unsorted", "valid = lib.sort lib.lessThan (lib.unique (shared ++ own))", "valid = lib.unique (own ++ shared)"),
    ("collector", "extra middlewares are unknown", "      ++ contract.extraMiddlewares\n      ++ definedMiddlewares", "      ++ definedMiddlewares"),
    ("collector", "middlewares of disabled services are valid", "running = lib.filterAttrs (_: service: service.enable or false) declared", "running = declared"),
    ("collector", "own middlewares are unknown", "valid = lib.sort lib.lessThan (lib.unique (shared ++ own))", "valid = lib.sort lib.lessThan (lib.unique shared)"),
    ("collector", "a disabled dependency satisfies", "(!(service.enable or false) || declared.${dependency}.enable or false)", "true"),
    ("collector", "legacy services satisfy nothing", "      || otherServices ? ${dependency}\n", ""),
    ("collector", "upstream services satisfy nothing", "      || upstream dependency;", ";"),
    ("collector", "every name under services satisfies", "isOn (config.services.${dependency} or {})", "config.services ? ${dependency}"),
    ("collector", "send everyone to services.<name>", "if !(declared ? ${dependency}) && accepts [", "if accepts ["),
    ("collector", "unknown fields pass", "++ map unknown (lib.attrNames (removeAttrs written.${name} (lib.attrNames fields)))", ""),
    ("collector", "unknown fields hide the other faults", "[{_module.check = false;}]", "[]"),
    ("collector", "unknown fields of a function pass", "found == [] && orElse null config.qgroget.serviceModules.${name} == null", "false"),
    ("collector", "both names of a field pass", "++ lib.concatLists (lib.mapAttrsToList twice otherNames)", ""),
    ("collector", "settings nobody takes pass", '    ++ idleFailures\n    ++ backupFailures;', '    ++ idleFailures;'),
    ("collector", "middlewares of a type pass unchecked", '    contract.traefik.typeMiddlewares);', '    {});'),
    ("collector", "blame a service for another one's fault", "|| (shown == null && unreadable != [])", ""),
    ("collector", "tell a wrong value under both names", '|| definitions ? ${otherNames.${field} or ""}', ""),
    ("collector", "miss a port because exposed is wrong", '(lib.elem field ["port" "url"] && failed ? exposed)', 'false'),
    ("collector", "null is a port", "      else if isNull\n      then contract.requiredFields.port name\n", ""),
    ("collector", "suggest no field", '      if nearest != null\n      then "Service', '      if false\n      then "Service'),
    ("collector", "another service in the line to paste", 'lib.replaceStrings ["jellyfin"] [service] (given', "(given"),
    ("collector", "a name that is no identifier unquoted", "qgroget.serviceModules.${lib.strings.escapeNixIdentifier service}.${field} = ${value}", "qgroget.serviceModules.${service}.${field} = ${value}"),
    # Routes, coexistence, storage
    ("collector", "hosts in any case are other hosts", 'hostOf = service: lib.toLower "', 'hostOf = service: "'),
    ("collector", "two services may have one host", "    ++ hostFailures\n", ""),
    ("collector", "two services may define one name", "    ++ nameFailures\n", ""),
    ("collector", "equal definitions clash", "(a.value != b.value)", "true"),
    ("collector", "a middleware of a service's own name may be two", "!lib.elem a.kind routeKinds || ", ""),
    ("collector", "private services without TLS options", "    ++ tlsFailures\n", ""),
    ("collector", "a backend elsewhere claims its port here", " && (url == null || isHere)", ""),
    ("collector", "a wildcard like any host", "if isWildcard (hostOf service)", "if false"),
    ("collector", "a wildcard before the names", "{priority = 1;}", "{}"),
    ("collector", "overrule Traefik's own options", "(yielding traefikDynamicConfig)", "traefikDynamicConfig"),
    ("collector", "always the first name of Traefik's option", '    ["routing" "settings"]\n', ""),
    ("collector", "a middleware of a provider is unknown", '(lib.filter (name: !lib.hasInfix "@" name) (lib.subtractLists valid names))', "(lib.subtractLists valid names)"),
    ("collector", "both patterns at once", "    ++ bothFailures\n", ""),
    ("collector", "forms unchecked", "    ++ formFailures\n", ""),
    ("collector", "a directory persisted twice", "orReport (once (lib.concatLists", "orReport (lib.id (lib.concatLists"),
    ("collector", "a plain path hides attributes", "lib.findFirst lib.isAttrs (lib.head groups.${directory}) groups.${directory}", "lib.head groups.${directory}"),
    ("collector", "contradicting attributes pass", "    ++ persistenceFailures\n", ""),
    ("collector", "settings of no backup pass", "    ++ idleFailures\n", ""),
    ("options", "the other name loses its priority", "(map (lib.mkOverride option.highestPrio) option.definitions)", "option.definitions"),
    ("options", "a url of null is no port's", 'else if config.port != null\n              then "http', 'else if false\n              then "http'),
    ("bridge", "the bridge's own entries are legacy services", "definition.file != file", "true"),
    # Schema
    ("options", "a default for dataDir", 'default = missing "dataDir" name', 'default = "/var/lib/${name}"'),
    ("options", "a default for enable", 'default = missing "enable" name', "default = false"),
    ("options", "a default for domain", 'default = missing "domain" name', 'default = ""'),
    ("options", "the message of another field", 'default = missing "domain" name', 'default = missing "enable" name'),
    ("options", "a route without port", 'port == null && config.exposed && !isSet options.url', "false"),
    ("options", "a port in spite of a url", 'port == null && config.exposed && !isSet options.url', "port == null && config.exposed"),
    ("options", "strict does not ask for persistedData", 'then missing "persistedData" name', "then []"),
    ("options", "strict does not ask for backupPaths", 'then missing "backupPaths" name', "then []"),
    ("options", "persist nothing by default", "else lib.optional (config.dataDir != null) config.dataDir", "else []"),
    ("options", "public by default", 'default = "private"', 'default = "public"'),
    ("options", "exposed by default", "          exposed = mkOption {\n            type = types.bool;\n            default = false;", "          exposed = mkOption {\n            type = types.bool;\n            default = true;"),
    ("options", "the other name of middlewares is lost", '          middlewares = alias options.middleware;\n', ''),
    ("options", "the other name of backupPaths is lost", '          backupPaths = alias options.backupDirectories;\n', ''),
    ("options", "another default mode", 'else lib.filterAttrs (_: value: value != null) entry', 'else entry'),
    ("options", "a database is never created", 'default = config.type == "postgresql"', "default = false"),
    ("options", "every database is created", 'default = config.type == "postgresql"', "default = true"),
    ("options", "the connection of the last database", "(lib.head config.databases)", "(lib.last config.databases)"),
    ("options", "a created database by TCP", 'if isCreated\n              then "/run/postgresql"', 'if false\n              then "/run/postgresql"'),
    ("options", "the usual port, whatever PostgreSQL has", "                  if isCreated\n                  then postgresqlPort", "                  if false\n                  then postgresqlPort"),
    ("options", "PostgreSQL's port for databases elsewhere", "                  if isCreated\n                  then postgresqlPort", "                  if true\n                  then postgresqlPort"),
    ("options", "the older name of PostgreSQL's port", " or config.services.postgresql.port", ""),
    ("options", "a fault of one service hides another's port", "if said.success && lib.isInt said.value", "if true"),
    ("options", "a url to every address", '"http://127.0.0.1:${toString config.port}"', '"http://0.0.0.0:${toString config.port}"'),
    # Bridge
    ("bridge", "show disabled services", "contract.enable && contract.exposed", "contract.exposed"),
    ("bridge", "show services that are not exposed", "contract.enable && contract.exposed", "contract.enable"),
    ("bridge", "a private service shown as public", "type = service.type;", 'type = "public";'),
    ("bridge", "middlewares are lost", "middlewares = service.middlewares;", "middlewares = [];"),
    ("bridge", "routing is lost", "traefikDynamicConfig = service.traefikDynamicConfig;", ""),
    ("bridge", "the subdomain is lost", "subdomain = service.subdomain;", ""),
    ("bridge", "the log file is lost", "logPath = service.logPath;", ""),
    ("bridge", "the unit is lost", "unitName = service.unitName;", ""),
]


def nix(expression, *flags):
    run = subprocess.run(
        ["nix-instantiate", "--eval", "--strict", *flags, "--expr", expression], capture_output=True, text=True
    )
    return run.returncode, run.stdout, run.stderr


def arguments(files):
    return "{ " + " ".join(f"{name} = {path};" for name, path in (
        ("optionsFile", files["options"]), ("collectorFile", files["collector"]), ("bridgeFile", files["bridge"])
    )) + " }"


def faults(files):
    """Names of the cases that do not hold for these files."""
    status, out, error = nix(f"import {TESTS}/suite {arguments(files)}", "--json")
    if status:
        return [f"does not evaluate: {' '.join(error.split())[:100]}"]
    wrong = [case["name"] for case in json.loads(out) if not case["ok"]]
    return wrong or thrown(files)


def thrown(files):
    table = f"import {TESTS}/suite/thrown.nix {arguments(files)}"
    status, out, error = nix(f"builtins.mapAttrs (_: case: case.want) ({table})", "--json")
    if status:
        return [f"does not evaluate: {error[:100]}"]
    wrong = []
    for name, want in json.loads(out).items():
        status, _, error = nix(f"({table}).{name}.value")
        if not status or not all(text in error for text in want):
            wrong.append(f"thrown: {name}")
    return wrong


def plant(mutant, directory):
    file, _, old, new = mutant
    text = FILES[file].read_text()
    if text.count(old) != 1:
        return None
    path = directory / FILES[file].name
    path.write_text(text.replace(old, new))
    if subprocess.run(["nix-instantiate", "--parse", path], capture_output=True).returncode:
        return None
    return {**FILES, file: path}


def main():
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--only", default="", help="plant only faults whose description contains this")
    ask.add_argument("--every", type=int, default=1, help="try only every Nth fault; that all can be planted is seen to all the same")
    ask.add_argument("--jobs", type=int, default=2)
    options = ask.parse_args()

    wrong = faults(FILES)
    if wrong:
        print("without any fault planted, these cases do not hold:", *wrong, sep="\n  ")
        return 1
    chosen = [mutant for mutant in MUTANTS if options.only in mutant[1]]
    with tempfile.TemporaryDirectory() as scratch:
        copies = []
        for number, mutant in enumerate(chosen):
            directory = pathlib.Path(scratch) / str(number)
            directory.mkdir()
            copies.append(plant(mutant, directory))
        unplanted = [mutant for mutant, files in zip(chosen, copies) if files is None]
        if unplanted:
            for file, what, old, _ in unplanted:
                print(f"cannot plant '{what}': not exactly once in {FILES[file].name}, or no Nix any more: {old}")
            return 2
        chosen, copies = chosen[:: options.every], copies[:: options.every]
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            results = list(pool.map(faults, copies))

    survivors = 0
    for (file, what, _, _), noticed in zip(chosen, results):
        survivors += not noticed
        by = f"{len(noticed)}: {noticed[0][:70]}" if noticed else "SURVIVES"
        print(f"{file:10} {what:50} {by}")
    print(f"{len(chosen)} faults planted, {len(chosen) - survivors} noticed, {survivors} not")
    return 1 if survivors else 0


sys.exit(main())
