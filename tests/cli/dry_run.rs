//! `migrate --dry-run`: what is shown, and that nothing is written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::common::{Repo, snapshot};

#[test]
fn a_person_sees_the_whole_plan() {
    let repo = Repo::with_contract();
    for service in ["jellyfin", "jellyseerr", "vaultwarden"] {
        let run = repo.run(&["migrate", service, "--dry-run"]).succeeds();
        snapshot!("cli", format!("dry_run_{service}"), run);
    }
}

#[test]
fn the_first_command_begins_with_the_service() {
    let repo = Repo::homelab();
    let run = repo.run(&["migrate", "jellyfin", "--dry-run"]).succeeds();
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines.len() <= 160, "{} lines", lines.len());
    assert!(lines[0].starts_with("jellyfin: 5 changes, into the contract"), "{run}");
    let first: Vec<&str> = lines.iter().copied().take(24).collect();
    for said in [
        "will stand in",
        "modules/server/media/video/default.nix:66",
        "hosts/Server/settings.nix: contract.enable",
        "All five leave the machine as it is.",
    ] {
        assert!(first.iter().any(|line| line.contains(said)), "{said}: {run}");
    }
    let end = "To go on: qgroget migrate jellyfin (--yes: without questions)\nNothing was written.\n";
    assert!(run.out.ends_with(end), "{run}");
    // What is said of the contract is what its own plan says.
    let init = repo.run(&["init", "--dry-run", "--diff", "stat"]).succeeds().out;
    let figures = init.lines().find(|line| line.contains(" files, ")).unwrap();
    let number = |word: &str| {
        let before = figures.split(&format!(" {word}")).next().unwrap();
        before.rsplit(' ').next().unwrap().to_owned()
    };
    let said: String = lines[1].chars().filter(|c| *c != ',').collect();
    assert!(
        said.contains(&format!("{} files", number("files")))
            && said.contains(&format!("+{} lines", number("lines added"))),
        "{said}: {figures}"
    );
}

#[test]
fn a_diff_is_shown_as_it_is_wanted() {
    let repo = Repo::with_contract();
    let shown = |kind: &[&str]| {
        let run = repo.run(&[&["migrate", "navidrome", "--dry-run"], kind].concat());
        run.succeeds().out
    };
    let (folded, full) = (shown(&[]), shown(&["--full"]));
    assert!(
        folded.contains("re-indented\n") && folded.contains("from a template"),
        "{folded}"
    );
    assert!(
        full.contains("diff --git a/") && !full.contains("from a template"),
        "{full}"
    );
    assert!(folded.lines().count() < full.lines().count());
    assert!(shown(&["--diff", "side-by-side"]).contains(" │ "));
    let stat = shown(&["--diff", "stat"]);
    assert!(
        stat.contains("hosts/Server/settings.nix  1 line added") || stat.contains("hosts/Server/settings.nix  "),
        "{stat}"
    );
    assert!(!stat.contains("@@"), "{stat}");
    assert!(!shown(&["--diff", "none"]).contains(" files, "));
}

#[test]
fn what_is_skipped_is_not_offered_and_no_gap() {
    let repo = Repo::with_contract();
    let run = repo.run(&["migrate", "navidrome", "--dry-run", "--skip", "tests,placement"]);
    let shown = run.succeeds().out;
    assert!(
        shown.contains("Skipped, by --skip, --only or qgroget.toml: "),
        "{shown}"
    );
    assert!(!shown.contains("── tests/navidrome"), "{shown}");
    let refused = repo
        .run(&["migrate", "navidrome", "--dry-run", "--skip", "contract"])
        .ends(2);
    assert!(refused.err.contains("[possible values: tests, placement"), "{refused}");

    repo.write("qgroget.toml", "[migrate]\nskip = [\"tests\"]\n");
    repo.git(&["add", "--all"]);
    repo.git(&["commit", "--quiet", "--message", "no tests"]);
    repo.migrate(&["navidrome"]).succeeds();
    assert!(!repo.exists("tests/navidrome/default.nix"));
    repo.migrate(&["navidrome"]).succeeds().says("nothing to do");
    let status = repo.run(&["status", "--format", "json"]).succeeds().json();
    let services = status["services"].as_array().unwrap();
    let own = services
        .iter()
        .find(|service| service["service"] == "navidrome")
        .unwrap();
    assert!(!own.to_string().contains("test"), "{own}");
    // The run is the later word.
    let run = repo.run(&["migrate", "navidrome", "--dry-run", "--only", "tests"]);
    run.succeeds().says("tests/navidrome/default.nix");
}

#[test]
fn nothing_is_written_not_even_into_git() {
    let repo = Repo::homelab();
    let before = repo.listing();
    for format in ["human", "json", "patch"] {
        repo.run(&["migrate", "jellyfin", "jellyseerr", "--dry-run", "--format", format])
            .succeeds();
        assert!(repo.listing() == before, "{format} changed something");
    }
    repo.run(&["init", "--dry-run"]).succeeds();
    assert!(repo.listing() == before);
}

#[test]
fn a_repository_that_may_not_be_written_to_will_do() {
    let repo = Repo::homelab();
    let lock = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    lock(&repo.path(".git"), 0o555);
    lock(&repo.root(), 0o555);
    let run = repo.run(&["migrate", "jellyfin", "--dry-run"]);
    lock(&repo.root(), 0o755);
    lock(&repo.path(".git"), 0o755);
    run.succeeds().says("Nothing was written.");
}

