//! What is said, word for word.

use crate::common::Repo;
use crate::common::person::{End, Person};

#[track_caller]
fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

#[test]
fn a_repository_without_hosts_says_what_is_missing() {
    let repo = Repo::homelab();
    std::fs::remove_dir_all(repo.path("hosts")).unwrap();
    let run = repo.run(&["status"]).refuses("no-host");
    assert_eq!(first_line(&run.err), "error[no-host]: the directory hosts is missing");
    repo.write("hosts/README.md", "");
    let run = repo.run(&["status"]).refuses("no-host");
    assert_eq!(
        first_line(&run.err),
        "error[no-host]: hosts has no host: no directory with Nix files"
    );
}

#[test]
fn an_import_in_a_comment_is_found() {
    let repo = Repo::homelab();
    let path = "hosts/Server/configuration.nix";
    repo.replace(path, "    ../../modules/server\n", "    # ../../modules/server\n");
    repo.replace(path, "    ../../modules/server/misc/syncthing.nix\n", "");
    let run = repo.run(&["status"]).refuses("no-host");
    assert_eq!(
        first_line(&run.err),
        "error[no-host]: the import of modules/server is commented out"
    );
    let line = repo
        .read(path)
        .lines()
        .position(|line| line.contains("# ../../modules/server"));
    run.says(&format!("{path}:{}:", line.unwrap() + 1));
}

#[test]
fn a_host_that_was_named_is_named_in_what_comes_next() {
    let repo = Repo::homelab();
    repo.replace(
        "hosts/Desk/configuration.nix",
        "imports = [",
        "imports = [\n    ../../modules/server",
    );
    repo.commit_all("two hosts");
    repo.run(&["init", "--yes", "--no-verify"])
        .ends(2)
        .says("several hosts import");
    let run = repo
        .run(&["init", "--host", "Server", "--yes", "--no-verify"])
        .succeeds();
    run.says("Next, on Server (the same on Desk):")
        .says("qgroget migrate adguardhome --host Server");
    repo.run(&["migrate", "jellyfin", "--host", "Server", "--dry-run"])
        .succeeds()
        .says("To go on: qgroget migrate jellyfin --host Server (--yes: without questions)");
}

#[test]
fn the_numbers_of_gits_library_are_not_said() {
    let repo = Repo::homelab();
    for revision in [
        "nosuch",
        "0123456789012345678901234567890123456789",
        "HEAD~99",
        "HEAD:x",
    ] {
        for verbose in [&[][..], &["-v"]] {
            let run = repo.run(&[verbose, &["verify", "--against", revision]].concat());
            assert_eq!(run.code, 1, "{run}");
            run.says_not("class=").says_not("code=");
        }
    }
    let run = repo.run(&["verify", "--against", "nosuch"]);
    assert!(
        run.err.contains("there is no revision 'nosuch' in this repository\n"),
        "{run}"
    );
    run.says("git log --oneline --all").says_not("revspec");
    // A damaged repository.
    repo.write(".git/HEAD", "nonsense");
    for command in [&["status"][..], &["undo", "--list"], &["migrate", "jellyfin", "--yes"]] {
        repo.run(&[&["-v"], command].concat())
            .says_not("class=")
            .says_not("code=");
    }
}

#[test]
fn an_error_of_syntax_is_said_in_words() {
    let repo = Repo::homelab();
    repo.write("modules/server/x.nix", "{ a = ; }");
    repo.run(&["status"])
        .says("note: modules/server/x.nix:1:7: syntax error: expected a value, found ';'");
    repo.run(&[
        "new",
        "x",
        "--category",
        "misc",
        "--port",
        "1",
        "--yes",
        "--subdomain",
        "x",
    ]);
    let repo = Repo::with_contract();
    repo.run(&[
        "contract",
        "add",
        "icon",
        "--type",
        "str",
        "--default",
        "a =",
        "--description",
        "x",
        "--yes",
    ])
    .says_not("something else")
    .says_not("TOKEN")
    .says_not("NODE");
}

#[test]
fn a_check_before_the_contract_says_how_much_there_is() {
    let repo = Repo::homelab();
    let run = repo.run(&["check"]).succeeds();
    assert_eq!(
        run.out,
        "the contract is not installed, so there is nothing to check yet; 27 services are declared in the legacy pattern: qgroget init\n"
    );
    assert_eq!(run.err, "");
}

