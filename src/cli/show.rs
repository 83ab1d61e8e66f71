//! How a plan is shown: summary, diff, commit message.

use super::palette::{self, paint};
use super::texts;
use super::ui::{Ui, printed};
use crate::later::Later;
use crate::plan::Proposal;
use crate::review::summary::{Summary, Width};
use crate::review::{Decision, diff, prompt};

/// Shows what a decision does, and the commit message it gets.
pub fn planned(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) {
    Planned::new(ui, proposal, decision, message).show(ui);
}

/// What is shown of a plan, rendered on another thread.
pub struct Planned(Later<String>);

impl Planned {
    /// Begins to render it.
    pub fn new(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) -> Planned {
        let (width, color) = (Width(ui.width()), ui.is_colored());
        let summary = Summary::of(proposal);
        let (change, accepted, message) = (decision.change.clone(), decision.accepted.clone(), message.to_owned());
        Planned(Later::begin(move || {
            let summary = summary.text(Some(&accepted), width);
            let diff = diff::render(&change).with_stat();
            let title = paint(palette::TITLE, texts::COMMIT_TITLE);
            let text = format!("{summary}\n{diff}\n{title}\n\n{}", prompt::indented(&message));
            printed(&text, color).into_owned()
        }))
    }

    /// Prints it.
    pub fn show(self, ui: &Ui) {
        ui.out(self.0.wait());
    }
}
