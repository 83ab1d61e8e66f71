//! Arguments in, exit status out.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let run = || match qgroget::cli::complete::answer() {
        true => 0,
        false => qgroget::cli::run(&qgroget::cli::args::help::parse()),
    };
    // Walks over trees go a call deeper with each level; what is parsed has a thousand at most.
    let code = qgroget::deep::on_a_deep_stack(run);
    // Whoever reads them may be gone; the printer has said so.
    let _ = (std::io::stdout().flush(), std::io::stderr().flush());
    // Whoever waits for the process learns that a signal stopped it: a shell's loop ends as well.
    if let Some(signal) = qgroget::process::interrupted() {
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    code.into()
}
