//! How a plan is shown: summary, diff, commit message.

use std::io::Write as _;
use std::process::Stdio;

use super::args::{Deciding, Diff};
use super::pager;
use super::session::Session;
use super::texts;
use super::ui::Ui;
use crate::edit::SourceChange;
use crate::plan::{Accepted, Proposal};
use crate::review::summary::{self, Detail, Page, Width, wrap};
use crate::review::view::{Kind, View};
use crate::review::{Decision, commit_message, folded, patch};
use crate::term::fit::fit;
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};
use crate::term::printed::printed;

/// The message of a commit, and of the one before it that only moves a file.
pub struct Messages<'m> {
    pub first: Option<&'m str>,
    pub message: &'m str,
}

impl<'m> From<&'m str> for Messages<'m> {
    /// Of a change that is one commit.
    fn from(message: &'m str) -> Messages<'m> {
        Messages { first: None, message }
    }
}

/// Shows what a decision does, and the messages of its commits. `note` stands below the title.
pub fn planned(
    session: &Session,
    proposal: &dyn Proposal,
    decision: &Decision,
    messages: Messages,
    deciding: &Deciding,
    note: Option<&str>,
) {
    let ui = &session.ui;
    ui.prose(summary(session, proposal, &decision.accepted, &decision.change, note));
    if decision.change.is_empty() {
        return;
    }
    ui.line("");
    diff(session, &decision.change, deciding);
    let shown = |message: &str| match deciding.full {
        true => commit_message::indented(message),
        false => commit_message::in_short(message),
    };
    let title = match messages.first {
        None => paint(palette::TITLE, texts::COMMIT_TITLE),
        Some(first) => format!(
            "{}\n\n{}",
            paint(palette::TITLE, texts::COMMITS_TITLE),
            move_first(&shown(first))
        ),
    };
    let text = format!("\n{title}\n\n{}", shown(messages.message));
    ui.prose(printed(&text, ui.is_colored()));
    let is_in_short = shown(messages.message) != commit_message::indented(messages.message);
    if is_in_short || (!deciding.full && decision.change.files.iter().any(|file| file.template)) {
        ui.line(format!("\n{}", paint(palette::FAINT, texts::IN_SHORT)));
    }
}

/// That there are two commits, with the message of the first as it is `shown`; that of the second comes behind it.
pub fn move_first(shown: &str) -> String {
    format!("{}\n\n{shown}\n{}", texts::MOVE_FIRST, texts::THEN_THE_REST)
}

/// Shows what a person had edited of a plan that is another one now, so that it can be made again.
pub fn lost_edits(session: &Session, edits: &SourceChange) {
    if !edits.is_empty() {
        session.ui.warn(texts::EDIT_OF_ANOTHER);
        session
            .ui
            .out(for_terminal(&folded::render(edits).with_stat(), &session.ui));
    }
}

/// What is said of a plan before its files.
pub fn summary(
    session: &Session,
    proposal: &dyn Proposal,
    accepted: &Accepted,
    change: &SourceChange,
    note: Option<&str>,
) -> String {
    let width = Width(session.ui.width());
    let page = Page::of(width.0, session.ui.is_terminal());
    let mut text = summary::text(proposal, accepted, note, page, Detail::All);
    let mut format = session.format(change).into_iter();
    if let Some(said) = format.next() {
        text.push_str(&format!("\n{}\n", wrap(&visible(&said), width, "", "  ")));
    }
    // A command is not wrapped, so that it can be copied.
    format.for_each(|command| text.push_str(&format!("{}\n", visible(&command))));
    text
}

/// How the diffs of a run look.
pub fn view(session: &Session, deciding: &Deciding) -> View {
    View {
        kind: match deciding.diff {
            None | Some(Diff::Unified) => Kind::Unified,
            Some(Diff::SideBySide) => Kind::SideBySide,
            Some(Diff::Stat) => Kind::Stat,
            Some(Diff::None) => Kind::None,
        },
        full: deciding.full,
        width: session.ui.width(),
    }
}

/// Shows the diff of a change: as the arguments say it, else through the program that git would take for it on a terminal,
/// else the folded one.
pub fn diff(session: &Session, change: &SourceChange, deciding: &Deciding) {
    let ui = &session.ui;
    let is_ours = deciding.diff.is_some() || deciding.full || !ui.is_terminal();
    if !is_ours {
        if let Some(filter) = session.diff_filter() {
            match filtered(filter, change) {
                Ok(bytes) => return ui.raw(&bytes),
                Err(why) => ui.warn(texts::filter_failed(filter, &why)),
            }
        } else if ui.pages_diffs() {
            // A pager that makes diffs readable has to get one.
            return ui.out(visible_lines(&patch::patch(change)));
        }
    }
    ui.out(for_terminal(&view(session, deciding).text(change), ui));
}

/// A diff as `ui` takes it: on a terminal, what is said between its lines fits.
pub fn for_terminal(diff: &str, ui: &Ui) -> String {
    match ui.is_terminal() {
        true => fitted(diff, ui.width()),
        false => diff.to_owned(),
    }
}

/// The diff, in which what is said between the lines of files fits the terminal; those lines stay as they are.
fn fitted(text: &str, width: usize) -> String {
    let is_said = |line: &str| {
        let plain = anstream::adapter::strip_str(line).to_string();
        let sign = plain.get(1..).map(|rest| rest.trim_start().starts_with('…'));
        let is_code = plain.starts_with(['+', '-', ' ', '@']);
        sign == Some(true) || !is_code
    };
    let lines = text.split('\n').map(|line| match is_said(line) {
        true => fit(line, width),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The patch, without what would be a command to the terminal.
fn visible_lines(patch: &str) -> String {
    patch
        .split_inclusive('\n')
        .map(|line| match line.strip_suffix('\n') {
            Some(body) => format!("{}\n", visible(body)),
            None => visible(line).into_owned(),
        })
        .collect()
}

/// The patch as the program `filter` shows it.
fn filtered(filter: &str, change: &SourceChange) -> Result<Vec<u8>, String> {
    let text = printed(&crate::review::diff::render(change).text, true).into_owned();
    let said = |error: std::io::Error| error.to_string();
    let mut command = pager::shell(filter, &[]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(said)?;
    let input = child.stdin.take();
    // It may print before it has read everything.
    let writer = std::thread::spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
    let output = child.wait_with_output().map_err(said)?;
    let _ = writer.join();
    let is_shown = change.is_empty() || !output.stdout.is_empty();
    match output.status.success() && is_shown {
        true => Ok(output.stdout),
        false => Err(output.status.to_string()),
    }
}
