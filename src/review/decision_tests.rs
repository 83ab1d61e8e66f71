use super::*;
use crate::fake::{Fake, jellyfin, parses};

fn ids(accepted: &Accepted) -> Vec<usize> {
    accepted.iter().map(|id| id.0).collect()
}

fn take(review: &mut Review<'_>) -> SourceChange {
    match review.offer(&[]).unwrap() {
        Offer::Ready(proposed) => {
            let delta = proposed.delta.clone();
            review.accept(proposed);
            delta
        }
        Offer::Conflict(conflict) => panic!("{conflict:?}"),
    }
}

fn texts_of(change: &SourceChange) -> Vec<(PathBuf, String)> {
    change
        .files
        .iter()
        .map(|file| (file.path().to_owned(), file.after.to_string()))
        .collect()
}

#[test]
fn what_is_shown_adds_up_to_what_is_written() {
    let proposal = jellyfin();
    for declined in 0..64_u32 {
        let mut review = Review::new(&proposal, &parses).unwrap();
        let mut so_far = SourceChange::default();
        while let Some(group) = review.current() {
            if let Some(need) = review.missing_need() {
                review.decline(Reason::Needs(need));
            } else if declined & (1 << group.id.0) != 0 {
                review.decline(Reason::Answer);
            } else {
                let delta = take(&mut review);
                assert_eq!(texts_of(&between(&so_far, &review.state().change)), texts_of(&delta));
                so_far = review.state().change.clone();
            }
        }
        let decision = review.decision();
        assert_eq!(
            texts_of(&decision.change),
            texts_of(&proposal.render(&decision.accepted).unwrap())
        );
        assert_eq!(decision.accepted.len() + decision.declined.len(), 6);
    }
}

#[test]
fn a_declined_group_takes_those_that_need_it_along() {
    let proposal = jellyfin();
    let mut review = Review::new(&proposal, &parses).unwrap();
    take(&mut review);
    take(&mut review);
    review.decline(Reason::Answer);
    assert_eq!(review.missing_need(), Some(GroupId(2)));
    review.decline(Reason::Needs(GroupId(2)));
    assert_eq!(review.missing_need(), Some(GroupId(3)), "the gain needs the backup");
}

#[test]
fn an_answer_is_taken_back_with_what_followed_from_it() {
    let proposal = jellyfin();
    let mut review = Review::new(&proposal, &parses).unwrap();
    assert!(!review.undo(), "there is nothing to take back");
    take(&mut review);
    take(&mut review);
    review.decline(Reason::Answer);
    review.decline(Reason::Needs(GroupId(2)));
    review.decline(Reason::Needs(GroupId(3)));
    assert!(review.undo());
    assert_eq!(review.current().unwrap().id, GroupId(2));
    take(&mut review);
    assert!(review.undo() && review.undo() && review.undo() && !review.undo());
    assert!(review.decision().change.is_empty());
}

#[test]
fn an_edit_is_laid_over_what_comes_later() {
    let proposal = jellyfin();
    let mut review = Review::new(&proposal, &parses).unwrap();
    let Offer::Ready(proposed) = review.offer(&[]).unwrap() else {
        panic!()
    };
    let file = &proposed.delta.files[0];
    let text = file.after.replace("cfg.enable;\n}", "cfg.enable;\n  # mine\n}");
    assert!(review.edited(&proposed, file, "syntax-error").is_err());
    let edited = review.edited(&proposed, file, &text).unwrap();
    assert_eq!(&*edited.delta.files[0].after, text);
    review.accept(edited);
    take(&mut review);
    let shown = take(&mut review);
    let module = shown
        .files
        .iter()
        .find(|file| file.path().ends_with("default.nix"))
        .unwrap();
    assert!(module.before.contains("# mine") && module.after.contains("# mine"));
    assert!(module.after.contains("persistedData"));
    while review.current().is_some() {
        take(&mut review);
    }
    let decision = review.decision();
    assert_eq!(
        decision.edited,
        [PathBuf::from("modules/server/media/jellyfin/default.nix")]
    );
    let module = decision
        .change
        .files
        .iter()
        .find(|file| file.path().ends_with("default.nix"))
        .unwrap();
    let mut applied = module.before.to_string();
    for edit in module.edits.iter().rev() {
        applied.replace_range(edit.range.clone(), &edit.text);
    }
    assert_eq!(applied, &*module.after, "the edits make the text");
}

#[test]
fn a_second_edit_builds_on_the_first_and_is_taken_back_alone() {
    let proposal = jellyfin();
    let mut review = Review::new(&proposal, &parses).unwrap();
    let edit = |review: &Review<'_>, from: &str, to: &str| {
        let Offer::Ready(proposed) = review.offer(&[]).unwrap() else {
            panic!()
        };
        let file = proposed
            .delta
            .files
            .iter()
            .find(|file| file.path().ends_with("default.nix"))
            .unwrap();
        assert!(file.after.contains(from), "{}", file.after);
        review.edited(&proposed, file, &file.after.replace(from, to)).unwrap()
    };
    let first = edit(&review, "\"video\"", "\"film\"");
    review.accept(first);
    take(&mut review);
    let second = edit(&review, "\"film\"", "\"cinema\"");
    review.accept(second);
    let text = |review: &Review<'_>| review.state().change.files.last().unwrap().after.to_string();
    let module = |review: &Review<'_>| {
        let files = &review.state().change.files;
        files
            .iter()
            .find(|file| file.path().ends_with("default.nix"))
            .unwrap()
            .after
            .to_string()
    };
    assert!(module(&review).contains("\"cinema\""), "{}", text(&review));
    review.undo();
    assert!(module(&review).contains("\"film\"") && !module(&review).contains("persistedData"));
    take(&mut review);
    assert!(module(&review).contains("\"film\"") && module(&review).contains("persistedData"));
}

#[test]
fn without_a_person_gains_need_a_flag() {
    let proposal = jellyfin();
    let error = decide_noninteractive(&proposal, false, true).unwrap_err();
    assert_eq!((error.code(), error.kind().exit_code()), ("not-interactive", 2));
    let decision = decide_noninteractive(&proposal, true, false).unwrap();
    assert_eq!(ids(&decision.accepted), [0, 1, 2, 3, 5]);
    assert_eq!(
        decision.declined,
        [Declined {
            group: GroupId(4),
            reason: Reason::GainNotAccepted
        }]
    );
    let decision = decide_noninteractive(&proposal, true, true).unwrap();
    assert_eq!(ids(&decision.accepted), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn what_needs_a_gain_is_left_with_it() {
    let proposal =
        Fake::default()
            .group("gain", "gain", Safety::Gains, &[])
            .group("after", "after", Safety::Preserves, &[0]);
    let decision = decide_noninteractive(&proposal, true, false).unwrap();
    assert_eq!(decision.declined[1].reason, Reason::Needs(GroupId(0)));
}
