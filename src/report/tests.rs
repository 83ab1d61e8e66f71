use std::path::PathBuf;
use std::time::Duration;

use super::*;

fn service(name: &str, fate: Fate) -> Service {
    Service {
        name: name.to_owned(),
        fate,
    }
}

fn migrated(verdict: Verdict) -> Migrated {
    Migrated {
        changes: 1,
        follows: Vec::new(),
        commits: Vec::new(),
        verdict,
        gained: Vec::new(),
        reordered: Vec::new(),
        offered: Vec::new(),
        declined: Vec::new(),
        left: Vec::new(),
    }
}

fn preserved() -> Verdict {
    Verdict::Preserved {
        mode: "slice mode",
        how: vec!["evaluated though Server does not import it: a.nix".to_owned()],
    }
}

/// A run with a service of each fate.
fn example() -> Run {
    let whole = Migrated {
        commits: vec![
            Commit {
                id: "1111111".to_owned(),
                message: "refactor(server/jellyfin): move\n\nmoves".to_owned(),
            },
            Commit {
                id: "2222222".to_owned(),
                message: "refactor(server/jellyfin): <migrate>\n\n- [x] a `b`\n```\n".to_owned(),
            },
        ],
        gained: vec!["back up @what jellyfin *declares*".to_owned()],
        reordered: vec!["paths of a|b".to_owned()],
        left: vec![Skipped {
            what: "a mention".to_owned(),
            place: None,
            why: "no <Nix>".to_owned(),
            next: Some("say so".to_owned()),
        }],
        ..migrated(preserved())
    };
    let unproved = Migrated {
        offered: vec!["back up obsidian".to_owned()],
        declined: vec!["a test".to_owned()],
        ..migrated(Verdict::NotProved("nix-instantiate is missing".to_owned()))
    };
    Run {
        host: "Server".to_owned(),
        revisions: Some(["aaaa".to_owned(), "bbbb".to_owned()]),
        date: "2026-11-27".to_owned(),
        contract: Some(Commit {
            id: "0000000".to_owned(),
            message: "feat(server): add the service contract\n\n- it\n".to_owned(),
        }),
        services: vec![
            service("jellyfin", Fate::Migrated(Box::new(whole))),
            service("obsidian", Fate::Migrated(Box::new(unproved))),
            service("same", Fate::Migrated(Box::new(migrated(Verdict::SameSystem)))),
            service("git", Fate::Before),
            service("file", Fate::Open(vec!["persist /x".to_owned()])),
            service("top", Fate::Declined),
            service(
                "bad",
                Fate::Refused(Error::refused("unknown-value", "the port is not known")),
            ),
        ],
        asks_again: ["file".to_owned()].into(),
        not_reached: vec!["later".to_owned()],
        undeclared: vec![("honcho".to_owned(), PathBuf::from("honcho.nix"))],
        unreadable: Vec::new(),
    }
}

#[test]
fn each_service_is_counted_once() {
    let totals = example().totals();
    let Totals {
        services,
        migrated,
        proved,
        before,
        declined,
        refused,
        not_reached,
    } = totals;
    assert_eq!(services, migrated + before + declined + refused + not_reached);
    assert_eq!((services, migrated, proved), (8, 3, 2));
}

#[test]
fn a_line_and_the_sums() {
    let run = example();
    let mut text = String::new();
    for (number, service) in run.services.iter().enumerate() {
        text.push_str(&line(service, number + 1, 12, 8));
        text.push('\n');
    }
    text.push_str(&sums(&run, Duration::from_secs(61)).join("\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn for_a_pull_request() {
    insta::assert_snapshot!("markdown", markdown(&example()));
    let page = html(&example());
    assert!(page.contains("default-src 'none'") && !page.contains("<migrate>") && page.contains("&lt;migrate&gt;"));
    for service in &example().services {
        assert!(page.contains(&service.name));
    }
}

#[test]
fn what_is_empty_is_not_there() {
    let run = Run {
        services: vec![service("same", Fate::Migrated(Box::new(migrated(Verdict::SameSystem))))],
        ..Run::default()
    };
    let page = markdown(&run);
    assert!(!page.contains("## "), "{page}");
    assert_eq!(sums(&run, Duration::ZERO), ["1 service: 1 migrated (0 s)"]);
}
