use super::*;
use crate::edit::GroupId;
use crate::fake::{Fake, jellyfin};
use crate::testing::{colored, plain, snapshot};

fn page(width: usize, is_cut: bool) -> Page {
    Page::of(width, is_cut)
}

fn all() -> Accepted {
    (0..6).map(GroupId).collect()
}

#[test]
fn what_a_dry_run_says() {
    let text = text(&jellyfin(), &all(), None, page(100, false), Detail::All);
    snapshot!("summary_plain", plain(&text));
    snapshot!("summary_color", colored(&text));
}

#[test]
fn a_note_stands_below_the_title() {
    let text = plain(&text(
        &jellyfin(),
        &all(),
        Some("first, something else"),
        page(80, true),
        Detail::All,
    ));
    assert_eq!(text.lines().nth(1), Some("first, something else"), "{text}");
}

#[test]
fn a_terminal_is_not_wider_than_it_is() {
    for width in [40, 60, 80, 100, 160] {
        let text = plain(&text(&jellyfin(), &all(), None, page(width, true), Detail::All));
        snapshot!(format!("summary_{width}"), text.clone());
        let wide = |line: &&str| {
            textwrap::core::display_width(line) > width && line.split_whitespace().all(|word| word.len() < width / 2)
        };
        assert_eq!(
            text.lines().find(wide),
            None,
            "only a word that is longer than its column makes a line longer"
        );
    }
}

#[test]
fn above_a_question_it_is_short() {
    for width in [40, 80, 100] {
        let short = |detail| plain(&text(&jellyfin(), &all(), None, page(width, true), detail));
        snapshot!(format!("summary_table_{width}"), short(Detail::Table));
        let groups = short(Detail::Groups);
        snapshot!(format!("summary_groups_{width}"), groups.clone());
        assert!(
            groups.lines().count() < short(Detail::Table).lines().count(),
            "{groups}"
        );
    }
}

#[test]
fn nothing_at_all() {
    let text = text(&Fake::default(), &Accepted::new(), None, page(80, true), Detail::All);
    assert_eq!(plain(&text), "jellyfin: 0 changes\n");
}
