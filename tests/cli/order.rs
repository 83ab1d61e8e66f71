//! Lists whose order counts: a migration keeps it, or is refused.

use std::process::Stdio;

use serde_json::Value;

use crate::common::person::{End, Person};
use crate::common::{Repo, nix};

const BOOKS: &str = "modules/server/media/books/default.nix";

/// Two definitions of one option, in the parts of two services, the first before the second: the order of both counts.
struct Trap {
    option: &'static str,
    first: &'static str,
    second: &'static str,
}

const TRAPS: [Trap; 13] = [
    Trap {
        option: "services.authelia.instances.main.settings.access_control.rules",
        first: r#"[{domain = "*.lab.example.org"; policy = "deny";}]"#,
        second: r#"[{domain = "kavita.lab.example.org"; policy = "bypass";}]"#,
    },
    Trap {
        option: "services.authelia.instances.main.settings.access_control.rules",
        first: r#"lib.mkBefore [{domain_regex = ".*"; policy = "deny";}]"#,
        second: r#"lib.mkBefore [{domain = "kavita.lab.example.org"; policy = "bypass";}]"#,
    },
    Trap {
        option: "security.sudo.extraRules",
        first: r#"[{users = ["books"]; commands = ["ALL"];}]"#,
        second: r#"[{groups = ["books"]; commands = [];}]"#,
    },
    Trap {
        option: "security.doas.extraRules",
        first: r#"lib.mkAfter [{users = ["books"]; noPass = true;}]"#,
        second: r#"lib.mkAfter [{users = ["books"]; noPass = false;}]"#,
    },
    Trap {
        option: "networking.firewall.extraCommands",
        first: "''\n  iptables -A nixos-fw -p tcp --dport 8083 -j DROP\n''",
        second: "''\n  iptables -A nixos-fw -j ACCEPT\n''",
    },
    Trap {
        option: "boot.kernelParams",
        first: r#"["quiet" "loglevel=3"]"#,
        second: r#"["loglevel=7"]"#,
    },
    Trap {
        option: "services.nginx.appendHttpConfig",
        first: r#""deny 10.0.0.1;""#,
        second: r#""allow all;""#,
    },
    Trap {
        option: "services.traefik.dynamicConfigOptions.http.middlewares.guard.chain.middlewares",
        first: r#"["rate-limit"]"#,
        second: r#"["SSO"]"#,
    },
    Trap {
        option: "services.traefik.dynamicConfigOptions.http.routers.reading.middlewares",
        first: r#"lib.mkOrder 400 ["SSO"]"#,
        second: r#"lib.mkOrder 400 ["compress"]"#,
    },
    Trap {
        option: r#"environment.etc."reading.conf".text"#,
        first: r#""first = 1""#,
        second: r#""first = 2""#,
    },
    Trap {
        option: "services.reading.rules",
        first: r#"[["10.0.0.0/8" "deny"]]"#,
        second: r#"[["10.0.0.1" "allow"]]"#,
    },
    Trap {
        option: "services.restic.backups.reading.exclude",
        first: r#"["/srv/books/*"]"#,
        second: r#"["!/srv/books/kept"]"#,
    },
    Trap {
        option: "systemd.tmpfiles.rules",
        first: r#"["d /srv/reading 0755 root root -"]"#,
        second: r#"["z /srv/reading/* 0700 root root -"]"#,
    },
];

/// A text without its lists that begin so.
fn without(mut text: String, head: &str) -> String {
    while let Some(start) = text.find(head) {
        let end = text[start..].find("      ];\n").unwrap() + start + "      ];\n".len();
        text.replace_range(start..end, "");
    }
    text
}

impl Trap {
    /// The example with it.
    fn set(&self) -> Repo {
        let repo = Repo::with_contract();
        // Lists of the example that a trap may be about.
        let text = without(repo.read(BOOKS), "      services.authelia");
        let mut text = without(text, "      systemd.tmpfiles");
        for (service, value) in [("calibre", self.first), ("kavita", self.second)] {
            let service = format!("      qgroget.services.{service} = {{\n");
            assert!(text.contains(&service));
            let definition = format!("      {} = {value};\n\n{service}", self.option);
            text = text.replace(&service, &definition);
        }
        repo.write(BOOKS, text);
        repo.commit_all("a trap");
        repo
    }

    fn value(&self, repo: &Repo) -> Value {
        let configuration = nix::configuration(&repo.root()).unwrap();
        let path = self.option.replace("\"reading.conf\"", "reading§conf");
        path.split('.')
            .map(|name| name.replace('§', "."))
            .fold(configuration, |at, name| at[name].clone())
    }
}

