//! What becomes of a service's state is said as it is: kept by another service, in no list of persistent directories, in no backup.

use crate::common::{Repo, nix};

/// A message or an output with single spaces, so that sentences can be looked for.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn message(repo: &Repo) -> String {
    flat(&repo.git(&["log", "-1", "--format=%B"]))
}

#[test]
fn state_of_another_service_is_named_by_plan_commit_and_status() {
    let repo = Repo::with_contract();
    let before = nix::available().then(|| nix::configuration(&repo.root()).unwrap());
    let line = "qgroget.serviceModules.auth.persistedData = [ { directory = \"/var/lib/authelia-main\"; \
                user = \"authelia-main\"; group = \"authelia-main\"; mode = \"u=rwx,g=,o=\"; } ];";
    for service in ["lldap", "auth"] {
        let run = repo.migrate(&[service, "--dry-run"]).succeeds();
        let shown = flat(&run.out);
        for said in [
            "the state of auth in /var/lib/authelia-main, which lldap persists (modules/server/SSO/default.nix:",
            "it is auth's, since services.authelia.instances.main keeps its state there; with lldap off, nothing persists it",
            &format!("take it from lldap's persistedData and write: {line}"),
        ] {
            assert!(shown.contains(said), "{said}: {run}");
        }
    }
    repo.migrate(&["auth"]).succeeds();
    let said = message(&repo);
    let leaves = "it leaves /var/lib/authelia-main to lldap: with lldap off, nothing persists it";
    assert!(said.contains(&format!("[ ] Persistence paths ({leaves})")), "{said}");
    repo.migrate(&["lldap"]).succeeds();
    let said = message(&repo);
    let keeps = "it persists /var/lib/authelia-main, which is auth's, as its contract says at modules/server/SSO/auth/default.nix:";
    assert!(said.contains(&format!("[ ] Persistence paths ({keeps}")), "{said}");
    let status = repo.run(&["status", "--format", "json"]).succeeds().json();
    let gaps = |name: &str| {
        let services = status["services"].as_array().unwrap();
        let service = services.iter().find(|service| service["service"] == name).unwrap();
        let gaps = service["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(gaps("lldap").contains(&"foreign-state".to_owned()), "{status}");
    assert!(gaps("auth").contains(&"kept-by-another".to_owned()), "{status}");

    // What was advised: the machine keeps the same, and nothing is in foreign hands.
    let lldap = "modules/server/SSO/lldap/default.nix";
    let text = repo.read(lldap);
    let start = text.find("persistedData = [").expect("its list");
    let end = start + text[start..].find("];").expect("its end");
    repo.write(lldap, format!("{}persistedData = [{}", &text[..start], &text[end..]));
    let own = line.split_once("auth.").expect("a field of auth").1;
    repo.replace("modules/server/SSO/auth/default.nix", "persistedData = [];", own);
    repo.commit_all("auth keeps its own");
    let status = repo.run(&["status"]).succeeds();
    status.says_not("which is auth's").says_not("to lldap:");
    if let Some(before) = before {
        nix::assert_same(
            &before,
            &nix::configuration(&repo.root()).unwrap(),
            "auth keeps its own",
        );
    }
}

#[test]
fn the_checklist_names_a_directory_that_nothing_persists_or_backs_up() {
    let repo = Repo::with_contract();
    repo.migrate(&["adguardhome"]).succeeds();
    let said = message(&repo);
    for line in [
        "[ ] Persistence paths (no list of persistent directories has its state in /var/lib/private/AdGuardHome: if it has to \
         survive, name it in persistedData)",
        "[ ] Backup directories (no backup is known to have its state in /var/lib/private/AdGuardHome: if it has to be saved, \
         name it in backupPaths)",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    // One that keeps nothing.
    repo.migrate(&["home"]).succeeds();
    let said = message(&repo);
    for line in [
        "[x] Persistence paths (not applicable: it declares no persistent directories)",
        "[x] Backup directories (not applicable: nothing is found that it keeps)",
        "[x] Secrets if needed (not applicable: none is found)",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
}

#[test]
fn a_secret_that_another_file_declares_is_a_secret_of_the_service() {
    let repo = Repo::with_contract();
    let read = "services.homepage-dashboard.environmentFile = config.sops.secrets.\"shared/env\".path;";
    repo.write(
        "modules/server/misc/secret.nix",
        "{config, ...}: {\n  sops.secrets.\"shared/env\" = {};\n}\n",
    );
    let path = "modules/server/dns/default.nix";
    let text = repo.read(path);
    let at = text.find("  services.adguardhome").expect("what runs it");
    repo.write(path, format!("{}  {read}\n{}", &text[..at], &text[at..]));
    repo.commit_all("a secret from elsewhere");
    let run = repo.migrate(&["adguardhome", "--dry-run", "--full"]).succeeds();
    let shown = flat(&run.out);
    assert!(
        shown.contains("Secrets if needed") && !shown.contains("Secrets if needed (not applicable"),
        "{run}"
    );
}

#[test]
fn what_stays_of_a_shared_file_is_named_with_the_reason() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["sonarr", "--dry-run"]).succeeds();
    let shown = flat(&run.out);
    let shared = repo.read("modules/server/arrs/default.nix");
    let line = |text: &str| shared.lines().position(|line| line.contains(text)).expect("a line") + 1;
    let rules = line("access_control.rules");
    let said = "what services.authelia.instances.main.settings.access_control.rules says of sonarr (modules/server/arrs/default.nix:";
    let (_, rest) = shown.split_once(said).unwrap_or_else(|| panic!("{said}: {run}"));
    let (place, rest) = rest.split_once(')').expect("a place");
    let place: usize = place.split(':').next().expect("a line").parse().expect("a number");
    assert!(place > rules, "{place} is no rule: {shared}");
    let reason = " the order of this list counts: Authelia takes the first rule that fits a request";
    assert!(rest.starts_with(reason), "{rest}");
    // The rule stays where it was, and what moved is not said to stay.
    repo.migrate(&["sonarr"]).succeeds();
    let after = repo.read("modules/server/arrs/default.nix");
    assert!(after.contains("access_control.rules"), "{after}");
    assert!(!shown.contains("containers.sonarr.containerConfig.image says"), "{run}");
}

#[test]
fn a_service_that_nothing_runs_is_said_to_be_a_route_alone() {
    let repo = Repo::with_contract();
    repo.replace(
        "modules/server/dns/default.nix",
        "    adguardhome = {",
        "    ledger = {\n      name = \"ledger\";\n      url = \"http://127.0.0.1:8545\";\n    };\n    adguardhome = {",
    );
    repo.commit_all("a route");
    let run = repo.migrate(&["ledger", "--dry-run"]).succeeds();
    let shown = flat(&run.out);
    assert!(
        shown.contains(
            "what runs ledger (modules/server/dns/default.nix:5) no definition of the host is named after it"
        ),
        "{run}"
    );
    repo.migrate(&["adguardhome", "--dry-run", "--full"])
        .succeeds()
        .says_not("what runs adguardhome");
}

#[test]
fn a_rewritten_module_takes_no_argument_that_nothing_uses() {
    let before = nix::available();
    for (pattern, taken) in [
        ("{\n  config,\n  lib,\n  pkgs,\n  inputs,\n  ...\n}:", false),
        ("{\n  config,\n  lib,\n  pkgs,\n  inputs,\n  ...\n} @ args:", true),
    ] {
        let repo = Repo::with_contract();
        let path = "modules/server/media/music/default.nix";
        let text = repo.read(path);
        let end = text.find("}:").expect("its arguments") + 2;
        repo.write(path, format!("{pattern}{}", &text[end..]));
        repo.commit_all("an argument");
        let evaluated = before.then(|| nix::configuration(&repo.root()).unwrap());
        repo.migrate(&["navidrome"]).succeeds();
        let module = repo.read("modules/server/media/navidrome/default.nix");
        let head = module.split_once("}").expect("its arguments").0;
        assert_eq!(head.contains("inputs"), taken, "{module}");
        assert!(head.contains("config") && head.contains("pkgs"), "{module}");
        if let Some(evaluated) = evaluated {
            nix::assert_same(&evaluated, &nix::configuration(&repo.root()).unwrap(), pattern);
        }
    }
}

/// A service whose module has `rest` in it, and a backup of its own directory.
fn keeping(rest: &str) -> Repo {
    let repo = Repo::with_contract();
    repo.write(
        "modules/server/media/vine/default.nix",
        format!(
            r#"{{
  config,
  lib,
  ...
}}: {{
  config = lib.mkIf config.qgroget.server.jellyfin.enable {{
    qgroget.services.vine = {{
      name = "vine";
      url = "http://127.0.0.1:9101";
      type = "private";
      persistedData = ["/var/lib/vine"];
    }};
    qgroget.backups.vine.paths = ["/var/lib/vine"];
{rest}
  }};
}}
"#
        ),
    );
    repo.replace(
        "modules/server/default.nix",
        "imports = [",
        "imports = [\n    ./media/vine",
    );
    repo.commit_all("one that keeps something");
    repo
}

