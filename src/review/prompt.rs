//! The dialogue of the approval: one question a group, a line for an answer.
//!
//! It drives [`Review`] and talks through [`Terminal`], so that tests can be the person.

use std::path::Path;

use super::decision::{Offer, Outcome, Proposed, Reason, Review};
use super::overrides::{Check, Clash, Conflict, Settled, file_to_edit};
use super::summary::{Width, group_heading, wrap};
use super::{diff, texts};

use crate::error::{Error, Result};
use crate::plan::{Group, Proposal, Safety};
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
    /// Shows styled text as it is.
    fn show(&mut self, text: &str);
    /// Shows an error.
    fn report(&mut self, error: &Error);
    /// Asks and waits for a line.
    fn ask(&mut self, question: &str) -> Reply;
    /// Lets the person edit `text`, the future content of `path`.
    ///
    /// # Errors
    /// When there is no edited text to be had.
    fn edit(&mut self, path: &Path, text: &str) -> Result<String>;
}

/// A line as a key: its word in lower case, and the number behind it (`e 2`).
fn key(line: &str) -> (String, Option<usize>) {
    let line = line.trim().to_lowercase();
    match line.split_once(char::is_whitespace) {
        Some((key, number)) => match number.trim().parse() {
            Ok(number) => (key.to_owned(), Some(number)),
            Err(_) => (line, None),
        },
        None => (line, None),
    }
}

/// Asks about every group of `proposal`. `check` says whether an edited text is a correct file.
///
/// # Errors
/// When the proposal refuses to render an answer.
pub fn decide(proposal: &dyn Proposal, check: Check<'_>, terminal: &mut dyn Terminal) -> Result<Outcome> {
    let dialogue = Dialogue {
        review: Review::new(proposal, check)?,
        terminal,
        run: Run::Ask,
    };
    dialogue.run()
}

/// Whether the rest is still asked about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Ask,
    /// After `a`.
    Take,
    /// After `d`.
    Leave,
}

/// What a question led to.
enum After {
    /// The current group has its answer, or another one is current.
    Next,
    Quit,
}

struct Dialogue<'d, 'p> {
    review: Review<'p>,
    terminal: &'d mut dyn Terminal,
    run: Run,
}

impl Dialogue<'_, '_> {
    fn run(mut self) -> Result<Outcome> {
        while let Some(group) = self.review.current() {
            if let Some(need) = self.review.missing_need() {
                self.leave(group, Reason::Needs(need));
            } else if self.run == Run::Leave {
                self.leave(group, Reason::Answer);
            } else if let After::Quit = self.group(group)? {
                self.say(texts::QUIT);
                return Ok(Outcome::Quit);
            }
        }
        Ok(Outcome::Decided(self.review.finish()))
    }

    fn say(&mut self, text: &str) {
        let width = Width(self.terminal.width());
        self.terminal.show(&format!("{}\n", wrap(text, width, "", "")));
    }

    fn leave(&mut self, group: &Group, reason: Reason) {
        self.say(&texts::declined(group.id, &group.title, &reason));
        self.review.decline(reason);
    }