#[test]
fn services_in_one_run_are_planned_one_on_the_other() {
    let repo = Repo::with_contract();
    let run = repo.run(&[
        "migrate",
        "jellyfin",
        "jellyseerr",
        "vaultwarden",
        "--dry-run",
        "--format",
        "patch",
    ]);
    let patch = run.succeeds().out;
    repo.write("../all.patch", &patch);
    let whole = Repo::with_contract();
    whole.migrate(&["jellyfin", "jellyseerr", "vaultwarden"]).succeeds();
    repo.git(&["apply", "--index", "../all.patch"]);
    assert!(repo.tree() == whole.tree(), "the patch makes another tree than the run");
}

#[test]
fn a_patch_is_what_the_run_does() {
    for (arguments, init) in [
        (&["migrate", "jellyfin"][..], true),
        (&["migrate", "jellyfin"], false),
        (&["migrate", "jellyseerr", "--accept-gains"], true),
        (&["migrate", "vaultwarden", "--in-place"], true),
        (&["init"], false),
    ] {
        let make = || if init { Repo::with_contract() } else { Repo::homelab() };
        let (shown, written) = (make(), make());
        let patch = shown
            .run(&[arguments, &["--dry-run", "--format", "patch"]].concat())
            .succeeds()
            .out;
        assert!(!patch.contains('\u{1b}'));
        shown.write("../one.patch", &patch);
        shown.git(&["apply", "--index", "../one.patch"]);
        let flags: &[&str] = match arguments[0] {
            "migrate" => &["--yes", "--no-verify"],
            _ => &["--yes"],
        };
        written.run(&[arguments, flags].concat()).succeeds();
        assert!(shown.tree() == written.tree(), "{arguments:?}");
    }
}

#[test]
fn json_follows_its_schema() {
    let repo = Repo::homelab();
    let valid = |run: crate::common::Run| run.follows_schema("plan-1");
    let plan = |services: &[&str]| repo.run(&[&["migrate"], services, &["--dry-run", "--format", "json"]].concat());
    let document = valid(plan(&["jellyfin", "jellyseerr", "vaultwarden"]).succeeds());
    let outcomes = document["services"].as_array().unwrap();
    assert_eq!(outcomes.len(), 4, "init and three services");
    assert!(outcomes.iter().all(|service| service["outcome"] == "planned"));
    valid(repo.run(&["init", "--dry-run", "--format", "json"]).succeeds());
    let refused = valid(plan(&["jellyfan"]).ends(1));
    let refusal = &refused["services"].as_array().unwrap().last().unwrap()["refusals"][0];
    assert_eq!(refusal["code"], "unknown-service");
    assert_eq!(refusal["next"][0], "did you mean 'jellyfin'?");
    repo.migrate(&["jellyfin"]).succeeds();
    let done = valid(plan(&["jellyfin"]).succeeds());
    assert_eq!(done["services"][0]["outcome"], "nothing");
}

#[test]
fn the_edits_in_the_json_make_the_files() {
    let repo = Repo::with_contract();
    let document = repo
        .run(&["migrate", "jellyfin", "--dry-run", "--format", "json"])
        .succeeds()
        .json();
    let groups = document["services"][0]["groups"].as_array().unwrap();
    let mut edits: Vec<&serde_json::Value> = groups
        .iter()
        .flat_map(|group| group["edits"].as_array().unwrap())
        .collect();
    // From the last to the first; those at one place in the order of the groups.
    edits.sort_by_key(|edit| edit["range"]["start"].as_u64());
    let mut made = repo.tree();
    for edit in edits.into_iter().rev() {
        let range = &edit["range"];
        let bound = |name: &str| usize::try_from(range[name].as_u64().unwrap()).unwrap();
        let file = edit["file"].as_str().expect("jellyfin makes no new file");
        let bytes = made.get_mut(file).unwrap();
        let found = String::from_utf8(bytes[bound("start")..bound("end")].to_vec()).unwrap();
        assert_eq!(edit["before"], *found, "{file}");
        bytes.splice(bound("start")..bound("end"), edit["after"].as_str().unwrap().bytes());
    }
    for edit in groups.iter().flat_map(|group| group["edits"].as_array().unwrap()) {
        let (old, new) = (edit["file"].as_str().unwrap(), edit["new_file"].as_str().unwrap());
        if old != new
            && let Some(bytes) = made.remove(old)
        {
            made.insert(new.to_owned(), bytes);
        }
    }
    repo.migrate(&["jellyfin"]).succeeds();
    for (path, bytes) in repo.tree() {
        let made = made
            .get(&path)
            .unwrap_or_else(|| panic!("{path} comes from nothing in the plan"));
        let made = String::from_utf8_lossy(made).into_owned();
        assert_eq!(made, String::from_utf8_lossy(&bytes), "{path}");
    }
}

#[test]
fn uncommitted_changes_and_no_git_do_not_matter() {
    let repo = Repo::homelab();
    repo.write(
        "modules/server/media/video/default.nix",
        repo.read("modules/server/media/video/default.nix") + "\n",
    );
    repo.run(&["migrate", "jellyfin", "--dry-run"]).succeeds();
    let repo = Repo::homelab_without_git();
    let run = repo.run(&["migrate", "jellyfin", "--dry-run"]).succeeds();
    run.says("This is not a git repository");
}
