//! Faults between services, and between a service and what it names.

use super::{Case, case, with};
use crate::check::tests::{Homelab, REQUIRED};

const BACKUPS: &str = r#"{lib, ...}: {
  options.qgroget.backups = lib.mkOption {
    default = {};
    type = lib.types.attrsOf (lib.types.submodule {
      options.paths = lib.mkOption {type = lib.types.listOf lib.types.str;};
    });
  };
}"#;

pub fn cases() -> Vec<Case> {
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
                .service("service-2", &with("databases = [{name = \"other\";} {name = \"mydb\"; host = \"localhost\"; provision = false;}];")),
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
            &["database-creation"],
            &[],
        ),
        case(
            "an unknown middleware",
            new().service("jellyfin", &with("middlewares = [\"authelia\" \"auth-sso\"];")),
            &["unknown-middleware"],
            &["Unknown middleware 'auth-sso' in service 'jellyfin'\n  Valid middlewares: authelia, authentik, \
               chain-authelia, compress, no-index, rate-limit, security-headers\n  Fix: qgroget.contract.extraMiddlewares = [ \"auth-sso\" ];"],
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
