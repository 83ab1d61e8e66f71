//! What comes next on the machine, at the end of a run.

use crate::common::Repo;

/// The lines under "Next, on …", the title first; each fits a screen of 80 columns.
#[track_caller]
fn next(out: &str) -> Vec<String> {
    let from = out.find("\nNext").unwrap_or_else(|| panic!("nothing of it:\n{out}"));
    let lines = out[from + 1..].lines().map(str::to_owned);
    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    for line in &lines {
        assert!(line.chars().count() <= 80, "{line}");
    }
    lines
}

#[test]
fn a_service_is_looked_at_where_it_runs() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["jellyfin"]).succeeds();
    assert_eq!(
        next(&run.out),
        [
            "Next, on Server:",
            "  build    nixos-rebuild build --flake .#Server",
            "  try      nixos-rebuild dry-activate --flake .#Server",
            "  look at  systemctl status jellyfin, https://jellyfin.lab.example.org",
            "  go back  nixos-rebuild switch --rollback, qgroget undo jellyfin",
            "  go on    qgroget migrate adguardhome",
        ]
    );
    // The command that it names is one that works, and takes back what it says.
    repo.run(&["migrate", "adguardhome", "--dry-run"]).succeeds();
    let undone = repo.run(&["undo", "jellyfin", "--yes"]).succeeds();
    let next = next(&undone.out);
    assert_eq!(
        (next.len(), next[3].as_str()),
        (4, "  go on    qgroget status"),
        "{}",
        undone.out
    );
}

#[test]
fn what_is_not_known_is_not_said() {
    // A service that is off has no unit to look at, and no address.
    let repo = Repo::with_contract();
    repo.replace(
        "modules/server/settings.nix",
        "jellyfin = {\n        enable = true;",
        "jellyfin = {\n        enable = false;",
    );
    repo.commit_all("off");
    let run = repo.migrate(&["jellyfin"]).succeeds();
    let lines = next(&run.out).join("\n");
    assert!(!lines.contains("systemctl") && !lines.contains("https://"), "{lines}");
    // What is not committed is no commit to take back.
    let run = repo.migrate(&["obsidian", "--no-commit"]).succeeds();
    assert!(!next(&run.out).join("\n").contains("undo"), "{}", run.out);
}

#[test]
fn without_a_flake_there_is_a_file_or_nothing() {
    let repo = Repo::homelab_without_git();
    std::fs::remove_file(repo.path("flake.nix")).unwrap();
    repo.start();
    let run = repo.run(&["init", "--yes", "--no-verify"]).succeeds();
    let lines = next(&run.out);
    let file = repo.exists("hosts/Server/configuration.nix");
    let file = if file { "configuration.nix" } else { "default.nix" };
    match repo.exists(&format!("hosts/Server/{file}")) {
        true => assert_eq!(
            lines[1],
            format!("  build    nixos-rebuild build -I nixos-config=./hosts/Server/{file}")
        ),
        false => assert_eq!(lines[1], "  build    nixos-rebuild build"),
    }
    assert_eq!(lines[3], "  go on    qgroget migrate adguardhome");
}

#[test]
fn several_hosts_are_named() {
    let repo = Repo::homelab_without_git();
    crate::common::copy(&repo.path("hosts/Server"), &repo.path("hosts/Backup"));
    repo.start();
    repo.run(&["init", "--yes", "--no-verify", "--host", "Server"])
        .succeeds();
    let run = repo.migrate(&["jellyfin", "--host", "Server"]).succeeds();
    let lines = next(&run.out);
    assert!(lines[0].starts_with("Next, on "), "{lines:?}");
    let on = |host: &str| lines[0].contains(host);
    let enabled = |host: &str| {
        repo.read(&format!("hosts/{host}/settings.nix"))
            .contains("jellyfin.enable")
    };
    assert!(on("Server") && enabled("Server"), "{lines:?}");
    assert_eq!(on("Backup"), enabled("Backup"), "{lines:?}");
}

#[test]
fn the_last_service_leads_to_the_cleanup() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["--all", "--accept-gains"]);
    let lines = next(&run.out);
    assert!(lines.contains(&"  look at  systemctl --failed".to_owned()), "{lines:?}");
    assert_eq!(lines.last().unwrap(), "  go on    qgroget cleanup");
    let run = repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    assert!(!next(&run.out).join("\n").contains("go on"), "{}", run.out);
}

#[test]
fn programs_and_who_wants_quiet_are_told_nothing_of_it() {
    let repo = Repo::with_contract();
    for format in ["json", "patch"] {
        let run = repo
            .run(&["migrate", "jellyfin", "--dry-run", "--format", format])
            .succeeds();
        assert!(!run.out.contains("nixos-rebuild"), "{}", run.out);
    }
    let run = repo.migrate(&["jellyfin", "--quiet"]).succeeds();
    assert!(!run.out.contains("nixos-rebuild"), "{}", run.out);
}
