use std::collections::VecDeque;

use super::*;
use crate::edit::GroupId;
use crate::fake::{Fake, jellyfin, parses};
use crate::plan::Proposal;
use crate::review::approval::{Approval, Position};
use crate::review::{CommitAnswer, Decision, Outcome, confirm_commit};
use crate::testing::{colored, plain, snapshot};

/// What the person makes of a text in the editor.
type Edit = Box<dyn Fn(&str) -> Result<String>>;

/// A person with a script: answers, and what they make of a text in the editor.
#[derive(Default)]
struct Script {
    answers: VecDeque<Reply>,
    edits: VecDeque<Edit>,
    edited: Vec<String>,
    seen: String,
}

impl Script {
    fn new(answers: &[&str]) -> Script {
        let answers = answers
            .iter()
            .map(|answer| Reply::Line(format!("{answer}\n")))
            .collect();
        Script {
            answers,
            ..Script::default()
        }
    }

    fn editing(mut self, edit: impl Fn(&str) -> Result<String> + 'static) -> Script {
        self.edits.push_back(Box::new(edit));
        self
    }

    fn seen(&self) -> String {
        plain(&self.seen)
    }

    /// Decides group by group.
    fn decide(&mut self, proposal: &Fake) -> Decision {
        match select(proposal, self) {
            Outcome::Decided(decision) => {
                assert!(self.answers.is_empty(), "answers were left over: {:?}", self.answers);
                decision
            }
            Outcome::Quit | Outcome::Back => panic!("quit: {}", self.seen()),
        }
    }
}

/// Asks about a proposal group by group; what was seen before the first group is left out.
fn select(proposal: &dyn Proposal, script: &mut Script) -> Outcome {
    script.answers.push_front(Reply::Line("s\n".to_owned()));
    let mut approval = Approval::new(proposal, &parses, Position::default()).unwrap();
    let outcome = approval.ask(script).unwrap();
    let first = script
        .seen
        .find("[?]")
        .map_or(0, |at| at + script.seen[at..].find('\n').unwrap_or(0) + 1);
    script.seen.drain(..first);
    outcome
}

impl Terminal for Script {
    fn width(&self) -> usize {
        100
    }

    fn show(&mut self, text: &str) {
        self.seen.push_str(text);
    }

    fn report(&mut self, error: &Error) {
        self.seen.push_str(&format!("error[{}]: {error}\n", error.code()));
    }

    fn ask(&mut self, question: &str) -> Reply {
        let reply = self.answers.pop_front().unwrap_or(Reply::End);
        let typed = match &reply {
            Reply::Line(line) => line.as_str(),
            _ => "\n",
        };
        self.seen
            .push_str(&format!("{} {typed}", paint(palette::PROMPT, question)));
        reply
    }

    fn edit(&mut self, path: &Path, text: &str) -> Result<String> {
        self.edited.push(path.display().to_string());
        self.edits.pop_front().expect("an edit was expected")(text)
    }
}

fn accepted(decision: &Decision) -> Vec<usize> {
    decision.accepted.iter().map(|id| id.0).collect()
}

#[test]
fn a_decline_in_the_middle() {
    let mut script = Script::new(&["y", "?", "y", "n", "YES"]);
    let decision = script.decide(&jellyfin());
    assert_eq!(accepted(&decision), [0, 1, 5]);
    let reasons: Vec<_> = decision
        .declined
        .iter()
        .map(|d| (d.group.0, d.reason.clone()))
        .collect();
    let needs = |group| Reason::Needs(GroupId(group));
    assert_eq!(reasons, [(2, Reason::Answer), (3, needs(2)), (4, needs(3))]);
    snapshot!("prompt_plain", script.seen());
    snapshot!("prompt_color", colored(&script.seen));
}

#[test]
fn enter_alone_is_no() {
    let decision = Script::new(&[""]).decide(&jellyfin());
    assert!(decision.accepted.is_empty() && decision.change.is_empty());
}

#[test]
fn what_goes_with_another_is_said_unless_nothing_of_the_service_is_taken() {
    let of = |first| {
        Fake::default().group(first, "the first", Safety::Preserves, &[]).group(
            "database-reads",
            "the second",
            Safety::Preserves,
            &[0],
        )
    };
    for (first, said) in [("databases", true), ("contract", false)] {
        let mut script = Script::new(&["n"]);
        let decision = select(&of(first), &mut script);
        assert!(matches!(decision, Outcome::Decided(decision) if decision.accepted.is_empty()));
        let seen = script.seen();
        assert_eq!(seen.contains("(2) left with (1), which it needs"), said, "{seen}");
    }
}

