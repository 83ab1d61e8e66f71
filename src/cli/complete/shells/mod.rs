//! How each shell asks, and how it is answered.

mod bash;
mod nushell;
mod powershell;
mod zsh;

use std::env;
use std::ffi::OsString;

use clap::Command;
use clap_complete::engine::{self, CompletionCandidate as Offer};
use clap_complete::env::{Elvish, EnvCompleter, Fish};

use super::VARIABLE;
use crate::cli::args::Shell as Name;

const PROGRAM: &str = "qgroget";

/// A shell's side of completions.
pub trait Shell {
    /// The script that it reads when it starts.
    fn script(&self) -> String;
    /// What it reads when it has asked for what may stand behind the words `typed`.
    fn answer(&self, command: &mut Command, typed: Vec<OsString>) -> String;
}

/// The shell of this name.
pub fn of(name: Name) -> &'static dyn Shell {
    match name {
        Name::Bash => &bash::Bash,
        Name::Zsh => &zsh::Zsh,
        Name::Fish => &Builtin(&Fish),
        Name::Nushell => &nushell::Nushell,
        Name::Elvish => &Builtin(&Elvish),
        Name::Powershell => &powershell::Powershell,
    }
}

/// A shell that clap talks to, and that quotes what it puts into the line by itself.
struct Builtin(&'static (dyn EnvCompleter + Sync));

impl Shell for Builtin {
    fn script(&self) -> String {
        let mut script = Vec::new();
        // Memory is written to.
        let _ = self
            .0
            .write_registration(VARIABLE, PROGRAM, PROGRAM, PROGRAM, &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }

    fn answer(&self, command: &mut Command, typed: Vec<OsString>) -> String {
        let mut answer = Vec::new();
        command.build();
        let here = env::current_dir().ok();
        let done = self.0.write_complete(command, typed, here.as_deref(), &mut answer);
        match done {
            Ok(()) => String::from_utf8_lossy(&answer).into_owned(),
            Err(_) => String::new(),
        }
    }
}

/// What may stand in place of the word at `index`, with what it means. Names that would break a line are left out.
fn offers(command: &mut Command, typed: Vec<OsString>, index: usize) -> Vec<(String, Option<String>)> {
    command.build();
    let here = env::current_dir().ok();
    let offers = engine::complete(command, typed, index, here.as_deref()).unwrap_or_default();
    let read = |offer: &Offer| {
        let value = offer.get_value().to_str()?.to_owned();
        let help = offer.get_help().map(ToString::to_string);
        let help = help.and_then(|help| help.lines().next().map(str::to_owned));
        (!value.chars().any(char::is_control)).then_some((value, help))
    };
    offers.iter().filter_map(read).collect()
}
