//! How far a long step is: on a terminal only, and only once it takes more than about a second.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

const DELAY: Duration = Duration::from_secs(1);

/// A bar or a spinner; gone from the terminal when it is dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    shower: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Progress {
    /// `total` steps of `label`; a spinner if it is not known how many. Draws nothing unless `visible`.
    pub(crate) fn new(total: Option<u64>, label: &str, visible: bool) -> Progress {
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        let template = if total.is_some() {
            "{msg} {wide_bar} {pos}/{len}{left}"
        } else {
            "{spinner} {msg} {elapsed}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            let left = |state: &ProgressState, text: &mut dyn std::fmt::Write| {
                // Before the first step there is nothing to judge by.
                if state.pos() > 0 {
                    let _ = write!(text, ", about {} left", HumanDuration(state.eta()));
                }
            };
            let style = style.with_key("left", left);
            bar.set_style(style.progress_chars("##-").tick_chars("|/-\\ "));
        }
        bar.set_message(label.to_owned());
        let shower = visible.then(|| {
            let (sender, receiver) = mpsc::channel();
            let shown = bar.clone();
            let thread = std::thread::spawn(move || {
                if receiver.recv_timeout(DELAY) == Err(RecvTimeoutError::Timeout) {
                    shown.set_draw_target(ProgressDrawTarget::stderr());
                    shown.enable_steady_tick(Duration::from_millis(120));
                }
            });
            (sender, thread)
        });
        Progress { bar, shower }
    }

    /// One step further.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// Says what is being done now.
    pub fn label(&self, label: impl Into<String>) {
        self.bar
            .set_message(crate::term::foreign::visible(&label.into()).into_owned());
    }

    pub(crate) fn bar(&self) -> ProgressBar {
        self.bar.clone()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.shower.take() {
            drop(sender);
            // The thread only waits and draws; if it panicked there is nothing to clear.
            let _ = thread.join();
        }
        self.bar.finish_and_clear();
    }
}
