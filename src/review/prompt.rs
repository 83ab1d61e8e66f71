//! The dialogue of the approval: one question a group, a line for an answer.
//!
//! It drives [`Review`] and talks through [`Terminal`], so that tests can be the person.

use std::path::Path;

use super::asked::{Approval, Run};
use super::decision::{Offer, Proposed, Reason, preserving};
use super::overrides::{Clash, Conflict, Settled};
use super::page::{Width, wrap};
use super::summary::group_heading;
use super::{folded, texts};
use crate::edit::{FileChange, SourceChange};
use crate::error::{Error, Result};
use crate::plan::kinds::CONTRACT;
use crate::plan::{Group, Safety};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// What came back from a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A line, its newline included or not.
    Line(String),
    /// The end of the input.
    End,
    /// Ctrl-C.
    Interrupted,
}

/// Where a person reads and types.
pub trait Terminal {
    /// Columns.
    fn width(&self) -> usize;
    /// Lines, where what is shown scrolls away.
    fn height(&self) -> Option<usize> {
        None
    }
    /// Shows styled text as it is.
    fn show(&mut self, text: &str);
    /// Shows an error.
    fn report(&mut self, error: &Error);
    /// Asks and waits for a line.
    fn ask(&mut self, question: &str) -> Reply;
    /// Asks and waits for a key, without Enter where that can be; else for a line. Enter by itself is a key only with
    /// `_enter`.
    fn key(&mut self, question: &str, _enter: bool) -> Reply {
        self.ask(question)
    }
    /// Shows what changes in files.
    fn show_diff(&mut self, change: &SourceChange) {
        let text = folded::render(change).with_stat();
        self.show_long(&text);
    }
    /// Shows a text that may be longer than the screen.
    fn show_long(&mut self, text: &str) {
        self.show(text);
    }
    /// Whether long paths are cut, since they would make a line wider than the screen.
    fn is_cut(&self) -> bool {
        true
    }
    /// Lets the person edit `text`, the future content of `path`.
    ///
    /// # Errors
    /// When there is no edited text to be had.
    fn edit(&mut self, path: &Path, text: &str) -> Result<String>;
}

/// A line as a key: its word in lower case, and the number behind it (`e 2`).
pub(super) fn key(line: &str) -> (String, Option<usize>) {
    let line = line.trim().to_lowercase();
    match line.split_once(char::is_whitespace) {
        Some((key, number)) => match number.trim().parse() {
            Ok(number) => (key.to_owned(), Some(number)),
            Err(_) => (line, None),
        },
        None => (line, None),
    }
}

/// Before the reason of a group.
const WHY: &str = "Why:";

/// What a question led to.
pub(super) enum After {
    /// The current group has its answer, or another one is current.
    Next,
    Quit,
    /// What was decided before is wanted back.
    Back,
}

/// What became of an edit.
pub(super) enum Edit<T> {
    Done(T),
    /// Nothing is taken by it.
    Dropped,
    /// The person has enough.
    Quit,
}

/// An approval with the person who is asked.
pub(super) struct Dialogue<'d, 'p> {
    pub approval: &'d mut Approval<'p>,
    pub terminal: &'d mut dyn Terminal,
}

impl Dialogue<'_, '_> {
    /// Asks about what has no answer yet, one group after the other.
    pub fn groups(&mut self) -> Result<After> {
        while let (true, Some(group)) = (self.approval.begun, self.approval.review.current()) {
            if self.approval.is_unwanted(group) {
                self.approval.review.decline(Reason::Skipped);
            } else if let Some(need) = self.approval.review.missing_need() {
                // Without its contract nothing of a service is taken, which is said once where it ends.
                match self.approval.proposal.groups()[need.0].kind {
                    CONTRACT => self.approval.review.decline(Reason::Needs(need)),
                    _ => self.leave(group, Reason::Needs(need)),
                }
            } else if self.approval.run == Run::Leave {
                self.leave(group, Reason::Answer);
            } else {
                match self.group(group)? {
                    After::Next => {}
                    other => return Ok(other),
                }
            }
        }
        Ok(After::Next)
    }

    pub fn say(&mut self, text: &str) {
        let width = Width(self.terminal.width());
        self.terminal.show(&format!("{}\n", wrap(text, width, "", "")));
    }

    pub fn leave(&mut self, group: &Group, reason: Reason) {
        self.say(&texts::declined(group.id, &group.title, &reason));
        self.approval.review.decline(reason);
    }

