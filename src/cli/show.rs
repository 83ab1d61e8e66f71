//! How a plan is shown: summary, diff, commit message.

use super::texts;
use super::ui::{Ui, printed};
use crate::plan::Proposal;
use crate::review::summary::{Summary, Width};
use crate::review::{Decision, diff, prompt};
use crate::term::palette::{self, paint};

/// Shows what a decision does, and the commit message it gets.
pub fn planned(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) {
    let summary = Summary::of(proposal).text(Some(&decision.accepted), Width(ui.width()));
    let diff = diff::render(&decision.change).with_stat();
    let title = paint(palette::TITLE, texts::COMMIT_TITLE);
    let text = format!("{summary}\n{diff}\n{title}\n\n{}", prompt::indented(message));
    ui.out(printed(&text, ui.is_colored()));
}