#[test]
fn all_the_rest_still_asks_about_a_gain() {
    let mut script = Script::new(&["y", "a", ""]);
    let decision = script.decide(&jellyfin());
    assert_eq!(accepted(&decision), [0, 1, 2, 3, 5]);
    assert!(script.seen().contains("(5/6) Take this gain"), "{}", script.seen());
    assert!(script.seen().contains("(4) taken with a."), "{}", script.seen());
    assert!(
        script.seen().contains("(6) taken with a."),
        "after the gain, a goes on: {}",
        script.seen()
    );
    assert!(
        script.seen().contains("+    backupPaths"),
        "what a takes is shown: {}",
        script.seen()
    );
}

#[test]
fn none_of_the_rest() {
    let mut script = Script::new(&["y", "d"]);
    let decision = script.decide(&jellyfin());
    assert_eq!(accepted(&decision), [0]);
    assert!(script.seen().contains("(6) left: say where"), "{}", script.seen());
}

#[test]
fn an_answer_is_taken_back() {
    let mut script = Script::new(&["u", "u", "n"]);
    script.decide(&jellyfin());
    assert!(
        script.seen().contains(texts::NOTHING_BEFORE),
        "before the first group is the question about all, and before that nothing: {}",
        script.seen()
    );
    let decision = Script::new(&["y", "n", "u", "y", "y", "y", "y", "y"]).decide(&jellyfin());
    assert_eq!(accepted(&decision), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn the_last_step_of_a_run_is_taken_back_and_the_run_ends() {
    let decision = Script::new(&["a", "u", "n", "n"]).decide(&jellyfin());
    assert_eq!(
        accepted(&decision),
        [0, 1, 2],
        "the gain needs the backup, logs are asked again"
    );
    let decision = Script::new(&["a", "u", "u", "n", "y"]).decide(&jellyfin());
    assert_eq!(accepted(&decision), [0, 1, 5]);
}

#[test]
fn quitting_the_end_of_input_and_ctrl_c_decide_nothing() {
    for reply in [Reply::Line("q\n".into()), Reply::End, Reply::Interrupted] {
        let mut script = Script::new(&["y", "y"]);
        script.answers.push_back(reply);
        assert!(matches!(select(&jellyfin(), &mut script), Outcome::Quit));
        assert!(script.seen().ends_with("Quit: nothing of this is written.\n"));
    }
}

#[test]
fn an_unknown_key_is_said_and_asked_again() {
    let mut script = Script::new(&["x", "y please", "\u{1b}[A", "d"]);
    script.decide(&jellyfin());
    for said in ["\"x\" is none of the keys", "\"y please\" is none", "^[[A\" is none"] {
        assert!(script.seen().contains(said), "{}", script.seen());
    }
}

#[test]
fn an_edit_is_taken_as_edited() {
    let add = |text: &str| Ok(text.replace("cfg.enable;\n}", "cfg.enable;\n  # mine\n}"));
    let mut script = Script::new(&["e", "y", "y", "d"]).editing(add);
    let decision = script.decide(&jellyfin());
    assert_eq!(script.edited, ["modules/server/media/jellyfin/default.nix"]);
    let module = decision
        .change
        .files
        .iter()
        .find(|file| file.path().ends_with("default.nix"))
        .unwrap();
    assert!(module.after.contains("# mine") && module.after.contains("persistedData"));
    assert!(script.seen().contains("(1) taken as edited:"));
    assert_eq!(
        script.seen().matches("+  # mine").count(),
        1,
        "shown once, with the group that it was made at"
    );
}

#[test]
fn a_broken_edit_is_shown_and_edited_again_or_dropped() {
    let breaks = |text: &str| Ok(format!("{text}syntax-error"));
    let mends = |text: &str| Ok(text.replace("syntax-error", "# mended\n"));
    let mut script = Script::new(&["e", "?", "x", "e", "d"]).editing(breaks).editing(mends);
    let decision = script.decide(&jellyfin());
    assert!(script.seen().contains("error[syntax]"), "{}", script.seen());
    assert!(decision.change.files[0].after.ends_with("# mended\n"));
    let mut script = Script::new(&["e", "", "d"]).editing(breaks);
    assert!(
        script.decide(&jellyfin()).accepted.is_empty(),
        "a dropped edit leaves the question open"
    );
}

#[test]
fn an_editor_that_fails_or_changes_nothing_leaves_the_question_open() {
    let mut script = Script::new(&["e", "e", "e 9", "d"])
        .editing(|_| Err(crate::error::review::editor_failed("false")))
        .editing(|text| Ok(text.to_owned()));
    assert!(script.decide(&jellyfin()).accepted.is_empty());
    assert!(script.seen().contains("error[editor-failed]") && script.seen().contains(texts::NOT_EDITED));
    assert!(script.seen().contains(texts::NO_SUCH_FILE));
}

/// Two groups on the same line.
fn collision() -> Fake {
    Fake::default()
        .file("x.nix", "a\nb\nc\n")
        .group("first", "first", Safety::Preserves, &[])
        .replace("x.nix", "a\n", "A\n")
        .group("second", "second", Safety::Preserves, &[])
        .replace("x.nix", "c\n", "C\n")
}

fn mine(text: &str) -> Result<String> {
    Ok(text.replace("c\n", "mine\n"))
}

#[test]
fn an_edit_that_meets_a_change_is_asked_about() {
    let after = |script: &mut Script| script.decide(&collision()).change.files[0].after.to_string();
    let mut script = Script::new(&["e", "?", "x", ""]).editing(mine);
    assert_eq!(
        after(&mut script),
        "A\nb\nmine\n",
        "no: the edit is kept and the change left"
    );
    snapshot!("prompt_conflict", script.seen());
    let mut script = Script::new(&["e", "t", "y"]).editing(mine);
    assert_eq!(after(&mut script), "A\nb\nC\n", "take: the edit is dropped");
    let mut script = Script::new(&["e", "e", "e", "y"])
        .editing(mine)
        .editing(|text| Ok(text.to_owned()))
        .editing(|_| Ok("A\nb\nboth\n".to_owned()));
    assert_eq!(after(&mut script), "A\nb\nboth\n", "edit: what the person made of both");
    assert!(script.seen().contains(texts::MARKERS_LEFT));
    let mut script = Script::new(&["e", "u", "y", "y"]).editing(mine);
    assert_eq!(after(&mut script), "A\nb\nC\n", "undo takes the edit back");
}

#[test]
fn a_conflict_is_asked_about_in_a_run_as_well() {
    let between = Fake::default()
        .file("x.nix", "a\nb\nc\n")
        .group("first", "first", Safety::Preserves, &[])
        .replace("x.nix", "a\n", "A\n")
        .group("between", "between", Safety::Preserves, &[])
        .create("y.nix", "{}\n")
        .group("second", "second", Safety::Preserves, &[])
        .replace("x.nix", "c\n", "C\n");
    let mut script = Script::new(&["e", "a", "t"]).editing(mine);
    let decision = script.decide(&between);
    assert_eq!(accepted(&decision), [0, 1, 2], "once settled, the run goes on");
    assert_eq!(&*decision.change.files[0].after, "A\nb\nC\n");
    assert!(decision.edited.is_empty());
}

#[test]
fn the_commit_is_asked_about() {
    let ask = |answers: &[&str]| {
        let mut script = Script::new(answers).editing(|text| Ok(text.replace("title", "other")));
        let answer = confirm_commit("title\n\nbody\n", &mut script);
        (answer, script.seen())
    };
    assert_eq!(ask(&["y"]).0, CommitAnswer::Commit("title\n\nbody\n".into()));
    for declined in ["", "n", "q"] {
        assert!(matches!(ask(&[declined]).0, CommitAnswer::Decline(_)));
    }
    assert!(matches!(ask(&[]).0, CommitAnswer::Decline(_)), "the end of input");
    let (answer, seen) = ask(&["?", "x", "e", "y"]);
    assert_eq!(answer, CommitAnswer::Commit("other\n\nbody\n".into()));
    snapshot!("prompt_commit", seen);
    let mut script = Script::new(&["e"]).editing(|_| Ok(" \n".into()));
    assert_eq!(
        confirm_commit("title", &mut script),
        CommitAnswer::Decline("title".into())
    );
    assert!(script.seen().contains(texts::EMPTY_MESSAGE));
}

#[test]
fn the_trailers_of_an_edited_message_stay() {
    let message = "title\n\nbody\n\nQgroget-Service: a\nQgroget-Change: a 0123\n";
    let edited = |to: &'static str| {
        let mut script = Script::new(&["e", "y"]).editing(move |_| Ok(to.to_owned()));
        let answer = confirm_commit(message, &mut script);
        (answer.message().to_owned(), script.seen())
    };
    let (text, seen) = edited("other\n");
    assert_eq!(text, "other\n\nQgroget-Service: a\nQgroget-Change: a 0123\n");
    assert!(seen.contains(&texts::trailers_put_back(&["Qgroget-Service", "Qgroget-Change"])));
    let (text, seen) = edited("other\n\nReviewed-by: b\nQgroget-Service: a\nQgroget-Change: a 4567\n");
    assert_eq!(
        text,
        "other\n\nReviewed-by: b\nQgroget-Service: a\nQgroget-Change: a 0123\n"
    );
    assert!(seen.contains(&texts::trailers_put_back(&["Qgroget-Change"])));
    let (text, seen) = edited("other\n\nQgroget-Service: a\nQgroget-Change: a 0123\n");
    assert_eq!(text, "other\n\nQgroget-Service: a\nQgroget-Change: a 0123\n");
    assert!(!seen.contains("Put back"));
}
