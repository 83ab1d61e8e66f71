//! Ctrl-C while something must not be torn: a prompt, an editor, a pager, a write.
//!
//! As long as nothing holds it, Ctrl-C ends the process as always. While a [`Hold`] lives it is only noted,
//! and wakes the prompt that waits (see [`Hold::wake`]).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use signal_hook::consts::SIGINT;

/// What a waiting prompt is told.
pub(crate) trait Wake: Send {
    fn interrupted(&self);
}

struct State {
    /// Whether Ctrl-C ends the process: true as long as there is no hold.
    ends: Arc<AtomicBool>,
    holds: AtomicUsize,
    noted: AtomicBool,
    waiting: Mutex<Option<Box<dyn Wake>>>,
}

fn state() -> &'static State {
    static STATE: OnceLock<State> = OnceLock::new();
    STATE.get_or_init(|| State {
        ends: Arc::new(AtomicBool::new(true)),
        holds: AtomicUsize::new(0),
        noted: AtomicBool::new(false),
        waiting: Mutex::new(None),
    })
}

/// The handlers stay installed once they are: the first gives Ctrl-C its usual meaning whenever nothing
/// holds it. Where the system refuses them, Ctrl-C simply keeps that meaning.
fn install() {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let usual = signal_hook::flag::register_conditional_default(SIGINT, Arc::clone(&state().ends));
        let Ok(mut signals) = usual.and_then(|_| signal_hook::iterator::Signals::new([SIGINT])) else {
            return false;
        };
        std::thread::spawn(move || {
            for _ in signals.forever() {
                let state = state();
                state.noted.store(true, Ordering::SeqCst);
                if let Some(wake) = &*state.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
                    wake.interrupted();
                }
            }
        });
        true
    });
}

/// While it lives, Ctrl-C does not end the process.
#[derive(Debug)]
pub struct Hold(());

/// Holds Ctrl-C back until the hold is dropped.
pub fn hold() -> Hold {
    install();
    let state = state();
    if state.holds.fetch_add(1, Ordering::SeqCst) == 0 {
        state.noted.store(false, Ordering::SeqCst);
    }
    state.ends.store(false, Ordering::SeqCst);
    Hold(())
}

impl Hold {
    /// Whether Ctrl-C was pressed since this was last asked.
    pub fn take(&self) -> bool {
        state().noted.swap(false, Ordering::SeqCst)
    }

    /// Sends `message` on Ctrl-C, until the last hold is dropped or another wake is set.
    pub(crate) fn wake<T: Clone + Send + 'static>(&self, sender: Sender<T>, message: T) {
        struct Message<T>(Sender<T>, T);
        impl<T: Clone + Send> Wake for Message<T> {
            fn interrupted(&self) {
                // A prompt that is gone needs no waking.
                let _ = self.0.send(self.1.clone());
            }
        }
        *state().waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(Message(sender, message)));
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let state = state();
        if state.holds.fetch_sub(1, Ordering::SeqCst) == 1 {
            *state.waiting.lock().unwrap_or_else(PoisonError::into_inner) = None;
            state.ends.store(true, Ordering::SeqCst);
        }
    }
}
