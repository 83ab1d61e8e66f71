use std::sync::Arc;

use super::*;
use crate::error::Place;
use crate::status::pieces::Kind;

fn piece(kind: Kind, name: &str, places: &[(&str, u32)]) -> Piece {
    let place = |(path, line): &(&str, u32)| {
        let text: Arc<str> = "\n".repeat(*line as usize).into();
        Place::new(Path::new(path), &text, *line as usize - 1..*line as usize)
    };
    Piece {
        kind,
        name: name.to_owned(),
        says: Vec::new(),
        places: places.iter().map(place).collect(),
    }
}

fn side(name: &str, pattern: Pattern, pieces: Vec<Piece>, files: &[&str]) -> Side {
    Side {
        services: BTreeMap::from([(name.to_owned(), (pattern, pieces))]),
        files: files.iter().map(PathBuf::from).collect(),
    }
}

const HOSTILE: &str = "a<script>\"'&\u{202e}";

fn map() -> Map {
    let before = vec![
        piece(Kind::Declaration, "", &[("old.nix", 3)]),
        piece(
            Kind::Secret,
            HOSTILE,
            &[("old.nix", 5), ("old.nix", 6), ("keys.nix", 1)],
        ),
    ];
    let after = vec![
        piece(Kind::Declaration, "", &[("new.nix", 2)]),
        piece(Kind::Secret, HOSTILE, &[("keys.nix", 1)]),
        piece(Kind::Test, "", &[("tests/<x>.nix", 1)]),
    ];
    Map {
        host: "<Host>".to_owned(),
        before: side(HOSTILE, Pattern::Legacy, before, &["old.nix", "keys.nix"]),
        after: side(
            HOSTILE,
            Pattern::Contract,
            after,
            &["new.nix", "keys.nix", "tests/<x>.nix"],
        ),
        installs: false,
        refused: vec![("b<i>".to_owned(), Error::refused("no", "<u>").hint("<s>"))],
    }
}

#[test]
fn boxes_are_the_files_with_the_lines_of_each_piece() {
    let map = map();
    let boxes = map.before.boxes();
    assert_eq!(
        boxes.keys().map(|path| path.as_ref()).collect::<Vec<&Path>>(),
        [Path::new("keys.nix"), Path::new("old.nix")]
    );
    let marks = &boxes[Path::new("old.nix")][HOSTILE];
    let lines: Vec<(Kind, Vec<u32>)> = marks
        .iter()
        .map(|(piece, lines)| (piece.kind, lines.iter().copied().collect()))
        .collect();
    assert_eq!(lines, [(Kind::Declaration, vec![3]), (Kind::Secret, vec![5, 6])]);
    assert_eq!([map.before.files_of(HOSTILE), map.after.files_of(HOSTILE)], [2, 3]);
}

#[test]
fn names_are_text_wherever_they_stand() {
    let page = map().page();
    assert_eq!(page.matches("<script>").count(), 1, "its own");
    for markup in ["<x>", "<i>", "<u>", "<s>", "<Host>", "\u{202e}"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("a&lt;script&gt;&quot;&#39;&amp;\u{fffd}"));
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("src="));
    assert_eq!(page, map().page());
}

#[test]
fn each_link_leads_somewhere_and_each_file_says_whether_it_is_new() {
    let page = map().page();
    for link in page.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "{id}");
    }
    let (before, after) = page.split_once(texts::AFTER).unwrap();
    assert!(
        before.contains("old.<wbr>nix</code> <small class=\"badge\">goes</small>"),
        "{before}"
    );
    assert!(before.contains("keys.<wbr>nix</code></h3>"));
    assert!(after.contains("new.<wbr>nix</code> <small class=\"badge\">new file</small>"));
    assert!(
        after.contains("stands at nowhere</span> <span>will stand at <code>tests/"),
        "{after}"
    );
}
