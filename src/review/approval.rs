//! The approval of a proposal as one question: all that preserves at once, the rest one by one.
//!
//! It outlives its answers: a decision whose proof fails comes back to the question with all of them.

use std::path::Path;

use super::asked::{Again, Run};
pub use super::asked::{Approval, Kept, Position};
use super::decision::{Outcome, Proposed, Reason, Review, preserving};
use super::overrides::{Check, most_changed};
use super::prompt::{After, Dialogue, Edit, Reply, Terminal, key};
use super::summary::{self, Detail, Page, Width, wrap};
use super::{texts, view};
use crate::edit::{FileChange, SourceChange};
use crate::error::Result;
use crate::plan::{Group, Proposal};
use crate::term::fit::fit;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

impl<'p> Approval<'p> {
    /// Of `proposal`; `check` says whether an edited text is a correct file.
    ///
    /// # Errors
    /// When the proposal refuses to render even nothing.
    pub fn new(proposal: &'p dyn Proposal, check: Check<'p>, position: Position) -> Result<Approval<'p>> {
        Ok(Approval {
            proposal,
            review: Review::new(proposal, check)?,
            run: Run::Ask,
            begun: false,
            again: None,
            edited: None,
            asks_message: false,
            asked_before: None,
            position,
        })
    }

    /// Asks until everything has its answer.
    ///
    /// # Errors
    /// When the proposal refuses to render an answer.
    pub fn ask(&mut self, terminal: &mut dyn Terminal) -> Result<Outcome> {
        let mut dialogue = Dialogue {
            approval: self,
            terminal,
        };
        let quit = loop {
            let after = match dialogue.approval.begun {
                false => dialogue.whole()?,
                true => dialogue.groups()?,
            };
            match after {
                After::Quit => break Outcome::Quit,
                After::Back => break Outcome::Back,
                After::Next if is_done(dialogue.approval) => {
                    return Ok(Outcome::Decided(dialogue.approval.review.decision()));
                }
                After::Next => {}
            }
        };
        if let Outcome::Quit = quit {
            dialogue.say(texts::QUIT);
        }
        Ok(quit)
    }

    /// Comes back to the question, with all answers kept: what was decided cannot be.
    pub fn come_back(&mut self) {
        self.begun = false;
        self.again = Some(Again::Failed);
    }

    /// What was answered, for an approval of the same proposal later.
    pub fn kept(&self) -> Kept {
        Kept {
            answers: self.review.answers(),
            asks_message: self.asks_message,
            edits: self.review.edits(),
        }
    }

    /// Comes back to the question with what was answered in an earlier approval of the proposal. Returns the edits of the
    /// person's own that are lost, since the plan is another one now.
    ///
    /// # Errors
    /// When the proposal refuses to render.
    pub fn take_up(&mut self, kept: Kept) -> Result<SourceChange> {
        self.asks_message = kept.asks_message;
        let Some(answers) = kept.answers else {
            return Ok(SourceChange::default());
        };
        if !self.review.take_up(answers)? {
            return Ok(kept.edits);
        }
        self.again = Some(Again::TakenBack);
        Ok(SourceChange::default())
    }

    /// Whether the commit's message is to be shown before the commit.
    pub fn asks_message(&self) -> bool {
        self.asks_message
    }

    pub(super) fn is_unwanted(&self, group: &Group) -> bool {
        self.proposal.unwanted().contains(&group.id)
    }

    /// Leaves what has no answer yet, without a word: that all of it is left is said where it ends.
    fn leave_rest(&mut self) {
        while let Some(group) = self.review.current() {
            let reason = match self.review.missing_need() {
                _ if self.is_unwanted(group) => Reason::Skipped,
                Some(need) => Reason::Needs(need),
                None => Reason::Answer,
            };
            self.review.decline(reason);
        }
    }

    /// What is to be shown, edited and taken.
    fn offered(&self) -> Result<Proposed> {
        match &self.edited {
            Some(edited) => Ok(edited.clone()),
            None => self.review.whole(),
        }
    }

    /// Whether there are answers already.
    fn is_kept(&self) -> bool {
        self.again.is_some() && self.review.is_complete()
    }
}

/// How many lines the question about a service takes on a terminal of 80 columns.
const QUESTION_LINES: usize = 2;

fn is_done(approval: &Approval<'_>) -> bool {
    approval.begun && approval.review.is_complete()
}

