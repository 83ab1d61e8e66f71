//! What services need from others: what is proposed, what is left, and in which order services go.

use crate::common::{Repo, Run};

/// The legacy schema with its collector of persistence, and a host.
const AROUND: [(&str, &str); 5] = [
    (
        "hosts/Server/configuration.nix",
        "{...}: {\n  imports = [\n    ../../modules/server\n    ./settings.nix\n  ];\n}\n",
    ),
    (
        "hosts/Server/settings.nix",
        "{...}: {\n  qgroget.server.domain = \"example.org\";\n}\n",
    ),
    (
        "modules/server/options.nix",
        include_str!("../common/legacy-options.nix"),
    ),
    (
        "modules/server/settings.nix",
        include_str!("../common/legacy-settings.nix"),
    ),
    (
        "modules/server/default.nix",
        "{...}: {\n  imports = [\n    ./options.nix\n    ./settings.nix\n    ./media/player\n    ./media/wishes\n  ];\n}\n",
    ),
];

/// A repository of a service `wishes` with `rest` in its module, and of a service `player` under `condition`.
fn repo(rest: &str, condition: &str) -> Repo {
    let repo = Repo::of(AROUND);
    let player = "qgroget.services.player = {\n    name = \"player\";\n    url = \"http://127.0.0.1:9001\";\n  };";
    repo.write(
        "modules/server/media/player/default.nix",
        format!("{{lib, ...}}: {{\n  config = lib.mkIf {condition} {{\n  {player}\n  }};\n}}\n"),
    );
    repo.write(
        "modules/server/media/wishes/default.nix",
        format!(
            "{{config, ...}}: {{\n  qgroget.services.wishes = {{\n    name = \"wishes\";\n    url = \"http://127.0.0.1:9002\";\n  }};\n{rest}\n}}\n"
        ),
    );
    repo.commit_all("services");
    repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    repo
}

/// The plan of a service as data: titles and moves as they are, however a terminal shows them.
fn proposed(repo: &Repo, service: &str) -> Run {
    repo.migrate(&[service, "--dry-run", "--format", "json"]).succeeds()
}

const REQUIRES: &str = "  systemd.services.wishes.requires = [\"player.service\"];";

#[test]
fn a_dependency_is_a_change_of_its_own() {
    let repo = repo(REQUIRES, "true");
    proposed(&repo, "wishes").says("say that wishes depends on player");
    proposed(&repo, "wishes").says("player, since wishes.service requires player.service");
    repo.migrate(&["wishes"]).succeeds();
    let module = repo.read("modules/server/media/wishes/default.nix");
    assert!(module.contains("dependsOn = [\"player\"];"), "{module}");
}

#[test]
fn a_service_that_is_off_is_not_depended_on() {
    let repo = repo(REQUIRES, "false");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("say that wishes depends on");
    let run = run.says("the dependency on player (modules/server/media/wishes/default.nix:6)");
    run.says("wishes.service requires player.service, but player is off on this host");
}

#[test]
fn a_service_that_may_be_off_is_not_depended_on() {
    let repo = repo(REQUIRES, "(builtins.pathExists /etc/player)");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("say that wishes depends on");
    run.says("whether player is on is not known");
}

#[test]
fn an_order_alone_is_no_dependency() {
    let repo = repo("  systemd.services.wishes.after = [\"player.service\"];", "true");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("say that wishes depends on");
    run.says("wishes.service starts after player.service, which alone is no need of it");
}

#[test]
fn what_is_computed_is_left() {
    let repo = repo("  systemd.services.wishes.requires = config.lib.wishes.units;", "true");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("say that wishes depends on");
    run.says("units that wishes.service requires (modules/server/media/wishes/default.nix:6)");
}

