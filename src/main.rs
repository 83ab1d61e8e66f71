//! Arguments in, exit status out.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    ExitCode::from(qgroget::cli::run(&qgroget::cli::args::Cli::parse()))
}
