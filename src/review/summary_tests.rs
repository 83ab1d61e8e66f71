use super::*;
use crate::edit::GroupId;
use crate::fake::{Fake, jellyfin};
use crate::testing::{colored, plain, snapshot};

#[test]
fn what_a_dry_run_says() {
    let text = Summary::of(&jellyfin()).text(None, Width(100));
    snapshot!("summary_plain", plain(&text));
    snapshot!("summary_color", colored(&text));
}

#[test]
fn what_was_taken_is_marked() {
    let accepted: Accepted = [0, 1, 4].map(GroupId).into();
    snapshot!(
        "summary_accepted",
        plain(&Summary::of(&jellyfin()).text(Some(&accepted), Width(100)))
    );
}

#[test]
fn a_narrow_terminal() {
    let text = plain(&Summary::of(&jellyfin()).text(None, Width(44)));
    snapshot!("summary_narrow", text.clone());
    let wide = |line: &&str| line.chars().count() > 44 && line.trim().split(' ').all(|word| word.len() < 30);
    assert_eq!(
        text.lines().find(wide),
        None,
        "only a word that is longer than the line makes one longer"
    );
}

#[test]
fn nothing_at_all() {
    assert_eq!(
        plain(&Summary::of(&Fake::default()).text(None, Width(80))),
        "jellyfin: 0 changes\n"
    );
}