#[test]
fn what_runs_a_service_keeps_state_that_neither_backup_nor_reboot_has() {
    for (rest, kept) in [
        (
            r#"virtualisation.oci-containers.containers.other.volumes = ["/srv/vine:/data"];"#,
            "/srv/vine",
        ),
        (
            r#"virtualisation.oci-containers.containers.vine.volumes = ["vine-data:/data"];"#,
            "/var/lib/containers/storage/volumes/vine-data",
        ),
        (
            r#"virtualisation.oci-containers = {backend = "docker"; containers.vine.volumes = ["data:/data"];};"#,
            "/var/lib/docker/volumes/data",
        ),
        (
            r#"virtualisation.oci-containers.containers.vine.extraOptions = ["-v" "/srv/vine:/data"];"#,
            "/srv/vine",
        ),
        (
            r#"virtualisation.quadlet.containers.vine.containerConfig.podmanArgs = ["--volume=/srv/vine:/data"];"#,
            "/srv/vine",
        ),
        (
            r#"virtualisation.quadlet.containers.vine.containerConfig.volumes = ["${config.virtualisation.quadlet.volumes.pool.ref}:/data"];"#,
            "/var/lib/containers/storage/volumes/pool",
        ),
        (
            r#"systemd.services.other.serviceConfig.StateDirectory = "vines vine:/link";"#,
            "/var/lib/vines",
        ),
        (r#"services.vine.dataDir = "/srv/grapes";"#, "/srv/grapes"),
        (
            r#"systemd.tmpfiles.rules = ["d /srv/vine 0750 root root -"];"#,
            "/srv/vine",
        ),
        (
            r#"systemd.tmpfiles.settings.vine."/srv/vine".d.mode = "0750";"#,
            "/srv/vine",
        ),
    ] {
        let repo = keeping(rest);
        repo.migrate(&["vine", "--skip", "tests"]).succeeds();
        let said = message(&repo);
        let unsaved = format!("[ ] Backup directories (it keeps state that no backup has: {kept})");
        let lost = format!("[ ] Persistence paths (no list of persistent directories has its state in {kept}:");
        // The host persists what podman has.
        let survives = kept.starts_with("/var/lib/containers/");
        assert!(said.contains(&unsaved), "{rest}\n{said}");
        assert_eq!(said.contains(&lost), !survives, "{rest}\n{said}");
        let status = repo.run(&["status", "vine"]).succeeds();
        status.says(&format!("keeps state that no backup has: {kept}"));
    }
    // What is read only, a cache, made for a while, another one's, or of a database.
    for rest in [
        r#"virtualisation.oci-containers.containers.vine.volumes = ["/srv/vine:/data:ro" "/mnt/films:/films"];"#,
        r#"systemd.services.vine.serviceConfig.StateDirectory = [];"#,
        r#"systemd.services.vine.serviceConfig.CacheDirectory = "vine";"#,
        r#"systemd.tmpfiles.rules = ["d /run/vine 0750 root root -" "D /srv/vine - - - -" "d /srv/vine/logs - - - -"];"#,
        r#"services.postgresql.dataDir = "/srv/pg";"#,
        r#"systemd.services.vine.serviceConfig.StateDirectory = "vine";"#,
    ] {
        let repo = keeping(rest);
        repo.migrate(&["vine", "--skip", "tests"]).succeeds();
        let said = message(&repo);
        for line in ["Persistence paths", "Backup directories"] {
            let expected = format!("[ ] {line} (not proved by this run)");
            assert!(said.contains(&expected), "{rest}\n{said}");
        }
    }
}

#[test]
fn what_held_with_the_service_off_is_named_before_and_after() {
    let repo = keeping("");
    // Inside of what the switch turns on nothing changes with it.
    let run = repo.migrate(&["vine", "--dry-run"]).succeeds();
    assert!(!flat(&run.out).contains("with vine off"), "{run}");
    repo.write(
        "modules/server/media/vine/data.nix",
        "{\n  qgroget.backups.vine.paths = [\"/var/lib/vine\"];\n  environment.persistence.\"/persist\".directories = [\"/var/lib/vine\"];\n}\n",
    );
    repo.replace(
        "modules/server/media/vine/default.nix",
        "persistedData = [\"/var/lib/vine\"];",
        "",
    );
    repo.replace(
        "modules/server/media/vine/default.nix",
        "qgroget.backups.vine.paths = [\"/var/lib/vine\"];",
        "",
    );
    repo.replace(
        "modules/server/default.nix",
        "imports = [",
        "imports = [\n    ./media/vine/data.nix",
    );
    repo.commit_all("kept whether it runs or not");
    let run = repo.migrate(&["vine", "--dry-run"]).succeeds();
    let remark = "Its persistence and backups hold with vine off, too; in the contract they hold only with it on.";
    assert!(flat(&run.out).contains(remark), "{run}");
    let json = repo.migrate(&["vine", "--dry-run", "--format", "json"]).succeeds();
    json.says("Its backups hold with vine off, too; in the contract they hold only with it on.");
    repo.migrate(&["vine"]).succeeds();
    let said = message(&repo);
    let held = "persistence and backups held with the service off, too, and from now on only with it on";
    assert!(said.contains(held), "{said}");
}

#[test]
fn a_service_that_no_host_imports_has_nothing_proved_on_the_machine() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "home-assistant", "--yes", "--accept-gains"])
        .succeeds();
    let said = message(&repo);
    let by_itself = "no import of Server leads to its module, which was compared by itself";
    for line in ["Persistence paths", "Backup directories", "Traefik routing if exposed"] {
        assert!(said.contains(&format!("[ ] {line} ({by_itself})")), "{line}: {said}");
    }
    assert!(
        said.contains("no import of Server leads to the module: nothing of it is in effect until one does"),
        "{said}"
    );
}

