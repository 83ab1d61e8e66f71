//! Streams: pipes that close, colours, and how much is said.

use std::process::Stdio;

use crate::common::Repo;

const DRY_RUN: &[&str] = &["migrate", "jellyfin", "--dry-run"];

#[test]
fn a_closed_pipe_ends_silently() {
    let repo = Repo::homelab();
    // Nobody reads from the beginning on: however fast either side is, the first write finds the pipe closed.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = repo.qgroget(DRY_RUN);
    let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.stderr.as_slice(), b"");
    assert_eq!(output.status.code(), Some(141));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let repo = Repo::with_contract();
    let colored = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = repo.qgroget(&[DRY_RUN, arguments].concat());
        command.envs(variables.iter().copied());
        repo.outcome(&mut command).succeeds().out.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]), "a pipe is no terminal");
    assert!(colored(&["--color", "always"], &[]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("NO_COLOR", "1")]));
    assert!(
        colored(&["--color", "always"], &[("NO_COLOR", "1")]),
        "the flag is the more specific wish"
    );
    for format in ["json", "patch"] {
        assert!(
            !colored(&["--color", "always", "--format", format], &[]),
            "{format} is for programs"
        );
    }
}

#[test]
fn coloured_or_not_the_words_are_the_same() {
    let repo = Repo::with_contract();
    let plain = repo.run(DRY_RUN).succeeds().out;
    let colored = repo.run(&[DRY_RUN, &["--color", "always"]].concat()).succeeds().out;
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn errors_go_to_standard_error() {
    let repo = Repo::with_contract();
    let run = repo.migrate(&["jellyfan"]).ends(1);
    assert_eq!(run.out, "");
    assert!(run.err.starts_with("error[unknown-service]"), "{run}");
    let run = repo
        .run(&["migrate", "jellyfan", "--dry-run", "--format", "json"])
        .ends(1);
    assert!(run.json()["services"].is_array());
}

#[test]
fn the_output_is_as_wide_as_the_terminal_says() {
    let repo = Repo::with_contract();
    let mut command = repo.qgroget(DRY_RUN);
    let run = repo.outcome(command.env("COLUMNS", "60")).succeeds();
    // The title has paths: what is no terminal gets it whole.
    let summary = run.out.lines().skip(1).take_while(|line| !line.starts_with("── "));
    let long: Vec<&str> = summary
        .filter(|line| line.chars().count() > 60 && line.contains(' '))
        .collect();
    let breakable = long
        .iter()
        .filter(|line| line.trim().contains(' ') && !line.contains('→'));
    assert_eq!(breakable.count(), 0, "{long:?}");
}

/// Names, paths and excerpts come from the repository: whatever they hold, a terminal gets text and the styles of ours.
#[test]
fn escapes_in_names_paths_and_excerpts_are_shown() {
    let repo = crate::common::Repo::with_contract();
    let hostile = "x\u{1b}]0;t\u{7}\u{202e}y\u{9b}1m\u{200b}";
    let module = format!(
        "{{...}}: {{\n  # {hostile}\n  qgroget.services.\"{hostile}\" = {{\n    name = \"x\";\n    url = \"http://127.0.0.1:7999\";\n  \
         }};\n  qgroget.services.plain = {{\n    name = \"{hostile}\";\n    url = \"http://127.0.0.1:7998\";\n    icon = \"{hostile}\";\n  }};\n}}\n"
    );
    let path = format!("modules/server/misc/{hostile}/default.nix");
    repo.write(&path, &module);
    repo.replace(
        "modules/server/misc/default.nix",
        "imports = [",
        &format!("imports = [\n    (./. + \"/{hostile}\")"),
    );
    repo.commit_all(&format!("hostile {hostile}"));
    repo.write("modules/server/misc/broken.nix", format!("{{ a = {hostile}"));
    for arguments in [
        &["status"][..],
        &["check"],
        &["migrate", "--all", "--dry-run"],
        &["migrate", "plain", "--dry-run"],
        &["migrate", hostile, "--dry-run"],
        &["migrate", hostile, "--dry-run", "--in-place"],
        &["migrate", "--all", "--yes", "--no-verify"],
        &["undo"],
    ] {
        for color in ["never", "always"] {
            let arguments: Vec<&str> = arguments.iter().copied().chain(["--color", color]).collect();
            let run = repo.run(&arguments);
            let own = (0..=97).fold(run.out.clone() + &run.err, |text, code| {
                text.replace(&format!("\u{1b}[{code}m"), "")
            });
            let foreign = |c: &char| (c.is_control() && !matches!(c, '\n' | '\t')) || "\u{202e}\u{200b}".contains(*c);
            let found: Vec<char> = own.chars().filter(foreign).collect();
            assert!(found.is_empty(), "{arguments:?}: {found:?} in {own:?}");
        }
    }
    // Programs get what is there.
    let document = repo.run(&["status", "--format", "json"]).json();
    assert!(document.to_string().contains('\u{202e}'), "{document}");
}
