//! Faults in the fields of a service.

use super::{Case, case, with};
use crate::check::tests::{Homelab, REQUIRED};

pub fn cases() -> Vec<Case> {
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
            "a slip of the pen",
            new().service("a", &with("prot = 8080;")),
            &["undeclared-field"],
            &[
                "Service 'a' has unknown field 'prot': did you mean 'port'?\n  Fix: qgroget.serviceModules.a.port = 8080;",
            ],
        ),
        case(
            "a near name that would not take the value",
            new().service("a", &with("typo = 1;")),
            &["undeclared-field"],
            &[
                "Service 'a' has unknown field 'typo': the contract has no such field\n  Fix: qgroget.serviceModules.a.extraConfig.typo = 1;",
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
