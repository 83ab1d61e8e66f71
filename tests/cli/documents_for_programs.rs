//! Every command with `--format json` prints one document, whatever becomes of it.

use crate::common::{ADD_FIELD, Repo, nix};

/// A refused run: its arguments, the schema of its document, and the code of the refusal.
type Refused = (&'static [&'static str], &'static str, &'static str);

#[test]
fn a_refused_run_prints_its_document() {
    let outside: [Refused; 8] = [
        (&["status"], "status-1", "no-host"),
        (&["check"], "check-1", "no-host"),
        (&["undo", "--list"], "undo-1", ""),
        (&["undo", "jellyfin"], "undo-1", "not-interactive"),
        (&["init", "--dry-run"], "plan-1", "no-host"),
        (&["migrate", "jellyfin", "--dry-run"], "plan-1", "no-host"),
        (&["migrate", "--all", "--yes"], "plan-1", "no-host"),
        (&["cleanup", "--dry-run"], "plan-1", "no-host"),
    ];
    let repo = Repo::homelab();
    std::fs::remove_dir_all(repo.path("hosts")).unwrap();
    for (arguments, schema, code) in outside {
        is_one_document(&repo, arguments, schema, code);
    }
    if nix::available() {
        let arguments = ["verify", "--against", "nosuch"];
        is_one_document(&repo, &arguments, "verify-1", "no-such-revision");
    }
    let inside: [Refused; 7] = [
        (
            &["contract", "rename", "nosuch", "other", "--dry-run"],
            "plan-1",
            "no-such-field",
        ),
        (&["contract", "remove", "url", "--yes"], "plan-1", "own-field"),
        (
            &["new", "Bad name", "--category", "misc", "--port", "1", "--dry-run"],
            "plan-1",
            "bad-name",
        ),
        (&["new", "x", "--yes"], "plan-1", "not-said"),
        (&["cleanup", "--yes", "--no-verify"], "plan-1", "legacy-left"),
        (&["status", "nosuch"], "status-1", "unknown-service"),
        (&["undo", "init", "--dry-run"], "undo-1", "undo-needed"),
    ];
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    for (arguments, schema, code) in inside {
        is_one_document(&repo, arguments, schema, code);
    }
    let bare = Repo::homelab_without_git();
    is_one_document(&bare, &["undo", "--dry-run"], "undo-1", "not-a-git-repository");
    is_one_document(
        &bare,
        &["migrate", "jellyfin", "--yes"],
        "plan-1",
        "not-a-git-repository",
    );
}

#[track_caller]
fn is_one_document(repo: &Repo, arguments: &[&str], schema: &str, code: &str) {
    let run = repo.run(&[arguments, &["--format", "json"]].concat());
    let document = run.follows_schema(schema);
    assert_eq!(document["command"], arguments[0], "{run}");
    if code.is_empty() {
        assert_eq!(run.code, 0, "{run}");
        return;
    }
    assert_ne!(run.code, 0, "{run}");
    assert!(run.err.contains(&format!("error[{code}]")), "not {code}: {run}");
    let places = ["/refusals/0/code", "/services/0/refusals/0/code", "/findings/0/code"];
    let said: Vec<&str> = places.iter().filter_map(|at| document.pointer(at)?.as_str()).collect();
    assert_eq!(said, [code], "{run}");
}

#[test]
fn a_refused_check_is_a_finding_for_scanners() {
    let repo = Repo::homelab();
    std::fs::remove_dir_all(repo.path("hosts")).unwrap();
    let run = repo.run(&["check", "--format", "sarif"]).refuses("no-host");
    assert_eq!(run.json()["runs"][0]["results"][0]["ruleId"], "no-host", "{run}");
}

#[test]
fn what_was_done_is_a_document() {
    let repo = Repo::homelab();
    let done = |arguments: &[&str], name: &str, outcome: &str| {
        let run = repo
            .run(&[arguments, &["--yes", "--format", "json"]].concat())
            .succeeds();
        let document = run.follows_schema("plan-1");
        let services = document["services"].as_array().unwrap();
        assert_eq!(services.len(), 1, "{run}");
        assert_eq!(services[0]["service"], name, "{run}");
        assert_eq!(services[0]["outcome"], outcome, "{run}");
        let head = repo.git(&["rev-parse", "HEAD"]);
        if outcome == "migrated" {
            assert_eq!(services[0]["commit"]["id"], head.trim(), "{run}");
        }
    };
    done(&["init", "--no-verify"], "init", "migrated");
    done(&["init", "--no-verify"], "init", "nothing");
    done(
        &[&ADD_FIELD[..], &["--no-verify"]].concat(),
        "contract field icon",
        "migrated",
    );
    done(
        &["contract", "remove", "icon", "--no-verify"],
        "contract field icon",
        "migrated",
    );
    done(
        &["new", "paperless", "--category", "misc", "--port", "28981"],
        "paperless",
        "migrated",
    );
}

#[test]
fn a_history_without_migrations_is_a_document() {
    if !nix::available() {
        return;
    }
    let repo = Repo::homelab();
    let run = repo.run(&["verify", "--since-contract", "--format", "json"]).succeeds();
    let document = run.follows_schema("verify-1");
    assert_eq!(document["commits"], serde_json::json!([]), "{run}");
}
