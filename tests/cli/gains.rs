//! What the machine gains is proved as well: it is defined in a copy of the state before, and nothing else may differ.

use std::process::{Command, Stdio};

use crate::common::person::{End, Person};
use crate::common::{Repo, nix};

const SCHEMA: &str = "modules/server/options.nix";
/// The gain of a service of the example that a host imports, and that of one that none does.
const GAINED: &str = "gained    ${config.services.jellyseerr.configDir} is backed up now (job jellyseerr)";
const ONCE_IMPORTED: &str = "gained    /var/lib/hass is backed up once a host imports the service (job home-assistant)";

fn with_proof(repo: &Repo, service: &str) -> crate::common::Run {
    repo.run(&["migrate", service, "--yes", "--accept-gains"])
}

#[test]
fn every_gain_of_the_example_is_made_and_nothing_else_differs() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    with_proof(&repo, "home-assistant").succeeds().says(ONCE_IMPORTED);
    with_proof(&repo, "jellyseerr").succeeds().says(GAINED);
    // The commit does not say that the directory is in no backup.
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("[x] Backup directories"), "{message}");
    let configuration = nix::configuration(&repo.root()).unwrap();
    let jobs = &configuration["services"]["restic"]["backups"];
    assert_eq!(
        jobs["jellyseerr"]["paths"],
        serde_json::json!(["/var/lib/jellyseerr/config"])
    );
    assert!(jobs["home-assistant"].is_null());
}

#[test]
fn a_directory_that_has_only_a_mode_gains_nothing() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let from = ["migrate", "honcho", "--from", "modules/server/misc/honcho.nix", "--yes"];
    repo.run(&from).succeeds().says("The configuration is preserved");
    let configuration = nix::configuration(&repo.root()).unwrap();
    let directories = configuration["environment"]["persistence"]["/persist"]["directories"].as_array();
    let own = |entry: &&serde_json::Value| entry["directory"] == "/var/lib/honcho";
    let found: Vec<_> = directories.unwrap().iter().filter(own).collect();
    assert_eq!(
        found,
        [&serde_json::json!({"directory": "/var/lib/honcho", "mode": "0700"})]
    );
}

#[test]
fn a_gain_is_made_by_a_yes_at_the_prompt() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let mut command: Command = repo.qgroget(&["migrate", "jellyseerr", "--no-pager"]);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::inherit());
    let mut person = Person::at(command);
    person.presses("y");
    person.answers("Take this gain", "y");
    let (rest, end) = person.leaves();
    assert!(rest.contains(GAINED), "{rest}");
    assert_eq!(end, End::Code(0), "{rest}");
    assert_eq!(
        repo.log()[0],
        "refactor(server/jellyseerr): migrate to service contract"
    );
}

#[test]
fn a_gain_with_a_further_difference_is_refused() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    // It opens a port once a contract has a backup.
    repo.replace(
        "modules/server/backup/default.nix",
        "in {\n",
        "in {\n  networking.firewall.allowedTCPPorts = lib.optional (config.qgroget.collector.backups ? jellyseerr) 9999;\n\n",
    );
    repo.commit_all("a port that depends on a contract");
    let before = (repo.tree(), repo.log());
    with_proof(&repo, "jellyseerr")
        .refuses("not-preserving")
        .says("the firewall is now open for 9999 (networking.firewall.allowedTCPPorts)")
        .says_not("backed up");
    assert_eq!((repo.tree(), repo.log()), before);
}

#[test]
fn a_gain_that_does_not_come_out_as_declared_is_refused() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.replace(
        SCHEMA,
        "            description = \"What the job saves.\";\n",
        "            description = \"What the job saves.\";\n            apply = map (path: path + \"/.\");\n",
    );
    repo.commit_all("an option that makes another value of what it is given");
    let before = (repo.tree(), repo.log());
    with_proof(&repo, "home-assistant")
        .refuses("declared-otherwise")
        .says("qgroget.backups.home-assistant.paths does not come out as the gain says")
        .says("it evaluates to [\"/var/lib/hass/.\"]");
    assert_eq!((repo.tree(), repo.log()), before);
}

#[test]
fn a_gain_that_nobody_accepted_is_not_made() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "jellyseerr", "--yes"])
        .succeeds()
        .says("The configuration is preserved")
        .says_not("gained");
}

