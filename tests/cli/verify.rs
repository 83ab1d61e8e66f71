//! `verify`: what two states evaluate to, by hand-made changes too.

use crate::common::{Repo, nix};

#[test]
fn a_change_by_hand_is_told_by_what_it_means() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.migrate(&["portfolio"]).succeeds();
    repo.run(&["verify"]).succeeds().says("no difference");
    let path = "modules/server/misc/portfolio/default.nix";
    repo.replace(path, "type = \"public\"", "type = \"private\"");
    repo.run(&["verify"])
        .ends(1)
        .says("NOT preserved")
        .says("only clients with a certificate can reach it now");
    repo.run(&["verify", "--revision", "HEAD", "--against", "HEAD~1"])
        .succeeds();
    let json = repo.run(&["verify", "--format", "json"]).ends(1).json();
    let differences = json["hosts"][0]["verdict"]["differences"].as_array().unwrap();
    let classes: Vec<&str> = differences.iter().map(|d| d["class"].as_str().unwrap()).collect();
    assert!(classes.contains(&"changed"), "{json:#}");
    repo.run(&["verify", "--html", "proof.html"]).ends(1);
    assert!(repo.read("proof.html").contains("only clients with a certificate"));
}

#[test]
fn every_migration_is_proved_again_even_of_a_module_that_nothing_imports() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.migrate(&["portfolio", "git"]).succeeds();
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("refactor(server/portfolio)")
        .says("refactor(server/git)");
    let path = "modules/server/misc/forgero.nix";
    repo.replace(path, "subdomain = \"git\"", "subdomain = \"code\"");
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    repo.run(&["verify", "--since-contract"])
        .ends(1)
        .says("NOT preserved")
        .says("git");
}
