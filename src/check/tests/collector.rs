//! Faults that the collector finds as well: the same words, compared by evaluation where nix is at hand.

use std::process::Command;

use super::{Homelab, REQUIRED, codes, errors};

/// A repository, the codes of what is wrong with it, and the messages (`None` where the wording is compared by
/// evaluation alone).
struct Case {
    name: &'static str,
    homelab: Homelab,
    codes: &'static [&'static str],
    texts: &'static [&'static str],
}

fn case(name: &'static str, homelab: Homelab, codes: &'static [&'static str], texts: &'static [&'static str]) -> Case {
    Case {
        name,
        homelab,
        codes,
        texts,
    }
}

fn with(extra: &str) -> String {
    format!("{REQUIRED} {extra}")
}

/// Options of NixOS and of the legacy pattern, as far as the cases use them.
const STAND_IN: &str = r#"{lib, ...}: let
  inherit (lib) mkOption types;
  any = mkOption {type = types.attrsOf types.anything; default = {};};
  list = mkOption {type = types.listOf types.anything; default = [];};
  off = mkOption {type = types.bool; default = false;};
in {
  options = {
    assertions = list;
    warnings = list;
    systemd.services = any;
    services = {postgresql = any; traefik = any; redis.enable = off; immich = any;};
    qgroget.server = any;
    qgroget.services = mkOption {
      default = {};
      type = types.attrsOf (types.submodule {
        freeformType = types.attrsOf types.anything;
        options = {
          url = mkOption {type = types.str;};
          traefikDynamicConfig = mkOption {type = types.attrs; default = {};};
        };
      });
    };
  };
}"#;

const BACKUPS: &str = r#"{lib, ...}: {
  options.qgroget.backups = lib.mkOption {
    default = {};
    type = lib.types.attrsOf (lib.types.submodule {
      options.paths = lib.mkOption {type = lib.types.listOf lib.types.str;};
    });
  };
}"#;

fn cases() -> Vec<Case> {
    let mut cases = fields();
    cases.extend(relations());
    cases
}

fn fields() -> Vec<Case> {
    let new = Homelab::new;
    vec![
        case("nothing wrong", new().service("a", REQUIRED), &[], &[]),
        case(
            "a missing directory",
            new().service("jellyfin", "enable = true; domain = \"example.org\";"),
            &["missing-field"],
            &[
                "Service 'jellyfin' is missing required field 'dataDir': where its state lives (null if it keeps none)\n  \
               Fix: qgroget.serviceModules.jellyfin.dataDir = \"/var/lib/jellyfin\";",
            ],
        ),
        case(
            "everything missing, in a service whose name has to be quoted",
            new().service("9p", ""),
            &["missing-field", "missing-field", "missing-field"],
            &[],
        ),
        case(
            "the domain is the repository's",
            new()
                .service("a", "enable = true; dataDir = null;")
                .module("domain.nix", "{qgroget.server.domain = \"example.org\";}"),
            &["missing-field"],
            &[
                "Service 'a' is missing required field 'domain': the domain its subdomain belongs to\n  \
               Fix: qgroget.serviceModules.a.domain = config.qgroget.server.domain;",
            ],
        ),
        case(
            "the switch stands in the settings",
            new()
                .service("a", "domain = \"example.org\"; dataDir = null;")
                .settings("{qgroget.serviceModules = {a.enable = true;};}"),
            &[],
            &[],
        ),
        case(
            "a default switch",
            new()
                .service(
                    "a",
                    "enable = lib.mkDefault false; domain = \"example.org\"; dataDir = null;",
                )
                .settings("{qgroget.serviceModules.a.enable = true;}"),
            &[],
            &[],
        ),
        case(
            "no port to route to",
            new().service("a", &with("exposed = true;")),
            &["missing-field"],
            &[
                "Service 'a' is missing required field 'port': the port it listens on, which a route needs (or give a url)\n  \
               Fix: qgroget.serviceModules.a.port = 8080;",
            ],
        ),
        case(
            "a port that is null",
            new().service("a", &with("exposed = true; port = null;")),
            &["missing-field"],
            &[],
        ),
        case(
            "a url in place of a port",
            new().service("a", &with("exposed = true; url = \"http://nas:80\";")),
            &[],
            &[],
        ),
        case(
            "strict",
            new()
                .service("a", REQUIRED)
                .service("b", &with("persistedData = []; backupDirectories = [];"))
                .settings("{qgroget.contract.strict = true;}"),
            &["missing-field", "missing-field"],
            &[],
        ),
        case(
            "a port in quotes",
            new().service("a", &with("port = \"8080\";")),
            &["wrong-type"],
            &[
                "Service 'a' has a wrong value in field 'port': expected null or 16 bit unsigned integer; \
               between 0 and 65535 (both inclusive), got \"8080\"\n  Fix: qgroget.serviceModules.a.port = 8096;",
            ],
        ),
        case(
            "wrong values of every kind",
            new().service(
                "jellyfin",
                "enable = \"yes\"; domain = 1; dataDir = [\"x\"]; exposed = null; port = 99999; type = \"secret\"; \
                 middlewares = \"authelia\"; persistedData = [{directory = 1;}]; backupPaths = {a = true;}; \
                 journalctl = 1.5; databases = [{type = \"oracle\"; name = \"x\";}]; extraConfig = [];",
            ),
            &["wrong-type"; 12],
            &[],
        ),
        case(
            "a database without a name",
            new().service("a", &with("databases = [{type = \"postgresql\";}];")),
            &["wrong-type"],
            &[],
        ),
        case(
            "a directory with an unknown attribute",
            new().service("a", &with("persistedData = [{directory = \"/x\"; owner = \"root\";}];")),
            &["wrong-type"],
            &[],
        ),
        case(
            "a slip of the pen",
            new().service("a", &with("prot = 8080;")),
            &["undeclared-field"],
            &[
                "Service 'a' has unknown field 'prot': did you mean 'port'?\n  Fix: qgroget.serviceModules.a.port = 8080;",
            ],
        ),
        case(
            "a field that does not exist",
            new().service("a", &with("homepage = \"https://example.org\";")),
            &["undeclared-field"],
            &[
                "Service 'a' has unknown field 'homepage': the contract has no such field\n  \
               Fix: qgroget.serviceModules.a.extraConfig.homepage = \"https://example.org\";",
            ],
        ),
        case(
            "a read-only field",
            new().service("a", &with("databaseConfig = {name = \"x\";};")),
            &["read-only-field"],
            &["Service 'a' sets field 'databaseConfig', which is read-only: leave it out"],
        ),
        case(
            "both names",
            new().service("a", &with("middleware = [\"authelia\"]; middlewares = [\"compress\"];")),
            &["both-names"],
            &[],
        ),
        case(
            "another name alone",
            new().service("a", &with("middleware = [\"authelia\"];")),
            &[],
            &[],
        ),
        case(
            "several values",
            new()
                .service("a", &with("port = 8080;"))
                .settings("{qgroget.serviceModules.a.port = 8081;}"),
            &["several-values"],
            &[],
        ),
        case(
            "several definitions of a list add up",
            new()
                .service("a", &with("backupPaths = [\"/x\"];"))
                .settings("{qgroget.serviceModules.a.backupPaths = [\"/y\"];}"),
            &[],
            &[],
        ),
        case(
            "a stronger definition wins",
            new()
                .service("a", &with("port = \"x\";"))
                .settings("{lib, ...}: {qgroget.serviceModules.a.port = lib.mkForce 8081;}"),
            &[],
            &[],
        ),
        case(
            "a definition that does not hold",
            new().service(
                "a",
                &with("port = lib.mkIf false \"x\"; middleware = lib.mkIf false []; middlewares = [];"),
            ),
            &[],
            &[],
        ),
        case(
            "names of definitions that do not hold",
            new()
                .service(
                    "a",
                    &with("prot = lib.mkIf (1 == 2) 1; homepage = lib.mkIf false \"x\";"),
                )
                .module(
                    "off.nix",
                    "{lib, ...}: {qgroget.serviceModules.a = lib.mkIf false {prrt = 1;};}",
                ),
            &["undeclared-field", "undeclared-field"],
            &[],
        ),
        case(
            "a required field whose condition does not hold",
            new().service(
                "a",
                "enable = true; domain = \"example.org\"; dataDir = lib.mkIf false \"x\";",
            ),
            &["missing-field"],
            &[],
        ),
        case(
            "no set of fields",
            new().module("media/a/default.nix", "{qgroget.serviceModules.a = true;}"),
            &["not-a-set"],
            &["Service 'a' is not a set of fields\n  Fix: qgroget.serviceModules.a.enable = true;"],
        ),
    ]
}

fn relations() -> Vec<Case> {
    let new = Homelab::new;
    let port = |port: u16| with(&format!("port = {port};"));
    vec![
        case(
            "a port clash",
            new().service("jellyfin", &port(8080)).service("sonarr", &port(8080)),
            &["port-conflict"],
            &["Port 8080 conflict between 'jellyfin' and 'sonarr'\n  Fix: qgroget.serviceModules.sonarr.port = 8081;"],
        ),
        case(
            "three services at one port, the next one taken, one of them disabled",
            new()
                .service("a", &port(8080))
                .service("b", "enable = false; domain = \"example.org\"; dataDir = null; port = 8080;")
                .service("c", &port(8080))
                .service("d", &port(8081)),
            &["port-conflict", "port-conflict", "port-conflict"],
            &[],
        ),
        case(
            "ports that are bound by let, and read from an option",
            new()
                .service("a", &with("port = let port = 8080; in port;"))
                .service("b", &with("port = config.qgroget.serviceModules.a.port;")),
            &["port-conflict"],
            &[],
        ),
        case(
            "urls, of contracts and of legacy services",
            new()
                .service("a", &with("url = \"http://localhost:9000/api\";"))
                .service("b", &with("url = \"http://[::1]:9001\"; port = 9001;"))
                .service("c", &with("url = \"http://nas:9000\";"))
                .module(
                    "legacy.nix",
                    "{qgroget.services.old.url = \"http://127.0.0.1:9000\"; qgroget.services.older.url = \"http://127.0.0.1:9001\"; \
                     qgroget.services.a.url = \"http://127.0.0.1:9000\";}",
                ),
            &["port-conflict", "port-conflict"],
            &[],
        ),
        case(
            "legacy services among themselves",
            new().service("a", REQUIRED).module(
                "legacy.nix",
                "{qgroget.services.x.url = \"http://127.0.0.1:1\"; qgroget.services.y.url = \"http://127.0.0.1:1\";}",
            ),
            &[],
            &[],
        ),
        case(
            "a legacy service that is off",
            new().service("a", &port(9000)).module(
                "legacy.nix",
                "{lib, ...}: {qgroget.services = lib.mkIf false {x.url = \"http://127.0.0.1:9000\";};}",
            ),
            &[],
            &[],
        ),
        case(
            "a duplicate database",
            new()
                .service("service1", &with("databases = [{name = \"mydb\";}];"))
                .service("service-2", &with("databases = [{name = \"other\";} {name = \"mydb\"; port = 5433;}];")),
            &["duplicate-database"],
            &[],
        ),
        case(
            "databases of one name on servers of different kinds",
            new()
                .service("a", &with("databases = [{name = \"x\";}];"))
                .service("b", &with("databases = [{name = \"x\"; type = \"mysql\";}];")),
            &[],
            &[],
        ),
        case(
            "databases that cannot be created",
            new()
                .service("a", &with("databases = [{name = \"x\"; type = \"mysql\"; provision = true;}];"))
                .service("b", &with("databases = [{name = \"y\"; user = \"z\";}];"))
                .service("c", &with("databases = [{name = \"w\"; user = \"v\"; provision = false;}];")),
            &["database-creation", "database-creation"],
            &[],
        ),
        case(
            "an unknown middleware",
            new().service("jellyfin", &with("middlewares = [\"authelia\" \"auth-sso\"];")),
            &["unknown-middleware"],
            &["Unknown middleware 'auth-sso' in service 'jellyfin'\n  Valid middlewares: authelia, authentik, \
               chain-authelia, compress, no-index, rate-limit, security-headers"],
        ),
        case(
            "middlewares that are defined somewhere",
            new()
                .service(
                    "a",
                    &with("middlewares = [\"own\" \"b\" \"old\" \"extra\" \"upstream\"]; traefikDynamicConfig.http.middlewares.own = {};"),
                )
                .service("b", &with("traefikDynamicConfig = {http.middlewares = {b.compress = {};};};"))
                .module("legacy.nix", "{qgroget.services.old = {url = \"x\"; traefikDynamicConfig.http = {middlewares.old = {};};};}")
                .settings("{qgroget.contract.extraMiddlewares = [\"extra\"]; services.traefik.dynamicConfigOptions.http.middlewares.upstream = {};}"),
            &[],
            &[],
        ),
        case(
            "a middleware of a service that is off",
            new()
                .service("a", &with("middlewares = [\"b\"];"))
                .service(
                    "b",
                    "enable = false; domain = \"example.org\"; dataDir = null; middlewares = [\"b\"]; \
                     traefikDynamicConfig.http.middlewares.b = {};",
                ),
            &["unknown-middleware"],
            &[],
        ),
        case(
            "a middleware for every service of a type",
            new()
                .service("a", REQUIRED)
                .settings("{qgroget.contract.traefik.typeMiddlewares.public = [\"compress\" \"nothing\"];}"),
            &["unknown-middleware"],
            &[],
        ),
        case(
            "dependencies that are not on",
            new()
                .service("immich", &with("dependsOn = [\"postgresql\" \"b\" \"redis\"];"))
                .service("b", "enable = false; domain = \"example.org\"; dataDir = null; dependsOn = [\"c\"];")
                .service("c", "enable = false; domain = \"example.org\"; dataDir = null;"),
            &["dependency-not-enabled", "dependency-not-enabled", "dependency-not-enabled"],
            &[],
        ),
        case(
            "dependencies that are on",
            new()
                .service("a", &with("dependsOn = [\"postgresql\" \"b\" \"old\" \"redis\"]; databases = [{name = \"a\";}];"))
                .service("b", REQUIRED)
                .module("legacy.nix", "{qgroget.services.old.url = \"x\";}")
                .settings("{services.redis.enable = true;}"),
            &[],
            &[],
        ),
        case(
            "a server that another service's database brings",
            new()
                .service("a", &with("databases = [{name = \"a\";}];"))
                .service("b", &with("dependsOn = [\"postgresql\"];")),
            &[],
            &[],
        ),
        case(
            "a server that is off with the service that would bring it",
            new()
                .service(
                    "a",
                    "enable = false; domain = \"example.org\"; dataDir = null; databases = [{name = \"a\";}];",
                )
                .service("b", &with("dependsOn = [\"postgresql\"];")),
            &["dependency-not-enabled"],
            &[],
        ),
        case(
            "a backup setting that no job takes",
            new()
                .service(
                    "a",
                    &with("backupPaths = [\"/x\"]; backupUnits = [\"a.service\"]; backupExclude = []; backupPriority = null;"),
                )
                .module("backups.nix", BACKUPS),
            &["backup-setting"],
            &["Service 'a' sets 'backupUnits', but qgroget.backups.<job> has no option 'systemdUnits' to take it\n  \
               Fix: declare that option, or leave 'backupUnits' out"],
        ),
        case(
            "all at once, of services that are on and off",
            new()
                .service("a", &with("port = 8080; middlewares = [\"auth-sso\"]; databases = [{name = \"x\";}];"))
                .service("b", "enable = false; domain = \"example.org\"; port = 8080; databases = [{name = \"x\";}];")
                .service("c", &with("dependsOn = [\"postgresql2\"]; prot = 1;")),
            &[
                "unknown-middleware",
                "port-conflict",
                "missing-field",
                "duplicate-database",
                "undeclared-field",
                "dependency-not-enabled",
            ],
            &[],
        ),
    ]
}

#[test]
fn every_fault_is_found_and_nothing_else() {
    for case in cases() {
        let found = case.homelab.check();
        let mut actual: Vec<&str> = codes(&found);
        actual.retain(|code| !matches!(*code, "missing-test" | "sections"));
        let mut expected = case.codes.to_vec();
        actual.sort_unstable();
        expected.sort_unstable();
        assert_eq!(actual, expected, "{}: {:#?}", case.name, errors(&found));
        if !case.texts.is_empty() {
            assert_eq!(errors(&found), case.texts, "{}", case.name);
        }
    }
}

#[test]
fn the_collector_says_the_same() {
    let cases = cases();
    let stand_in = tempfile::NamedTempFile::with_suffix(".nix").expect("a file");
    std::fs::write(stand_in.path(), STAND_IN).expect("writes");
    let mut expression = format!(
        "let lib = import <nixpkgs/lib>; \
         failures = root: (lib.evalModules {{modules = [{} (root + \"/hosts/Server\")];}}).config.qgroget.collector.failures; in [",
        stand_in.path().display()
    );
    for case in &cases {
        case.homelab.finish();
        expression.push_str(&format!(" (failures {})", case.homelab.root().display()));
    }
    expression.push(']');
    let output = Command::new("nix-instantiate")
        .args(["--eval", "--strict", "--json", "-E", &expression])
        .output();
    let Ok(output) = output else {
        eprintln!("skipped: needs nix-instantiate: the_collector_says_the_same");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let failures: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("lists of messages");
    for (case, mut expected) in cases.iter().zip(failures) {
        expected.sort();
        assert_eq!(errors(&case.homelab.check()), expected, "{}", case.name);
    }
}
