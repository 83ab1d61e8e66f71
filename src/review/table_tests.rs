use super::*;
use crate::fake::{Fake, jellyfin};

fn all() -> Accepted {
    (0..6).map(GroupId).collect()
}

#[test]
fn each_move_is_in_one_row() {
    let proposal = jellyfin();
    let rows = rows(&proposal, &all());
    for group in proposal.groups() {
        let own: Vec<&Row> = rows.iter().filter(|row| row.group == group.id).collect();
        let named: usize = own.iter().map(|row| row.what.len()).sum();
        assert_eq!(named, group.moves.len().max(1), "{}", group.title);
        for one in &group.moves {
            let is_said = |row: &&&Row| match (&row.from, &one.from) {
                (Some((file, lines)), Some(place)) => *file == place.path && lines.contains(&place.line),
                (from, place) => from.is_none() && place.is_none(),
            };
            assert!(own.iter().any(|row| is_said(&row)), "{one:?}: {own:?}");
        }
    }
}

#[test]
fn a_group_without_moves_is_its_title() {
    let fake = Fake::default().group("x", "do something", Safety::Preserves, &[]);
    let text = text(&rows(&fake, &Accepted::new()), Page::of(80, true));
    assert!(text.ends_with("  1  do something\n"), "{text}");
}

#[test]
fn lines_are_ranges() {
    let lines = |lines: &[u32]| ranges(&lines.iter().copied().collect());
    assert_eq!(lines(&[55, 60, 61, 62, 86]), "55, 60-62, 86");
    assert_eq!(lines(&[1, 2]), "1-2");
    assert_eq!(lines(&[7]), "7");
}
