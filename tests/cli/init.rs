//! `init`: the contract in a repository that has none.

use crate::common::{Repo, copy, nix, snapshot};

#[test]
fn one_commit_and_then_nothing_to_do() {
    let repo = Repo::homelab();
    let before = repo.tree();
    let run = repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    snapshot!("cli", "init_yes", run);
    assert_eq!(repo.log(), ["feat(server): add the service contract", "start"]);
    assert_eq!(repo.status(), "");
    for file in ["collector.nix", "legacy-bridge.nix", "_template/default.nix"] {
        assert!(repo.exists(&format!("modules/server/{file}")), "{file}");
    }
    repo.run(&["init", "--yes", "--no-verify"])
        .succeeds()
        .says("nothing to do");
    repo.run(&["init", "--dry-run"]).succeeds().says("nothing to do");
    assert_eq!(repo.log().len(), 2);
    repo.git(&["revert", "--no-edit", "HEAD"]);
    assert!(repo.tree() == before, "reverting the commit leads back");
}

#[test]
fn the_configuration_stays_as_it_was() {
    if nix::available() {
        let (before, after) = (Repo::homelab(), Repo::with_contract());
        nix::assert_equal(&before.root(), &after.root(), "init");
    }
}

#[test]
fn it_is_proved_before_it_is_written() {
    if !nix::available() {
        return;
    }
    Repo::homelab()
        .run(&["init", "--yes"])
        .succeeds()
        .says("The configuration is preserved (Server, slice mode, ");
    let broken = Repo::homelab();
    broken.replace(
        "hosts/Server/configuration.nix",
        "imports = [",
        "networking = nothing;\n  imports = [",
    );
    broken.commit_all("chore: does not evaluate");
    let before = broken.tree();
    broken.run(&["init", "--yes"]).ends(1).says("--no-verify");
    assert!(broken.tree() == before);
    broken.run(&["init", "--yes", "--no-verify"]).succeeds();
}

#[test]
fn a_nixpkgs_that_is_too_old_for_the_contract_is_named_before_anything_is_written() {
    let Some(library) = nix::library().filter(|_| nix::available()) else {
        return;
    };
    let repo = Repo::homelab();
    let old = repo.home().join("nixpkgs/lib");
    copy(&library.join("lib"), &old);
    std::fs::rename(old.join("default.nix"), old.join("new.nix")).unwrap();
    let without = "(import ./new.nix).extend (_: before: {types = removeAttrs before.types [\"anything\"];})";
    std::fs::write(old.join("default.nix"), without).unwrap();
    let before = repo.tree();
    repo.run(&[
        "init",
        "--yes",
        "--nixpkgs",
        &old.parent().unwrap().display().to_string(),
    ])
    .ends(1)
    .says("does-not-evaluate")
    .says("types.anything");
    assert!(repo.tree() == before);
}

#[test]
fn what_is_there_already_is_kept() {
    let repo = Repo::with_contract();
    repo.git(&["rm", "--quiet", "-r", "modules/server/_template"]);
    repo.commit_all("no template");
    let run = repo.run(&["init", "--dry-run"]).succeeds();
    run.says("add the annotated template").says_not("legacy-bridge.nix");
}

#[test]
fn several_hosts_need_a_name() {
    let repo = Repo::homelab();
    repo.replace(
        "hosts/Desk/configuration.nix",
        "imports = [",
        "imports = [\n    ../../modules/server",
    );
    repo.commit_all("the desk serves as well");
    let run = repo.run(&["init", "--yes"]).ends(2);
    run.says("error[several-hosts]")
        .says("Desk, Server")
        .says("--host Desk");
    repo.run(&["init", "--yes", "--host", "Server"]).succeeds();
    assert!(repo.read("hosts/Server/settings.nix").contains("serviceModules"));
    assert!(!repo.read("hosts/Desk/settings.nix").contains("serviceModules"));
}

/// Story 6.4: the settings file itself says how its list is made and read.
#[test]
fn settings_and_documents_speak_of_the_host_at_hand() {
    let repo = Repo::homelab();
    repo.git(&["mv", "hosts/Server", "hosts/Attic"]);
    repo.commit_all("another name");
    repo.run(&["init", "--yes"]).succeeds();
    let settings = repo.read("hosts/Attic/settings.nix");
    for said in [
        "in alphabetical order: <service>.enable = true;",
        "modules/server/<category>/<service>/default.nix",
        "nix eval --json .#nixosConfigurations.Attic.config.qgroget.collector.enabled",
    ] {
        assert!(settings.contains(said), "{said:?} is not in\n{settings}");
    }
    for document in [
        "architecture-decision-record",
        "migration-guide",
        "service-template-guide",
    ] {
        let text = repo.read(&format!("docs/{document}.md"));
        assert!(text.contains("hosts/Attic/settings.nix"), "{document}");
        let other = ["hosts/Server", "nixosConfigurations.Server", "#Server"];
        assert!(other.iter().all(|name| !text.contains(name)), "{document}");
    }
}
