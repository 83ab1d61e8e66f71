//! What several services of a file have in common, and what is left of it when they have gone.

use crate::common::Repo;

const ARRS: &str = "modules/server/arrs";

#[test]
fn what_services_have_in_common_stands_once() {
    let repo = Repo::with_contract();
    repo.migrate(&["lidarr", "radarr"]).succeeds();
    let common = repo.read(&format!("{ARRS}/common.nix"));
    assert!(
        common.starts_with(&format!("# What services of {ARRS} have in common.\n{{")),
        "{common}"
    );
    let names: Vec<&str> = common
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(" = {"))
        .filter(|name| !name.starts_with(' '))
        .collect();
    assert!(!names.is_empty(), "{common}");
    for name in names {
        for file in ["default.nix", "lidarr/default.nix", "radarr/default.nix"] {
            let text = repo.read(&format!("{ARRS}/{file}"));
            assert!(
                !text.contains(&format!("{name} = {{")),
                "{file} says {name} again:\n{text}"
            );
        }
    }
    for service in ["lidarr", "radarr"] {
        let text = repo.read(&format!("{ARRS}/{service}/default.nix"));
        assert!(text.contains("import ../common.nix"), "{text}");
    }
}

#[test]
fn what_others_have_come_to_need_stays_when_the_commit_that_brought_it_is_taken_back() {
    let repo = Repo::with_contract();
    repo.migrate(&["lidarr", "radarr"]).succeeds();
    let kept = [format!("{ARRS}/common.nix"), "tests/lib/service-test.nix".to_owned()];
    let texts = kept.each_ref().map(|path| repo.read(path));
    let run = repo.run(&["undo", "lidarr", "--yes"]).succeeds();
    let by = ["modules/server/arrs/radarr/default.nix", "tests/radarr/default.nix"];
    for ((path, text), by) in kept.iter().zip(texts).zip(by) {
        assert_eq!(repo.read(path), text);
        let stays = format!("{path} stays: {by}");
        assert!(run.out.contains(&stays), "{stays}:\n{}", run.out);
    }
    assert!(!repo.exists(&format!("{ARRS}/lidarr/default.nix")));
    let shared = repo.read(&format!("{ARRS}/default.nix"));
    assert!(shared.contains("  imports = [\n    ./radarr\n  ];\n"), "{shared}");
    assert_eq!(repo.status(), "");
    // Once more, the next one finds what is there.
    repo.migrate(&["lidarr"]).succeeds();
    assert_eq!(repo.read(&kept[0]).matches("# What").count(), 1);
}

#[test]
fn a_backup_job_without_paths_is_left_to_the_contracts_that_share_it() {
    let repo = Repo::with_contract();
    let job = "  qgroget.backups.arr = {";
    assert!(repo.read(&format!("{ARRS}/default.nix")).contains(job));
    repo.migrate(&["--all", "--accept-gains"]).succeeds();
    repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    assert!(!repo.read(&format!("{ARRS}/default.nix")).contains(job));
    let mut sharing = 0;
    for entry in std::fs::read_dir(repo.path(ARRS)).unwrap() {
        let module = entry.unwrap().path().join("default.nix");
        let Ok(text) = std::fs::read_to_string(&module) else {
            continue;
        };
        let shares = text.contains("backupJob = \"arr\";");
        assert_eq!(
            shares,
            text.contains("backupUnits = [\""),
            "{}:\n{text}",
            module.display()
        );
        sharing += usize::from(shares);
    }
    assert!(sharing > 1);
}

#[test]
fn a_backup_job_that_an_option_has_a_part_of_stays() {
    let repo = Repo::with_contract();
    let home = format!("{ARRS}/default.nix");
    repo.replace(
        &home,
        "${cfg.podName}-pod.service",
        "${config.qgroget.server.domain}.service",
    );
    repo.commit_all("a unit that an option names");
    repo.migrate(&["--all", "--accept-gains"]).succeeds();
    repo.run(&["cleanup", "--yes", "--no-verify"]).succeeds();
    assert!(repo.read(&home).contains("\"${config.qgroget.server.domain}.service\""));
}

#[test]
fn who_leaves_a_shared_file_is_imported_by_it_where_no_order_asks_for_another_place() {
    let repo = Repo::with_contract();
    let server = repo.read("modules/server/default.nix");
    repo.migrate(&["radarr", "lidarr"]).succeeds();
    let shared = repo.read(&format!("{ARRS}/default.nix"));
    assert!(
        shared.contains("  imports = [\n    ./lidarr\n    ./radarr\n  ];\n"),
        "{shared}"
    );
    assert_eq!(repo.read("modules/server/default.nix"), server);
}

#[test]
fn a_file_that_every_service_has_left_goes_on_importing_them_and_says_nothing_else() {
    let repo = Repo::with_contract();
    repo.migrate(&["--all", "--accept-gains"]).succeeds();
    let dashboard = repo.read("modules/server/dashboard/default.nix");
    assert_eq!(dashboard, "{...}: {\n  imports = [\n    ./home\n    ./top\n  ];\n}\n");
    let server = repo.read("modules/server/default.nix");
    assert!(server.contains("    ./dashboard\n"), "{server}");
    assert!(!server.contains("./dashboard/"), "{server}");
}

#[test]
fn the_plan_lists_what_goes_along_with_a_service_that_leaves_a_shared_file() {
    let repo = Repo::with_contract();
    let plan = repo
        .run(&["migrate", "radarr", "--dry-run", "--format", "json"])
        .succeeds();
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    let groups = plan["services"][0]["groups"].as_array().unwrap();
    let moves: Vec<&serde_json::Value> = groups
        .iter()
        .flat_map(|group| group["moves"].as_array().unwrap())
        .collect();
    for (what, to) in [
        (
            "the container radarr",
            format!("{ARRS}/radarr/default.nix: virtualisation.quadlet.containers.radarr"),
        ),
        ("the binding asArr", format!("{ARRS}/common.nix")),
        ("its import", format!("{ARRS}/default.nix: ./radarr")),
    ] {
        let found = moves.iter().find(|one| one["what"] == what);
        let found = found.unwrap_or_else(|| panic!("{what}: {moves:#?}"));
        assert_eq!(found["to"], to, "{what}");
    }
}

#[test]
fn an_entry_of_a_set_with_a_priority_stays_with_it() {
    for priority in [
        "lib.mkForce",
        "lib.mkOverride 60",
        "lib.mkImageMediaOverride",
        "lib.mkDefault",
    ] {
        let repo = Repo::with_contract();
        let hosts = format!(
            "services.nginx.virtualHosts = {priority} {{\n    \"radarr.lan\".root = \"/a\";\n    \"lidarr.lan\".root = \"/b\";\n  }};"
        );
        repo.replace(
            &format!("{ARRS}/default.nix"),
            "  users.users.arr = {",
            &format!(
                "  {hosts}\n  services.nginx.virtualHosts.\"radarr.example\".root = \"/c\";\n  users.users.arr = {{"
            ),
        );
        repo.git(&["commit", "--quiet", "--all", "--message", "feat: hosts of the network"]);
        repo.migrate(&["radarr"]).succeeds();
        let shared = repo.read(&format!("{ARRS}/default.nix"));
        assert!(shared.contains(&hosts), "{shared}");
        // What has no priority goes along.
        let own = repo.read(&format!("{ARRS}/radarr/default.nix"));
        assert!(own.contains("radarr.example") && !own.contains("radarr.lan"), "{own}");
    }
}
