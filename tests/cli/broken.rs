//! A file that cannot be read hides what it imports: nothing is taken for known that it may say otherwise.

use crate::common::{Repo, nix, snapshot};

/// A repository in which `path` does not parse, which nobody has committed.
fn with_a_broken(repo: &Repo, path: &str) {
    let text = repo.read(path);
    repo.write(path, format!("= ;{text}"));
}

#[test]
fn a_module_that_only_a_broken_file_may_import_is_not_migrated() {
    let repo = Repo::with_contract();
    let (broken, module) = (
        "modules/server/media/default.nix",
        "modules/server/media/video/default.nix",
    );
    with_a_broken(&repo, broken);
    let before = repo.status();
    let why = format!("what {broken} imports cannot be seen, and no other import leads to {module}");
    repo.migrate(&["jellyfin"])
        .refuses("does-not-parse")
        .says(&why)
        .says(&format!("{broken}:1:1"));
    assert_eq!(repo.status(), before);
    // Services that other imports lead to go on.
    repo.migrate(&["vaultwarden"]).succeeds();
    // A place that is not known is no place that is not imported.
    let status = repo.run(&["status"]).succeeds();
    status
        .says("jellyfin [does-not-parse]")
        .says_not("no import of Server leads");
    repo.run(&["map", "--html", "map.html"])
        .succeeds()
        .says("jellyfin [does-not-parse]");
}

#[test]
fn a_contract_that_only_a_broken_file_may_import_is_not_gone_on_with() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    with_a_broken(&repo, "modules/server/media/default.nix");
    repo.run(&["migrate", "jellyfin", "--dry-run"])
        .refuses("does-not-parse")
        .says("modules/server/media/default.nix:1:1");
    let service = &repo.run(&["status", "jellyfin"]).succeeds();
    assert!(!service.out.contains("no import of Server leads"), "{service}");
}

#[test]
fn a_service_that_a_broken_file_may_import_is_not_called_unknown() {
    let repo = Repo::with_contract();
    repo.write("services/default.nix", "{ imports = [./notes.nix]; }\n");
    repo.write(
        "services/notes.nix",
        "{ qgroget.services.notes = { name = \"notes\"; url = \"http://localhost:8111\"; }; }\n",
    );
    let host = "hosts/Server/configuration.nix";
    repo.replace(host, "imports = [", "imports = [\n    ../../services");
    repo.commit_all("feat: notes");
    repo.run(&["migrate", "notes", "--dry-run"]).succeeds();
    with_a_broken(&repo, "services/default.nix");
    repo.run(&["migrate", "notes", "--dry-run"])
        .refuses("does-not-parse")
        .says("services/default.nix:1:1")
        .says("what services/default.nix declares and imports cannot be seen, and nothing else declares notes");
    // A slip of the keyboard is one all the same.
    repo.run(&["migrate", "jelyfin", "--dry-run"])
        .refuses("unknown-service")
        .says("did you mean 'jellyfin'?");
}

#[test]
fn a_host_whose_imports_cannot_be_seen_is_not_said_to_import_nothing() {
    let repo = Repo::with_contract();
    let host = "hosts/Server/configuration.nix";
    with_a_broken(&repo, host);
    let why = format!("what {host} imports cannot be seen, and no host is known to import modules/server");
    for command in [&["migrate", "jellyfin"][..], &["status"], &["check"], &["init"], &[]] {
        repo.run(command)
            .refuses("does-not-parse")
            .says(&why)
            .says(&format!("{host}:1:1"));
    }
    if nix::available() {
        repo.run(&["verify"])
            .refuses("does-not-evaluate")
            .says(&format!("at {host}:1:1"));
    }
}

/// What of the contract is gone is told, and `init` puts it in.
#[test]
fn a_contract_of_which_something_is_missing_is_not_called_whole() {
    let repo = Repo::with_contract();
    for part in ["collector.nix", "legacy-bridge.nix"] {
        let list = repo.read("modules/server/default.nix");
        repo.write(
            "modules/server/default.nix",
            list.replace(&format!("    ./{part}\n"), ""),
        );
        repo.commit_all("chore: without it");
        let run = repo.run(&[]).succeeds();
        run.says("installed, and something of it is missing")
            .says("Next: qgroget init");
        let check = repo.run(&["check", "--no-eval"]).succeeds();
        check
            .says("contract-incomplete")
            .says("modules/server/options.nix:1:1")
            .says_not("nothing wrong");
        repo.run(&["init", "--yes", "--no-verify"]).succeeds();
        repo.run(&["check", "--no-eval"])
            .succeeds()
            .says_not("contract-incomplete");
        assert_eq!(repo.read("modules/server/default.nix").matches(part).count(), 1);
    }
}

