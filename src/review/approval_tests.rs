use std::collections::VecDeque;

use super::*;
use crate::edit::GroupId;
use crate::error::Error;
use crate::fake::{Fake, jellyfin, parses};
use crate::plan::Safety;
use crate::review::Decision;
use crate::testing::{plain, snapshot};

/// What the person makes of a text in the editor.
type Edit = Box<dyn Fn(&str) -> Result<String>>;

/// A person with a script.
#[derive(Default)]
struct Script {
    height: Option<usize>,
    answers: VecDeque<String>,
    edits: VecDeque<Edit>,
    seen: String,
}

impl Script {
    fn new(answers: &[&str]) -> Script {
        Script {
            answers: answers.iter().map(|answer| (*answer).to_owned()).collect(),
            ..Script::default()
        }
    }

    fn seen(&self) -> String {
        plain(&self.seen)
    }
}

impl Terminal for Script {
    fn width(&self) -> usize {
        80
    }

    fn height(&self) -> Option<usize> {
        self.height
    }

    fn show(&mut self, text: &str) {
        self.seen.push_str(text);
    }

    fn report(&mut self, error: &Error) {
        self.seen.push_str(&format!("error[{}]: {error}\n", error.code()));
    }

    fn ask(&mut self, question: &str) -> Reply {
        let reply = self.answers.pop_front();
        self.seen
            .push_str(&format!("{question} {}\n", reply.as_deref().unwrap_or_default()));
        reply.map_or(Reply::End, Reply::Line)
    }

    fn edit(&mut self, _: &Path, text: &str) -> Result<String> {
        self.edits.pop_front().expect("an edit was expected")(text)
    }
}

fn position() -> Position {
    Position {
        number: 3,
        of: 29,
        next: Some("jellyseerr".to_owned()),
        can_go_back: true,
    }
}

fn ask(proposal: &Fake, script: &mut Script) -> Outcome {
    let mut approval = Approval::new(proposal, &parses, position()).unwrap();
    approval.ask(script).unwrap()
}

fn decided(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Decided(decision) => decision,
        other => panic!("{other:?}"),
    }
}

fn accepted(decision: &Decision) -> Vec<usize> {
    decision.accepted.iter().map(|id| id.0).collect()
}

#[test]
fn one_key_takes_all_that_preserves_and_a_gain_is_asked_about() {
    let mut script = Script::new(&["y", "y"]);
    let decision = decided(ask(&jellyfin(), &mut script));
    assert_eq!(accepted(&decision), [0, 1, 2, 3, 4, 5]);
    let all = (0..6).map(GroupId).collect();
    assert!(
        decision.change.is_same_as(&jellyfin().render(&all).unwrap()),
        "the change is that of the groups in their own order"
    );
    snapshot!("approval", script.seen());
    let mut script = Script::new(&["y", "n"]);
    let decision = decided(ask(&jellyfin(), &mut script));
    assert_eq!(accepted(&decision), [0, 1, 2, 3, 5]);
    assert_eq!(decision.declined.len(), 1);
    assert_eq!(decision.declined[0].group, GroupId(4));
}

#[test]
fn a_plan_fits_the_screen_and_a_key_shows_all_of_it() {
    let fake = jellyfin();
    let mut script = Script {
        height: Some(22),
        ..Script::new(&["p", "q"])
    };
    ask(&fake, &mut script);
    snapshot!("approval_22_lines", script.seen());
    let seen = script.seen();
    let (screen, more) = seen.split_once("[?] p\n").unwrap();
    assert!(screen.trim_start().lines().count() <= 22, "{screen}");
    for group in fake.groups() {
        assert!(screen.contains(&group.title), "{}: {screen}", group.title);
    }
    // What each group moves, and why something is left, is in what the key shows.
    let in_one_line = more.split_whitespace().collect::<Vec<_>>().join(" ");
    for moved in fake.groups().iter().flat_map(|group| &group.moves) {
        let from = moved
            .from
            .as_ref()
            .map_or(String::new(), |place| place.path.display().to_string());
        assert!(in_one_line.contains(&from), "{from}: {more}");
    }
    for left in fake.skipped() {
        assert!(
            screen.contains(&left.what) && in_one_line.contains(&left.why),
            "{screen}{more}"
        );
    }
    // Where there is room, the table stands there at once.
    let mut script = Script {
        height: Some(60),
        ..Script::new(&["q"])
    };
    ask(&fake, &mut script);
    assert!(script.seen().contains("stands at"), "{}", script.seen());
}

#[test]
fn no_leaves_all_of_it() {
    let decision = decided(ask(&jellyfin(), &mut Script::new(&["n"])));
    assert!(decision.accepted.is_empty() && decision.change.is_empty());
    assert_eq!(decision.declined.len(), 6);
    assert_eq!(decision.declined[0].reason, Reason::Answer);
}

