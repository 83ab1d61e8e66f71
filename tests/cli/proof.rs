//! The proof that comes before a commit.

use crate::common::{Repo, nix};

#[test]
fn what_is_proved_is_ticked() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "jellyfin", "--yes"])
        .succeeds()
        .says("The configuration is preserved");
    let message = repo.git(&["log", "-1", "--format=%B"]);
    for line in [
        "Contract with all required fields",
        "Persistence paths",
        "Backup directories",
    ] {
        assert!(message.contains(&format!("- [x] {line}")), "{message}");
    }
    assert!(message.contains("- [ ] Tested on the actual server"), "{message}");
}

#[test]
fn without_a_proof_the_checklist_stays_open() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let message = repo.git(&["log", "-1", "--format=%B"]);
    for line in [
        "Contract with all required fields",
        "Persistence paths",
        "Backup directories",
        "Traefik routing",
    ] {
        assert!(message.contains(&format!("- [ ] {line}")), "{message}");
    }
}

#[test]
fn without_nix_a_migration_is_made_and_the_gap_is_said() {
    let repo = Repo::with_contract();
    // Everything that a migration needs, and no nix.
    let programs = repo.home().join("bin");
    std::fs::create_dir(&programs).unwrap();
    let mut command = repo.qgroget(&["migrate", "jellyfin", "--yes"]);
    command.env("PATH", &programs).env_remove("NIX_PATH");
    repo.outcome(&mut command).succeeds().says("not proved by evaluation");
    assert_eq!(repo.log()[0], "refactor(server/jellyfin): migrate to service contract");
}
