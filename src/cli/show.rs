//! How a plan is shown: summary, diff, commit message.

use std::sync::mpsc;

use super::palette::{self, paint};
use super::texts;
use super::ui::{Ui, printed};
use crate::plan::Proposal;
use crate::review::summary::{Summary, Width};
use crate::review::{Decision, diff, prompt};

/// Shows what a decision does, and the commit message it gets.
pub fn planned(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) {
    Planned::new(ui, proposal, decision, message).show(ui);
}

/// What is shown of a plan, rendered on another thread.
pub struct Planned(mpsc::Receiver<String>);

impl Planned {
    /// Begins to render it.
    pub fn new(ui: &Ui, proposal: &dyn Proposal, decision: &Decision, message: &str) -> Planned {
        let (sender, planned) = mpsc::channel();
        let (width, color) = (Width(ui.width()), ui.is_colored());
        let summary = Summary::of(proposal);
        let (change, accepted, message) = (decision.change.clone(), decision.accepted.clone(), message.to_owned());
        let render = move || {
            let summary = summary.text(Some(&accepted), width);
            let diff = diff::render(&change).with_stat();
            let title = paint(palette::TITLE, texts::COMMIT_TITLE);
            let text = format!("{summary}\n{diff}\n{title}\n\n{}", prompt::indented(&message));
            printed(&text, color).into_owned()
        };
        // Nobody may be waiting any more, where the run has failed meanwhile.
        rayon::spawn(move || drop(sender.send(render())));
        Planned(planned)
    }

    /// Prints it.
    pub fn show(self, ui: &Ui) {
        ui.out(wait(&self.0));
    }
}

/// What comes out of `made`; helps with parallel work until it is there, since that may be what is waited for.
fn wait(made: &mpsc::Receiver<String>) -> String {
    loop {
        match made.try_recv() {
            Ok(text) => return text,
            Err(mpsc::TryRecvError::Empty) if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
            Err(mpsc::TryRecvError::Empty) => std::thread::yield_now(),
            Err(mpsc::TryRecvError::Disconnected) => unreachable!("it is always made"),
        }
    }
}
