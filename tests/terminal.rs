//! The approval as a person has it: on a pseudo-terminal, key by key.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::common::person::{End, Person, code, editor};

/// The example that asks. Cargo builds it with the tests, beside them.
fn demo() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples/prompt_demo");
    assert!(
        path.is_file(),
        "{} is not built: `cargo test` builds it, as does `cargo build --examples`",
        path.display()
    );
    path
}

fn command(mode: &[&str]) -> Command {
    let mut command = Command::new(demo());
    command.args(mode).env("TERM", "xterm").env("NO_COLOR", "1");
    for variable in [
        "GIT_EDITOR",
        "VISUAL",
        "EDITOR",
        "GIT_PAGER",
        "PAGER",
        "LESS",
        "COLUMNS",
        "CLICOLOR_FORCE",
    ] {
        command.env_remove(variable);
    }
    command
}

#[test]
fn a_decline_in_the_middle_and_an_answer_taken_back() {
    let mut person = Person::at(command(&[]));
    person.selects();
    person.answers("(1/6) Take this change", "y");
    person.answers("(2/6) Take this change", "n");
    person.answers("(3/6) Take this change", "u");
    person.answers("(2/6) Take this change", "y");
    let help = {
        person.answers("(3/6) Take this change", "?");
        person.answers("(3/6) Take this change", "n")
    };
    assert!(
        help.contains("u - take the last answer back") && help.contains("Why:"),
        "{help}"
    );
    person.sees("(4) left with (3), which it needs");
    person.sees("(5) left with (4), which it needs");
    person.answers("(6/6) Take this change", "y");
    person.answers("Commit with this message", "y");
    let (rest, status) = person.leaves();
    assert!(rest.contains("committed 0 1 5: refactor(server/jellyfin)"), "{rest}");
    assert!(
        rest.contains("journalctl = true;") && !rest.contains("persistedData"),
        "{rest}"
    );
    assert_eq!(code(status), 0);
}

#[test]
fn a_gain_is_asked_about_in_a_run() {
    let mut person = Person::at(command(&[]));
    person.selects();
    person.answers("(1/6) Take this change", "a");
    let shown = person.answers("(5/6) Take this gain", "y");
    assert!(
        shown.contains("(4) taken with a.") && shown.contains("GAIN: needs a yes of its own"),
        "{shown}"
    );
    let shown = person.answers("Commit with this message", "n");
    assert!(shown.contains("(6) taken with a."), "{shown}");
    let (rest, status) = person.leaves();
    assert!(rest.contains("not committed"), "{rest}");
    assert_eq!(code(status), 1);
}

#[test]
fn the_resulting_text_is_edited() {
    let directory = tempfile::tempdir().unwrap();
    let script = editor(
        directory.path(),
        "case $(cat \"$1\") in *syntax-error*) sed -i s/syntax-error/mended/ \"$1\";; *) sed -i 's/\"video\"/\"syntax-error\"/' \"$1\";; esac",
    );
    let mut with_editor = command(&[]);
    with_editor.env("GIT_EDITOR", script);
    let mut person = Person::at(with_editor);
    person.selects();
    person.answers("(1/6) Take this change", "e");
    person.sees("error[syntax]: this is not Nix");
    person.sees("modules/server/media/jellyfin/default.nix:10:18");
    person.answers("The edited text was not taken", "e");
    person.sees("(1) taken as edited:");
    person.sees("+    subdomain = \"mended\";");
    person.answers("(2/6) Take this change", "a");
    person.answers("(5/6) Take this gain", "n");
    person.answers("Commit with this message", "y");
    let (rest, status) = person.leaves();
    assert!(
        rest.contains("subdomain = \"mended\";") && rest.contains("persistedData"),
        "{rest}"
    );
    assert_eq!(code(status), 0);
}

#[test]
fn q_ctrl_c_and_ctrl_d_quit() {
    for quit in ["q\n", "\u{3}", "\u{4}"] {
        let mut person = Person::at(command(&[]));
        person.selects();
        person.answers("(1/6) Take this change", "y");
        person.sees("(2/6) Take this change");
        person.sees("]?");
        person.0.send(quit).unwrap();
        person.0.flush().unwrap();
        person.sees("Quit: nothing of this is written.");
        let (rest, status) = person.leaves();
        assert!(!rest.contains("committed"), "{rest}");
        assert_eq!(code(status), 1, "{quit:?}");
    }
}

