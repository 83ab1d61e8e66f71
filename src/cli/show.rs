//! How a plan is shown: summary, diff, commit message.

use super::palette::{self, paint};
use super::texts;
use super::ui::Ui;
use crate::plan::Proposal;
use crate::review::summary::{Width, summary};
use crate::review::{Decision, diff, prompt};

/// Shows what a decision does, and the commit message it gets.
pub fn planned(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) {
    ui.out(summary(proposal, Some(&decision.accepted), Width(ui.width())));
    ui.line("");
    ui.out(diff::render(&decision.change).with_stat());
    ui.line(format!("\n{}\n", paint(palette::TITLE, texts::COMMIT_TITLE)));
    ui.out(prompt::indented(message));
}
