use super::*;
use crate::edit::GroupId;
use crate::fake::jellyfin;
use crate::plan::{Accepted, Proposal};
use crate::testing::{colored, plain, snapshot};

fn one(before: &str, after: &str) -> Rendered {
    render(&SourceChange {
        files: vec![FileChange {
            from: Some("modules/x.nix".into()),
            to: Some("modules/x.nix".into()),
            before: before.into(),
            after: after.into(),
            ..FileChange::default()
        }],
    })
}

#[test]
fn a_whole_migration() {
    let all: Accepted = (0..6).map(GroupId).collect();
    let text = render(&jellyfin().render(&all).unwrap()).with_stat();
    snapshot!("diff_plain", plain(&text));
    snapshot!("diff_color", colored(&text));
}

#[test]
fn re_indentation_is_told_apart() {
    let before = "{\n  a = 1;\n  b = 2;\n  c = 3;\n}\n";
    let after = "{\n  config = mkIf x {\n    a = 1;\n    b = 20;\n    c = 3;\n  };\n}\n";
    let rendered = one(before, after);
    assert_eq!(
        rendered.stat,
        Stat {
            files: 1,
            added: 3,
            removed: 1,
            indented: 2,
            moved: 0
        }
    );
    let text = rendered.with_stat();
    assert!(
        plain(&text).ends_with("1 file, 3 lines added, 1 line removed, 2 lines only re-indented\n"),
        "{text}"
    );
    snapshot!("diff_indent_color", colored(&text));
}

#[test]
fn without_styles_it_is_a_patch() {
    for (before, after) in [
        ("one\ntwo\n", "one\n2\n"),
        ("one", "one\ntwo"),
        ("", "x\n"),
        ("a  b\n", "a b\n"),
    ] {
        let rendered = one(before, after);
        let patch = super::super::patch::patch(&SourceChange {
            files: vec![FileChange {
                from: Some("modules/x.nix".into()),
                to: Some("modules/x.nix".into()),
                before: before.into(),
                after: after.into(),
                ..FileChange::default()
            }],
        });
        assert_eq!(plain(&rendered.text), patch);
    }
}

#[test]
fn what_a_file_holds_is_shown_and_not_obeyed() {
    let text = plain(&one("a\r\n", "\u{1b}[2Jb\u{202e}\r\n").text);
    assert!(text.ends_with("-a^M\n+^[[2Jb<U+202E>^M\n"), "{text}");
}

#[test]
fn nothing_is_nothing() {
    assert_eq!(render(&SourceChange::default()).with_stat(), "");
}
