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
        "[x] Backup directories (not applicable: it declares nothing that it keeps)",
        "[x] Secrets if needed (not applicable: its module declares and reads none)",
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
