//! Elements of lists that a part of the list holds under a condition, or at a place among others: they are not the same
//! definition by themselves, and stay where they are.

use crate::common::{Repo, nix};

const SHARED: &str = "modules/server/mix/default.nix";
const ALPHA: &str = "modules/server/mix/alpha/default.nix";

/// A repository with the contract, and a file that two services share; `lists` stand in it besides.
fn shared(lists: &str) -> Repo {
    let repo = Repo::with_contract();
    repo.write(
        SHARED,
        format!(
            r#"{{
  config,
  lib,
  ...
}}: {{
  qgroget.services.alpha = {{
    name = "alpha";
    url = "http://127.0.0.1:9101";
    type = "private";
  }};
  qgroget.services.beta = {{
    name = "beta";
    url = "http://127.0.0.1:9102";
    type = "private";
  }};

  systemd.services.alpha.serviceConfig.ExecStart = "/bin/alpha --port 9101";
  systemd.services.beta.serviceConfig.ExecStart = "/bin/beta --port 9102";

{lists}}}
"#
        ),
    );
    repo.replace("modules/server/default.nix", "imports = [", "imports = [\n    ./mix");
    repo.commit_all("two services of one file");
    repo
}

#[test]
fn what_holds_under_another_condition_stays_and_is_named() {
    let lists = [
        r#"  environment.persistence."/persist".directories = lib.optionals config.qgroget.server.jellyfin.enable [
    "/var/lib/alpha"
  ];
"#,
        r#"  environment.persistence."/persist".directories = lib.mkIf config.qgroget.server.jellyfin.enable ["/var/lib/alpha"];
"#,
        r#"  environment.persistence."/persist" = lib.mkIf config.qgroget.server.jellyfin.enable {
    directories = ["/var/lib/alpha"];
  };
"#,
        r#"  environment.persistence."/persist".directories = lib.mkForce ["/var/lib/alpha"];
"#,
    ];
    for list in lists {
        let repo = shared(list);
        let plan = repo.run(&["migrate", "alpha", "--dry-run", "--full"]).succeeds();
        assert!(
            plan.out.contains("the persistent directory \"/var/lib/alpha\""),
            "{list}\n{}",
            plan.out
        );
        repo.migrate(&["alpha"]).succeeds();
        let (left, own) = (repo.read(SHARED), repo.read(ALPHA));
        assert!(left.contains("\"/var/lib/alpha\""), "{left}");
        assert!(!own.contains("/var/lib/alpha"), "{own}");
        // It is no open change of the migrated service either; that no backup has it is.
        repo.migrate(&["alpha"])
            .succeeds()
            .says("alpha has its contract; 1 change is open:")
            .says("back up what alpha keeps");
    }
}

#[test]
fn an_element_that_a_part_of_its_list_places_stays_with_it() {
    let list = r#"  systemd.tmpfiles.rules = lib.mkMerge [
    ["d /var/lib/beta 0750 beta beta -" "d /srv/alpha 0750 alpha alpha -"]
    (lib.mkOrder 10 ["Z /var/lib/alpha 0700 root root -"])
    (lib.mkIf config.qgroget.server.jellyfin.enable (lib.mkAfter ["d /var/lib/alpha/w 0750 alpha alpha -"]))
    (lib.optionals config.qgroget.server.jellyfin.enable ["d /var/lib/alpha/v 0750 alpha alpha -"])
  ];
  services.authelia.instances.main.settings.identity_providers.oidc.clients = lib.optionals config.qgroget.server.jellyfin.enable [
    {client_id = "beta";}
    {
      client_id = "alpha";
      redirect_uris = ["https://alpha.example.org/cb"];
    }
  ];
"#;
    let repo = shared(list);
    repo.run(&["migrate", "alpha", "--dry-run", "--full"])
        .succeeds()
        .says("it holds under another condition than the service");
    repo.migrate(&["alpha"]).succeeds();
    let (left, own) = (repo.read(SHARED), repo.read(ALPHA));
    assert!(own.contains("\"d /srv/alpha 0750 alpha alpha -\""), "{own}");
    for element in [
        "Z /var/lib/alpha",
        "d /var/lib/alpha/w",
        "d /var/lib/alpha/v",
        "client_id = \"alpha\"",
    ] {
        assert!(left.contains(element) && !own.contains(element), "{left}\n{own}");
    }
}