#[test]
fn a_pod_of_no_service_is_left() {
    let pod = "  virtualisation.quadlet.containers.wishes.containerConfig.pod = \"cellar.pod\";";
    let repo = repo(pod, "true");
    repo.write(
        "modules/server/cellar.nix",
        "{...}: {\n  virtualisation.quadlet.pods.cellar.autoStart = true;\n}\n",
    );
    repo.commit_all("cellar");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    let run = run.says("the dependency on cellar.pod");
    run.says("the container wishes runs in the pod cellar, which");
}

#[test]
fn all_go_in_the_order_of_their_needs() {
    // By name, the one that needs the other comes first.
    let repo = repo("", "true");
    repo.replace(
        "modules/server/media/player/default.nix",
        "qgroget.services.player",
        "systemd.services.player.bindsTo = [\"wishes.service\"];\n  qgroget.services.player",
    );
    repo.commit_all("the other way");
    repo.migrate(&["--all"]).succeeds();
    assert_eq!(
        repo.log()[..2],
        [
            "refactor(server/player): migrate to service contract",
            "refactor(server/wishes): migrate to service contract",
        ]
    );
}

#[test]
fn the_proposal_is_the_same_before_and_after_the_other_service_moved() {
    let moved = |order: [&str; 2]| {
        let repo = repo(REQUIRES, "true");
        order
            .iter()
            .for_each(|service| drop(repo.migrate(&[service]).succeeds()));
        repo.read("modules/server/media/wishes/default.nix")
    };
    let module = moved(["player", "wishes"]);
    assert!(module.contains("dependsOn = [\"player\"];"), "{module}");
    assert_eq!(module, moved(["wishes", "player"]));
}

/// A container of `wishes` that runs PostgreSQL, and what its configuration says besides.
fn store(rest: &str) -> String {
    format!(
        "  virtualisation.quadlet.containers.wishes-db.containerConfig = {{\n    image = \"docker.io/library/postgres:17\";\n    publishPorts = [\"5440:5432\"];\n{rest}\n  }};"
    )
}

const NAMED: &str = "    environments = {\n      POSTGRES_DB = \"wishes\";\n      POSTGRES_USER = \"fairy\";\n    };";

#[test]
fn a_database_is_a_change_of_its_own() {
    let repo = repo(&store(NAMED), "true");
    proposed(&repo, "wishes").says("declare the database wishes of wishes");
    proposed(&repo, "wishes").says("postgresql database wishes, by the container wishes-db");
    repo.migrate(&["wishes"]).succeeds();
    let module = repo.read("modules/server/media/wishes/default.nix");
    for field in [
        "name = \"wishes\";",
        "user = \"fairy\";",
        "port = 5440;",
        "provision = false;",
    ] {
        assert!(module.contains(field), "{field}: {module}");
    }
    repo.run(&["check"]).succeeds();
}

#[test]
fn a_database_whose_name_stands_in_a_file_is_left() {
    let repo = repo(&store("    environmentFiles = [\"/run/secrets/wishes\"];"), "true");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("declare the database");
    let run = run.says("the database of the container wishes-db (modules/server/media/wishes/default.nix:9)");
    let run = run.says("its name is not known statically: it may stand in a file");
    run.says("[ ] Database if needed (it is not declared)");
}

#[test]
fn a_database_whose_name_is_computed_is_left() {
    let computed = NAMED.replace("\"wishes\"", "config.networking.hostName");
    let repo = repo(&store(&computed), "true");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("declare the database");
    run.says("its name is not known statically: 'networking.hostName' is defined outside");
}

#[test]
fn a_service_without_a_database_has_none() {
    let repo = repo("  services.wishes.database.type = \"sqlite3\";", "true");
    let run = repo.migrate(&["wishes", "--dry-run", "--full"]).succeeds();
    proposed(&repo, "wishes").says_not("declare the database");
    let run = run.says_not("the database of");
    run.says("Database if needed (not applicable: none is found)");
}

