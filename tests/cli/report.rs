//! What a run over several services says of itself: a line each, the sums, a page, a document for programs.

use crate::common::{Repo, nix};

#[test]
fn a_page_for_a_pull_request_says_what_the_commits_say() {
    let repo = Repo::with_contract();
    let run = repo
        .migrate(&["jellyfin", "jellyseerr", "--report", "outcome.md"])
        .succeeds()
        .says("1/2  jellyfin    not proved · ")
        .says("2 services: 2 migrated")
        .says("1 gain not taken:")
        .says("to have it after all: qgroget undo jellyseerr, then qgroget migrate jellyseerr --accept-gains");
    // What it names does that.
    let other = Repo::with_contract();
    other.migrate(&["jellyfin", "jellyseerr"]).succeeds();
    other.run(&["undo", "jellyseerr", "--yes"]).succeeds();
    other.migrate(&["jellyseerr", "--accept-gains"]).succeeds();
    assert!(
        other
            .read("modules/server/media/jellyseerr/default.nix")
            .contains("backupPaths = [contract.dataDir];")
    );
    assert!(run.err.contains("wrote outcome.md"), "{run}");
    let page = repo.read("outcome.md");
    let head = repo.git(&["rev-parse", "--short", "HEAD"]);
    assert!(
        page.contains(&format!("| jellyseerr | not proved | {} |", head.trim())),
        "{page}"
    );
    // The whole message of each commit stands in it.
    for commit in ["HEAD", "HEAD~1"] {
        let message = repo.git(&["log", "-1", "--format=%B", commit]);
        let body = message.split_once('\n').unwrap().1.trim();
        assert!(page.contains(body), "{body}\nis not in\n{page}");
    }
    assert!(page.contains("not proved: --no-verify"), "{page}");
    assert!(
        page.contains("Nothing was proved of the 2 that were migrated."),
        "{page}"
    );
}

#[test]
fn a_page_can_be_had_as_html_with_the_verdicts() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    repo.run(&["migrate", "jellyfin", "bazarr", "--yes", "--report", "outcome.html"])
        .succeeds()
        .says("1/2  jellyfin  preserved, slice mode · ");
    let page = repo.read("outcome.html");
    assert!(
        page.contains("Each migrated service was evaluated before and after"),
        "{page}"
    );
    assert!(page.contains("preserved, slice mode"), "{page}");
}

#[test]
fn a_refused_service_is_summed_up_with_its_reason() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["jellyfin", "no-such-service", "jellyfin"]);
    assert_eq!(run.code, 1, "{run}");
    let sums: Vec<&str> = run
        .out
        .lines()
        .skip_while(|line| !line.contains("services: "))
        .collect();
    assert!(sums[0].starts_with("2 services: 1 migrated, 1 refused ("), "{run}");
    assert_eq!(sums[1], "Refused:");
    assert!(
        sums[2].contains("no-such-service: ") && sums[2].ends_with("[unknown-service]"),
        "{run}"
    );
}

#[test]
fn programs_get_what_was_done() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["jellyfin", "no-such-service", "--format", "json"]);
    let document = run.follows_schema("plan-1");
    let services = &document["services"];
    assert_eq!(services[0]["outcome"], "migrated");
    assert_eq!(services[0]["commit"]["id"], repo.git(&["rev-parse", "HEAD"]).trim());
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert_eq!(
        services[0]["commit"]["message"].as_str().unwrap().trim(),
        message.trim()
    );
    assert_eq!(services[1]["outcome"], "refused");
    assert_eq!(run.code, 1);
    // A page has the contract's commit too, where that came first.
    let repo = Repo::homelab();
    repo.migrate(&["jellyfin", "--report", "outcome.md"]).succeeds();
    let contract = repo.git(&["rev-parse", "--short", "HEAD~1"]);
    let page = repo.read("outcome.md");
    assert!(
        page.contains(&format!(
            "<summary>{} feat(server): add the service contract",
            contract.trim()
        )),
        "{page}"
    );
    // The contract that comes first is an entry of its own.
    let repo = Repo::homelab();
    let document = repo
        .migrate(&["jellyfin", "--format", "json"])
        .succeeds()
        .follows_schema("plan-1");
    assert_eq!(document["services"][0]["service"], "init");
    assert_eq!(
        document["services"][0]["commit"]["id"],
        repo.git(&["rev-parse", "HEAD~1"]).trim()
    );
    // What is done already is said as well.
    let document = repo
        .migrate(&["jellyfin", "--format", "json"])
        .succeeds()
        .follows_schema("plan-1");
    assert_eq!(document["services"][0]["outcome"], "nothing");
}
