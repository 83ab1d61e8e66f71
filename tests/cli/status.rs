//! A service looked at closely: its pieces, where each stands, and where its migration lets it stand.

use serde_json::Value;

use crate::common::{Repo, Run, snapshot};

fn closely(repo: &Repo, service: &str) -> Value {
    let document = repo.run(&["status", service, "--format", "json"]).succeeds().json();
    let services = document["services"].as_array().unwrap();
    assert_eq!(services.len(), 1, "{services:?}");
    assert_eq!(services[0]["service"], service);
    services[0].clone()
}

/// The places of all pieces, by kind and name, as `field` has them; what stands nowhere is left out.
fn places(service: &Value, field: &str) -> Vec<(String, String, Vec<String>)> {
    let pieces = service["pieces"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = pieces.map(|piece| {
        let places = piece[field]
            .as_array()
            .unwrap_or_else(|| panic!("{field}: {piece}"))
            .iter();
        let place = |at: &Value| format!("{}:{}:{}", text(&at["file"]), at["line"], at["column"]);
        (
            text(&piece["kind"]),
            text(&piece["name"]),
            places.map(place).collect::<Vec<_>>(),
        )
    });
    all.filter(|(_, _, places)| !places.is_empty()).collect()
}

#[test]
fn pieces_stand_where_it_was_said_that_they_will() {
    // A module of its own, one that leaves a shared file with containers, secrets and lists, one with a job elsewhere.
    for service in ["jellyfin", "sonarr", "auth", "navidrome"] {
        let repo = Repo::with_contract();
        let before = closely(&repo, service);
        assert_eq!(before["plan"]["outcome"], "planned");
        assert_eq!(before["plan"]["installs_contract"], false);
        let planned = places(&before, "will_stand");
        repo.migrate(&[service]).succeeds();
        let after = closely(&repo, service);
        assert_eq!(after["pattern"], "contract");
        assert_eq!(places(&after, "stands"), planned, "{service}");
    }
}

#[test]
fn each_place_has_what_it_is_said_to_have() {
    let repo = Repo::homelab();
    let service = closely(&repo, "jellyfin");
    assert_eq!(service["plan"]["installs_contract"], true);
    let stands = places(&service, "stands");
    let of = |kind: &str, name: &str| {
        let (_, _, places) = stands
            .iter()
            .find(|(k, n, _)| k == kind && n == name)
            .unwrap_or_else(|| panic!("{kind} {name}: {stands:?}"));
        let mut lines = places.iter().map(|place| {
            let mut parts = place.split(':');
            let text = repo.read(parts.next().unwrap());
            let line: usize = parts.next().unwrap().parse().unwrap();
            text.lines().nth(line - 1).unwrap().trim().to_owned()
        });
        lines.next().unwrap()
    };
    assert!(of("declaration", "").starts_with("qgroget.services.jellyfin = {"));
    assert_eq!(of("switch", ""), "enable = true;");
    assert!(of("route", "").starts_with("name ="));
    assert!(of("backup", "").starts_with("qgroget.backups.jellyfin"));
    assert!(of("persistence", "/var/lib/jellyfin").starts_with("\"/var/lib/jellyfin\""));
    assert!(of("firewall", "").contains("allowedTCPPorts"));
    assert_eq!(of("import", ""), "./video");
    let auth = places(&closely(&repo, "auth"), "stands");
    let secrets = auth.iter().filter(|(kind, _, _)| kind == "secret").count();
    assert_eq!(secrets, 5);
}

#[test]
fn a_service_that_cannot_be_planned_says_why_and_what_to_do() {
    let repo = Repo::homelab();
    let service = closely(&repo, "honcho");
    assert_eq!(service["plan"]["outcome"], "refused");
    assert_eq!(service["plan"]["refusal"]["code"], "unknown-service");
    assert!(
        service["pieces"]
            .as_array()
            .unwrap()
            .iter()
            .all(|piece| piece["will_stand"].is_null())
    );
    repo.run(&["status", "honcho"])
        .succeeds()
        .says("next: qgroget migrate honcho --from modules/server/misc/honcho.nix")
        .says_not("will stand at");
    repo.run(&["status", "jelyfin"])
        .refuses("unknown-service")
        .says("did you mean 'jellyfin'?");
}

#[test]
fn what_was_declined_is_offered_besides() {
    let repo = Repo::with_contract();
    let run = repo.run(&["status", "jellyseerr"]).succeeds();
    run.says("Offered besides, by a question of its own:");
    repo.migrate(&["jellyfin"]).succeeds();
    let done = closely(&repo, "jellyfin");
    assert_eq!(done["plan"]["outcome"], "nothing");
    repo.run(&["status", "jellyfin"])
        .succeeds()
        .says("Nothing of it is left to be migrated.")
        .says_not("will stand at");
}

#[test]
fn services_are_shown_closely_at_every_width() {
    let repo = Repo::homelab();
    let wide = repo.run(&["status", "jellyfin", "honcho"]).succeeds();
    snapshot!("cli", "status_closely", &wide.out);
    let narrow = repo.outcome(repo.qgroget(&["status", "jellyfin"]).env("COLUMNS", "40"));
    snapshot!("cli", "status_closely_40", &narrow.out);
}

#[test]
fn json_follows_its_schema() {
    let valid = |run: Run| run.succeeds().follows_schema("status-1");
    let repo = Repo::homelab();
    let all = valid(repo.run(&["status", "--format", "json"]));
    assert!(all["services"][0].get("pieces").is_none());
    let some = valid(repo.run(&["status", "honcho", "jellyfin", "honcho", "--format", "json"]));
    let names: Vec<&Value> = some["services"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| &s["service"])
        .collect();
    assert_eq!(names, ["honcho", "jellyfin"]);
    assert_eq!(some["totals"], all["totals"]);
}

/// The line of a service in the table.
#[track_caller]
fn line_of<'r>(run: &'r Run, service: &str) -> &'r str {
    let is_it = |line: &&str| line.split_whitespace().next() == Some(service);
    run.out
        .lines()
        .find(is_it)
        .unwrap_or_else(|| panic!("{service}: {run}"))
}

#[test]
fn beside_a_broken_file_only_what_is_known_is_said() {
    let repo = Repo::homelab();
    let whole = repo.run(&["status"]).succeeds();
    // It may import every module: nothing says of whom the job `music` is.
    repo.write("modules/server/default.nix", "{ a = ; }");
    let run = repo.run(&["status"]).succeeds();
    for job in ["music", "arr"] {
        let is_it = |line: &str| line.split_whitespace().next() == Some(job);
        assert!(!run.out.lines().any(is_it), "{run}");
    }
    let cells: Vec<&str> = line_of(&run, "navidrome").split_whitespace().collect();
    assert_eq!(
        cells[..7],
        ["navidrome", "legacy", "?", "4533", "public", "?", "?"],
        "{run}"
    );
    assert!(!run.out.contains("keeps state that no backup has"), "{run}");
    let navidrome = closely(&repo, "navidrome");
    let unknown: Vec<&str> = navidrome["unknown"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unknown| unknown["field"].as_str().unwrap())
        .collect();
    assert_eq!(unknown, ["enabled", "persisted", "backed_up"]);
    // Where a switch would be set, a file cannot be read: that nothing sets it is not known.
    let repo = Repo::homelab();
    repo.write("hosts/Server/settings.nix", "{ a = ; }");
    let run = repo.run(&["status"]).succeeds().says_not("is enabled nowhere");
    assert!(line_of(&whole, "calibre").contains(" yes "), "{whole}");
    assert!(line_of(&run, "calibre").contains(" ? "), "{run}");
}