#[test]
fn of_two_services_with_one_database_the_first_declares_it() {
    let moved = |order: [&str; 2]| {
        let repo = repo(&store(NAMED), "true");
        repo.replace(
            "modules/server/media/player/default.nix",
            "qgroget.services.player",
            "services.player.database = {\n    type = \"postgres\";\n    host = \"127.0.0.1\";\n    port = 5440;\n    name = \"wishes\";\n    user = \"fairy\";\n  };\n  qgroget.services.player",
        );
        repo.commit_all("two of one");
        for service in order {
            let run = repo.migrate(&[service, "--dry-run", "--full"]).succeeds();
            match service {
                "player" => drop(proposed(&repo, "player").says("declare the database wishes of player")),
                _ => drop(run.says("player has a database wishes too")),
            }
            repo.migrate(&[service]).succeeds();
        }
        repo.run(&["check"]).succeeds();
        ["player", "wishes"].map(|service| repo.read(&format!("modules/server/media/{service}/default.nix")))
    };
    let [player, wishes] = moved(["player", "wishes"]);
    assert!(player.contains("databases = ["), "{player}");
    assert!(!wishes.contains("databases"), "{wishes}");
    assert_eq!([player, wishes], moved(["wishes", "player"]));
}

/// The last commit's message without its line breaks.
fn in_one_line(repo: &Repo) -> String {
    let message = repo.git(&["log", "-1", "--format=%B"]);
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A unit that is told its database by variables.
fn told(variables: &str) -> String {
    format!("  systemd.services.wishes.environment = {{{variables}}};")
}

#[test]
fn a_database_that_another_module_makes_is_the_services() {
    let repo = repo(
        &told(r#"DB_HOST = "/run/postgresql"; DB_NAME = "wishes"; DB_USER = "fairy";"#),
        "true",
    );
    repo.replace(
        "modules/server/media/player/default.nix",
        "qgroget.services.player",
        "services.postgresql.ensureDatabases = [\"other\" \"wishes\"];\n  qgroget.services.player",
    );
    repo.commit_all("a database");
    proposed(&repo, "wishes").says("declare the database wishes of wishes");
    repo.migrate(&["wishes"]).succeeds();
    let module = repo.read("modules/server/media/wishes/default.nix");
    assert!(module.contains("databases = ["), "{module}");
    assert!(module.contains("DB_HOST = cfg.databaseConfig.host;"), "{module}");
}

#[test]
fn the_kind_of_a_database_is_said_or_it_is_left() {
    for (variables, kind) in [
        (
            r#"DB_CONNECTION = "pgsql"; DB_HOST = "db.example.org"; DB_PORT = 5432; DB_DATABASE = "wishes"; DB_USERNAME = "fairy";"#,
            Some("postgresql database wishes"),
        ),
        (
            r#"MYSQL_HOST = "db.example.org"; MYSQL_PORT = 3306; DB_NAME = "wishes"; DB_USER = "fairy";"#,
            Some("mysql database wishes"),
        ),
        (r#"DB_HOST = "db.example.org"; DB_NAME = "wishes";"#, None),
    ] {
        let repo = repo(&told(variables), "true");
        let plan = proposed(&repo, "wishes");
        match kind {
            Some(kind) => drop(plan.says(kind)),
            None => drop(plan.says("of which kind its server is, is not said there")),
        }
    }
    let repo = repo(
        &told(r#"DB_CONNECTION = "sqlite"; DB_HOST = ""; DB_DATABASE = "/var/lib/wishes/db";"#),
        "true",
    );
    proposed(&repo, "wishes").says_not("database");
}

#[test]
fn data_in_a_database_that_nothing_backs_up_is_a_gap() {
    let variables = r#"DB_HOST = "db.example.org"; DB_NAME = "wishes";"#;
    for dumped in [false, true] {
        let dump = "  services.postgresqlBackup.enable = true;\n";
        let rest = format!("{}\n{}", told(variables), if dumped { dump } else { "" });
        let repo = repo(&rest, "true");
        repo.migrate(&["wishes", "--data-dir", "wishes=null"]).succeeds();
        let gap = "keeps its data in a database, and its contract backs nothing up";
        let (again, status) = (repo.migrate(&["wishes"]).succeeds(), repo.run(&["status", "wishes"]));
        let message = in_one_line(&repo);
        assert_eq!(again.out.contains(gap), !dumped, "{}", again.out);
        assert_eq!(status.out.contains(gap), !dumped, "{status}");
        assert_eq!(
            message.contains(&format!("[ ] Backup directories (it {gap})")),
            !dumped,
            "{message}"
        );
        again.says("of which kind its server is, is not said there");
    }
}

/// The checklist's line that begins so, of a service with `rest` in its module, once it is migrated.
fn line(rest: &str, begins: &str) -> String {
    let repo = repo(rest, "true");
    repo.write(
        "modules/server/media/wishes/common.nix",
        "{\n  token = \"/run/secrets/wishes\";\n  dsn = \"postgres://wishes@127.0.0.1/wishes\";\n}\n",
    );
    repo.write(
        "modules/server/media/player/file.nix",
        "{config, lib, ...}: {\n  options.media.file = lib.mkOption {};\n  config.media.file = config.sops.secrets.x.path;\n}\n",
    );
    repo.replace(
        "modules/server/default.nix",
        "./media/player",
        "./media/player\n    ./media/player/file.nix",
    );
    repo.commit_all("what is read");
    repo.migrate(&["wishes", "--skip", "tests"]).succeeds();
    let message = in_one_line(&repo);
    let start = message.find(begins).unwrap_or_else(|| panic!("{begins}: {message}"));
    let rest = &message[start..];
    rest[..rest.find(" - [").unwrap_or(rest.len())].to_owned()
}

const NO_SECRETS: &str = "Secrets if needed (not applicable: none is found)";
const NO_DATABASE: &str = "Database if needed (not applicable: none is found)";

#[test]
fn a_secret_is_one_however_it_is_read() {
    let file = |read: &str| format!("  systemd.services.wishes.serviceConfig.EnvironmentFile = {read};");
    for read in [
        "let inherit (config.sops) secrets; in secrets.\"apps/token\".path",
        "with config.sops; secrets.\"apps/token\".path",
        "\"/run/secrets/token\"",
        "let d = \"/run/agenix\"; in \"${d}/token\"",
        "\"/run/keys/wishes\"",
        "config.media.file",
        "(import ./common.nix).token",
    ] {
        assert_ne!(line(&file(read), "Secrets if needed"), NO_SECRETS, "{read}");
    }
    let credential = "  systemd.services.wishes.serviceConfig.LoadCredentialEncrypted = \"token:/var/lib/token\";";
    assert_ne!(line(credential, "Secrets if needed"), NO_SECRETS);
    let own = file("let sops.secrets.x = \"y\"; in sops.secrets.x");
    assert_eq!(line(&own, "Secrets if needed"), NO_SECRETS);
    assert_eq!(
        line(&file("config.networking.hostName"), "Secrets if needed"),
        NO_SECRETS
    );
}

#[test]
fn a_database_is_one_however_the_module_speaks_of_it() {
    for rest in [
        "  services.mysql.ensureDatabases = map (name: name) [\"wishes\"];",
        "  services.mysql.initialDatabases = [{name = \"wishes\";}];",
        "  services = {redis.servers.wishes.enable = true;};",
        "  imports = [(let of = name: {services.postgresql.ensureDatabases = [name];}; in of \"wishes\")];",
        "  systemd.services.wishes.environment.DSN = (import ./common.nix).dsn;",
        "  environment.etc.\"wishes.toml\".text = \"url = 'postgresql+psycopg://wishes@db/wishes'\";",
        "  services.mongodb.enable = true;",
    ] {
        assert_eq!(
            line(rest, "Database if needed"),
            "Database if needed (it is not declared)",
            "{rest}"
        );
    }
    for rest in [
        "",
        "  services.other.url = \"https://example.org\";",
        "  services.postgresqlBackup.enable = true;",
    ] {
        assert_eq!(line(rest, "Database if needed"), NO_DATABASE, "{rest}");
    }
}

#[test]
fn a_database_is_read_from_its_contract() {
    let repo = repo(&store(NAMED), "true");
    proposed(&repo, "wishes").says("read the database connection of wishes from its contract");
    proposed(&repo, "wishes").says("the database's user");
    proposed(&repo, "wishes").says("qgroget.serviceModules.wishes.databaseConfig.user");
    repo.migrate(&["wishes"]).succeeds();
    let module = repo.read("modules/server/media/wishes/default.nix");
    for read in [
        "POSTGRES_DB = cfg.databaseConfig.name;",
        "POSTGRES_USER = cfg.databaseConfig.user;",
    ] {
        assert!(module.contains(read), "{read}: {module}");
    }
    let message = repo.git(&["log", "-1", "--format=%B"]);
    let said = message.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("the implementation reads the database's connection from the contract"),
        "{message}"
    );
}

#[test]
fn of_two_databases_none_is_read() {
    let option = "  services.wishes.database = {\n    type = \"postgres\";\n    host = \"/run/postgresql\";\n    name = \"more\";\n    user = \"fairy\";\n  };";
    let repo = repo(&format!("{}\n{option}", store(NAMED)), "true");
    proposed(&repo, "wishes").says("declare the databases more, wishes of wishes");
    proposed(&repo, "wishes").says_not("read the database connection");
}

#[test]
fn a_name_that_would_mean_something_else_is_not_used() {
    let hidden = "  services.wishes.database = let\n    config = {};\n  in {\n    type = \"postgres\";\n    host = \"/run/postgresql\";\n    name = \"wishes\";\n    user = \"fairy\";\n  };";
    let repo = repo(hidden, "true");
    proposed(&repo, "wishes").says("declare the database wishes of wishes");
    proposed(&repo, "wishes").says_not("read the database connection");
}

#[test]
fn what_leaves_a_shared_file_reads_its_database() {
    let other = "  qgroget.services.cellar = {\n    name = \"cellar\";\n    url = \"http://127.0.0.1:9003\";\n  };\n  services.cellar.database = {\n    type = \"postgres\";\n    name = \"wishes\";\n    port = 5440;\n  };";
    let repo = repo(&format!("{}\n{other}", store(NAMED)), "true");
    let (alone, shared) = (
        "modules/server/media/wishes/default.nix",
        "modules/server/media/rooms/default.nix",
    );
    repo.write(shared, repo.read(alone));
    std::fs::remove_file(repo.path(alone)).unwrap();
    repo.replace("modules/server/default.nix", "./media/wishes", "./media/rooms");
    repo.commit_all("one file for both");
    proposed(&repo, "wishes").says("read the database connection of wishes from its contract");
    repo.migrate(&["wishes"]).succeeds();
    let module = repo.read(alone);
    assert!(module.contains("POSTGRES_USER = cfg.databaseConfig.user;"), "{module}");
    assert!(
        module.contains("image = \"docker.io/library/postgres:17\";"),
        "{module}"
    );
}

#[test]
fn one_read_under_a_switch_needs_no_name() {
    let repo = repo("", "true");
    let home = "modules/server/media/wishes/default.nix";
    let module = include_str!("../common/ledger.nix").replace("ledger", "wishes");
    let said = "host = \"/run/postgresql\";\n      name = \"wishes\";\n      user = \"clerk\";";
    let computed = said
        .replace("\"clerk\"", "\"cl\" + \"erk\"")
        .replace("\"wishes\"", "\"wish\" + \"es\"");
    let module = module
        .replace(said, &computed)
        .replace("    services.postgresql.ensureDatabases = [\"wishes\"];\n", "");
    repo.write(home, module);
    repo.commit_all("a switch");
    repo.migrate(&["wishes"]).succeeds();
    let module = repo.read(home);
    assert!(
        module.contains("host = config.qgroget.serviceModules.wishes.databaseConfig.host;"),
        "{module}"
    );
    assert!(!module.contains("contract ="), "{module}");
}

/// A service `wishes` with `rest`, and `player` with `others` in its module.
fn beside(rest: &str, others: &str) -> Repo {
    let repo = repo(rest, "true");
    repo.replace(
        "modules/server/media/player/default.nix",
        "  };\n  };\n}",
        &format!("  }};\n  {others}\n  }};\n}}"),
    );
    repo.commit_all("others");
    repo
}

const DEFINES: &str = "qgroget.services.player.traefikDynamicConfig.http.middlewares.guard.compress = {};";
const PASSES: &str = "  qgroget.services.wishes.middlewares = [\"guard\"];";

#[test]
fn who_defines_a_middleware_is_depended_on() {
    let repo = beside(PASSES, DEFINES);
    proposed(&repo, "wishes").says("player, since player defines the middleware guard that its requests pass");
    // The dependency alone changes nothing: the proof is of everything.
    repo.migrate(&["wishes"]).succeeds();
    assert!(
        repo.read("modules/server/media/wishes/default.nix")
            .contains("dependsOn = [\"player\"];")
    );
}

#[test]
fn a_middleware_that_nobody_or_the_service_itself_defines_is_no_dependency() {
    proposed(&beside(PASSES, ""), "wishes").says_not("say that wishes depends on");
    let own = format!("{PASSES}\n  {}", DEFINES.replace("player", "wishes"));
    proposed(&beside(&own, ""), "wishes").says_not("say that wishes depends on");
    proposed(&beside(&own, DEFINES), "wishes").says_not("say that wishes depends on");
}

#[test]
fn the_provider_that_users_log_in_at_is_depended_on() {
    let issuer =
        |host: &str| format!("  systemd.services.wishes.environment.OIDC_ISSUER = \"https://{host}.example.org\";");
    let repo = beside(&issuer("player"), "");
    proposed(&repo, "wishes").says("its users log in at player.example.org, which is player");
    let off = format!(
        "{}\n  systemd.services.wishes.environment.OIDC_ENABLED = \"false\";",
        issuer("player")
    );
    for rest in [
        issuer("elsewhere"),
        issuer("wishes"),
        issuer("player").replace("OIDC_ISSUER", "HOME_URL"),
        off,
    ] {
        proposed(&beside(&rest, ""), "wishes").says_not("say that wishes depends on");
    }
}

#[test]
fn the_directory_that_users_are_looked_up_in_is_depended_on() {
    let ldap = |port: u16| format!("  services.wishes.settings.ldap.address = \"ldap://127.0.0.1:{port}\";");
    let listens = "services.player.settings.ldap_port = 6743;";
    proposed(&beside(&ldap(6743), listens), "wishes")
        .says("it looks its users up at ldap://127.0.0.1:6743, which is player");
    proposed(&beside(&ldap(6744), listens), "wishes").says_not("say that wishes depends on");
}

#[test]
fn who_makes_the_user_of_a_directory_is_depended_on() {
    let rule = "  systemd.tmpfiles.rules = [\"d /srv/wishes 0750 player player -\"];";
    let makes = "users.users.player = {isSystemUser = true; group = \"player\";};";
    proposed(&beside(rule, makes), "wishes").says("player makes the user player, whom systemd.tmpfiles.rules names");
    proposed(&beside(rule, ""), "wishes").says_not("say that wishes depends on");
    proposed(&beside(&format!("{rule}\n  {makes}"), ""), "wishes").says_not("say that wishes depends on");
}

#[test]
fn two_services_that_need_each_other_are_left() {
    let other = format!("{DEFINES}\n  systemd.services.player.requires = [\"wishes.service\"];");
    let repo = beside(PASSES, &other);
    proposed(&repo, "wishes").says_not("say that wishes depends on");
    proposed(&repo, "wishes").says("but player depends on wishes in turn, and a circle of dependencies is a fault");
}