    /// Shows a group and asks about it until it has an answer.
    fn group(&mut self, group: &Group) -> Result<After> {
        let heading = group_heading(group, Width(self.terminal.width()));
        self.terminal.show(&format!("\n{heading}"));
        let mut settled = Vec::new();
        loop {
            let proposed = match self.approval.review.offer(&settled)? {
                Offer::Ready(proposed) => proposed,
                Offer::Conflict(conflict) => match self.conflict(group, &conflict) {
                    Ok(answer) => {
                        settled.push(answer);
                        continue;
                    }
                    Err(after) => return Ok(after),
                },
            };
            self.show_diff(&proposed);
            if self.approval.run == Run::Take && group.safety == Safety::Preserves {
                self.say(&texts::taken(group.id));
                self.approval.review.accept(proposed);
                return Ok(After::Next);
            }
            return self.question(group, proposed);
        }
    }

    fn show_diff(&mut self, proposed: &Proposed) {
        match proposed.delta.is_empty() {
            true => self.say(texts::NO_FILES),
            false => self.terminal.show_diff(&proposed.delta),
        }
    }

    fn question(&mut self, group: &Group, proposed: Proposed) -> Result<After> {
        loop {
            let Reply::Line(line) = self
                .terminal
                .key(&texts::question(group, self.approval.review.len()), false)
            else {
                return Ok(After::Quit);
            };
            match key(&line) {
                (k, None) if matches!(&*k, "y" | "yes") => {
                    self.approval.review.accept(proposed);
                    return Ok(After::Next);
                }
                (k, None) if matches!(&*k, "" | "n" | "no") => {
                    self.leave(group, Reason::Answer);
                    return Ok(After::Next);
                }
                (k, None) if matches!(&*k, "a" | "all") => {
                    self.approval.run = Run::Take;
                    self.approval.review.accept(proposed);
                    return Ok(After::Next);
                }
                (k, None) if k == "d" => {
                    self.approval.run = Run::Leave;
                    self.leave(group, Reason::Answer);
                    return Ok(After::Next);
                }
                (k, None) if matches!(&*k, "q" | "quit") => return Ok(After::Quit),
                (k, None) if k == "u" => match self.undo() {
                    Some(after) => return Ok(after),
                    None => self.say(texts::NOTHING_BEFORE),
                },
                (k, number) if k == "e" => match self.edit(group, &proposed, number) {
                    Edit::Done(edited) => {
                        self.approval.review.accept(edited);
                        return Ok(After::Next);
                    }
                    Edit::Dropped => {}
                    Edit::Quit => return Ok(After::Quit),
                },
                (k, None) if matches!(&*k, "?" | "h" | "help") => self.help(texts::KEYS, Some(group)),
                _ => self.say(&texts::unknown_key(&visible(line.trim()))),
            }
        }
    }

    /// Takes the last answer back: the one about a group, or the one about all of them, which is before the first group. Where
    /// there is no question about all of them, the service before is; `None` where none was.
    pub fn undo(&mut self) -> Option<After> {
        let review = &mut self.approval.review;
        let together = review.is_taken_together();
        let edited = review.edited_together();
        let is_there = review.undo();
        if !is_there && preserving(self.approval.proposal).is_empty() {
            return self.approval.position.can_go_back.then_some(After::Back);
        }
        self.approval.begun = is_there && (!together || review.is_taken_together());
        if !self.approval.begun {
            // What `s` wanted goes with it.
            let before = self.approval.asked_before.take();
            self.approval.asks_message = before.unwrap_or(self.approval.asks_message);
        }
        // What is taken back is the answer: the edit is one more.
        self.approval.edited = edited.filter(|_| !self.approval.begun);
        // Whoever goes back wants to be asked from there on.
        self.approval.run = Run::Ask;
        Some(After::Next)
    }

    pub fn help(&mut self, keys: &str, group: Option<&Group>) {
        self.terminal.show(keys);
        if let Some(group) = group {
            let width = Width(self.terminal.width());
            let why = wrap(&format!("{WHY} {}", visible(&group.why)), width, "", "  ");
            let why = why.replacen(WHY, &paint(palette::TITLE, WHY), 1);
            self.terminal.show(&format!("\n{why}\n"));
        }
    }

    /// Lets the person edit what the group makes of a file.
    fn edit(&mut self, group: &Group, proposed: &Proposed, number: Option<usize>) -> Edit<Proposed> {
        let Some(file) = self.file_of(&proposed.delta, number) else {
            return Edit::Dropped;
        };
        match self.edit_file(proposed, file) {
            Edit::Done((_, edited)) => {
                self.say(&texts::taken_as_edited(group.id));
                self.show_diff(&edited);
                Edit::Done(edited)
            }
            Edit::Dropped => Edit::Dropped,
            Edit::Quit => Edit::Quit,
        }
    }

