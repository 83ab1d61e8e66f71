use super::*;

fn apply(before: &str, edits: &[TextEdit]) -> String {
    let mut text = before.to_owned();
    for edit in edits.iter().rev() {
        text.replace_range(edit.range.clone(), &edit.text);
    }
    text
}

fn change(before: &str, after: &str) -> SourceChange {
    SourceChange {
        files: vec![FileChange {
            from: Some("x.nix".into()),
            to: Some("x.nix".into()),
            before: before.into(),
            after: after.into(),
            ..FileChange::default()
        }],
    }
}

fn edit(base: &str, edited: &str) -> Override {
    Override {
        from: Some("x.nix".into()),
        path: "x.nix".into(),
        base: base.into(),
        edited: edited.into(),
        group: GroupId(1),
    }
}

const FINE: Check<'static> = &|_, _| Ok(());

#[test]
fn an_edit_is_kept_through_a_later_change() {
    let mut later = change("a\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n");
    let kept = lay_over(&mut later, &[edit("a\nb\nc\nd\ne\n", "A\nb\nc\nd\ne\n")], &[], FINE).unwrap();
    assert_eq!(&*later.files[0].after, "A\nb\nc\nd\nE\n");
    assert_eq!(&*kept[0].base, "a\nb\nc\nd\nE\n", "the next merge starts from here");
    assert_eq!(
        apply(&later.files[0].before, &later.files[0].edits),
        &*later.files[0].after
    );
}

#[test]
fn the_same_lines_conflict_and_are_settled() {
    let later = change("a\n", "theirs\n");
    let edits = [edit("a\n", "mine\n")];
    let conflict = lay_over(&mut later.clone(), &edits, &[], FINE).unwrap_err();
    assert!(matches!(&conflict.clash, Clash::Overlap(text) if text.contains("mine") && text.contains("theirs")));
    let mut dropped = later.clone();
    let kept = lay_over(&mut dropped, &edits, &[Settled::Drop("x.nix".into())], FINE).unwrap();
    assert_eq!((&*dropped.files[0].after, kept.len()), ("theirs\n", 0));
    let mut joined = later.clone();
    let settled = [Settled::Text("x.nix".into(), "both\n".into())];
    let kept = lay_over(&mut joined, &edits, &settled, FINE).unwrap();
    assert_eq!((&*joined.files[0].after, &*kept[0].base), ("both\n", "theirs\n"));
}

#[test]
fn a_merge_that_does_not_parse_is_a_conflict() {
    let mut later = change("a\nb\nc\nd\n", "a\nb\nc\nD\n");
    let check: Check<'_> = &|_, _| Err(Error::refused("syntax", "no"));
    let conflict = lay_over(&mut later, &[edit("a\nb\nc\nd\n", "A\nb\nc\nd\n")], &[], check).unwrap_err();
    assert!(matches!(conflict.clash, Clash::Broken(..)));
}

#[test]
fn an_edited_file_that_is_not_written_any_more_is_a_conflict() {
    let conflict = lay_over(&mut SourceChange::default(), &[edit("a", "b")], &[], FINE).unwrap_err();
    assert!(matches!(conflict.clash, Clash::Gone));
}

#[test]
fn a_moved_file_is_found_by_its_origin() {
    let mut later = change("a\n", "a\n");
    later.files[0].to = Some("y.nix".into());
    let kept = lay_over(&mut later, &[edit("a\n", "b\n")], &[], FINE).unwrap();
    assert_eq!((&*later.files[0].after, &*kept[0].path), ("b\n", Path::new("y.nix")));
}

#[test]
fn an_edit_back_to_the_original_leaves_no_change() {
    let mut later = change("a\n", "b\n");
    lay_over(&mut later, &[edit("b\n", "a\n")], &[], FINE).unwrap();
    assert!(later.is_empty());
}

#[test]
fn edits_are_disjoint_sorted_and_named_after_their_groups() {
    let planned = [TextEdit {
        range: 2..4,
        text: "B\n".into(),
        group: GroupId(7),
    }];
    let (before, after) = ("a\nb\nc\nd\ne\nf\n", "a\nB\nc\nd\ne\nF\n");
    let edits = edits_between(before, after, &planned, GroupId(9));
    assert_eq!(apply(before, &edits), after);
    let groups: Vec<_> = edits.iter().map(|edit| (edit.range.clone(), edit.group)).collect();
    assert_eq!(groups, [(2..4, GroupId(7)), (10..12, GroupId(9))]);
}

#[test]
fn the_file_with_the_most_changes_is_found() {
    let mut delta = change("a\n", "b\n");
    delta.files.extend(change("a\nb\n", "c\nd\n").files);
    delta.files[1].to = Some("y.nix".into());
    assert_eq!(most_changed(&delta).unwrap().path(), Path::new("y.nix"));
}
