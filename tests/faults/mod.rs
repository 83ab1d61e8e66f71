//! Whatever happens, nothing is lost: kills, injected errors, full disks, and what a person or a hook does meanwhile.
//!
//! Everything is done from outside, to the program as it is run (`QGROGET_BIN`, or this build's). `strace` stops, kills
//! and fails the writing calls of the program and of the git processes that it starts.
//!
//! `cargo test` takes a sample that is the same every time. The long forms take all there is:
//!
//! ```text
//! nice cargo test --test main faults:: -- --ignored --nocapture --test-threads 1
//! ```
//!
//! | variable | |
//! |---|---|
//! | `QGROGET_BIN` | the program to test |
//! | `QGROGET_FAULTS_ONLY` | the scenarios whose name has one of these in it (`undo,init`), or is this (`=migrate`) |
//! | `QGROGET_FAULTS_COUNT` | how many kills or errors a long form makes, evenly spread; all of them without it |
//! | `QGROGET_FAULTS_KEEP` | a directory where each state that was judged wrong is kept |

mod calls;
mod errors;
mod full_disk;
mod judge;
mod kill;
mod kills;
mod meanwhile;
mod pairs;
mod pause;
mod real_hooks;
mod scenarios;
mod stop;
mod strace;
mod tally;
mod wrapper;
