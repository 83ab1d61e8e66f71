//! How a plan is shown: summary, diff, commit message.

use super::session::Session;
use super::texts;
use super::ui::printed;
use crate::plan::Proposal;
use crate::review::summary::{Summary, Width, wrap};
use crate::review::{Decision, diff, prompt};
use crate::term::foreign::visible;
use crate::term::palette::{self, paint};

/// Shows what a decision does, and the commit message it gets.
pub fn planned(session: &Session, proposal: &dyn Proposal, decision: &Decision, message: &str) {
    planned_after(session, proposal, decision, None, message);
}

/// The same; `first` is the message of a commit before it.
pub fn planned_after(
    session: &Session,
    proposal: &dyn Proposal,
    decision: &Decision,
    first: Option<&str>,
    message: &str,
) {
    let ui = &session.ui;
    let width = Width(ui.width());
    let mut summary = Summary::of(proposal).text(Some(&decision.accepted), width);
    let mut format = session.format(&decision.change).into_iter();
    if let Some(said) = format.next() {
        summary.push_str(&format!("\n{}\n", wrap(&visible(&said), width, "", "  ")));
    }
    // A command is not wrapped, so that it can be copied.
    format.for_each(|command| summary.push_str(&format!("{}\n", visible(&command))));
    let diff = diff::render(&decision.change).with_stat();
    let title = match first {
        None => paint(palette::TITLE, texts::COMMIT_TITLE),
        Some(first) => format!(
            "{}\n\n{}\n\n{}\n{}",
            paint(palette::TITLE, texts::COMMITS_TITLE),
            texts::MOVE_FIRST,
            prompt::indented(first),
            texts::THEN_THE_REST
        ),
    };
    let text = format!("{summary}\n{diff}\n{title}\n\n{}", prompt::indented(message));
    ui.out(printed(&text, ui.is_colored()));
}
