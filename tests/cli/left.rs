//! Coming back to a service: what was declined, and what is missing.

use super::interactive;
use crate::common::person::End;
use crate::common::{Repo, nix};

/// `migrate` on a pseudo-terminal, with an answer for each group and a yes for the commit.
fn migrating(repo: &Repo, service: &str, answers: &str) -> String {
    let mut person = interactive::migrating(repo, &[service]);
    let mut shown = person.selects();
    for answer in answers.chars() {
        shown += &person.answers(") Take this change", &answer.to_string());
    }
    shown += &person.answers("Commit with this message", "y");
    let (rest, end) = person.leaves();
    assert_eq!(end, End::Code(0), "{rest}");
    shown + &rest
}

#[test]
fn what_was_declined_is_offered_by_the_next_run() {
    // Persistence; the backup job; the module's place and its test.
    for (service, answers) in [("jellyfin", "yynyy"), ("navidrome", "yyynyy"), ("navidrome", "yyyynn")] {
        let repo = Repo::with_contract();
        let before = nix::available().then(|| nix::configuration(&repo.root()).unwrap());
        migrating(&repo, service, answers);
        let open = answers.matches('n').count();
        let said = match open {
            1 => format!("{service} has its contract; 1 change is open:"),
            _ => format!("{service} has its contract; {open} changes are open:"),
        };
        let alone = repo.run(&[]).succeeds();
        let all = if open == 1 { "1 change" } else { "2 changes" };
        assert!(
            alone.out.contains(&format!(
                "open        {all} of migrated services, of {service}: qgroget migrate {service}\n"
            )),
            "{alone}"
        );
        let shown = migrating(&repo, service, &"y".repeat(open));
        assert!(shown.contains(&said), "{shown}");
        assert_eq!(
            repo.log()[0],
            format!("refactor(server/{service}): continue the migration to service contract")
        );
        repo.migrate(&[service])
            .succeeds()
            .says(&format!("{service}: has its contract already, nothing to do"));
        let whole = Repo::with_contract();
        whole.migrate(&[service]).succeeds();
        let texts = |repo: &Repo| {
            let tree = repo.tree();
            tree.keys()
                .filter(|path| path.ends_with(".nix"))
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(texts(&repo), texts(&whole), "the same files");
        if let Some(before) = before {
            nix::assert_same(&before, &nix::configuration(&repo.root()).unwrap(), service);
        }
        // The second commit can be taken back by itself.
        repo.run(&["undo", service, "--yes"]).succeeds();
        repo.migrate(&[service, "--dry-run"]).succeeds().says(&said);
    }
}

/// A repository in which jellyfin has its contract, and these `backupPaths`.
fn jellyfin_backing_up(paths: &str) -> Repo {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    let module = "modules/server/media/jellyfin/default.nix";
    let text = repo.read(module);
    let from = text.find("        backupPaths = [").unwrap();
    let to = from + text[from..].find("        exposed").unwrap();
    let own = format!("        backupPaths = {paths};\n");
    repo.write(module, text[..from].to_owned() + &own + &text[to..]);
    repo.commit_all("another backup");
    repo
}

#[test]
fn state_without_a_backup_is_offered_as_a_gain_and_proved() {
    if !nix::available() {
        return;
    }
    let repo = jellyfin_backing_up("[]");
    repo.migrate(&["jellyfin", "--dry-run"])
        .succeeds()
        .says("back up what jellyfin keeps: \"/var/lib/jellyfin\"");
    // It is no change that leaves the configuration as it is.
    repo.run(&["migrate", "jellyfin", "--yes"])
        .succeeds()
        .says("--accept-gains takes it");
    repo.run(&["migrate", "jellyfin", "--yes", "--accept-gains"])
        .succeeds()
        .says("gained    /var/lib/jellyfin is backed up now (job jellyfin)");
    let jobs = &nix::configuration(&repo.root()).unwrap()["services"]["restic"]["backups"];
    assert_eq!(jobs["jellyfin"]["paths"], serde_json::json!(["/var/lib/jellyfin"]));
    repo.migrate(&["jellyfin"]).succeeds().says("nothing to do");
}

#[test]
fn state_of_containers_without_a_backup_is_offered_too_and_written_as_the_contract_writes_it() {
    let repo = Repo::with_contract();
    repo.migrate(&["prowlarr"]).succeeds();
    repo.run(&["status", "prowlarr"])
        .succeeds()
        .says("keeps state that no backup has: /srv/containers/prowlarr");
    repo.migrate(&["prowlarr", "--dry-run"])
        .succeeds()
        .says("back up what prowlarr keeps: \"/srv/containers/prowlarr\"");
    if nix::available() {
        repo.run(&["migrate", "prowlarr", "--yes", "--accept-gains"])
            .succeeds()
            .says("gained    /srv/containers/prowlarr is backed up now (job prowlarr)");
        let jobs = &nix::configuration(&repo.root()).unwrap()["services"]["restic"]["backups"];
        assert_eq!(
            jobs["prowlarr"]["paths"],
            serde_json::json!(["/srv/containers/prowlarr"])
        );
    } else {
        repo.migrate(&["prowlarr", "--accept-gains"]).succeeds();
    }
    let module = repo.read("modules/server/arrs/prowlarr/default.nix");
    assert!(
        module.contains("backupPaths = [\"${cfg.containerDir}/prowlarr\"];"),
        "{module}"
    );
    repo.migrate(&["prowlarr"]).succeeds().says("nothing to do");
    let status = repo.run(&["status", "prowlarr"]).succeeds();
    assert!(!status.out.contains("no backup has"), "{status}");
}

#[test]
fn state_that_no_backup_is_offered_for_is_named() {
    let repo = jellyfin_backing_up("[\"/srv/other\"]");
    for dry in [&[][..], &["--dry-run"]] {
        repo.migrate(&[&["jellyfin"][..], dry].concat())
            .succeeds()
            .says("jellyfin: has its contract already, nothing to do; left to you:")
            .says("it keeps state that no backup has: /var/lib/jellyfin");
    }
}

#[test]
fn the_module_of_a_service_that_is_declared_nowhere_is_asked_for() {
    let repo = Repo::with_contract();
    repo.run(&["migrate", "--all", "--yes", "--no-verify"])
        .says("qbittorrent is declared nowhere");
    let offered = |answer: &str| {
        let mut person = interactive::migrating(&repo, &["--all"]);
        let shown = person.answers("another module", answer);
        assert!(shown.contains("is declared nowhere; modules/server/"), "{shown}");
        person
    };
    // `n` leaves it and says how to come back; the next one is asked about.
    let mut person = offered("n");
    let next = person.answers("another module", "q");
    assert!(
        next.contains("qgroget migrate honcho --from modules/server/misc/honcho.nix"),
        "{next}"
    );
    person.leaves();
    let commits = repo.log().len();
    let mut person = offered("y");
    person.answers("Commit on main, or on a new branch", "");
    person.selects();
    let first = person.answers(") Take this change", "a");
    assert!(first.contains("declare the contract of honcho"), "{first}");
    person.answers("Commit with this message", "y");
    person.answers("Take this gain", "n");
    person.answers("another module", "q");
    person.leaves();
    assert_eq!(repo.log().len(), commits + 1);
    let mut person = offered("modules/nothing.nix");
    let again = person.answers("another module", "q");
    assert!(again.contains("there is no module at modules/nothing.nix"), "{again}");
    person.leaves();
}

#[test]
fn what_was_tested_on_the_server_is_noted_and_status_names_the_rest() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    repo.migrate(&["calibre"]).succeeds();
    let untested = |repo: &Repo| repo.run(&["status", "--format", "json"]).succeeds().json()["untested"].clone();
    assert_eq!(untested(&repo), serde_json::json!(["calibre", "jellyfin"]));
    let before = (repo.git(&["rev-parse", "HEAD"]), repo.status());
    repo.run(&["tested", "jellyfin"]).succeeds().says("jellyfin: noted on");
    assert_eq!((repo.git(&["rev-parse", "HEAD"]), repo.status()), before);
    assert_eq!(untested(&repo), serde_json::json!(["calibre"]));
    repo.run(&["status"])
        .succeeds()
        .says("not tested on the server yet, as far as it was noted (`qgroget tested <service>`): calibre");
    let noted = repo.git(&["notes", "--ref=qgroget", "show", "HEAD~1"]);
    assert_eq!(noted, "Tested-on-server: jellyfin\n");
    repo.run(&["tested", "jellyfin", "calibre"])
        .succeeds()
        .says("jellyfin: noted before")
        .says("calibre: noted on");
    assert_eq!(untested(&repo), serde_json::json!([]));
    // A later commit of the service has not been tested; one that is taken back counts no more.
    repo.run(&["tested", "jelyfin"])
        .refuses("no-commit-of")
        .says("did you mean 'jellyfin'?");
    repo.run(&["undo", "calibre", "--yes"]).succeeds();
    repo.run(&["tested", "calibre"]).refuses("no-commit-of");
}
