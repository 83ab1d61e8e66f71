//! The program as a person runs it.

mod dry_run;
mod git;
mod help;
mod hooks;
mod init;
mod inputs;
mod interactive;
mod migrate;
mod output;
mod proof;
mod refusals;
mod undo;
