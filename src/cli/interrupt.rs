//! Ctrl-C, SIGTERM and SIGHUP (a closed terminal): they end the process, but tear nothing.
//!
//! - As long as nothing holds it, a signal ends the process at once. Its children end first and its scratch directories
//!   go ([`process::end_by`]).
//! - While [`hold_all`] lives (a run that writes), it is noted, and children end: a proof stops, and what is written comes
//!   to an end. Then [`process::interrupted`] says so, and the run ends by the same signal.
//! - While [`hold`] lives (a prompt, an editor, a pager), Ctrl-C is theirs: it wakes the prompt that waits (see
//!   [`InterruptGuard::wake`]) or is noted. The other two are no keys; they mean the process, as ever.
//!
//! A signal that was ignored when the process began (`nohup`, a job in the background) stays ignored.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Signals, SignalsInfo};

use crate::process;

/// The longest that ending children takes, twice.
const LONGEST: Duration = Duration::from_secs(15);

/// What a waiting prompt is told.
trait Wake: Send {
    fn interrupted(&self);
}

/// Holds of Ctrl-C.
static KEYS: AtomicUsize = AtomicUsize::new(0);
/// Holds of all three.
static WRITES: AtomicUsize = AtomicUsize::new(0);
static WAITING: Mutex<Option<Box<dyn Wake>>> = Mutex::new(None);

/// Whether a signal has come that the thread below has not dealt with yet.
fn pending() -> &'static Arc<AtomicBool> {
    static PENDING: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    PENDING.get_or_init(Arc::default)
}

/// Waits until what came is dealt with: a signal under a hold must not be taken for one after it. Children may take their
/// time to end; longer than that it waits for nobody.
fn wait_until_handled() {
    let begin = Instant::now();
    while pending().load(Ordering::SeqCst) && begin.elapsed() < LONGEST {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The handlers stay installed once they are. Where the system refuses them, signals keep their usual meaning.
pub(crate) fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let ignored = ignored();
        let wanted = [SIGINT, SIGTERM, SIGHUP];
        let heard: Vec<i32> = wanted.into_iter().filter(|s| ignored & (1 << (s - 1)) == 0).collect();
        let Ok(signals) = Signals::new(std::iter::empty::<i32>()) else {
            return;
        };
        let handle = signals.handle();
        for signal in heard {
            // What is registered first is done first: were it the other way round, the thread could have dealt with the
            // signal before it is noted, and whoever waits for that would wait for ever. Where one is refused, the signal
            // keeps its usual meaning, or nothing waits for the thread.
            let _ = signal_hook::flag::register(signal, Arc::clone(pending())).and_then(|_| handle.add_signal(signal));
        }
        std::thread::spawn(move || wait(signals));
    });
}

/// The signals that the process ignores, as a mask whose lowest bit is signal 1; none where the system does not say.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

fn wait(mut signals: SignalsInfo) {
    loop {
        let Some(signal) = signals.wait().last() else { continue };
        // One more signal while children take their time: no more time.
        let mut hurry = || signals.pending().next().is_some();
        let holds = WRITES.load(Ordering::SeqCst)
            + if signal == SIGINT {
                KEYS.load(Ordering::SeqCst)
            } else {
                0
            };
        if holds == 0 {
            super::keys::restore();
            process::end_by(signal, &mut hurry);
        }
        let waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
        if signal != SIGINT || waiting.is_none() {
            process::note(signal);
        }
        let woken = waiting.as_ref().map(|wake| wake.interrupted()).is_some();
        drop(waiting);
        if !woken {
            process::end_children(signal, &mut hurry);
        }
        pending().store(false, Ordering::SeqCst);
    }
}

/// While it lives, Ctrl-C does not end the process, or none of the three does.
#[derive(Debug)]
pub struct InterruptGuard {
    count: &'static AtomicUsize,
    wakes: AtomicBool,
}

/// Holds Ctrl-C back until the hold is dropped.
pub fn hold() -> InterruptGuard {
    InterruptGuard::new(&KEYS)
}

/// Holds Ctrl-C, SIGTERM and SIGHUP back until the hold is dropped.
pub fn hold_all() -> InterruptGuard {
    InterruptGuard::new(&WRITES)
}

impl InterruptGuard {
    fn new(count: &'static AtomicUsize) -> InterruptGuard {
        install();
        count.fetch_add(1, Ordering::SeqCst);
        InterruptGuard {
            count,
            wakes: AtomicBool::new(false),
        }
    }

    /// Forgets a Ctrl-C that was another program's.
    pub fn forget(&self) {
        wait_until_handled();
        process::forget(SIGINT);
    }

    /// Sends `message` on a signal, until the hold is dropped or another wake is set.
    pub(crate) fn wake<T: Clone + Send + 'static>(&self, sender: Sender<T>, message: T) {
        struct Message<T>(Sender<T>, T);
        impl<T: Clone + Send> Wake for Message<T> {
            fn interrupted(&self) {
                // A prompt that is gone needs no waking.
                let _ = self.0.send(self.1.clone());
            }
        }
        *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(Message(sender, message)));
        self.wakes.store(true, Ordering::SeqCst);
    }
}

impl Drop for InterruptGuard {
    fn drop(&mut self) {
        wait_until_handled();
        if self.wakes.load(Ordering::SeqCst) {
            *WAITING.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        self.count.fetch_sub(1, Ordering::SeqCst);
    }
}
