//! Proofs by evaluation, with a real nix. Without one, each test says that it is skipped, and why.

#[path = "prove/bad_input.rs"]
mod bad_input;
#[path = "prove/common.rs"]
mod common;
#[path = "prove/faults.rs"]
mod faults;
#[path = "prove/harmless.rs"]
mod harmless;
#[path = "prove/secrets.rs"]
mod secrets;
#[path = "prove/slice.rs"]
mod slice;
#[path = "prove/system.rs"]
mod system;