    /// Lets the person edit one of the files that `proposed` makes, until it is a correct one: its text, and what is proposed
    /// with it.
    pub fn edit_file(&mut self, proposed: &Proposed, file: &FileChange) -> Edit<(String, Proposed)> {
        let mut text = file.after.to_string();
        loop {
            text = match self.terminal.edit(file.path(), &text) {
                Ok(text) => text,
                Err(error) => {
                    self.terminal.report(&error);
                    return Edit::Dropped;
                }
            };
            if *text == *file.after {
                self.say(texts::NOT_EDITED);
                return Edit::Dropped;
            }
            match self.approval.review.edited(proposed, file, &text) {
                Ok(edited) => return Edit::Done((text, edited)),
                Err(error) => {
                    self.terminal.report(&error);
                    match self.edit_again() {
                        Edit::Done(()) => {}
                        Edit::Dropped => return Edit::Dropped,
                        Edit::Quit => return Edit::Quit,
                    }
                }
            }
        }
    }

    /// Asks whether a text that cannot be taken is edited once more.
    fn edit_again(&mut self) -> Edit<()> {
        loop {
            let Reply::Line(line) = self.terminal.key(texts::BROKEN_EDIT_QUESTION, false) else {
                return Edit::Quit;
            };
            match &*key(&line).0 {
                "e" => return Edit::Done(()),
                "" | "d" | "n" | "u" => {
                    self.say(texts::EDIT_DROPPED);
                    return Edit::Dropped;
                }
                "q" | "quit" => return Edit::Quit,
                "?" | "h" | "help" => self.help(texts::BROKEN_EDIT_KEYS, None),
                _ => self.say(&texts::unknown_key(&visible(line.trim()))),
            }
        }
    }

    /// Asks how an edit and a change are to go together.
    fn conflict(&mut self, group: &Group, conflict: &Conflict) -> Result<Settled, After> {
        self.show_conflict(conflict);
        let marked = match &conflict.clash {
            Clash::Overlap(text) | Clash::Broken(text, _) => Some(text),
            Clash::Gone => None,
        };
        // Nothing is taken in a run that was not asked about, least of all this.
        let question = texts::conflict_question(group, self.approval.review.len(), marked.is_some());
        loop {
            let Reply::Line(line) = self.terminal.key(&question, false) else {
                return Err(After::Quit);
            };
            match (&*key(&line).0, marked) {
                ("" | "n" | "no", _) => {
                    self.leave(group, Reason::Answer);
                    return Err(After::Next);
                }
                ("t", _) => return Ok(Settled::Drop(conflict.path.clone())),
                ("e", Some(text)) => match self.settle_by_hand(&conflict.path, text) {
                    Edit::Done(text) => return Ok(Settled::Text(conflict.path.clone(), text.into())),
                    Edit::Dropped => {}
                    Edit::Quit => return Err(After::Quit),
                },
                ("u", _) => {
                    self.undo();
                    return Err(After::Next);
                }
                ("q" | "quit", _) => return Err(After::Quit),
                ("?" | "h" | "help", _) => self.help(texts::CONFLICT_KEYS, Some(group)),
                _ => self.say(&texts::unknown_key(&visible(line.trim()))),
            }
        }
    }

    fn show_conflict(&mut self, conflict: &Conflict) {
        let path = conflict.path.to_string_lossy();
        let (what, text) = match &conflict.clash {
            Clash::Overlap(text) => (texts::EDIT_OVERLAPS, Some(text)),
            Clash::Broken(text, _) => (texts::MERGE_DOES_NOT_PARSE, Some(text)),
            Clash::Gone => (texts::EDITED_FILE_GONE, None),
        };
        self.say(&format!("{what} {}", visible(&path)));
        if let Clash::Broken(_, error) = &conflict.clash {
            self.terminal.report(error);
        } else if let Some(text) = text {
            self.terminal.show(&visible(&conflicts(text)));
        }
    }

    fn settle_by_hand(&mut self, path: &Path, marked: &str) -> Edit<String> {
        let mut text = marked.to_owned();
        loop {
            text = match self.terminal.edit(path, &text) {
                Ok(text) => text,
                Err(error) => {
                    self.terminal.report(&error);
                    return Edit::Dropped;
                }
            };
            let wrong = if has_markers(&text) {
                self.say(texts::MARKERS_LEFT);
                true
            } else if let Err(error) = self.approval.review.check(path, &text) {
                self.terminal.report(&error);
                true
            } else {
                false
            };
            if !wrong {
                return Edit::Done(text);
            }
            match self.edit_again() {
                Edit::Done(()) => {}
                Edit::Dropped => return Edit::Dropped,
                Edit::Quit => return Edit::Quit,
            }
        }
    }
}

fn is_marker(line: &str) -> bool {
    ["<<<<<<<", ">>>>>>>", "|||||||"]
        .iter()
        .any(|marker| line.starts_with(marker))
        || line.trim_end() == "======="
}

fn has_markers(text: &str) -> bool {
    text.lines().any(is_marker)
}

/// The parts of a merge between its markers.
fn conflicts(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        inside |= line.starts_with("<<<<<<<");
        if inside {
            out.push_str(line);
        }
        inside &= !line.starts_with(">>>>>>>");
    }
    out
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