/// With services that have contracts, the machine is another one without a part of the contract.
#[test]
fn what_comes_back_with_a_part_of_the_contract_is_taken_by_name() {
    for part in ["collector.nix", "legacy-bridge.nix"] {
        let repo = Repo::with_contract();
        repo.migrate(&["jellyfin"]).succeeds();
        let list = "modules/server/default.nix";
        let whole = repo.read(list);
        repo.write(list, whole.replace(&format!("    ./{part}\n"), ""));
        repo.commit_all("chore: without it");
        let without = repo.tree();
        let plan = repo.run(&["init", "--dry-run"]).succeeds();
        match part {
            "collector.nix" => {
                snapshot!("cli", "init_put_back", plan);
            }
            _ => drop(plan.says("put back what is missing of the contract: the import of legacy-bridge.nix")),
        }
        repo.run(&["init", "--yes"])
            .refuses("contract-off")
            .says("jellyfin has a contract");
        repo.migrate(&["vaultwarden"])
            .refuses("contract-off")
            .says("qgroget init");
        repo.migrate(&["vaultwarden", "--dry-run"]).refuses("contract-off");
        repo.run(&["status"]).succeeds();
        assert!(repo.tree() == without);
        let run = repo.run(&["init", "--yes", "--accept-gains"]).succeeds();
        if nix::available() {
            // The bridge reads what the collector declares.
            let said = match part {
                "collector.nix" => "The configuration did not evaluate before",
                _ => "qgroget.services.jellyfin: ",
            };
            run.says(said).says("Beside that the configuration is preserved");
        }
        let sorted = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(&repo.read(list)), sorted(&whole));
        assert_eq!(repo.log()[0], "feat(server): complete the service contract");
    }
}

#[test]
fn an_import_is_not_written_twice() {
    let repo = Repo::with_contract();
    for services in [&[][..], &["jellyfin"]] {
        if !services.is_empty() {
            repo.migrate(services).succeeds();
        }
        let whole = repo.tree();
        repo.git(&["rm", "--quiet", "modules/server/collector.nix"]);
        repo.commit_all("chore: without it");
        let run = repo.run(&["init", "--yes", "--accept-gains", "--no-verify"]).succeeds();
        assert!(repo.tree() == whole, "{run}");
    }
    if nix::available() {
        repo.git(&["rm", "--quiet", "modules/server/collector.nix"]);
        repo.commit_all("chore: without it");
        repo.run(&["init", "--yes", "--accept-gains"])
            .succeeds()
            .says("The configuration did not evaluate before")
            .says("Beside that the configuration is preserved");
    }
}

/// A file of the contract that does not parse says nothing about its version.
#[test]
fn a_contract_that_cannot_be_read_is_not_called_older() {
    let repo = Repo::with_contract();
    let text = repo.read("modules/server/collector.nix");
    repo.write("modules/server/collector.nix", format!("{{\n{text}"));
    repo.run(&[]).says_not("upgrades the contract");
    repo.run(&["check", "--no-eval"])
        .says("does-not-parse")
        .says_not("contract-outdated");
}

/// No file but a page is written over by a page.
#[test]
fn a_page_does_not_take_the_place_of_a_module() {
    let repo = Repo::with_contract();
    let before = repo.tree();
    for command in [&["map"][..], &["verify"]] {
        repo.run(&[command, &["--html", "modules/server/default.nix"]].concat())
            .ends(2)
            .says("the name ends in .html");
    }
    assert_eq!(repo.tree(), before);
}

#[test]
fn a_new_service_does_not_stand_where_something_stands() {
    let repo = Repo::with_contract();
    repo.run(&["new", "video", "--category", "media", "--port", "8111", "--dry-run"])
        .refuses("service-exists")
        .says("there is modules/server/media/video already")
        .says_not("qgroget migrate video");
}
