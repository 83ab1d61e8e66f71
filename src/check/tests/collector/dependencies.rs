//! What services say in `dependsOn` and cannot keep.

use super::{Case, case, with};
use crate::check::tests::{Homelab, REQUIRED};

pub fn cases() -> Vec<Case> {
    let new = Homelab::new;
    let on = |names: &str| with(&format!("dependsOn = [{names}];"));
    vec![
        case(
            "a service that depends on itself",
            new().service("a", &on("\"a\" \"b\"")).service("b", REQUIRED),
            &["dependency-circle"],
            &["Service 'a' depends on itself\n  Fix: qgroget.serviceModules.a.dependsOn = [ \"b\" ];"],
        ),
        case(
            "a dependency that is named twice, in several modules",
            new()
                .service("a", &on("\"b\" \"c\""))
                .service("b", REQUIRED)
                .service("c", REQUIRED)
                .settings("{qgroget.serviceModules.a.dependsOn = [\"c\"];}"),
            &["dependency-twice"],
            &[],
        ),
        case(
            "one that is named twice and off",
            new()
                .service("a", &on("\"b\" \"b\""))
                .service("b", "enable = false; domain = \"example.org\"; dataDir = null;"),
            &["dependency-twice", "dependency-not-enabled"],
            &[],
        ),
        case(
            "two services that depend on each other",
            new().service("a", &on("\"b\"")).service("b", &on("\"a\"")),
            &["dependency-circle"],
            &[
                "Services depend on each other in a circle: 'a' → 'b' → 'a'\n  Fix: qgroget.serviceModules.b.dependsOn = [ ];",
            ],
        ),
        case(
            "a circle of several, of which one is off, told once and by its shortest way",
            new()
                .service("d", &on("\"b\""))
                .service(
                    "b",
                    "enable = false; domain = \"example.org\"; dataDir = null; dependsOn = [\"c\" \"e\"];",
                )
                .service("c", &on("\"d\""))
                .service("e", &on("\"f\""))
                .service("f", &on("\"d\"")),
            &["dependency-circle", "dependency-not-enabled"],
            &[],
        ),
        case(
            "two circles with one service in both",
            new()
                .service("a", &on("\"b\""))
                .service("b", &on("\"a\" \"c\""))
                .service("c", &on("\"b\"")),
            &["dependency-circle", "dependency-circle"],
            &[],
        ),
        case(
            "a service that two need is in no circle",
            new()
                .service("a", &on("\"b\" \"c\""))
                .service("b", &on("\"d\""))
                .service("c", &on("\"d\""))
                .service("d", REQUIRED),
            &[],
            &[],
        ),
        case(
            "servers of services.redis",
            new()
                .service("a", &on("\"redis\""))
                .settings("{services.redis.servers.a.enable = true;}"),
            &[],
            &[],
        ),
        case(
            "servers of services.redis that are off",
            new()
                .service("a", &on("\"redis\""))
                .settings("{services.redis.servers.a.enable = false; services.redis.servers.b.port = 1;}"),
            &["dependency-not-enabled"],
            &[],
        ),
    ]
}