    /// Shows a group and asks about it until it has an answer.
    fn group(&mut self, group: &Group) -> Result<After> {
        let heading = group_heading(group, Width(self.terminal.width()));
        self.terminal.show(&format!("\n{heading}"));
        let mut settled = Vec::new();
        loop {
            let proposed = match self.review.offer(&settled)? {
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
            if self.run == Run::Take && group.safety == Safety::Preserves {
                self.say(&texts::taken(group.id));
                self.review.accept(proposed);
                return Ok(After::Next);
            }
            return self.question(group, proposed);
        }
    }

    fn show_diff(&mut self, proposed: &Proposed) {
        let text = diff::render(&proposed.delta).with_stat();
        if text.is_empty() {
            self.say(texts::NO_FILES);
        } else {
            self.terminal.show(&text);
        }
    }

    fn question(&mut self, group: &Group, proposed: Proposed) -> Result<After> {
        loop {
            let Reply::Line(line) = self.terminal.ask(&texts::question(group, self.review.len())) else {
                return Ok(After::Quit);
            };
            match key(&line) {
                (k, None) if matches!(&*k, "y" | "yes") => {
                    self.review.accept(proposed);
                    return Ok(After::Next);
                }
                (k, None) if matches!(&*k, "" | "n" | "no") => {
                    self.leave(group, Reason::Answer);
                    return Ok(After::Next);
                }
                (k, None) if matches!(&*k, "a" | "all") => {
                    self.run = Run::Take;
                    self.review.accept(proposed);
                    return Ok(After::Next);
                }
                (k, None) if k == "d" => {
                    self.run = Run::Leave;
                    self.leave(group, Reason::Answer);
                    return Ok(After::Next);
                }
                (k, None) if matches!(&*k, "q" | "quit") => return Ok(After::Quit),
                (k, None) if k == "u" => {
                    if self.undo() {
                        return Ok(After::Next);
                    }
                }
                (k, number) if k == "e" => {
                    if let Some(edited) = self.edit(group, &proposed, number)? {
                        self.review.accept(edited);
                        return Ok(After::Next);
                    }
                }
                (k, None) if matches!(&*k, "?" | "h" | "help") => self.help(texts::KEYS, Some(group)),
                _ => self.say(&texts::unknown_key(&visible(line.trim()))),
            }
        }
    }

    fn undo(&mut self) -> bool {
        if !self.review.undo() {
            self.say(texts::NOTHING_TO_TAKE_BACK);
            return false;
        }
        // Whoever goes back wants to be asked from there on.
        self.run = Run::Ask;
        true
    }

    fn help(&mut self, keys: &str, group: Option<&Group>) {
        self.terminal.show(keys);
        if let Some(group) = group {
            let width = Width(self.terminal.width());
            let why = wrap(&visible(&group.why), width, "", "  ");
            self.terminal
                .show(&format!("\n{} {why}\n", paint(palette::TITLE, "Why:")));
        }
    }

    /// Lets the person edit what the group makes of a file; `None` if that came to nothing.
    fn edit(&mut self, group: &Group, proposed: &Proposed, number: Option<usize>) -> Result<Option<Proposed>> {
        let Some(file) = file_to_edit(&proposed.delta, number) else {
            self.say(texts::NOTHING_TO_EDIT);
            return Ok(None);
        };
        let mut text = file.after.to_string();
        loop {
            text = match self.terminal.edit(file.path(), &text) {
                Ok(text) => text,
                Err(error) => {
                    self.terminal.report(&error);
                    return Ok(None);
                }
            };
            if *text == *file.after {
                self.say(texts::NOT_EDITED);
                return Ok(None);
            }
            match self.review.edited(proposed, file, &text) {
                Ok(edited) => {
                    self.say(&texts::taken_as_edited(group.id));
                    self.show_diff(&edited);
                    return Ok(Some(edited));
                }
                Err(error) => {
                    self.terminal.report(&error);
                    if !self.edit_again() {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn edit_again(&mut self) -> bool {
        loop {
            let Reply::Line(line) = self.terminal.ask(texts::BROKEN_EDIT_QUESTION) else {
                return false;
            };
            match &*key(&line).0 {
                "e" => return true,
                "" | "d" | "n" => return false,
                "?" => self.help(texts::BROKEN_EDIT_KEYS, None),
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
        let question = texts::conflict_question(group, self.review.len(), marked.is_some());
        loop {
            let Reply::Line(line) = self.terminal.ask(&question) else {
                return Err(After::Quit);
            };
            match (&*key(&line).0, marked) {
                ("" | "n" | "no", _) => {
                    self.leave(group, Reason::Answer);
                    return Err(After::Next);
                }
                ("t", _) => return Ok(Settled::Drop(conflict.path.clone())),
                ("e", Some(text)) => {
                    if let Some(text) = self.settle_by_hand(&conflict.path, text) {
                        return Ok(Settled::Text(conflict.path.clone(), text.into()));
                    }
                }
                ("u", _) if self.undo() => return Err(After::Next),
                ("u", _) => {}
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

    fn settle_by_hand(&mut self, path: &Path, marked: &str) -> Option<String> {
        let mut text = marked.to_owned();
        loop {
            text = match self.terminal.edit(path, &text) {
                Ok(text) => text,
                Err(error) => {
                    self.terminal.report(&error);
                    return None;
                }
            };
            let wrong = if has_markers(&text) {
                self.say(texts::MARKERS_LEFT);
                true
            } else if let Err(error) = self.review.check(path, &text) {
                self.terminal.report(&error);
                true
            } else {
                false
            };
            if !wrong {
                return Some(text);
            }
            if !self.edit_again() {
                return None;
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

/// Whether to commit, and with what message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitAnswer {
    /// Commit with this message.
    Commit(String),
    /// Do not commit.
    Decline,
}

/// Shows the commit's message and asks.
pub fn confirm_commit(message: &str, terminal: &mut dyn Terminal) -> CommitAnswer {
    let mut message = message.to_owned();
    loop {
        terminal.show(&format!("\n{}\n", indented(&message)));
        loop {
            let Reply::Line(line) = terminal.ask(texts::COMMIT_QUESTION) else {
                return CommitAnswer::Decline;
            };
            match &*key(&line).0 {
                "y" | "yes" => return CommitAnswer::Commit(message),
                "" | "n" | "no" | "q" | "quit" => return CommitAnswer::Decline,
                "e" => match terminal.edit(Path::new("COMMIT_EDITMSG"), &message) {
                    Ok(text) if text.trim().is_empty() => {
                        terminal.show(&format!("{}\n", texts::EMPTY_MESSAGE));
                        return CommitAnswer::Decline;
                    }
                    Ok(text) => {
                        message = text;
                        break;
                    }
                    Err(error) => terminal.report(&error),
                },
                "?" | "h" | "help" => terminal.show(texts::COMMIT_KEYS),
                _ => terminal.show(&format!("{}\n", texts::unknown_key(&visible(line.trim())))),
            }
        }
    }
}

/// The message as `git log` shows one.
pub fn indented(message: &str) -> String {
    let lines = message.trim_end().lines().enumerate().map(|(number, line)| {
        let style = if number == 0 {
            palette::TITLE
        } else {
            anstyle::Style::new()
        };
        let body = paint(style, &visible(line));
        if line.is_empty() {
            "\n".to_owned()
        } else {
            format!("    {body}\n")
        }
    });
    lines.collect()
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