#[test]
fn what_of_a_backup_job_holds_under_a_condition_stays_and_is_named() {
    let job = r#"  qgroget.backups.mix = {
    paths = ["/var/lib/beta" "/srv/alpha"] ++ lib.optionals config.qgroget.server.jellyfin.enable ["/var/lib/alpha"]
      ++ lib.optional config.qgroget.server.jellyfin.enable "/srv/alpha-more";
    systemdUnits = lib.optionals config.qgroget.server.jellyfin.enable ["alpha.service"] ++ ["beta.service"];
  };
"#;
    let repo = shared(job);
    repo.run(&["migrate", "alpha", "--dry-run", "--full"])
        .succeeds()
        .says("the path of a backup job \"/var/lib/alpha\"")
        .says("the unit of a backup job \"alpha.service\"");
    repo.migrate(&["alpha"]).succeeds();
    let (left, own) = (repo.read(SHARED), repo.read(ALPHA));
    assert!(own.contains("backupPaths = [cfg.dataDir];"), "{own}");
    for element in ["\"/var/lib/alpha\"", "\"/srv/alpha-more\"", "\"alpha.service\""] {
        assert!(left.contains(element) && !own.contains(element), "{left}\n{own}");
    }
}

#[test]
fn a_list_whose_order_means_nothing_is_not_said_to_have_one() {
    let repo = shared("  services.postgresql.ensureDatabases = [\"alpha\" \"beta\"];\n");
    let plan = repo.run(&["migrate", "alpha", "--dry-run", "--full"]).succeeds();
    let said = plan
        .out
        .split("services.postgresql.ensureDatabases says of alpha")
        .nth(1);
    let reason = said.and_then(|rest| rest.lines().nth(1)).unwrap_or_default();
    assert!(reason.contains("not one that is divided by service"), "{}", plan.out);
}

#[test]
fn a_list_keeps_the_number_of_its_place() {
    for (order, moves) in [
        ("lib.mkOrder 400", true),
        ("lib.mkOverride 50", true),
        ("lib.mkOrder place", false),
    ] {
        let list = format!(
            "  systemd.tmpfiles.rules = let place = 400; in {order} [\n    \"d /var/lib/alpha 0750 alpha alpha -\"\n    \"d /var/lib/beta 0750 beta beta -\"\n  ];\n"
        );
        let list = match moves {
            true => list.replace("let place = 400; in ", ""),
            false => list,
        };
        let repo = shared(&list);
        repo.migrate(&["alpha"]).succeeds();
        let own = repo.read(ALPHA);
        let moved = format!("systemd.tmpfiles.rules = {order} [");
        assert_eq!(own.contains(&moved), moves, "{own}");
        assert_eq!(repo.read(SHARED).contains("d /var/lib/alpha"), !moves, "{own}");
    }
}

#[test]
fn a_condition_of_the_services_own_goes_with_it() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.write(
        "modules/server/misc/gamma.nix",
        r#"{
  config,
  lib,
  ...
}: let
  cfg = config.qgroget.server.gamma;
in {
  options.qgroget.server.gamma.enable = lib.mkEnableOption "gamma";

  config = lib.mkMerge [
    (lib.mkIf cfg.enable {
      qgroget.services.gamma = {
        name = "gamma";
        url = "http://127.0.0.1:9103";
        type = "private";
      };
      systemd.services.gamma.serviceConfig.ExecStart = "/bin/gamma";
    })
    {
      environment.persistence."/persist".directories = lib.optionals config.qgroget.server.gamma.enable ["/var/lib/gamma"];
    }
  ];
}
"#,
    );
    repo.replace(
        "modules/server/default.nix",
        "imports = [",
        "imports = [\n    ./misc/gamma.nix",
    );
    repo.replace(
        "hosts/Server/settings.nix",
        "server = {",
        "server = {\n      gamma.enable = true;",
    );
    repo.commit_all("gamma");
    repo.run(&["migrate", "gamma", "--yes"]).succeeds().says("preserved");
    let own = repo.read("modules/server/misc/gamma/default.nix");
    assert!(
        own.contains("\"/var/lib/gamma\"") && !own.contains("environment.persistence"),
        "{own}"
    );
}