#[test]
fn of_two_jobs_the_contract_makes_one_and_the_other_stays() {
    let repo = keeping("qgroget.backups.vine-db.paths = [\"/var/lib/vine-db\"];");
    let run = repo.migrate(&["vine", "--dry-run"]).succeeds();
    assert!(flat(&run.out).contains("the backup job vine-db"), "{run}");
    assert!(
        flat(&run.out).contains("a contract makes one backup job, and this one takes vine"),
        "{run}"
    );
    repo.run(&["status"]).succeeds().says_not("vine-db    undeclared");
    repo.migrate(&["vine"]).succeeds();
    let module = repo.read("modules/server/media/vine/default.nix");
    assert!(module.contains("qgroget.backups.vine-db.paths"), "{module}");
    assert_eq!(module.matches("backupPaths =").count(), 1, "{module}");
    let next = repo.migrate(&["vine"]).succeeds();
    next.says("has qgroget.backups.vine-db.paths left of the old pattern");
}

#[test]
fn what_a_priority_or_another_place_has_a_part_in_is_not_moved() {
    for (rest, said) in [
        (
            "qgroget.backups.vine.systemdUnits = [\"a.service\"];\n    qgroget.backups.vine = {systemdUnits = [\"b.service\"];};",
            "'systemdUnits' is set in another place too",
        ),
        (
            "qgroget.backups = lib.mkForce {vine.exclude = [\"x\"];};",
            "a priority stands around more than this field",
        ),
    ] {
        let repo = keeping(rest);
        let run = repo.migrate(&["vine"]).refuses("unsupported-value");
        run.says(said).says("modules/server/media/vine/default.nix:");
    }
    let repo = keeping("");
    let path = "modules/server/media/vine/default.nix";
    repo.replace(
        path,
        "qgroget.services.vine = {",
        "qgroget.services.vine = lib.mkDefault {",
    );
    repo.commit_all("by default");
    repo.migrate(&["vine"])
        .refuses("unsupported-value")
        .says("a priority stands around more than this field");
}