impl Dialogue<'_, '_> {
    /// Shows the plan and asks about all that preserves at once.
    fn whole(&mut self) -> Result<After> {
        // A failed proof stands right below the plan that it is of.
        if !self.approval.is_kept() || self.approval.again == Some(Again::TakenBack) {
            self.show_plan()?;
        }
        if self.approval.is_kept() {
            self.show_kept();
        } else if self.approval.edited.is_some() {
            self.say(texts::EDITED_WHOLE);
        }
        // What does not preserve is asked about by itself.
        if !self.approval.is_kept() && preserving(self.approval.proposal).is_empty() {
            self.begin(Run::Ask);
            return Ok(After::Next);
        }
        loop {
            let can_undo = self.approval.edited.is_some() || self.approval.position.can_go_back;
            let question = match self.approval.is_kept() {
                true => texts::again_question(self.approval.again == Some(Again::Failed)),
                false => texts::whole_question(preserving(self.approval.proposal).len(), can_undo),
            };
            let width = Width(self.terminal.width().saturating_sub(1));
            let Reply::Line(line) = self.terminal.key(&wrap(&question, width, "", "  "), false) else {
                return Ok(After::Quit);
            };
            let (key, number) = key(&line);
            match (&*key, number) {
                ("y" | "yes", None) => return self.take(),
                ("n" | "no", None) => {
                    self.begin(Run::Leave);
                    self.approval.leave_rest();
                    return Ok(After::Next);
                }
                ("s", None) => {
                    self.begin(Run::Ask);
                    self.approval.asked_before = Some(self.approval.asks_message);
                    self.approval.asks_message = true;
                    return Ok(After::Next);
                }
                ("p", None) => self.show_whole_plan(),
                ("d", None) => {
                    let offered = self.approval.offered()?;
                    self.show_change(&offered.delta);
                }
                ("f", number) => self.show_final(number)?,
                ("e", number) => {
                    if let Some(after) = self.edit_whole(number)? {
                        return Ok(after);
                    }
                }
                ("m", None) => {
                    self.approval.asks_message ^= true;
                    self.say(match self.approval.asks_message {
                        true => texts::MESSAGE_ASKED,
                        false => texts::MESSAGE_NOT_ASKED,
                    });
                }
                ("u", None) => {
                    if let Some(after) = self.back() {
                        return Ok(after);
                    }
                }
                ("q" | "quit", None) => return Ok(After::Quit),
                ("?" | "h" | "help", None) => self.help(texts::WHOLE_KEYS, None),
                _ => self.say(&texts::unknown_key(&visible(line.trim()))),
            }
        }
    }

    /// Begins with the groups anew.
    fn begin(&mut self, run: Run) {
        self.approval.review.restart();
        self.go_on(run);
    }

    /// Goes on from the question about all of it.
    fn go_on(&mut self, run: Run) {
        self.approval.edited = None;
        self.approval.again = None;
        self.approval.begun = true;
        self.approval.run = run;
    }

    /// Takes what was offered; the groups that are not in it are asked about then.
    fn take(&mut self) -> Result<After> {
        let offered = self.approval.offered()?;
        self.approval.review.accept_whole(offered);
        self.go_on(Run::Ask);
        Ok(After::Next)
    }

    fn show_plan(&mut self) -> Result<()> {
        let position = self.approval.position.clone();
        let proposal = self.approval.proposal;
        let width = Width(self.terminal.width());
        let offered = self.approval.offered()?;
        let page = Page::of(width.0, self.terminal.is_cut());
        let accepted = preserving(proposal);
        let plan = |detail| summary::text(proposal, &accepted, None, page, detail);
        // Right above the question, since a long table may have scrolled its title away.
        let name = visible(proposal.name());
        let whose = match position.of > 1 {
            true => texts::position(position.number, position.of, &name),
            false => name.into_owned(),
        };
        let stat = view::stat(&offered.delta);
        let here = match stat.files {
            0 => whose,
            _ => format!("{whose} · {}", stat.short()),
        };
        let below = |next: Option<&String>| {
            let next = next.map_or_else(String::new, |next| format!(" · {}", texts::next(&visible(next))));
            let here = wrap(&format!("{here}{next}"), width, "", "  ");
            format!("\n{}\n", paint(palette::FAINT, &here))
        };
        let next = position.next.as_ref();
        // Where no question about all of it follows, no key shows what is left out.
        let is_asked = self.approval.is_kept() || !accepted.is_empty();
        let ways = match is_asked {
            true => vec![(Detail::Table, next), (Detail::Groups, next), (Detail::Groups, None)],
            false => vec![(Detail::All, next)],
        };
        let shown: Vec<String> = ways
            .into_iter()
            .map(|(detail, next)| plan(detail) + &below(next))
            .collect();
        let height = self.terminal.height();
        let fits = |text: &&String| height.is_none_or(|height| text.lines().count() + QUESTION_LINES <= height);
        let text = shown.iter().find(fits).or(shown.last()).map_or("", String::as_str);
        let edited = match self.approval.edited.is_some() {
            true => format!("{}\n", wrap(texts::PLAN_WITHOUT_EDIT, width, "", "  ")),
            false => String::new(),
        };
        self.terminal.show(&format!("\n{text}{edited}"));
        Ok(())
    }

