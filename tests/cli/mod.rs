//! The program as a person runs it.

mod check;
mod cleanup;
mod dry_run;
mod gains;
mod git;
mod help;
mod hooks;
mod hostile;
mod imports;
mod init;
mod inputs;
mod interactive;
mod left;
mod migrate;
mod needs;
mod new;
mod order;
mod output;
mod paths;
mod proof;
mod rack;
mod refusals;
mod signals;
mod switches;
mod undo;
mod verify;
