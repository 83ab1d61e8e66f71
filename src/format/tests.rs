use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::edit::{GroupId, TextEdit, reformat};
use crate::process::Limits;

/// A directory with a program `name` that does what `script` does with each file, `$file`.
fn directory(name: &str, script: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(name);
    let calls = directory.path().join("calls").display().to_string();
    let text = format!("#!/bin/sh\necho \"$@\" >>'{calls}'\nfor file; do\n{script}\ndone\n");
    // Another process writes it: what this one has open for writing, a child of another test may still have open, and then
    // it cannot be run.
    let mut writer = std::process::Command::new("sh");
    writer
        .args(["-c", "printf %s \"$1\" >\"$0\" && chmod +x \"$0\""])
        .arg(&path)
        .arg(text);
    assert!(writer.status().expect("a shell").success());
    directory
}

/// How often the program was called.
fn calls(directory: &TempDir) -> usize {
    fs::read_to_string(directory.path().join("calls")).map_or(0, |calls| calls.lines().count())
}

fn program(directory: &TempDir, name: &str, limits: Limits) -> Option<Program> {
    Program::find(name, Some(directory.path().as_os_str()), limits)
}

/// Writes a blank before each semicolon.
const BLANK: &str = "sed 's/ *;/ ;/' \"$file\" >out && cat out >\"$file\"";

fn nixfmt(script: &str, limits: Limits) -> (TempDir, Formatter) {
    let directory = directory("nixfmt", script);
    let find = |name: &str| program(&directory, name, limits);
    let formatter = Formatter::of(Some(Format::Nixfmt), || None, Vec::new, &find);
    (directory, formatter)
}

fn texts(formatter: &Formatter, of: &[&str]) -> Vec<Option<String>> {
    formatter.formatted(of)
}

/// A file with a binding that a plan puts in, as the plan makes it.
fn edited(before: &str) -> FileChange {
    let edit = TextEdit {
        range: 4..4,
        text: "new = 1;\n  ".to_owned(),
        group: GroupId(3),
    };
    FileChange {
        from: Some("a.nix".into()),
        to: Some("a.nix".into()),
        before: before.into(),
        after: [&before[..4], &edit.text, &before[4..]].concat().into(),
        edits: vec![edit],
        ..FileChange::default()
    }
}

fn reformatted(formatter: &Formatter, files: Vec<FileChange>) -> SourceChange {
    let mut files = files;
    reformat(&mut files, &|texts| formatter.formatted(texts));
    SourceChange { files }
}

#[test]
fn texts_are_given_to_the_program_at_once_and_once() {
    let (directory, formatter) = nixfmt(BLANK, LIMITS);
    let (one, two) = ("{ a = 1; }\n", "{ b = 2 ; }\n");
    let expected = vec![Some("{ a = 1 ; }\n".to_owned()), Some(two.to_owned())];
    assert_eq!(texts(&formatter, &[one, two]), expected);
    assert_eq!(texts(&formatter, &[one, two, one])[..2], expected);
    assert_eq!(calls(&directory), 1);
}

#[test]
fn new_code_is_formatted_and_bytes_outside_of_it_stay() {
    let (_directory, formatter) = nixfmt(BLANK, LIMITS);
    let new = FileChange {
        to: Some("b.nix".into()),
        after: "{ c = 3; }\n".into(),
        ..FileChange::default()
    };
    let formatted = "{\n  old = 0 ;\n}\n";
    let loose = "{\n  old = 0;\n}\n";
    let change = reformatted(&formatter, vec![edited(formatted), edited(loose), new]);
    let after: Vec<&str> = change.files.iter().map(|file| &*file.after).collect();
    let expected = [
        "{\n  new = 1 ;\n  old = 0 ;\n}\n",
        "{\n  new = 1;\n  old = 0;\n}\n",
        "{ c = 3 ; }\n",
    ];
    assert_eq!(after, expected);
    let edits = &change.files[0].edits;
    assert_eq!(
        (edits.len(), edits[0].range.clone(), edits[0].group),
        (1, 4..4, GroupId(3))
    );
    let said = formatter.said(&change).expect("no alejandra");
    assert_eq!(
        said,
        "Formatted by nixfmt, as qgroget.toml says. a.nix was not before and is left as the edits make it."
    );
    assert_eq!(formatter.afterwards(&change), None);
}

/// What is said where nothing is formatted.
fn left(formatter: &Formatter, why: &str) {
    let before = "{\n  old = 0 ;\n}\n";
    let change = reformatted(formatter, vec![edited(before)]);
    assert_eq!(&*change.files[0].after, "{\n  new = 1;\n  old = 0 ;\n}\n");
    assert_eq!(
        formatter.said(&change).expect("no alejandra"),
        format!("To be formatted by nixfmt, as qgroget.toml says. But nixfmt {why}: new code is indented and no more.")
    );
    assert_eq!(
        formatter.afterwards(&change).as_deref(),
        Some("Format it afterwards: nixfmt a.nix")
    );
}

#[test]
fn a_program_that_is_missing_is_named_with_the_files() {
    let formatter = Formatter::of(Some(Format::Nixfmt), || None, Vec::new, &|_| None);
    left(&formatter, "is not on the PATH");
}