#[test]
fn looking_changes_nothing() {
    let mut script = Script::new(&["d", "f", "4", "f 1", "f", "9", "m", "m", "?", "x", "", "y", "n"]);
    let decision = decided(ask(&jellyfin(), &mut script));
    assert_eq!(accepted(&decision), [0, 1, 2, 3, 5]);
    let seen = script.seen();
    for said in [
        "── modules/server/media/jellyfin/default.nix, as it will be\n",
        "── docs/services/jellyfin.md, as it will be\n# jellyfin\n",
        texts::NO_SUCH_FILE,
        texts::MESSAGE_ASKED,
        texts::MESSAGE_NOT_ASKED,
        "s - select",
        "\"x\" is none of the keys",
        "\"\" is none of the keys",
    ] {
        assert!(seen.contains(said), "{said}: {seen}");
    }
}

#[test]
fn the_gain_is_taken_back_and_then_all_of_it() {
    let mut script = Script::new(&["y", "u", "n"]);
    let decision = decided(ask(&jellyfin(), &mut script));
    assert!(decision.accepted.is_empty(), "what was one answer is taken back as one");
    assert!(matches!(ask(&jellyfin(), &mut Script::new(&["u"])), Outcome::Back));
}

#[test]
fn an_edit_is_in_what_is_taken() {
    let mut script = Script::new(&["e 4", "y", "n"]);
    script.edits.push_back(Box::new(|text| {
        Ok(text.replace("cfg.enable;\n}", "cfg.enable;\n  # mine\n}"))
    }));
    let decision = decided(ask(&jellyfin(), &mut script));
    let module = decision
        .change
        .files
        .iter()
        .find(|file| file.path().ends_with("jellyfin/default.nix"))
        .unwrap();
    assert!(module.after.contains("# mine") && module.after.contains("persistedData"));
    assert_eq!(decision.edited.len(), 1);
    assert!(script.seen().contains(texts::EDITED_WHOLE), "{}", script.seen());
    let mut script = Script::new(&["e 4", "u", "y", "n"]);
    script.edits.push_back(Box::new(|text| Ok(format!("{text}# mine\n"))));
    let decision = decided(ask(&jellyfin(), &mut script));
    assert!(decision.edited.is_empty(), "u drops it");
}

#[test]
fn a_broken_edit_is_not_taken() {
    let mut script = Script::new(&["e 4", "d", "y", "n"]);
    script
        .edits
        .push_back(Box::new(|text| Ok(format!("{text}syntax-error"))));
    let decision = decided(ask(&jellyfin(), &mut script));
    assert!(decision.edited.is_empty() && script.seen().contains("error[syntax]"));
}

#[test]
fn a_failed_proof_comes_back_with_all_answers() {
    let fake = jellyfin();
    let mut approval = Approval::new(&fake, &parses, position()).unwrap();
    let mut script = Script::new(&["e 4", "y", "y"]);
    script.edits.push_back(Box::new(|text| Ok(format!("{text}# mine\n"))));
    let first = decided(approval.ask(&mut script).unwrap());
    approval.come_back();
    let mut script = Script::new(&["d", "y"]);
    let again = decided(approval.ask(&mut script).unwrap());
    assert!(again.change.is_same_as(&first.change), "nothing is asked twice");
    assert_eq!((accepted(&again), &again.edited), (accepted(&first), &first.edited));
    let seen = script.seen().replace('\n', " ");
    let said = "Your answers are kept: 6 changes taken, 1 text edited. Once what stands in the way is mended";
    assert!(
        seen.starts_with(said) && seen.contains("u takes the answer back"),
        "{seen}"
    );
    approval.come_back();
    let mut script = Script::new(&["u", "n"]);
    let without = decided(approval.ask(&mut script).unwrap());
    assert_eq!(accepted(&without), [0, 1, 2, 3, 5], "the last answer is asked again");
    approval.come_back();
    let mut script = Script::new(&["s", "y", "d"]);
    assert_eq!(accepted(&decided(approval.ask(&mut script).unwrap())), [0]);
}

#[test]
fn the_message_is_asked_about_where_it_is_wanted() {
    let asks = |answers: &[&str]| {
        let fake = jellyfin();
        let mut approval = Approval::new(&fake, &parses, Position::default()).unwrap();
        approval.ask(&mut Script::new(answers)).unwrap();
        approval.asks_message()
    };
    assert!(!asks(&["y", "n"]) && asks(&["m", "y", "n"]) && asks(&["s", "d"]));
}

#[test]
fn one_change_is_it() {
    let fake = Fake::default()
        .file("x.nix", "a\n")
        .group("x", "do something", Safety::Preserves, &[])
        .replace("x.nix", "a\n", "b\n");
    let mut script = Script::new(&["y"]);
    decided(ask(&fake, &mut script));
    assert!(script.seen().contains("Take it? [y]es"), "{}", script.seen());
}

#[test]
fn the_end_of_input_quits() {
    let mut script = Script::new(&[]);
    assert!(matches!(ask(&jellyfin(), &mut script), Outcome::Quit));
    assert!(script.seen().ends_with("Quit: nothing of this is written.\n"));
}