#[test]
fn services_that_leave_a_shared_file_keep_the_order_in_whatever_order_they_leave() {
    if !nix::available() {
        return;
    }
    for trap in &TRAPS {
        for services in [["calibre", "kavita"], ["kavita", "calibre"]] {
            let repo = trap.set();
            let before = trap.value(&repo);
            assert!(!before.is_null(), "{}", trap.option);
            for service in services {
                repo.migrate(&[service]).succeeds();
                assert_eq!(trap.value(&repo), before, "{} {services:?}", trap.option);
            }
        }
    }
}

/// The example with two lists that want calibre on both sides of the file that it leaves.
fn with_orders_that_contradict() -> Repo {
    let repo = Repo::with_contract();
    let rule =
        |value: &str| format!("      security.doas.extraRules = [{{users = [\"books\"]; noPass = {value};}}];\n");
    let parameter = |value: &str| format!("      boot.kernelParams = [\"loglevel={value}\"];\n");
    let user = "      users.users.${cfg.user} = {\n";
    repo.replace(BOOKS, user, &format!("{}{user}", rule("true")));
    for (service, more) in [("calibre", rule("false") + &parameter("3")), ("kavita", parameter("7"))] {
        let head = format!("      qgroget.services.{service} = {{\n");
        repo.replace(BOOKS, &head, &format!("{more}{head}"));
    }
    repo.commit_all("orders that contradict each other");
    repo
}

#[test]
fn an_order_that_cannot_be_kept_is_refused() {
    if !nix::available() {
        return;
    }
    let repo = with_orders_that_contradict();
    let before = (repo.tree(), repo.log());
    repo.run(&["migrate", "calibre", "--yes"])
        .refuses("not-preserving")
        .says("evaluation shows that the order of a list would change")
        .says("security.doas.extraRules: the same elements in another order, which counts here: the last rule that matches")
        .says("take it with --accept-reordering");
    assert_eq!((repo.tree(), repo.log()), before);
    repo.run(&["migrate", "calibre", "--yes", "--accept-reordering"])
        .succeeds();
    // The message says so, and the same proof knows it again, of that list alone.
    let message = repo.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.contains("\nAnother order, which was accepted:\n- security.doas.extraRules\n"),
        "{message}"
    );
    assert!(
        message.contains("\nQgroget-Reordered: security.doas.extraRules\n"),
        "{message}"
    );
    repo.run(&["verify", "--since-contract"])
        .succeeds()
        .says("the order of security.doas.extraRules was accepted when it was made");
    let other = message.replace(
        "Reordered: security.doas.extraRules",
        "Reordered: security.sudo.extraRules",
    );
    repo.git(&["commit", "--quiet", "--amend", "--message", &other]);
    repo.run(&["verify", "--since-contract"]).ends(1);
}

#[test]
fn an_order_that_cannot_be_kept_is_asked_for_by_name() {
    if !nix::available() {
        return;
    }
    for (answer, committed) in [("y", true), ("n", false)] {
        let repo = with_orders_that_contradict();
        let log = repo.log();
        let mut command = repo.qgroget(&["migrate", "calibre", "--no-pager"]);
        command
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .stdin(Stdio::inherit());
        let mut person = Person::at(command);
        person.selects();
        person.answers("Take this change", "a");
        let shown = person.answers("Take the new order", answer);
        assert!(
            shown.contains("security.doas.extraRules: the same elements in another order, which counts here"),
            "{shown}"
        );
        match committed {
            true => {
                person.answers("Commit with this message", "y");
                person.answers("Take this gain", "n");
            }
            false => {
                let shown = person.presses("q");
                assert!(shown.contains("Your answers are kept"), "{shown}");
            }
        }
        let (rest, end) = person.leaves();
        assert_eq!(end == End::Code(0), committed, "{rest}");
        assert_eq!(repo.log() == log, !committed);
    }
}

#[test]
fn a_set_that_a_generator_reads_in_another_order_is_shown_to_have_no_other_effect() {
    if !nix::available() {
        return;
    }
    let repo = Repo::with_contract();
    let reads =
        |what: &str| format!("in {{\n  environment.etc.report.text = {what} config.qgroget.backups.arr.paths;\n\n");
    let backup = "modules/server/backup/default.nix";
    repo.replace(backup, "in {\n", &reads("toString"));
    repo.commit_all("a file that lists what is backed up");
    repo.run(&["migrate", "radarr", "--yes"])
        .succeeds()
        .says("The configuration is preserved");
    // What differs besides is refused as ever.
    repo.replace(
        backup,
        "toString config.qgroget.backups.arr.paths",
        "toString (config.qgroget.backups.arr.paths ++ lib.attrNames config.qgroget.serviceModules)",
    );
    repo.commit_all("and the contracts");
    repo.run(&["migrate", "lidarr", "--yes"])
        .refuses("not-preserving")
        .says("environment.etc.report.text");
}