#[test]
fn a_program_that_fails_is_named_with_its_message() {
    let (directory, formatter) = nixfmt("echo; echo 'no: such thing' >&2; exit 3", LIMITS);
    left(&formatter, "fails on it (no: such thing)");
    // Both texts together, and each alone.
    assert_eq!(calls(&directory), 3);
    let (_directory, formatter) = nixfmt("exit 3", LIMITS);
    left(&formatter, "fails on it (exit status: 3)");
}

#[test]
fn a_text_that_the_program_refuses_keeps_no_other_from_being_formatted() {
    let script = format!("grep -q new \"$file\" && exit 1\n{BLANK}");
    let (_directory, formatter) = nixfmt(&script, LIMITS);
    let expected = vec![Some("{ a = 1 ; }\n".to_owned()), None];
    assert_eq!(texts(&formatter, &["{ a = 1; }\n", "{ new = 1; }\n"]), expected);
}

#[test]
fn a_program_that_hangs_is_ended_and_not_asked_again() {
    let limits = Limits {
        time: Duration::from_millis(100),
        ..LIMITS
    };
    let (directory, formatter) = nixfmt("sleep 1000", limits);
    left(&formatter, "takes longer than 0.1 s");
    assert_eq!(texts(&formatter, &["{ other = 1; }\n"]), [None]);
    assert_eq!(calls(&directory), 1);
}

#[test]
fn other_code_is_not_taken() {
    for script in [
        "sed 's/1/2/' \"$file\" >out && cat out >\"$file\"",
        "echo '{ }' >\"$file\"",
        "echo '{' >\"$file\"",
        "printf '' >\"$file\"",
    ] {
        let (_directory, formatter) = nixfmt(script, LIMITS);
        left(&formatter, "makes other code of it");
    }
}

#[test]
fn a_program_that_takes_the_file_away_gives_nothing() {
    let (_directory, formatter) = nixfmt("rm \"$file\"", LIMITS);
    assert_eq!(texts(&formatter, &["{ a = 1; }\n"]), [None]);
}

#[test]
fn a_program_is_looked_for_in_absolute_directories() {
    let directory = directory("nixfmt", BLANK);
    let find = |path: &str| Program::find("nixfmt", Some(path.as_ref()), LIMITS).is_some();
    let own = directory.path().display();
    assert!(find(&format!("/nowhere:{own}")));
    assert!(!find(".:bin:") && !find(""));
    fs::rename(directory.path().join("nixfmt"), directory.path().join("other")).expect("renamed");
    fs::write(directory.path().join("nixfmt"), "no program").expect("written");
    assert!(!find(&own.to_string()));
}

#[test]
fn the_setting_goes_before_what_the_repository_says_and_that_before_its_files() {
    let place = Place::new(Path::new("flake.nix"), &"\n\nx".into(), 2..2);
    let declared = || Some((Format::NixpkgsFmt, place));
    let formatter = Formatter::of(None, declared, || panic!("not asked"), &|_| None);
    assert_eq!(formatter.format(), Format::NixpkgsFmt);
    assert_eq!(formatter.because, Because::Said("flake.nix".into(), Some(3)));
    let formatter = Formatter::of(Some(Format::None), || panic!("not asked"), Vec::new, &|_| None);
    assert_eq!(formatter.format(), Format::None);
    let change = SourceChange {
        files: vec![edited("{\n  old = 0;\n}\n")],
    };
    assert_eq!(
        formatter.said(&change).as_deref(),
        Some("Not formatted, as qgroget.toml says: new code is indented and no more.")
    );
    let texts_only = FileChange {
        to: Some("README.md".into()),
        after: "x".into(),
        ..FileChange::default()
    };
    assert_eq!(
        formatter.said(&SourceChange {
            files: vec![texts_only]
        }),
        None
    );
}

#[test]
fn what_leaves_most_files_as_they_are_is_the_format_where_nothing_says_one() {
    let (directory, _) = nixfmt(BLANK, LIMITS);
    let find = |name: &str| program(&directory, name, LIMITS);
    let blank: Vec<Source> = ["a", "b", "c"]
        .map(|name| Source::new(format!("{name}.nix"), format!("{{ {name} = 1 ; }}\n")))
        .to_vec();
    let plain = Source::new("d.nix", "{d = 1;}\n");
    let of = |files: Vec<&Source>| {
        let formatter = Formatter::of(None, || None, || files, &find);
        (formatter.format, formatter.because)
    };
    let most = Because::Files { kept: 3, of: 4 };
    assert_eq!(
        of(blank.iter().chain([&plain]).collect()),
        (Format::Nixfmt, most.clone())
    );
    assert_eq!(
        texts::formatted_by(Format::Nixfmt, &most),
        "Formatted by nixfmt, which leaves 3 of 4 files as they are."
    );
    // As many, and none.
    assert_eq!(of(vec![&blank[0], &plain]), (Format::Alejandra, Because::Default));
    assert_eq!(of(Vec::new()), (Format::Alejandra, Because::Default));
    let nothing = Formatter::of(None, || None, || panic!("alejandra alone is at hand"), &|_| None);
    assert_eq!(nothing.format, Format::Alejandra);
}

#[test]
fn files_are_named_as_a_shell_takes_them() {
    let files = ["a/b.nix", "it's.nix"].map(PathBuf::from);
    assert_eq!(
        texts::afterwards(Format::NixpkgsFmt, &files),
        "Format it afterwards: nixpkgs-fmt a/b.nix 'it'\\''s.nix'"
    );
}