    /// Shows the plan with all that it says.
    fn show_whole_plan(&mut self) {
        let proposal = self.approval.proposal;
        let width = self.terminal.width();
        let page = Page::of(width, self.terminal.is_cut()).closer();
        let text = summary::text(proposal, &preserving(proposal), None, page, Detail::All);
        self.terminal.show_long(&fit(&text, width));
    }

    fn show_kept(&mut self) {
        let decision = self.approval.review.decision();
        let (taken, left) = (decision.accepted.len(), decision.declined.len());
        let failed = self.approval.again == Some(Again::Failed);
        self.say(&texts::kept(taken, left, decision.edited.len(), failed));
    }

    fn show_change(&mut self, change: &SourceChange) {
        match change.is_empty() {
            true => self.say(texts::NO_FILES),
            false => self.terminal.show_diff(change),
        }
    }

    /// Takes back what was answered last: an edit, an answer, or the service before.
    fn back(&mut self) -> Option<After> {
        if self.approval.edited.take().is_some() {
            self.say(texts::EDIT_DROPPED);
            return None;
        }
        if self.approval.is_kept() {
            self.approval.again = None;
            return self.undo();
        }
        match self.approval.position.can_go_back {
            true => Some(After::Back),
            false => {
                self.say(texts::NOTHING_BEFORE);
                None
            }
        }
    }

    fn show_final(&mut self, number: Option<usize>) -> Result<()> {
        let offered = self.approval.offered()?;
        let Some(file) = self.file_of(&offered.delta, number) else {
            return Ok(());
        };
        let title = texts::final_file(&visible(&file.path().to_string_lossy()));
        let lines = file.after.lines().map(|line| format!("{}\n", visible(line)));
        let text = format!("{}\n{}", paint(palette::TITLE, &title), lines.collect::<String>());
        self.terminal.show_long(&text);
        Ok(())
    }

    /// One of the files that are written: the one of that number, or the one that the person names.
    pub(super) fn file_of<'c>(&mut self, change: &'c SourceChange, number: Option<usize>) -> Option<&'c FileChange> {
        let is_written = |file: &&FileChange| file.to.is_some() && file.before != file.after;
        let written: Vec<&FileChange> = change.files.iter().filter(is_written).collect();
        // The service's module is what most people want to look at; without one, the file that changes most.
        let all = self.approval.proposal.groups().iter().map(|group| group.id).collect();
        let home = self.approval.proposal.contract(&all).map(|(_, file)| file);
        let home = home.and_then(|home| written.iter().copied().find(|file| file.path() == home));
        let Some(main) = home.or_else(|| most_changed(change)) else {
            self.say(texts::NO_FILE);
            return None;
        };
        let main = written.iter().position(|file| std::ptr::eq(*file, main)).unwrap_or(0);
        let chosen = match (number, written.len()) {
            (Some(number), _) => number,
            (None, 1) => 1,
            (None, many) => {
                let name = |file: &&FileChange| visible(&file.path().to_string_lossy()).into_owned();
                let question = texts::which_file(&written.iter().map(name).collect::<Vec<_>>(), main);
                let reply = match many < 10 {
                    true => self.terminal.key(&question, true),
                    false => self.terminal.ask(&question),
                };
                let Reply::Line(line) = reply else { return None };
                match line.trim() {
                    "q" => return None,
                    "" => main + 1,
                    text => text.parse().unwrap_or(0),
                }
            }
        };
        let file = chosen.checked_sub(1).and_then(|at| written.get(at)).copied();
        if file.is_none() {
            self.say(texts::NO_SUCH_FILE);
        }
        file
    }

    /// Lets the person edit a file as all that preserves makes it; says what comes where it is not the same question again.
    fn edit_whole(&mut self, number: Option<usize>) -> Result<Option<After>> {
        let offered = self.approval.offered()?;
        let Some(file) = self.file_of(&offered.delta, number) else {
            return Ok(None);
        };
        match self.edit_file(&offered, file) {
            Edit::Done((text, edited)) => {
                self.terminal.show_diff(&single(file, &text));
                self.say(texts::EDITED_WHOLE);
                self.approval.edited = Some(edited);
            }
            Edit::Dropped => {}
            Edit::Quit => return Ok(Some(After::Quit)),
        }
        Ok(None)
    }
}

/// What an edit does to a file as it would have been.
fn single(file: &FileChange, text: &str) -> SourceChange {
    let path = Some(Path::to_owned(file.path()));
    SourceChange {
        files: vec![FileChange {
            from: path.clone(),
            to: path,
            before: std::sync::Arc::clone(&file.after),
            after: text.into(),
            ..FileChange::default()
        }],
    }
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
