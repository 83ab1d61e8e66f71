use super::*;
use crate::edit::GroupId;
use crate::fake::jellyfin;
use crate::plan::{Accepted, Proposal};
use crate::review::columns;
use crate::testing::{colored, plain, snapshot};

fn change(files: &[(&str, &str, &str)]) -> SourceChange {
    let files = files.iter().map(|(path, before, after)| FileChange {
        from: (!before.is_empty()).then(|| path.into()),
        to: (!after.is_empty()).then(|| path.into()),
        before: (*before).into(),
        after: (*after).into(),
        ..FileChange::default()
    });
    SourceChange { files: files.collect() }
}

fn body() -> String {
    (1..=9)
        .map(|number| format!("  setting{number} = \"of the service, number {number}\";\n"))
        .collect()
}

fn deeper(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[test]
fn a_whole_migration() {
    let all: Accepted = (0..6).map(GroupId).collect();
    let change = jellyfin().render(&all).unwrap();
    snapshot!("folded_plain", plain(&render(&change).with_stat()));
    snapshot!("folded_color", colored(&render(&change).with_stat()));
    snapshot!("side_by_side", plain(&columns::render(&change, 100).with_stat()));
}

#[test]
fn re_indented_lines_are_counted_and_not_shown() {
    let change = change(&[(
        "x.nix",
        &format!("{{\n{}}}\n", body()),
        &format!("{{\n  config = {{\n{}  }};\n}}\n", deeper(&body())),
    )]);
    let rendered = render(&change);
    let text = plain(&rendered.with_stat());
    assert!(text.contains("~ … 9 lines re-indented\n"), "{text}");
    assert_eq!((rendered.stat.indented, rendered.stat.added), (9, 2));
    assert!(!text.contains("setting5"), "{text}");
}

#[test]
fn moved_lines_name_both_places() {
    let change = change(&[
        (
            "a.nix",
            &format!("{{\n  first = 1;\n{}}}\n", body()),
            "{\n  first = 1;\n}\n",
        ),
        ("b.nix", "", &format!("{{\n{}}}\n", deeper(&body()))),
    ]);
    let rendered = render(&change);
    let text = plain(&rendered.with_stat());
    assert!(text.contains("- … 9 lines moved to b.nix:2-10\n"), "{text}");
    assert!(text.contains("+ … 9 lines moved from a.nix:3-11\n"), "{text}");
    assert_eq!((rendered.stat.moved, rendered.stat.removed), (9, 0));
    assert!(!text.contains("setting5"), "{text}");
}

#[test]
fn what_is_new_beside_what_moves_is_shown() {
    let before = body();
    let after = before.replace("number 5\"", "number 50\"");
    let change = change(&[("a.nix", &before, ""), ("b.nix", "", &after)]);
    let text = plain(&render(&change).with_stat());
    assert!(
        text.contains("number 5\"") && text.contains("number 50\""),
        "the changed line is never folded: {text}"
    );
    assert_eq!(text.matches("4 lines moved").count(), 4, "{text}");
}

#[test]
fn a_template_is_a_line() {
    let mut change = change(&[("tests/x.nix", "", "{\n  a = 1;\n}\n")]);
    change.files[0].template = true;
    assert_eq!(
        plain(&render(&change).with_stat()),
        "── tests/x.nix, new, from a template: 3 lines\n1 file, 3 lines added\n"
    );
}

#[test]
fn a_file_that_only_moves_has_no_lines() {
    let change = SourceChange {
        files: vec![FileChange {
            from: Some("a.nix".into()),
            to: Some("b/default.nix".into()),
            before: "{}\n".into(),
            after: "{}\n".into(),
            ..FileChange::default()
        }],
    };
    assert_eq!(
        plain(&render(&change).with_stat()),
        "── b/default.nix, moved from a.nix\n1 file\n"
    );
}

#[test]
fn columns_hold_their_width() {
    let long = format!("  text = \"{}\";\n", "word ".repeat(60));
    let change = change(&[(
        "x.nix",
        &format!("a\n{long}b\n"),
        &format!("a\n{}b\n", long.replace("word", "other")),
    )]);
    for width in [40, 80, 160] {
        let text = plain(&columns::render(&change, width).text);
        for line in text.lines().skip(2) {
            assert!(textwrap::core::display_width(line) <= width, "{width}: {line}");
        }
        assert!(
            text.matches("word ").count() + text.matches("other").count() >= 60,
            "{text}"
        );
    }
}
