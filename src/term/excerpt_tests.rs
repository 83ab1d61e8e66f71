use std::path::Path;
use std::sync::Arc;

use super::*;
use crate::testing::{colored, plain, snapshot};

fn at(source: &str, span: std::ops::Range<usize>) -> Error {
    Error::refused("unknown-value", "the url can't be known without evaluating").at(Place::new(
        Path::new("modules/server/x.nix"),
        &Arc::from(source),
        span,
    ))
}

fn of(source: &str, text: &str) -> Error {
    let start = source.find(text).unwrap();
    at(source, start..start + text.len())
}

fn shown(error: Error, width: usize) -> String {
    plain(&errors(
        &[error],
        Detail {
            width,
            causes: false,
            brief: false,
        },
    ))
}

fn full() -> Error {
    let cause = std::io::Error::other(std::io::Error::other("the disk is gone"));
    of("{\n  qgroget.services.x.url = config.y;\n}\n", "config.y")
        .reason("config.y is set by another module")
        .hint("write the url out: qgroget.services.x.url = \"http://127.0.0.1:8096\";")
        .hint("or in two lines:\nqgroget.services.x.port = 8096;")
        .because(cause)
}

#[test]
fn everything_at_once() {
    let all = [
        full(),
        Error::usage("unknown-service", "there is no service 'jelyfin'").hint("did you mean 'jellyfin'?"),
    ];
    let text = errors(
        &all,
        Detail {
            width: 100,
            causes: true,
            brief: false,
        },
    );
    snapshot!("report_plain", plain(&text));
    snapshot!("report_color", colored(&text));
}

#[test]
fn the_place_is_the_one_of_the_error() {
    for source in [
        "x = config.y;",
        "é = config.y;",
        "\tx = config.y;\r\n",
        "漢字 = config.y;\n",
        "a\r\nb\r\nx = config.y;\r\n",
    ] {
        let error = of(source, "config.y");
        let place = error.place().unwrap().to_string();
        let text = shown(error, 100);
        assert!(text.contains(&format!("--> {place}\n")), "{place}: {text}");
    }
}

#[test]
fn unusual_sources() {
    let long = format!("  x = [{}] ++ config.y;\n", "\"a rather long word\" ".repeat(30));
    let combining = "  x = \"e\u{301}e\u{301}\" + config.y;\n";
    let mut text = String::new();
    for (name, error) in [
        ("tabs", of("{\n\tx =\tconfig.y;\n}\n", "config.y")),
        ("crlf", of("{\r\n  x = config.y;\r\n}\r\n", "config.y")),
        ("wide", of("  x = \"漢字\" + config.y;\n", "config.y")),
        ("combining", of(combining, "config.y")),
        ("long line", of(&long, "config.y")),
        ("escapes", of("  x = \"\u{1b}[31m\u{202e}\" + config.y;\n", "config.y")),
        (
            "several lines",
            of("{\n  x = {\n    y = 1;\n  };\n}\n", "{\n    y = 1;\n  }"),
        ),
        ("the line's end", at("{\n  x = 1\n}\n", 9..10)),
        ("the end", at("{\n  x = 1;\n", 11..11)),
        ("the end without newline", at("{\n  x = 1;", 10..10)),
        ("an empty file", at("", 0..0)),
        ("beyond the end", at("x", 7..9)),
    ] {
        text.push_str(&format!("# {name}\n{}\n", shown(error, 80)));
    }
    snapshot!("report_sources", text);
}

#[test]
fn a_long_span_marks_its_first_line() {
    let source = format!("x = {{\n{}}};\n", "  y = 1;\n".repeat(40));
    let text = shown(at(&source, 0..source.len()), 80);
    assert!(text.lines().count() < 9, "{text}");
}

#[test]
fn a_span_inside_a_character_is_no_panic() {
    let mut place = Place::new(Path::new("a.nix"), &Arc::from("é漢"), 0..5);
    place.span = 1..4;
    shown(
        Error::refused("inside", "a fault elsewhere must not hide the error").at(place),
        80,
    );
}

#[test]
fn a_place_without_its_source() {
    let mut place = Place::new(Path::new("a.nix"), &Arc::from("x\ny"), 2..3);
    place.source = None;
    let text = shown(Error::refused("gone", "the file is gone").at(place), 80);
    assert!(text.contains("--> a.nix:2:1\n"), "{text}");
}

#[test]
fn the_nearest_cause_is_said_and_the_others_on_demand() {
    let text = |causes| {
        plain(&errors(
            &[full()],
            Detail {
                width: 100,
                causes,
                brief: false,
            },
        ))
    };
    assert_eq!(text(false).matches("cause:").count(), 1);
    assert_eq!(
        text(true).matches("cause:").count(),
        1,
        "an io::Error of an io::Error is one cause with the same text"
    );
}

#[test]
fn an_excerpt_is_not_wider_than_the_page() {
    let long = format!("  rule = \"{}\";\n", "Host(`example.org`) && ".repeat(30));
    for (start, end) in [(2, long.len() - 1), (200, 420)] {
        let source: std::sync::Arc<str> = long.as_str().into();
        let place = Place::new(std::path::Path::new("x.nix"), &source, start..end);
        let error = crate::error::Error::internal("something").at(place);
        for width in [40, 80, 100] {
            let text = errors(
                std::slice::from_ref(&error),
                Detail {
                    width,
                    causes: false,
                    brief: false,
                },
            );
            let text = crate::testing::plain(&text);
            assert!(text.contains(&format!("x.nix:1:{}", start + 1)), "{text}");
            let framed = text
                .lines()
                .filter(|line| line.contains("^^^") || line.contains("example"));
            for line in framed {
                assert!(display_width(line) <= width + 1, "{width}: {line}");
            }
        }
    }
}
