//! Databases that are created and cannot be connected to, and those that two services use.

use super::{Case, case, with};
use crate::check::tests::Homelab;

pub fn cases() -> Vec<Case> {
    let new = Homelab::new;
    let of = |databases: &str| with(&format!("databases = [{databases}];"));
    vec![
        case(
            "databases that can be connected to as they stand",
            new()
                .service("a", &of("{name = \"a\";} {name = \"b\"; user = \"a\";}"))
                .service(
                    "c",
                    &of("{name = \"c\"; host = \"127.0.0.1\"; passwordFile = \"/run/secrets/c\";}"),
                )
                .service(
                    "d",
                    &of("{name = \"d\"; host = \"host.containers.internal\"; passwordFile = \"/run/secrets/d\";}"),
                )
                .service(
                    "e",
                    &of("{name = \"e\"; host = \"db.example.org\"; port = 1; provision = false;}"),
                ),
            &[],
            &[],
        ),
        case(
            "databases by TCP without a password",
            new()
                .service("a", &of("{name = \"a\"; host = \"127.0.0.1\";}"))
                .service(
                    "b",
                    &of("{name = \"b\"; host = \"host.docker.internal\"; passwordFile = null;}"),
                ),
            &["database-password", "database-password"],
            &[],
        ),
        case(
            "a server that trusts somebody",
            new()
                .service("a", &of("{name = \"a\"; host = \"127.0.0.1\";}"))
                .settings("{services.postgresql.authentication = \"host all all 127.0.0.1/32 trust\";}"),
            &[],
            &[],
        ),
        case(
            "a server that may trust somebody, which the code alone does not say",
            new()
                .service("a", &of("{name = \"a\"; host = \"127.0.0.1\";}"))
                .settings("{lib, ...}: {services.postgresql.authentication = lib.concatStrings [\"tr\" \"ust\"];}"),
            &[],
            &[],
        )
        .unevaluated(),
        case(
            "databases that are created where nobody looks for them",
            new()
                .service("a", &of("{name = \"a\"; host = \"db.example.org\";}"))
                .service("b", &of("{name = \"b\"; port = 5433;}"))
                .service("c", &of("{name = \"c\"; host = \"localhost\"; port = 5433;}")),
            &["database-creation", "database-creation", "database-creation"],
            &[],
        ),
        case(
            "the port that PostgreSQL has",
            new()
                .service("a", &of("{name = \"a\";}"))
                .service("b", &of("{name = \"b\"; port = 5432;}"))
                .service("c", &of("{name = \"c\"; port = 5433;}"))
                .settings("{services.postgresql.settings.port = 5433;}"),
            &["database-creation"],
            &[],
        ),
        case(
            "its older name, and a duplicate that shows it",
            new()
                .service("a", &of("{name = \"a\";}"))
                .service("b", &of("{name = \"a\";}"))
                .settings("{services.postgresql.port = 5433;}"),
            &["duplicate-database"],
            &[],
        ),
        case(
            "databases of one name on several servers",
            new()
                .service("a", &of("{name = \"x\";}"))
                .service("b", &of("{name = \"x\"; provision = false; port = 5433;}"))
                .service(
                    "c",
                    &of("{name = \"x\"; provision = false; host = \"db.example.org\";}"),
                )
                .service("d", &of("{name = \"x\"; provision = false; host = \"192.168.0.5\";}")),
            &[],
            &[],
        ),
        case(
            "one server by several names",
            new()
                .service(
                    "a",
                    &of("{name = \"x\"; provision = false; host = \"DB.example.org\";}"),
                )
                .service(
                    "b",
                    &of("{name = \"x\"; provision = false; host = \"db.example.org\";}"),
                )
                .service("c", &of("{name = \"y\";}"))
                .service("d", &of("{name = \"y\"; provision = false; host = \"::1\";}")),
            &["duplicate-database", "duplicate-database"],
            &[],
        ),
        case(
            "files of sqlite",
            new()
                .service("a", &of("{name = \"/var/lib/x/app.db\"; type = \"sqlite\";}"))
                .service(
                    "b",
                    &of("{name = \"/var/lib/x//app.db\"; type = \"sqlite\"; host = \"x\";}"),
                )
                .service("c", &of("{name = \"app.db\"; type = \"sqlite\";}"))
                .service("d", &of("{name = \"app.db\"; type = \"sqlite\";}")),
            &["duplicate-database"],
            &[],
        ),
        case(
            "numbers of redis",
            new()
                .service(
                    "a",
                    &of("{name = \"0\"; type = \"redis\";} {name = \"1\"; type = \"redis\";}"),
                )
                .service("b", &of("{name = \"1\"; type = \"redis\";}"))
                .service("c", &of("{name = \"x\"; type = \"redis\";}"))
                .service("d", &of("{name = \"x\"; type = \"redis\";}"))
                .service(
                    "e",
                    &of("{name = \"0\"; type = \"redis\"; host = \"/run/redis-e/redis.sock\";}"),
                )
                .service(
                    "f",
                    &of("{name = \"0\"; type = \"redis\"; host = \"/run/redis-f/redis.sock\";}"),
                ),
            &["duplicate-database", "duplicate-database"],
            &[],
        ),
    ]
}
