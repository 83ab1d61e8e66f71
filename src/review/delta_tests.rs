use super::*;
use crate::edit::GroupId;
use crate::fake::jellyfin;
use crate::plan::{Accepted, Proposal};

fn change(files: &[(Option<&str>, Option<&str>, &str, &str)]) -> SourceChange {
    let files = files.iter().map(|(from, to, before, after)| FileChange {
        from: from.map(PathBuf::from),
        to: to.map(PathBuf::from),
        before: (*before).into(),
        after: (*after).into(),
        ..FileChange::default()
    });
    SourceChange { files: files.collect() }
}

fn names(change: &SourceChange) -> Vec<String> {
    let name = |path: &Option<PathBuf>| path.as_ref().map_or("-".into(), |path| path.display().to_string());
    change
        .files
        .iter()
        .map(|f| format!("{} {} {:?} {:?}", name(&f.from), name(&f.to), f.before, f.after))
        .collect()
}

#[test]
fn from_nothing_it_is_the_change_itself() {
    let all: Accepted = (0..6).map(GroupId).collect();
    let whole = jellyfin().render(&all).unwrap();
    assert_eq!(names(&between(&SourceChange::default(), &whole)), names(&whole));
    assert!(between(&whole, &whole).is_empty());
}

#[test]
fn a_file_that_moved_before_is_changed_where_it_stands_now() {
    let earlier = change(&[(Some("a"), Some("b"), "1", "2")]);
    let later = change(&[(Some("a"), Some("b"), "1", "3")]);
    assert_eq!(names(&between(&earlier, &later)), ["b b \"2\" \"3\""]);
}

#[test]
fn a_file_that_moves_now_is_a_move() {
    let earlier = change(&[(Some("a"), Some("a"), "1", "2")]);
    let later = change(&[(Some("a"), Some("b"), "1", "3")]);
    assert_eq!(names(&between(&earlier, &later)), ["a b \"2\" \"3\""]);
    assert_eq!(names(&between(&later, &earlier)), ["b a \"3\" \"2\""]);
}

#[test]
fn what_comes_and_goes_again() {
    let earlier = change(&[(None, Some("n"), "", "new"), (Some("o"), None, "old", "")]);
    let nothing = SourceChange::default();
    assert_eq!(
        names(&between(&earlier, &nothing)),
        ["n - \"new\" \"\"", "- o \"\" \"old\""]
    );
}

#[test]
fn a_file_that_takes_a_moved_ones_place() {
    let nothing = SourceChange::default();
    let later = change(&[(None, Some("a"), "", "new"), (Some("a"), Some("b"), "old", "old")]);
    assert_eq!(
        names(&between(&nothing, &later)),
        ["a a \"old\" \"new\"", "- b \"\" \"old\""]
    );
}
