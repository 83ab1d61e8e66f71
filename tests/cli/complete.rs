//! Completions: each shell reads its script and asks for what may come next.

use std::process::Command;

use crate::common::Repo;

/// What a shell offers behind `line`, in the directory `below` the root; `None` without the shell.
fn offered(repo: &Repo, shell: &str, below: &str, line: &[&str]) -> Option<String> {
    let program = if shell == "nushell" { "nu" } else { shell };
    if Command::new(program).arg("--version").output().is_err() {
        eprintln!("skipped: needs {program}");
        return None;
    }
    let script = repo.home().join(format!("completions.{shell}"));
    std::fs::write(&script, repo.run(&["completions", shell]).succeeds().out).unwrap();
    let quoted: Vec<String> = line
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    let (words, script) = (quoted.join(" "), script.display());
    let count = line.len();
    let text = match shell {
        "bash" => format!(
            "source {script}; COMP_WORDS=({words}); COMP_CWORD={}; _qgroget qgroget; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            count - 1
        ),
        // The completion system is stood in for: outside of its editor zsh has none.
        "zsh" => format!(
            "compdef() {{ : }}; _describe() {{ local offers=$argv[-1]; print -rl -- \"${{(@P)offers}}\" }}; source {script}; words=({words}); CURRENT={count}; _clap_dynamic_completer_qgroget"
        ),
        "fish" => format!("source {script}; complete --do-complete '{}'", line.join(" ")),
        "nushell" => {
            format!("source {script}; do $env.config.completions.external.completer [{words}] | get value | to text")
        }
        _ => unreachable!(),
    };
    let mut command = repo.command(program);
    let plain: &[&str] = match shell {
        "bash" => &["--norc", "--noprofile", "-c"],
        "zsh" => &["-f", "-c"],
        "fish" => &["--no-config", "--command"],
        _ => &["--no-config-file", "--commands"],
    };
    let built = std::path::Path::new(env!("CARGO_BIN_EXE_qgroget")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    command
        .args(plain)
        .arg(text)
        .env("PATH", format!("{}:{path}", built.display()))
        .current_dir(repo.path(below));
    let run = repo.outcome(&mut command);
    assert_eq!(run.err, "", "{shell} {line:?}: {run}");
    Some(run.out)
}

fn in_bash(repo: &Repo, line: &[&str]) -> Vec<String> {
    let out = offered(repo, "bash", "", line).unwrap_or_default();
    out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn every_shell_offers_the_services_from_below_the_root() {
    let repo = Repo::homelab();
    for shell in ["bash", "zsh", "fish", "nushell"] {
        let line = ["qgroget", "migrate", "jelly"];
        let Some(out) = offered(&repo, shell, "modules/server/media", &line) else {
            continue;
        };
        let names: Vec<&str> = out.lines().map(str::trim).filter(|name| !name.is_empty()).collect();
        assert_eq!(names, ["jellyfin", "jellyseerr"], "{shell}");
    }
}

#[test]
fn what_is_offered_fits_the_command() {
    let repo = Repo::with_contract();
    repo.migrate(&["jellyfin", "vaultwarden"]).succeeds();
    repo.run(&["tested", "jellyfin"]).succeeds();
    repo.git(&["tag", "v1"]);
    for (line, expected) in [
        // One that has its contract is offered where no other begins so, and none is named twice.
        (&["migrate", "jelly"][..], &["jellyseerr"][..]),
        (&["migrate", "vaultw"], &["vaultwarden"]),
        (&["migrate", "jellyseerr", "jelly"], &[]),
        (&["status", "jelly"], &["jellyfin", "jellyseerr"]),
        (&["undo", "j"], &["jellyfin"]),
        (&["tested", ""], &["vaultwarden"]),
        (&["status", "--host", ""], &["Desk", "Server"]),
        (&["status", "--host", "=", "Se"], &["Server"]),
        (&["explain", "no-host"], &["no-host"]),
        (&["verify", "--against", "v"], &["v1"]),
        (&["migrate", "--only", "te"], &["tests"]),
        (&["migrate", "--only", "tests,pl"], &["tests,placement"]),
        (&["migrate", "--format", ""], &["human", "json", "patch"]),
        (&["new", "x", "--category", "me"], &["media"]),
        (&["man", "mig"], &["migrate"]),
        (&["completions", "n"], &["nushell"]),
    ] {
        let line = [&["qgroget"], line].concat();
        let offered: Vec<String> = in_bash(&repo, &line)
            .into_iter()
            .filter(|word| !word.starts_with('-'))
            .collect();
        assert_eq!(offered, expected, "{line:?}");
    }
    // A revision is what git has a name for, and each commit of ours.
    let revisions = in_bash(&repo, &["qgroget", "verify", "--against", ""]);
    let made = repo.git(&["log", "--format=%h", "--abbrev=7", "-3"]);
    for name in ["HEAD", "main", "v1"].into_iter().chain(made.lines()) {
        assert!(revisions.iter().any(|offer| offer == name), "{name}: {revisions:?}");
    }
}

#[test]
fn a_name_is_put_into_the_line_so_that_it_runs_nothing() {
    let repo = Repo::homelab();
    let name = "it's $(touch ran) `touch ran`;*";
    repo.write(&format!("hosts/{name}/default.nix"), "{ }\n");
    let offered = in_bash(&repo, &["qgroget", "status", "--host", "it"]);
    assert_eq!(offered.len(), 1, "{offered:?}");
    let mut bash = repo.command("bash");
    bash.args(["-c", &format!("printf %s {}", offered[0])]);
    assert_eq!(repo.outcome(&mut bash).out, name);
    assert!(!repo.exists("ran"));
    // As far as somebody has typed it.
    let offered = in_bash(&repo, &["qgroget", "status", "--host", r"it\'s\ \$"]);
    assert_eq!(offered.len(), 1, "{offered:?}");
}

#[test]
fn nothing_is_written_and_nothing_is_said() {
    let repo = Repo::homelab();
    let asks = |words: &[&str]| {
        let mut command = repo.qgroget(&[&["--"], words].concat());
        command.env("QGROGET_COMPLETE", "bash");
        repo.outcome(&mut command)
    };
    repo.git(&["status"]);
    let before = repo.listing();
    for words in [
        &["qgroget", "migrate", ""][..],
        &["qgroget", "undo", ""],
        &["qgroget", "tested", ""],
        &["qgroget", "verify", "--against", ""],
    ] {
        let run = asks(words).succeeds();
        assert_eq!(run.err, "", "{words:?}");
    }
    assert!(repo.listing() == before);
    repo.write("qgroget.toml", "this is no TOML");
    repo.write("flake.nix", "{ broken");
    for words in [
        &["qgroget", "migrate", "j"][..],
        &["qgroget", "--repo", "/nowhere", "migrate", "j"],
        &["qgroget", "no", "such", "command", ""],
        &["qgroget"],
        &[],
    ] {
        let run = asks(words).succeeds();
        assert_eq!(run.err, "", "{words:?}");
        assert!(!run.out.contains("jellyfin"), "{words:?}: {run}");
    }
    let mut command = repo.qgroget(&["--", "qgroget", ""]);
    let unknown = repo.outcome(command.env("QGROGET_COMPLETE", "tcsh")).succeeds();
    assert_eq!((unknown.out.as_str(), unknown.err.as_str()), ("", ""));
}

#[test]
fn a_command_below_the_root_is_about_the_repository() {
    let repo = Repo::homelab();
    let mut command = repo.qgroget(&["status"]);
    let below = repo
        .outcome(command.current_dir(repo.path("modules/server/media")))
        .succeeds();
    assert_eq!(below.out, repo.run(&["status"]).succeeds().out);
    let mut command = repo.qgroget(&["--repo", ".", "status"]);
    let run = repo.outcome(command.current_dir(repo.path("modules/server/media")));
    run.refuses("no-host");
}
