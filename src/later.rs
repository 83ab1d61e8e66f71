//! Work that another thread does meanwhile.

use std::panic::{self, AssertUnwindSafe};
use std::sync::mpsc;
use std::thread;

/// What comes out of work that was begun.
pub struct Later<T>(mpsc::Receiver<thread::Result<T>>);

impl<T: Send + 'static> Later<T> {
    /// Begins the work.
    pub fn begin(work: impl FnOnce() -> T + Send + 'static) -> Later<T> {
        let (sender, made) = mpsc::channel();
        // Nobody may be waiting any more, where the run has failed meanwhile.
        rayon::spawn(move || drop(sender.send(panic::catch_unwind(AssertUnwindSafe(work)))));
        Later(made)
    }

    /// What comes out of it; helps with parallel work until it is there, since that may be what is waited for. A panic in the
    /// work goes on here.
    pub fn wait(self) -> T {
        loop {
            match self.0.try_recv() {
                Ok(made) => return made.unwrap_or_else(|panic| panic::resume_unwind(panic)),
                Err(mpsc::TryRecvError::Empty) if rayon::yield_now() == Some(rayon::Yield::Executed) => {}
                Err(mpsc::TryRecvError::Empty) => thread::yield_now(),
                Err(mpsc::TryRecvError::Disconnected) => unreachable!("the work always ends"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_begun_is_there_in_the_end() {
        let works: Vec<Later<usize>> = (0..50).map(|n| Later::begin(move || n * n)).collect();
        let made: Vec<usize> = works.into_iter().map(Later::wait).collect();
        assert_eq!(made, (0..50).map(|n| n * n).collect::<Vec<_>>());
        drop(Later::begin(|| ()));
    }

    #[test]
    fn a_panic_goes_on_where_the_work_is_waited_for() {
        let work = Later::begin(|| {
            if true {
                panic!("in the work")
            }
        });
        let caught = panic::catch_unwind(AssertUnwindSafe(|| work.wait()));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"in the work"));
    }
}