#[test]
fn ctrl_c_in_the_editor_is_the_editors() {
    let directory = tempfile::tempdir().unwrap();
    let script = editor(
        directory.path(),
        "trap '' INT\nkill -INT $PPID\nprintf '# mine\\n' >> \"$1\"",
    );
    let mut with_editor = command(&[]);
    with_editor.env("GIT_EDITOR", script);
    let mut person = Person::at(with_editor);
    person.selects();
    person.answers("(1/6) Take this change", "e");
    person.sees("+# mine");
    person.answers("(2/6) Take this change", "d");
    person.answers("Commit with this message", "y");
    let (rest, status) = person.leaves();
    assert!(rest.contains("committed 0:"), "{rest}");
    assert_eq!(code(status), 0);
}

#[test]
fn after_the_dialogue_ctrl_c_ends_the_process_as_always() {
    let mut person = Person::at(command(&["wait"]));
    person.selects();
    person.sees("(1/6) Take this change");
    person.sees("]?");
    person.0.send("q").unwrap();
    person.0.flush().unwrap();
    person.sees("waiting");
    person.0.send_control('c').unwrap();
    let (_, status) = person.leaves();
    assert_eq!(status, End::Signal("SIGINT".to_owned()));
}

#[test]
fn colour_is_for_terminals_that_have_it() {
    let mut colored = command(&[]);
    colored.env_remove("NO_COLOR");
    let mut person = Person::at(colored);
    person.selects();
    let shown = person.answers("(1/6) Take this change", "q");
    assert!(
        shown.contains("\u{1b}[31m-") && shown.contains("\u{1b}[7m"),
        "{shown:?}"
    );
    for (variable, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let mut plain = command(&[]);
        // A build server's terminal is no other terminal.
        plain.env_remove("NO_COLOR").env("CI", "true").env(variable, value);
        let mut person = Person::at(plain);
        person.sends("s");
        let shown = person.answers("(1/6) Take this change", "q");
        assert!(!shown.contains('\u{1b}'), "{variable}={value}: {shown:?}");
    }
}

#[test]
fn long_output_goes_through_the_pager() {
    let mut paged = command(&["page"]);
    paged.env("GIT_PAGER", "echo LESS=$LESS LV=$LV; sed 's/^/| /'");
    let (shown, status) = Person::at(paged).leaves();
    assert!(
        shown.contains("LESS=FRX LV=-c") && shown.contains("| jellyfin: 6 changes"),
        "{shown}"
    );
    assert_eq!(code(status), 0);
    let mut missing = command(&["page"]);
    missing.env("PAGER", "qgroget-no-such-pager");
    let (shown, status) = Person::at(missing).leaves();
    assert!(shown.contains("jellyfin: 6 changes"), "{shown}");
    assert_eq!(code(status), 0);
    let mut quit = command(&["page"]);
    quit.env("PAGER", "true");
    let (shown, status) = Person::at(quit).leaves();
    assert_eq!(
        (shown.as_str(), code(status)),
        ("", 0),
        "a pager that is quit early is no error"
    );
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let output = command(&[]).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    for flag in ["--dry-run", "--yes", "--accept-gains"] {
        assert!(said.contains(flag), "{said}");
    }
    let piped = command(&["page"])
        .env("PAGER", "qgroget-no-such-pager")
        .output()
        .unwrap();
    assert!(
        String::from_utf8(piped.stdout)
            .unwrap()
            .starts_with("jellyfin: 6 changes\n"),
        "no pager in a pipe"
    );
}

#[test]
fn a_closed_pipe_ends_silently() {
    let mut child = command(&["flood"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 7];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((&first, output.stderr.len()), (b"line 0\n", 0));
    assert_eq!(output.status.code(), Some(141));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&["page"]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("error: the output could not be written: No space")
    );
    assert_eq!(output.status.code(), Some(1));
}