#[test]
fn a_gain_under_a_shared_switch_by_a_name_of_the_module() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.write(
        "modules/server/media/books/default.nix",
        "{config, lib, ...}: let\n  cfg = config.qgroget.server.reading;\nin {\n  options.qgroget.server.reading.enable = lib.mkEnableOption \"books\";\n  \
         config = lib.mkIf cfg.enable {\n    qgroget.services.calibre = {\n      name = \"calibre\";\n      url = \"http://127.0.0.1:8083\";\n      \
         backupDirectories = [\"/var/lib/calibre\"];\n    };\n    qgroget.services.kavita = {\n      name = \"kavita\";\n      url = \"http://127.0.0.1:5000\";\n    };\n  };\n}\n",
    );
    repo.replace(
        "hosts/Server/settings.nix",
        "calibre.enable = true;",
        "reading.enable = true;",
    );
    repo.commit_all("books under one switch");
    with_proof(&repo, "calibre")
        .succeeds()
        .says("gained    /var/lib/calibre is backed up now (job calibre)");
}

/// What a declined gain leaves in the contract is taken out where the gain is taken after all.
#[test]
fn a_contract_does_not_go_on_saying_that_nothing_is_backed_up() {
    let repo = Repo::with_contract();
    let module = "modules/server/homeAssistant/default.nix";
    let comment = "# Not backed up: these paths were declared as backupDirectories, which nothing reads.";
    repo.migrate(&["home-assistant"]).succeeds();
    let declined = repo.read(module);
    assert!(declined.contains(comment), "{declined}");
    // Without a yes to the gain there is no commit to speak of.
    repo.run(&["migrate", "home-assistant", "--dry-run"])
        .succeeds()
        .says("--accept-gains: the gains as well")
        .says_not("Commit message");
    repo.migrate(&["home-assistant", "--accept-gains"]).succeeds();
    let taken = repo.read(module);
    let block = format!("        {comment}\n        # backupPaths = [\"/var/lib/hass\"];\n        backupPaths = [];\n");
    assert!(declined.contains(&block), "{declined}");
    assert_eq!(
        taken,
        declined.replace(&block, "        backupPaths = [cfg.dataDir];\n")
    );
}

/// The same where the comment names more than is backed up now: what it says then is true, and the paths stay.
#[test]
fn a_comment_that_names_more_paths_stays() {
    let repo = Repo::with_contract();
    let module = "modules/server/homeAssistant/default.nix";
    repo.replace(
        module,
        "backupDirectories = [\"/var/lib/hass\"]",
        "backupDirectories = [\"/var/lib/hass\" \"/srv/hass\"]",
    );
    repo.commit_all("feat: more");
    repo.migrate(&["home-assistant", "--data-dir", "home-assistant=/var/lib/hass"])
        .succeeds();
    repo.migrate(&["home-assistant", "--accept-gains"]).succeeds();
    let taken = repo.read(module);
    assert!(!taken.contains("Not backed up"), "{taken}");
    assert!(
        taken.contains("# These paths were declared as backupDirectories, which nothing read.\n"),
        "{taken}"
    );
    assert!(taken.contains("/srv/hass"), "{taken}");
    assert!(taken.contains("\n        backupPaths = [cfg.dataDir];\n"), "{taken}");
}

/// Where nothing but a gain is open, the question about it is the only one.
#[test]
fn a_gain_alone_is_asked_about_at_once() {
    let repo = Repo::with_contract();
    repo.migrate(&["home-assistant"]).succeeds();
    let mut command: Command = repo.qgroget(&["migrate", "home-assistant", "--no-verify", "--no-pager"]);
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .stdin(Stdio::inherit());
    let mut person = Person::at(command);
    let shown = person.sees("(1/1) Take this gain");
    assert!(!shown.contains("Take these"), "{shown}");
    person.sees("]?");
    // There is nothing before it.
    person.types("u");
    person.sees("There is no answer before this one to take back.");
    person.sees("]?");
    person.types("y");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    assert!(
        repo.read("modules/server/homeAssistant/default.nix")
            .contains("backupPaths = [cfg.dataDir];")
    );
}
