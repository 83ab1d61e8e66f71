//! Completions, asked of the program while a person types.
//!
//! A shell's script, which [`script`] makes, runs the program with the words typed so far and [`VARIABLE`] set to the name of
//! the shell; [`answer`] prints what the next word may be. That reads the repository and does nothing else: nothing is
//! written, no unfinished run is ended, and where something cannot be read nothing is offered and nothing is said. Which words
//! go where is clap's own engine, from the same grammar as everything else; what it offers of the repository is in
//! [`offers`].

pub mod offers;
mod shells;
mod words;

use std::env;
use std::io::Write as _;

use clap::{Command, CommandFactory as _, ValueEnum as _};
use clap_complete::engine::ArgValueCandidates;

use super::args::{Cli, Shell};

/// Set by a shell's script, to the name of the shell.
const VARIABLE: &str = "QGROGET_COMPLETE";

/// Answers a shell that asks for completions; returns whether one does.
pub fn answer() -> bool {
    let Some(shell) = env::var_os(VARIABLE).filter(|shell| !shell.is_empty()) else {
        return false;
    };
    let shell = shell.to_str().and_then(|name| Shell::from_str(name, false).ok());
    let typed = words::typed();
    if let (Some(shell), false) = (shell, typed.is_empty()) {
        // Whatever goes wrong is no matter of the line that is being typed.
        std::panic::set_hook(Box::new(|_| {}));
        let text = std::panic::catch_unwind(|| shells::of(shell).answer(&mut grammar(), typed));
        let _ = std::io::stdout().write_all(text.unwrap_or_default().as_bytes());
    }
    true
}

/// The grammar, in which the manual knows the commands.
fn grammar() -> Command {
    let command = Cli::command();
    let about = |sub: &Command| sub.get_about().map(ToString::to_string);
    let commands: Vec<(String, Option<String>)> = command
        .get_subcommands()
        .map(|sub| (sub.get_name().to_owned(), about(sub)))
        .collect();
    let offers = move || {
        let offers = commands
            .iter()
            .map(|(name, about)| offers::offer(name, about.as_deref()));
        offers.collect()
    };
    command.mut_subcommand("man", |man| {
        man.mut_arg("command", |arg| arg.add(ArgValueCandidates::new(offers)))
    })
}

/// The script that makes a shell ask the program.
pub fn script(shell: Shell) -> String {
    shells::of(shell).script()
}
