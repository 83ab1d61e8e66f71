# What the contracts of all services add up to, and whether they fit together.
#
#   1. Aggregates: persistence, backup jobs, routes, databases of the enabled services
#   2. Checks: every fault of every service at once, of disabled services too
#   3. Options: the results, for anything that wants to read them (qgroget.collector)
#   4. Effects: where the results go
#
# The schema itself stands in options.nix; this file adds no field to it.
{
  config,
  lib,
  options,
  ...
}: let
  inherit (lib) mkOption types;
  inherit (config.qgroget) contract;
  inherit (config.qgroget.collector) otherServices;

  # ── 1. Aggregates ──────────────────────────────────────────────────────────────────────

  # A value, or another one where it does not evaluate.
  orElse = fallback: value: let
    outcome = builtins.tryEval value;
  in
    if outcome.success
    then outcome.value
    else fallback;

  # Disabled services are in none of them.
  enabled = lib.filterAttrs (_: service: service.enable) config.qgroget.serviceModules;
  exposed = lib.filterAttrs (_: service: service.exposed) enabled;

  # Services with faults of their own have no usable aggregate. Who reads one gets all the faults
  # instead of the first that evaluation happens upon.
  orReport = aggregate: let
    outcome = builtins.tryEval (builtins.deepSeq aggregate aggregate);
  in
    if outcome.success || failures == []
    then aggregate
    else throw ("\n" + lib.concatStringsSep "\n" failures);

  persistence = orReport (once (lib.concatLists (lib.mapAttrsToList (_: service: service.persistedData) enabled)));

  # Every directory once, as who says most of it has it.
  directoryOf = entry: entry.directory or entry;
  normal = path: "/" + lib.concatStringsSep "/" (lib.filter (part: part != "" && part != ".") (lib.splitString "/" path));
  once = entries: let
    groups = lib.groupBy (entry: normal (directoryOf entry)) entries;
  in
    map (directory: lib.findFirst lib.isAttrs (lib.head groups.${directory}) groups.${directory})
    (lib.unique (map (entry: normal (directoryOf entry)) entries));

  # Services that name the same job share it; one without paths is in none.
  backups =
    orReport (lib.mapAttrs (_: backupJob) (lib.groupBy (service: service.backupJob)
        (lib.filter (service: service.backupPaths != []) (lib.attrValues enabled))));

  # Field of a service → field of the repository's restic job (`qgroget.backups.<job>`).
  backupFields = {
    backupPaths = "paths";
    backupExclude = "exclude";
    backupUnits = "systemdUnits";
    backupPrepare = "preBackup";
    backupCleanup = "postBackup";
    backupPriority = "priority";
    backupRequiresNetwork = "requireNetwork";
  };

  # What no service of the job sets is left out, so that the job's own default stays.
  backupJob = services: let
    lists = field: lib.concatLists (lib.catAttrs field services);
    values = field: lib.filter (value: value != null) (lib.catAttrs field services);
    scripts = field: lib.concatStringsSep "\n" (lib.unique (values field));
    unless = nothing: lib.filterAttrs (_: value: value != nothing);
  in
    lib.mapAttrs' (field: lib.nameValuePair backupFields.${field}) (
      {backupPaths = once (lists "backupPaths");}
      // unless [] {
        backupExclude = lib.unique (lists "backupExclude");
        backupUnits = lib.unique (lists "backupUnits");
      }
      // unless "" {
        backupPrepare = scripts "backupPrepare";
        backupCleanup = scripts "backupCleanup";
      }
      // lib.optionalAttrs (values "backupPriority" != []) {
        backupPriority = lib.foldl' lib.min (lib.head (values "backupPriority")) (values "backupPriority");
      }
      // lib.optionalAttrs (values "backupRequiresNetwork" != []) {
        backupRequiresNetwork = lib.any lib.id (values "backupRequiresNetwork");
      }
    );

  databases = lib.concatLists (lib.mapAttrsToList
    (name: service: map (database: database // {service = name;}) service.databases)
    enabled);
  provisioned = lib.filter (database: database.provision && database.type == "postgresql") databases;

  postgresql = config.services.postgresql or {};
  postgresqlPort = let
    port = orElse null (postgresql.settings.port or postgresql.port or null);
  in
    if lib.isInt port
    then port
    else 5432;
  # Users as services.postgresql makes them: since 23.11 they can own the database of their own name; before, they had permissions.
  userOptions = (options.services.postgresql.ensureUsers.type.getSubOptions or (_: {})) [];
  ensuredUser = user: let
    names = map (database: database.name) (lib.filter (database: database.user == user) provisioned);
  in
    {name = user;}
    // (
      if userOptions ? ensurePermissions && !(userOptions ? ensureDBOwnership)
      then {ensurePermissions = lib.genAttrs (map (name: "DATABASE ${quoted name}") names) (_: "ALL PRIVILEGES");}
      else lib.optionalAttrs (lib.elem user names) {ensureDBOwnership = true;}
    );
  quoted = name: "\"${lib.replaceStrings ["\""] ["\"\""] name}\"";
  # What services.postgresql has no option for: owners of another name, and passwords, which no log and no argument shows.
  withPassword = lib.imap0 (index: database: database // {credential = "password-${toString index}";}) (lib.filter (database: database.passwordFile != null) provisioned);
  alterations =
    map (database: "ALTER DATABASE ${quoted database.name} OWNER TO ${quoted database.user};") (lib.filter (database: database.user != database.name) provisioned)
    ++ lib.concatMap (database: [
      "\\set password `cat \"$CREDENTIALS_DIRECTORY/${database.credential}\"`"
      "ALTER ROLE ${quoted database.user} WITH PASSWORD :'password';"
    ])
    withPassword;

  # Middlewares that any service may name. The definition goes to Traefik with the service that uses it,
  # unless a service or qgroget.contract.extraMiddlewares has one of the same name: that one holds.
  middlewareMap = {
    authelia.forwardAuth = {
      address = "http://127.0.0.1:9091/api/authz/forward-auth";
      trustForwardHeader = true;
      authResponseHeaders = ["Remote-User" "Remote-Groups" "Remote-Name" "Remote-Email"];
    };
    authentik.forwardAuth = {
      address = "http://127.0.0.1:9000/outpost.goauthentik.io/auth/traefik";
      trustForwardHeader = true;
      authResponseHeaders = ["X-authentik-username" "X-authentik-groups" "X-authentik-email" "X-authentik-name" "X-authentik-uid"];
    };
    chain-authelia.chain.middlewares = ["rate-limit" "authelia"];
    compress.compress = {};
    no-index.headers.customResponseHeaders.X-Robots-Tag = "noindex, nofollow";
    rate-limit.rateLimit = {
      average = 100;
      burst = 200;
    };
    security-headers.headers = {
      contentTypeNosniff = true;
      frameDeny = true;
      stsSeconds = 31536000;
    };
  };

  definedMiddlewares = service: orElse [] (lib.attrNames (service.traefikDynamicConfig.http.middlewares or {}));
  definedElsewhere =
    contract.extraMiddlewares
    ++ lib.concatMap definedMiddlewares (lib.attrValues otherServices ++ lib.attrValues enabled);

  # The predefined middlewares among these names, with those that a chain leads to.
  predefined = names: let
    known = lib.filter (name: middlewareMap ? ${name}) names;
    reached = known ++ lib.concatMap (name: middlewareMap.${name}.chain.middlewares or []) known;
    definitions = removeAttrs (lib.getAttrs reached middlewareMap) definedElsewhere;
  in
    lib.optionalAttrs (known != [] && definitions != {}) {http.middlewares = definitions;};

  # Enabled and exposed services for everything that reads a list of them: the Traefik generator, the
  # dashboard, log collectors, other hosts. The subdomain has both of the names that such readers use.
  # Persistence and backups stay empty: they have their own aggregates, and would count twice.
  services =
    lib.mapAttrs (_: service: {
      inherit (service) subdomain url type middlewares journalctl unitName logPath;
      name = service.subdomain;
      persistedData = [];
      backupDirectories = [];
      traefikDynamicConfig = lib.recursiveUpdate (predefined service.middlewares) service.traefikDynamicConfig;
    })
    exposed;

  # A complete dynamic configuration of Traefik, for when the legacy generator is gone.
  middlewareChain = service: contract.traefik.typeMiddlewares.${service.type} ++ service.middlewares;
  hostOf = service: lib.toLower "${lib.optionalString (service.subdomain != "") "${service.subdomain}."}${service.domain}";
  # Every name below a domain, in the syntax of the Traefik that runs: it is another one since version 3.
  anyBelow = domain:
    if lib.versionOlder (config.services.traefik.package.version or "3") "3"
    then "HostRegexp(`{any:[^.]+}.${domain}`)"
    else "HostRegexp(`^[^.]+\\.${lib.escapeRegex domain}$`)";
  isWildcard = lib.hasPrefix "*.";
  traefikDynamicConfig = let
    router = name: service:
      {
        rule =
          if isWildcard (hostOf service)
          then anyBelow (lib.removePrefix "*." (hostOf service))
          else "Host(`${hostOf service}`)";
        service = name;
        inherit (contract.traefik) entryPoints;
        tls =
          lib.optionalAttrs (contract.traefik.certResolver != null) {inherit (contract.traefik) certResolver;}
          # Private means mutual TLS: these options ask for a client certificate.
          // lib.optionalAttrs (service.type == "private") {options = contract.traefik.privateTlsOptions;};
      }
      # Longer rules come first; the names that are written out go before the wildcard.
      // lib.optionalAttrs (isWildcard (hostOf service)) {priority = 1;}
      // lib.optionalAttrs (middlewareChain service != []) {middlewares = middlewareChain service;};
    generated = lib.optionalAttrs (exposed != {}) {
      http = {
        routers = lib.mapAttrs router exposed;
        services = lib.mapAttrs (_: service: {loadBalancer.servers = [{inherit (service) url;}];}) exposed;
      };
    };
  in
    lib.foldl' lib.recursiveUpdate generated (
      [(predefined (lib.concatMap middlewareChain (lib.attrValues exposed)))]
      ++ lib.catAttrs "traefikDynamicConfig" (lib.attrValues exposed)
    );

  # ── 2. Checks ──────────────────────────────────────────────────────────────────────────

  # A fault in one field throws as soon as the field is read, and a field that the schema does not know
  # makes its whole service throw. To gather all faults, the checks read `declared`: the same services,
  # unknown fields ignored, with only those fields that evaluate.
  modules = options.qgroget.serviceModules;
  fields = modules.type.getSubOptions [];
  schema = lib.filterAttrs (_: lib.isOption) fields;

  tolerant = modules.type.substSubModules (modules.type.getSubModules ++ [{_module.check = false;}]);
  attempts =
    lib.mapAttrs (_: service: lib.mapAttrs (field: _: attempt service.${field}) schema)
    (lib.modules.mergeDefinitions modules.loc tolerant modules.definitionsWithLocations).mergedValue;
  attempt = value:
    builtins.tryEval (
      if lib.isList value
      then builtins.deepSeq value value
      else value
    );
  declared = lib.mapAttrs (_: fields: lib.mapAttrs (_: each: each.value) (lib.filterAttrs (_: each: each.success) fields)) attempts;

  # What the modules wrote, before types and defaults: service → field → definitions.
  definitionsIn = definitions:
    lib.mapAttrs (_: each: (lib.modules.mergeDefinitions [] types.raw each).defsFinal)
    (lib.foldAttrs (definition: others: [definition] ++ others) [] (map
      (definition: lib.mapAttrs (_: value: definition // {inherit value;}) definition.value)
      (lib.filter (definition: lib.isAttrs definition.value) definitions)));
  written = lib.mapAttrs (_: definitionsIn) (definitionsIn modules.definitionsWithLocations);

  # Every message ends with a line that can be pasted.
  show = lib.generators.toPretty {multiline = false;};
  fix = service: field: value: "\n  Fix: qgroget.serviceModules.${lib.strings.escapeNixIdentifier service}.${field} = ${value};";
  example = service: field: let
    given = schema.${field}.example or "…";
  in
    lib.replaceStrings ["jellyfin"] [service] (given.text or (show given));
  # What a slip of the pen most likely meant; null where nothing is near.
  nearestTo = name: names: let
    distance = lib.strings.levenshtein name;
    near = lib.sort (a: b: distance a < distance b) (lib.filter (each: lib.strings.levenshteinAtMost 2 name each) names);
  in
    if near == []
    then null
    else lib.head near;
  pairs = list: lib.concatLists (lib.imap1 (i: a: map (b: {inherit a b;}) (lib.drop i list)) list);
  forEachService = check: lib.concatLists (lib.mapAttrsToList check declared);

  # Required fields, types and unknown fields.
  otherNames = {
    middlewares = "middleware";
    backupPaths = "backupDirectories";
  };
  # Services that nothing can be read from. What reads whether one is enabled does not evaluate either,
  # through no fault of its own.
  unreadable = lib.filter (name: orElse null config.qgroget.serviceModules.${name}.enable == null) (lib.attrNames written);
  fieldFailures = name: let
    # A definition whose condition does not hold is none, but its name is still checked.
    definitions = lib.filterAttrs (_: each: orElse true (each != [])) written.${name};
    failed = lib.filterAttrs (_: each: !each.success) attempts.${name};
    faulty = field: let
      own = definitions.${field} or [];
      # Null where a definition does not evaluate.
      shown = orElse null (lib.concatMapStringsSep ", " (definition: show definition.value) own);
      fits = takes field;
      # A field can also fail because of another one, which then has the message.
      follows =
        (field == "port" && failed ? exposed)
        || (field == "url" && failed ? port)
        || definitions ? ${otherNames.${field} or ""}
        || (shown == null && unreadable != []);
      isNull = lib.elem field ["port" "url"] && lib.all (definition: definition.value == null) own;
    in
      if follows && (shown == null || lib.all fits own)
      then null
      else if !(definitions ? ${field})
      then (contract.requiredFields.${field} or (_: null)) name
      else if schema.${field}.readOnly or false
      then "Service '${name}' sets field '${field}', which is read-only: leave it out"
      else if shown == null
      then "Service '${name}' has a value in field '${field}' that does not evaluate" + fix name field (example name field)
      else if isNull
      then contract.requiredFields.port name
      else if lib.all fits own
      then "Service '${name}' has several values in field '${field}': ${shown}" + fix name field (show (lib.head own).value)
      else "Service '${name}' has a wrong value in field '${field}': expected ${schema.${field}.type.description}, got ${shown}" + fix name field (example name field);
    takes = field: definition: (attempt (lib.modules.mergeDefinitions [] schema.${field}.type [definition]).mergedValue).success;
    unknown = field: let
      own = definitions.${field} or [];
      value =
        if definitions ? ${field}
        then orElse "…" (show (lib.head own).value)
        else "…";
      # A field that would not take the value was not meant; of one that does not evaluate it is not known.
      couldBe = known: orElse true (lib.all (takes known) own);
      nearest = nearestTo field (lib.filter couldBe (lib.attrNames schema));
    in
      if nearest != null
      then "Service '${name}' has unknown field '${field}': did you mean '${nearest}'?" + fix name nearest value
      else "Service '${name}' has unknown field '${field}': the contract has no such field" + fix name "extraConfig.${lib.strings.escapeNixIdentifier field}" value;
    twice = field: other:
      lib.optional (definitions ? ${field} && definitions ? ${other} && !(failed ? ${field}))
      ("Service '${name}' sets both '${field}' and its other name '${other}': keep one" + fix name field (show declared.${name}.${field}));
    found =
      lib.filter (message: message != null) (map faulty (lib.attrNames failed))
      ++ map unknown (lib.attrNames (removeAttrs written.${name} (lib.attrNames fields)))
      ++ lib.concatLists (lib.mapAttrsToList twice otherNames);
  in
    if lib.all (field: failed ? ${field}) (lib.attrNames schema)
    then lib.singleton ("Service '${name}' is not a set of fields" + fix name "enable" "true")
    # Fields can also come from a function, whose names are not to be had in advance.
    else if found == [] && orElse null config.qgroget.serviceModules.${name} == null
    then lib.singleton ("Service '${name}' has an unknown field" + fix name "extraConfig" "{}")
    else found;

  # A URL in its parts, null where it is none. A port that is not written is that of the scheme.
  parseUrl = url: let
    parts = builtins.match "([A-Za-z][A-Za-z0-9+.-]*)://([^/?#@]*@)?(\\[([0-9A-Fa-f:.]+)(%[^]]*)?]|[^][:space:]/?#@:[]+)(:0*([1-9][0-9]{0,4})?)?([/?#].*)?" url;
    part = lib.elemAt parts;
    port =
      if lib.elem (part 5) [null ":"]
      then
        {
          http = 80;
          h2c = 80;
          https = 443;
        }
        .${
          lib.toLower (part 0)
        }
        or null
      else if part 6 == null
      then 0
      else builtins.fromJSON (part 6);
    orNothing = text:
      if text == null
      then ""
      else text;
  in
    if parts == null || (port != null && (port == 0 || port > 65535))
    then null
    else {
      inherit port;
      host = lib.toLower (
        if part 3 == null
        then part 2
        else part 3
      );
      withPort = port: "${part 0}://${orNothing (part 1)}${part 2}:${port}${orNothing (part 7)}";
    };
  # This machine, by any of its names: the whole of 127.0.0.0/8, ::1 and :: in each of their forms, IPv4 within IPv6.
  isLocal = host:
    lib.any (form: builtins.match form host != null) [
      "(.*\\.)?localhost\\.?|ip6-(localhost|loopback)"
      "127(\\.[0-9]+){1,3}|0(\\.0){0,3}"
      "[0:]*:0{0,3}1|[0:]*:[0:]*"
      "[0:]*:ffff:(127(\\.[0-9]+){3}|0\\.0\\.0\\.0|7f[0-9a-f]{2}:[0-9a-f]{1,4}|0{1,4}:0{1,4})"
    ];
  urlOf = service:
    if lib.isString (service.url or null)
    then parseUrl service.url
    else null;

  # Ports: those a service listens on, and those its url leads to on this machine. Where the url leads elsewhere,
  # so does the port.
  portsOf = movable: name: service: let
    url = urlOf service;
    isHere = url != null && isLocal url.host;
    claim = field: port: {inherit name movable field port;};
  in
    lib.optional (!lib.elem (service.port or null) [null 0] && (url == null || isHere)) (claim "port" service.port)
    ++ lib.optional (isHere && url.port != null && url.port != service.port or null) (claim "url" url.port);
  # Ports on which other parts of the configuration listen. A port that is only opened in the firewall is nobody's.
  # Values that are not known have another type, and say nothing.
  listeners = let
    isOn = service: orElse false (service.enable or false) == true;
    known = value: let
      list = orElse [] (builtins.deepSeq value value);
    in
      lib.optionals (lib.isList list) list;
    on = name: service: option: ports:
      lib.optionals (isOn service) (map (port: {
        name = "services.${name}";
        movable = false;
        field = null;
        inherit port;
        # The files that turn it on, or say the port.
        files = lib.concatMap (path: lib.attrByPath (path ++ ["files"]) [] (options.services.${name} or {})) [["enable"] option];
      }) (lib.filter lib.isInt (known ports)));
    sshd = config.services.openssh or {};
    traefik = config.services.traefik or {};
    # An address of an entry point: of one address of the machine alone, it takes the port from nobody here.
    portOf = address: let
      parts = builtins.match "(.*):0*([1-9][0-9]{0,4})(/tcp)?" (toString address);
      host = lib.removeSuffix "]" (lib.removePrefix "[" (lib.head parts));
    in
      lib.optional (parts != null && (host == "" || isLocal host)) (builtins.fromJSON (lib.elemAt parts 1));
    static = lib.findFirst (path: lib.hasAttrByPath path (options.services.traefik or {})) ["staticConfigOptions"] [["install" "settings"] ["static" "settings"]];
    entryPoints = let
      points = lib.attrByPath (static ++ ["entryPoints"]) {} traefik;
    in
      lib.optionals (lib.isAttrs points) (lib.attrValues points);
  in
    # sshd listens on its ports at each address that is given without one; at one address alone, it leaves the port to others.
    on "openssh" sshd ["ports"] (lib.concatMap (listen:
        lib.optionals (listen.addr or null == null || isLocal listen.addr) (
          if listen.port or null != null
          then [listen.port]
          else known (sshd.ports or [])
        ))
      (lib.filter lib.isAttrs (
        if (sshd.listenAddresses or []) == []
        then [{}]
        else known sshd.listenAddresses
      )))
    ++ on "postgresql" postgresql ["settings"] [postgresqlPort]
    ++ lib.optionals (orElse null (traefik.staticConfigFile or null) == null) (
      on "traefik" traefik static (lib.concatMap (point: portOf (point.address or "")) entryPoints)
    );
  # Who runs it, by its name, its unit, or the file that says the port of both.
  runs = claim: listener: let
    own = lib.removePrefix "services." listener.name;
    unit = declared.${claim.name}.unitName or "";
    files = map (definition: definition.file) (written.${claim.name}.${claim.field} or []);
  in
    claim.name
    == own
    || lib.elem unit ["${own}.service" "${own}.socket"]
    || (own == "openssh" && lib.elem unit ["sshd.service" "sshd.socket"])
    || lib.intersectLists files (lib.remove "<unknown-file>" listener.files) != [];

  # Legacy services that have a backend.
  routed = lib.filterAttrs (_: service: orElse "" (toString (service.url or "")) != "") otherServices;
  claims = lib.sort (a: b: a.name < b.name) (
    forEachService (portsOf true)
    ++ lib.concatLists (lib.mapAttrsToList (name: service: portsOf false name {inherit (service) url;}) routed)
    ++ listeners
  );
  # Every two with the same key, unless neither has a contract, or one is the legacy form of the other.
  conflicts = key: claims:
    lib.filter ({
      a,
      b,
    }:
      (a.movable || b.movable) && a.name != b.name)
    (lib.concatMap pairs (lib.attrValues (lib.groupBy key claims)));
  clashes = let
    isOwn = {
      a,
      b,
    }:
      (b.field == null && runs a b) || (a.field == null && runs b a);
  in
    lib.filter (clash: !isOwn clash) (conflicts (claim: toString claim.port) claims);
  # The later of two moves, unless it is a legacy service; each that moves gets a free port of its own.
  moves = {
    a,
    b,
  }:
    if b.movable
    then b
    else a;
  freePort = taken: port:
    if lib.elem port taken
    then
      freePort taken (
        if port == 65535
        then 1024
        else port + 1
      )
    else port;
  newPorts = lib.foldl' (found: claim: let
    port = freePort (map (each: each.port) claims ++ lib.attrValues found) claim.port;
  in
    {"${claim.name} ${claim.field}" = port;} // found) {} (map moves clashes);
  portFailures = lib.unique (map (clash: let
    claim = moves clash;
    port = toString newPorts."${claim.name} ${claim.field}";
  in
    "Port ${toString claim.port} conflict between '${clash.a.name}' and '${clash.b.name}'"
    + fix claim.name claim.field (
      if claim.field == "port"
      then port
      else show ((urlOf declared.${claim.name}).withPort port)
    ))
  clashes);

  # Values of the right type that have not the right form.
  formFailures = let
    label = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?";
    names = "${label}(\\.${label})*";
    # Where values of other modules are not known, their names stand for them: `<config.services.…>`.
    isKnown = text: builtins.match ".*<.+>.*" text == null;
    is = form: text: !isKnown text || builtins.match form text != null;
    wrong = name: field: expected: value: line: "Service '${name}' has a wrong value in field '${field}': expected ${expected}, got ${show value}" + fix name field line;
    domainExample =
      if config.qgroget ? server.domain
      then "config.qgroget.server.domain"
      else ''"example.org"'';
  in
    forEachService (name: service:
      lib.optional (service ? domain && !is names service.domain)
      (wrong name "domain" "a domain name" service.domain domainExample)
      ++ lib.optional (service ? subdomain && !is "(\\*|(\\*\\.)?${names})?" service.subdomain)
      (wrong name "subdomain" "a subdomain, \"*\" or the empty string" service.subdomain (show (
        if is names name
        then name
        else "service"
      )))
      ++ lib.optional (service.port or null == 0)
      (wrong name "port" "a port between 1 and 65535" 0 (example name "port"))
      ++ lib.optional (lib.isString (service.url or null) && (service.port or null != 0 || written.${name} ? url) && isKnown service.url && urlOf service == null)
      (wrong name "url" "a URL with a scheme and a host" service.url (example name "url"))
      ++ lib.optional (lib.isString (service.dataDir or null) && !is "/.*" service.dataDir)
      (wrong name "dataDir" "an absolute path" service.dataDir (show "/${service.dataDir}"))
      ++ lib.concatMap (field: let
        list = service.${field} or [];
        relative = lib.filter (entry: !is "/.*" (directoryOf entry)) list;
        absolute = entry:
          if !lib.elem entry relative
          then entry
          else if lib.isString entry
          then "/${entry}"
          else entry // {directory = "/${entry.directory}";};
        # The data directory is told already.
        follows = field == "persistedData" && !(written.${name} ? ${field});
      in
        lib.optional (relative != [] && !follows)
        (wrong name field "absolute paths" (directoryOf (lib.head relative)) (show (map absolute list)))) ["persistedData" "backupPaths"]);

  # Directories that are persisted twice, each time otherwise.
  persistenceFailures = let
    entries = forEachService (name: service:
      map (entry: {
        inherit name entry;
        key = normal (directoryOf entry);
      }) (lib.filter lib.isAttrs (service.persistedData or [])));
    differ = {
      a,
      b,
    }:
      removeAttrs a.entry ["directory"] != removeAttrs b.entry ["directory"];
    text = {
      a,
      b,
    }:
      "Directory '${a.key}' is persisted twice, with other attributes each time, by '${a.name}' and '${b.name}'"
      + fix b.name "persistedData" (show (lib.remove b.entry declared.${b.name}.persistedData));
  in
    map text (lib.filter differ (lib.concatMap pairs (lib.attrValues (lib.groupBy (each: each.key) entries))));

  # Routes: no two services have the same host.
  hosts = let
    domain = orElse null (config.qgroget.server.domain or null);
    # The field has either name in a legacy schema.
    legacySubdomain = service:
      if service.subdomain or "" != ""
      then service.subdomain
      else if service.name or "" != ""
      then service.name
      else if service ? subdomain && !(service ? name)
      then ""
      else null;
    host = movable: name: service: {
      inherit name movable;
      host = hostOf service;
    };
  in
    lib.sort (a: b: a.name < b.name) (
      forEachService (name: service: lib.optional (service.exposed or false && service ? domain && service ? subdomain) (host true name service))
      ++ lib.concatLists (lib.mapAttrsToList (name: service: let
        subdomain = orElse null (legacySubdomain service);
      in
        lib.optional (domain != null && subdomain != null) (host false name {inherit domain subdomain;}))
      routed)
    );
  hostFailures = let
    clashes = conflicts (each: each.host) hosts;
    free = taken: name: number: let
      subdomain = name + lib.optionalString (number > 1) "-${toString number}";
    in
      if lib.elem (hostOf (declared.${name} // {inherit subdomain;})) taken
      then free taken name (number + 1)
      else subdomain;
    text = {
      a,
      b,
    } @ clash: let
      moved = moves clash;
    in
      "Host '${moved.host}' conflict between '${a.name}' and '${b.name}'"
      + fix moved.name "subdomain" (show (free (map (each: each.host) hosts) moved.name 1));
  in
    lib.unique (map text clashes);

  # Names in Traefik's configuration: what two define differently, one of them does not have. The routes that the
  # collector generates count where they go to Traefik; before that, one service generates those of all, which they extend.
  nameFailures = let
    kinds =
      lib.concatMap (protocol: map (kind: [protocol kind]) ["routers" "services" "middlewares" "serversTransports"]) ["http" "tcp" "udp"]
      ++ [["tls" "options"]];
    routeKinds = [["http" "routers"] ["http" "services"]];
    named = movable: name: kind: set:
      lib.mapAttrsToList (key: value: {inherit name movable kind key value;}) (
        if lib.isAttrs set
        then set
        else {}
      );
    own = movable: name: service:
      lib.concatMap (kind: named movable name kind (orElse {} (lib.attrByPath kind {} (service.traefikDynamicConfig or {})))) kinds;
    routes = lib.optionals contract.traefik.enable (forEachService (name: service:
      lib.optionals (service.exposed or false) (map (kind: {
          inherit name kind;
          movable = false;
          key = name;
          value = null;
        })
        routeKinds)));
    all = lib.sort (a: b: a.name < b.name) (routes ++ forEachService (own true) ++ lib.concatLists (lib.mapAttrsToList (own false) otherServices));
    differ = {
      a,
      b,
    }:
      (contract.traefik.enable || !lib.elem a.kind routeKinds || !lib.elem a.key [a.name b.name])
      && orElse false (builtins.deepSeq [a.value b.value] (a.value != b.value));
    text = {
      a,
      b,
    } @ clash: let
      moved = moves clash;
      kind = lib.concatStringsSep "." moved.kind;
    in
      "Duplicate ${kind} '${moved.key}' in the Traefik configuration of '${a.name}' and '${b.name}'"
      + fix moved.name (lib.concatMapStringsSep "." lib.strings.escapeNixIdentifier (["traefikDynamicConfig"] ++ moved.kind ++ ["${moved.name}-${moved.key}"])) (show moved.value);
  in
    lib.unique (map text (lib.filter differ (conflicts (each: lib.concatStringsSep " " (each.kind ++ [each.key])) all)));

  # Private services ask for client certificates by TLS options, which have to be there. Traefik has those that are called
  # default without anybody defining them (its documentation, TLS Options).
  tlsFailures = let
    wanted = contract.traefik.privateTlsOptions;
    private = lib.attrNames (lib.filterAttrs (_: service: service.exposed or false && service.type or null == "private") declared);
    defined = service: orElse [] (lib.attrNames (service.traefikDynamicConfig.tls.options or {}));
    known = lib.concatMap defined ([{traefikDynamicConfig = traefikSettings;}] ++ lib.attrValues otherServices ++ lib.attrValues running);
  in
    lib.optional (contract.traefik.enable && private != [] && !lib.elem wanted (["default"] ++ known) && !lib.hasInfix "@" wanted && !readsFile)
    ("Unknown TLS options '${wanted}' in qgroget.contract.traefik.privateTlsOptions, which private services have: ${lib.concatMapStringsSep ", " (name: "'${name}'") private}"
      + "\n  Fix: ${lib.concatStringsSep "." (["services" "traefik"] ++ traefikOption)}.tls.options.${lib.strings.escapeNixIdentifier wanted}.clientAuth = { caFiles = [ \"/path/to/ca.crt\" ]; clientAuthType = \"RequireAndVerifyClientCert\"; };");

  # A service is declared in one of the two patterns: what both say of it would be there twice.
  bothFailures = let
    persists = service: map (entry: normal (directoryOf entry)) (orElse [] (let paths = service.persistedData or []; in builtins.deepSeq paths paths));
    isTwice = name: service:
      (service.exposed or false && routed ? ${name})
      || lib.intersectLists (persists service) (persists otherServices.${name}) != [];
  in
    forEachService (name: service:
      lib.optional (service.enable or false && otherServices ? ${name} && isTwice name service)
      ("Service '${name}' is enabled by its contract and declared in the legacy pattern as well: keep one" + fix name "enable" "false"));

  # Databases: each is used by one service, and what is to be created can be, and be connected to.
  databaseFailures = let
    all = forEachService (service: {databases ? [], ...}: map (database: {inherit service database databases;}) databases);
    isHere = host: lib.hasPrefix "/" host || isLocal host;
    # Containers have names of their own for the machine that they run on.
    isMachine = host: isHere host || lib.elem host ["host.containers.internal" "host.docker.internal"];
    # Redis has one socket for each server, the others have them beside their port.
    server = database:
      if isHere database.host && !(database.type == "redis" && lib.hasPrefix "/" database.host)
      then "here ${toString database.port}"
      else "${lib.toLower database.host} ${toString database.port}";
    # A file's path that does not begin at the root begins somewhere in its service.
    key = {
      service,
      database,
      ...
    }:
      if database.type != "sqlite"
      then "${database.type} ${server database} ${database.name}"
      else if lib.hasPrefix "/" database.name
      then "sqlite ${normal database.name}"
      else "sqlite ${service} ${database.name}";
    withName = name: database:
      database
      // {
        inherit name;
        user =
          if database.user == database.name
          then name
          else database.user;
      };
    text = {
      service,
      database,
      databases,
    }: change:
      fix service "databases" (show (map (each:
        lib.filterAttrs (field: value: field != "passwordFile" || value != null) (
          if each == database
          then change each
          else each
        ))
      databases));
    # Databases of redis are numbers.
    unused = {
      service,
      database,
      ...
    }: let
      taken = map (each: each.database.name) (lib.filter (each: each.database.type == "redis" && server each.database == server database) all);
    in
      if database.type == "redis" && builtins.match "[0-9]+" database.name != null
      then toString (lib.findFirst (number: !lib.elem (toString number) taken) 0 (lib.range 0 (lib.length all)))
      else "${database.name}_${lib.replaceStrings ["-"] ["_"] service}";
    duplicate = {
      a,
      b,
    }:
      "Duplicate database name '${b.database.name}' declared by '${a.service}' and '${b.service}'"
      + text b (withName (unused b));
    creation = {
      service,
      database,
      ...
    } @ each: let
      asks = "Service '${service}' asks for database '${database.name}' to be created";
      # Whoever may connect without a password is said there.
      trusts = lib.hasInfix "trust" (orElse "trust" (postgresql.authentication or ""));
    in
      if !database.provision
      then []
      else if database.type != "postgresql"
      then ["${asks}: that works for postgresql only, not ${database.type}${text each (database: database // {provision = false;})}"]
      else if !isMachine database.host
      then ["${asks} on this machine, but connects to '${database.host}'${text each (database: database // {provision = false;})}"]
      else if database.port != postgresqlPort
      then ["${asks}, but connects to port ${toString database.port}, and PostgreSQL listens on ${toString postgresqlPort}${text each (database: database // {port = postgresqlPort;})}"]
      else
        lib.optional (!lib.hasPrefix "/" database.host && database.passwordFile == null && !trusts)
        "${asks}, and connects by TCP without a password: nobody can log in${text each (database: database // {passwordFile = "/run/secrets/server/${service}/database-password";})}";
  in
    map duplicate (lib.concatMap pairs (lib.attrValues (lib.groupBy key all)))
    ++ lib.concatMap creation all;

  # Middlewares: a service's own, those of legacy and of other enabled services, predefined and extra ones. A name with
  # a provider (`x@file`) is that provider's.
  running = lib.filterAttrs (_: service: service.enable or false) declared;
  middlewareFailures = let
    shared =
      lib.attrNames middlewareMap
      ++ contract.extraMiddlewares
      ++ definedMiddlewares {traefikDynamicConfig = traefikSettings;}
      ++ lib.concatMap definedMiddlewares (lib.attrValues otherServices ++ lib.attrValues running);
    check = place: own: names: line: let
      valid = lib.sort lib.lessThan (lib.unique (shared ++ own));
      # With a slip mended; or else as one that exists elsewhere, without which Traefik serves nothing.
      mended = middleware: let
        nearest = nearestTo middleware valid;
      in
        if nearest == null
        then "\n  Fix: qgroget.contract.extraMiddlewares = ${show [middleware]};"
        else
          line (show (map (each:
            if each == middleware
            then nearest
            else each)
          names));
    in
      map (middleware:
        "Unknown middleware '${middleware}' in ${place}\n  Valid middlewares: ${lib.concatStringsSep ", " valid}" + mended middleware)
      (lib.filter (name: !lib.hasInfix "@" name) (lib.subtractLists valid names));
  in
    forEachService (name: service: check "service '${name}'" (definedMiddlewares service) (service.middlewares or []) (fix name "middlewares"))
    ++ lib.concatLists (lib.mapAttrsToList (type: names: let
      place = "qgroget.contract.traefik.typeMiddlewares.${type}";
    in
      check place [] names (value: "\n  Fix: ${place} = ${value};"))
    contract.traefik.typeMiddlewares);

  # Dependencies. One of a service that is itself disabled may be disabled too, as long as it is declared.
  dependencyFailures = forEachService (name: service: let
    isOn = service: orElse false (service.enable or false) == true;
    # Redis runs as one server or several.
    upstream = dependency:
      isOn (config.services.${dependency} or {})
      || (dependency == "redis" && lib.any isOn (lib.attrValues (orElse {} (config.services.redis.servers or {}))));
    # The collector enables PostgreSQL for a service whose database it creates.
    provides = dependency:
      dependency == "postgresql" && lib.any (database: database.provision && database.type == "postgresql") (service.databases or []);
    satisfied = dependency:
      (declared ? ${dependency} && (!(service.enable or false) || declared.${dependency}.enable or false))
      || otherServices ? ${dependency}
      || provides dependency
      || upstream dependency;
    enableLine = dependency:
      if !(declared ? ${dependency}) && accepts ["services" dependency "enable"] options
      then "\n  Fix: services.${lib.strings.escapeNixIdentifier dependency}.enable = true;"
      else fix dependency "enable" "true";
    named = service.dependsOn or [];
    others = dependency: fix name "dependsOn" (show (lib.remove dependency (lib.unique named)));
    twice = lib.filter (dependency: lib.count (each: each == dependency) named > 1) (lib.unique named);
    circle = circleOf name;
  in
    lib.optional (lib.elem name named) ("Service '${name}' depends on itself" + others name)
    ++ map (dependency: "Service '${name}' names its dependency '${dependency}' twice" + fix name "dependsOn" (show (lib.unique named))) twice
    ++ lib.optional (circle != null) (
      "Services depend on each other in a circle: ${lib.concatMapStringsSep " → " (each: "'${each}'") (circle ++ [name])}"
      + fix (lib.last circle) "dependsOn" (show (lib.remove name (lib.unique declared.${lib.last circle}.dependsOn)))
    )
    ++ map (dependency: "Service '${name}' depends on '${dependency}' which is not enabled" + enableLine dependency)
    (lib.filter (dependency: !satisfied dependency) (lib.unique named)));
  # The shortest circle of services whose first by name this one is; null where there is none.
  circleOf = name: let
    needed = service: lib.filter (dependency: dependency > name) (declared.${service}.dependsOn or []);
    reached = builtins.genericClosure {
      startSet = [
        {
          key = name;
          path = [name];
        }
      ];
      operator = each:
        map (dependency: {
          key = dependency;
          path = each.path ++ [dependency];
        })
        (needed each.key);
    };
    closing = lib.filter (each: each.key != name && lib.elem name (declared.${each.key}.dependsOn or [])) reached;
  in
    if closing == []
    then null
    else (lib.head closing).path;

  # Backup settings that the repository's own jobs have no option for would be lost without a word.
  # And so would those of a service that backs nothing up.
  idleFailures = forEachService (name: service:
    map (field:
      "Service '${name}' sets '${field}', but backs nothing up: 'backupPaths' is empty"
      + fix name "backupPaths" (show [
        (
          if lib.isString (service.dataDir or null)
          then service.dataDir
          else "/var/lib/${name}"
        )
      ]))
    (lib.filter (field: service.backupPaths or null == [] && !lib.elem (service.${field} or null) [null []])
      ["backupCleanup" "backupExclude" "backupPrepare" "backupUnits"]));
  jobOptions = options.qgroget.backups.type.getSubOptions [];
  backupFailures = lib.optionals (takesBackups && jobOptions != {} && !(jobOptions ? _freeformOptions)) (forEachService (name: service:
    map (field: "Service '${name}' sets '${field}', but qgroget.backups.<job> has no option '${backupFields.${field}}' to take it\n  Fix: declare that option, or leave '${field}' out")
    (lib.filter (field:
      !(jobOptions ? ${backupFields.${field}})
      && !(lib.elem (service.${field} or null) [null []]))
    (lib.attrNames backupFields))));

  failures =
    lib.concatMap fieldFailures (lib.attrNames declared)
    ++ bothFailures
    ++ formFailures
    ++ persistenceFailures
    ++ portFailures
    ++ hostFailures
    ++ nameFailures
    ++ tlsFailures
    ++ databaseFailures
    ++ middlewareFailures
    ++ dependencyFailures
    ++ idleFailures
    ++ backupFailures;

  # ── 3. Options ─────────────────────────────────────────────────────────────────────────

  result = description: example: value:
    mkOption {
      type = types.raw;
      readOnly = true;
      default = value;
      defaultText = (lib.literalMD or (text: text)) "computed from the contracts";
      inherit description example;
    };

  # ── 4. Effects ─────────────────────────────────────────────────────────────────────────

  # Whether an option at this path is declared, or one above it that holds anything.
  accepts = path: declared:
    lib.isOption declared
    || path == []
    || (declared ? ${lib.head path} && accepts (lib.tail path) declared.${lib.head path});
  # Where Traefik takes its dynamic configuration: the option has had three names.
  traefikOption = lib.findFirst (path: lib.hasAttrByPath path (options.services.traefik or {})) ["dynamicConfigOptions"] [
    ["routing" "settings"]
    ["dynamic" "settings"]
  ];
  traefikSettings = lib.attrByPath traefikOption {} (config.services.traefik or {});
  # A file in place of these options, of which nothing is known.
  readsFile = let
    file = path: orElse null (lib.attrByPath path null (config.services.traefik or {})) != null;
  in
    lib.any file [["dynamicConfigFile"] ["dynamic" "file"] ["routing" "file"]];
  # With the priority of defaults: what a person writes into Traefik's own options holds, and a middleware as a whole.
  yielding = settings: let
    protocol = name: value:
      if lib.isAttrs value && value ? middlewares
      then lib.mapAttrsRecursive (_: lib.mkDefault) (removeAttrs value ["middlewares"]) // {middlewares = lib.mapAttrs (_: lib.mkDefault) value.middlewares;}
      else lib.mapAttrsRecursive (_: lib.mkDefault) {${name} = value;}.${name};
  in
    lib.mapAttrs protocol settings;
  persistenceOption = ["environment" "persistence"];
  takesPersistence = accepts persistenceOption options;
  # The module that declares it.
  persisting =
    if lib.head persistenceOption == "preservation"
    then "preservation"
    else "impermanence";
  takesBackups = accepts ["qgroget" "backups"] options;
in {
  options.qgroget.collector = {
    enabled = result "Names of the enabled services." ["jellyfin"] (lib.attrNames enabled);
    persistence = result "Directories to persist, as environment.persistence takes them." ["/var/lib/jellyfin"] persistence;
    backups = result "Backup jobs of the enabled services." {jellyfin.paths = ["/var/lib/jellyfin"];} backups;
    databases = result "Databases of the enabled services." [{name = "immich";}] databases;
    services = result "Enabled and exposed services, for everything that reads a list of them." {jellyfin.subdomain = "jellyfin";} services;
    traefikDynamicConfig = result "Traefik dynamic configuration of the enabled and exposed services." {http.routers.jellyfin.service = "jellyfin";} traefikDynamicConfig;
    failures = result "What is wrong with the contracts, of disabled services too." [] failures;
    otherServices = mkOption {
      type = types.lazyAttrsOf types.raw;
      default = {};
      internal = true;
      example = {git.url = "http://127.0.0.1:3000";};
      description = "Services of the legacy pattern, in the form of `services`: the checks count their hosts, ports, middlewares and names.";
    };
  };

  config = lib.mkMerge [
    {
      assertions =
        map (message: {
          assertion = false;
          inherit message;
        })
        failures;
      warnings =
        lib.optional (!takesPersistence && persistence != [])
        "Services declare persistedData, but nothing persists it: environment.persistence is no option here (${persisting} is not imported)."
        ++ lib.optional (!takesBackups && backups != {})
        "Services declare backupPaths, but nothing backs them up: qgroget.backups is no option here.";
    }
    (lib.optionalAttrs takesPersistence {
      environment.persistence = lib.mkIf (persistence != []) {
        ${contract.persistenceRoot}.directories = persistence;
      };
    })
    (lib.optionalAttrs takesBackups {
      qgroget.backups = backups;
    })
    (lib.optionalAttrs (accepts ["services" "postgresql"] options) {
      services.postgresql = lib.mkIf (provisioned != []) {
        enable = true;
        ensureDatabases = map (database: database.name) provisioned;
        ensureUsers = map ensuredUser (lib.unique (map (database: database.user) provisioned));
      };
    })
    (lib.optionalAttrs (accepts ["systemd" "services"] options) {
      systemd.services = lib.mkIf (alterations != []) {
        contract-databases = {
          description = "Owners and passwords of the services' databases";
          wantedBy = ["multi-user.target"];
          requires = ["postgresql.service"];
          # Since 25.11 databases and users are made by a unit of their own.
          after = ["postgresql.service" "postgresql-setup.service"];
          before = lib.unique (lib.filter (unit: unit != "") (map (database: enabled.${database.service}.unitName) provisioned));
          path = lib.optional (postgresql ? package) postgresql.package;
          script = lib.concatStringsSep "\n" (
            ["psql --no-psqlrc --set=ON_ERROR_STOP=1 --port=${toString postgresqlPort} --dbname=postgres <<'END'"]
            ++ alterations
            ++ ["END"]
          );
          serviceConfig = {
            Type = "oneshot";
            User = "postgres";
            LoadCredential = map (database: "${database.credential}:${database.passwordFile}") withPassword;
          };
        };
      };
    })
    (lib.optionalAttrs (accepts ["services" "traefik"] options) {
      services.traefik = lib.mkIf contract.traefik.enable (lib.setAttrByPath traefikOption (yielding traefikDynamicConfig));
    })
  ];
}
