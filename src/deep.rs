//! Stacks for trees as deep as [`DEEPEST`](crate::syntax::screen::DEEPEST) lets them be.

use std::panic;
use std::thread;

/// The stack of a thread that walks trees, in bytes. The system gives it memory only as far down as it is used.
pub const STACK: usize = 256 * 1024 * 1024;

/// Runs `work` on a thread with a stack of [`STACK`] bytes, and gives back what it returns. A panic goes on here.
pub fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let mut work = Some(work);
    let done = thread::scope(|scope| {
        let own = thread::Builder::new().name("qgroget".into()).stack_size(STACK);
        let run = || work.take().map(|work| work());
        match own.spawn_scoped(scope, run) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)),
            // A system that has no room for the stack may have it for all that most files need.
            Err(_) => None,
        }
    });
    done.or_else(|| work.take().map(|work| work()))
        .expect("the work is done here unless it was done there")
}

/// Gives the threads that share parallel work stacks on which they can walk trees.
pub fn threads() {
    // Where the pool is there already, since this is not the first time, it stays as it is.
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deep(levels: usize) -> usize {
        let frame = std::hint::black_box([levels; 512]);
        match levels {
            0 => 0,
            _ => deep(frame[0] - 1) + 1,
        }
    }

    #[test]
    fn work_is_done_on_a_deep_stack() {
        assert_eq!(on_a_deep_stack(|| deep(10_000)), 10_000);
    }

    #[test]
    fn a_panic_goes_on_outside() {
        let caught = panic::catch_unwind(|| on_a_deep_stack(|| panic!("inside")));
        assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"inside"));
    }
}
