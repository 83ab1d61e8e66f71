//! `qgroget` as a library: the pipeline, in the order in which it runs.

pub mod repo;

pub mod syntax;

pub mod resolve;

pub mod rules;

pub mod address;

pub mod listeners;

pub mod plan;

pub mod check;

pub mod edit;

pub mod format;

pub mod review;

pub mod status;

pub mod map;

pub mod report;

pub mod markup;

pub mod account;

pub mod term;

pub mod prove;

pub mod commit;

pub mod cli;

pub mod error;

pub mod codes;

pub mod process;

pub mod scratch;

pub mod secrets;

pub mod deep;

// The proposal made by hand is shared with the tests and the example outside, which know the crate by name.
#[cfg(test)]
extern crate self as qgroget;
#[cfg(test)]
#[path = "../tests/common/fake.rs"]
mod fake;
#[cfg(test)]
mod testing;
