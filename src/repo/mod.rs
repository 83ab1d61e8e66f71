//! The repository on disk: its root, its Nix files, the modules that a host is made of, and its git state.

mod file;
pub mod files;
mod formatter;
pub mod git;
pub mod hosts;
pub mod literals;
mod scan;
mod walk;

pub use files::{Beyond, Repository, Survey};
