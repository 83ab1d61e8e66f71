//! How a plan is shown: summary, diff, commit message.

use std::sync::mpsc;

use super::palette::{self, paint};
use super::texts;
use super::ui::Ui;
use crate::plan::Proposal;
use crate::review::summary::{Width, summary};
use crate::review::{Decision, diff, prompt};

/// Shows what a decision does, and the commit message it gets.
pub fn planned(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) {
    Planned::new(ui, proposal, decision, message).show(ui);
}

/// What is shown of a plan, its diff under way on another thread.
pub struct Planned {
    summary: String,
    diff: mpsc::Receiver<String>,
    message: String,
}

impl Planned {
    /// Begins to render it.
    pub fn new(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) -> Planned {
        let (sender, diff) = mpsc::channel();
        let change = decision.change.clone();
        // Nobody may be waiting any more, where the run has failed meanwhile.
        rayon::spawn(move || drop(sender.send(diff::render(&change).with_stat())));
        Planned {
            summary: summary(proposal, Some(&decision.accepted), Width(ui.width())),
            diff,
            message: prompt::indented(message),
        }
    }

    /// Prints it.
    pub fn show(self, ui: &Ui) {
        ui.out(self.summary);
        ui.line("");
        ui.out(wait(&self.diff));
        ui.line(format!("\n{}\n", paint(palette::TITLE, texts::COMMIT_TITLE)));
        ui.out(self.message);
    }
}

/// What comes out of `made`; helps with parallel work until it is there, since that may be what is waited for.
fn wait(made: &mpsc::Receiver<String>) -> String {
    loop {
        match made.try_recv() {
            Ok(text) => return text,
            Err(mpsc::TryRecvError::Empty) if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
            Err(mpsc::TryRecvError::Empty) => std::thread::yield_now(),
            Err(mpsc::TryRecvError::Disconnected) => unreachable!("a diff is always made"),
        }
    }
}