#[test]
fn a_dry_run_that_is_refused_says_no_way_to_go_on() {
    let repo = Repo::with_contract();
    repo.run(&["migrate", "nowhere", "--dry-run"])
        .refuses("unknown-service")
        .says_not("To go on")
        .says_not("--yes");
}

/// The program on a terminal of this width.
fn at(repo: &Repo, arguments: &[&str], columns: &str) -> Person {
    let mut command = repo.qgroget(&[&["--no-pager"], arguments].concat());
    command
        .env("TERM", "xterm")
        .env("NO_COLOR", "1")
        .env("COLUMNS", columns)
        .stdin(std::process::Stdio::inherit());
    Person::at(command)
}

#[test]
fn on_a_narrow_terminal_no_line_is_wider_than_it() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin"]).succeeds();
    for command in [
        &["status"][..],
        &["status", "jellyfin"],
        &["status", "vaultwarden"],
        &["undo", "--list"],
        &["undo", "nosuch"],
        &["check", "--no-eval"],
        &["explain"],
        &["explain", "no-host"],
        &["migrate", "nosuch", "--dry-run"],
        &["migrate", "vaultwarden", "--dry-run", "--diff", "stat"],
        &["migrate", "vaultwarden", "--dry-run", "--diff", "none"],
        &["migrate", "vaultwarden", "--yes", "--no-verify"],
        &["tested", "vaultwarden"],
        &["new", "jellyfin", "--category", "media", "--port", "1", "--yes"],
        &["undo", "--yes"],
        &["verify", "--against", "nosuch"],
        &["--help"],
        &["migrate", "-h"],
        &["migrate", "--help"],
    ] {
        let (shown, _) = at(&repo, command, "40").leaves();
        assert!(!shown.trim().is_empty(), "{command:?}");
        // The pseudo-terminal hands over a character for each byte.
        let bytes: Vec<u8> = shown.chars().map(|byte| byte as u8).collect();
        let shown = String::from_utf8(bytes).unwrap();
        for line in shown.lines() {
            let line = line.trim_end_matches('\r');
            // clap wraps everything but this.
            let is_usage = line.starts_with("Usage: ");
            assert!(is_usage || line.chars().count() <= 40, "{command:?}: {line:?}\n{shown}");
        }
    }
}

#[test]
fn marks_are_explained() {
    let repo = Repo::homelab();
    let run = repo.run(&["status"]).succeeds();
    run.says("! keeps something that no backup has")
        .says("KEPT, BACKUP: how many directories are persisted")
        .says("undeclared: it runs, and");
    let (shown, _) = at(&repo, &["status"], "40").leaves();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("no room for PORT, EXPOSED, KEPT, PLACE"), "{shown}");
}

#[test]
fn who_quits_is_told_so_once() {
    let repo = Repo::with_contract();
    for key in ["q", "\u{3}"] {
        let mut person = at(&repo, &["migrate", "jellyfin", "vaultwarden", "--no-verify"], "100");
        person.presses(key);
        let (rest, end) = person.leaves();
        let told: Vec<&str> = rest
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && *line != key)
            .collect();
        assert_eq!(told, ["Quit: nothing of this is written."], "{rest:?}");
        assert_eq!(end, End::Code(1), "{key:?}");
    }
}

#[test]
fn a_wrong_number_and_a_wrong_revision_are_said_in_our_words() {
    let repo = Repo::with_contract();
    for port in ["abc", "0", "70000", "-1"] {
        let said = format!("--port={port}");
        repo.run(&["new", "x", "--category", "misc", &said])
            .ends(2)
            .says("a port is a number from 1 to 65535")
            .says_not("invalid digit");
    }
    for (revision, said) in [
        ("HEAD~99", "there is no revision 'HEAD~99' in this repository"),
        ("HEAD^{nonsense}", "'HEAD^{nonsense}' names no revision"),
    ] {
        repo.run(&["verify", "--against", revision])
            .refuses("no-such-revision")
            .says(said)
            .says_not("parent 0");
    }
    repo.run(&[
        "migrate",
        "jellyfin",
        "--yes",
        "--no-verify",
        "--report",
        "no/such/dir.md",
    ])
    .says_not("os error");
}
