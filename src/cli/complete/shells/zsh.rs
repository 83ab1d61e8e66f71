//! zsh, with clap's own script.

use std::ffi::OsString;

use clap::Command;

use super::{Builtin, PROGRAM, Shell};

pub struct Zsh;

const CLAP: Builtin = Builtin(&clap_complete::env::Zsh);

impl Shell for Zsh {
    /// Read as a file of `$fpath`, the script runs when the first completion is asked for, and has to answer that one too.
    fn script(&self) -> String {
        let script = CLAP.script();
        format!(
            "{}\n\nif [[ ${{funcstack[1]}} == _{PROGRAM} ]]; then\n    _clap_dynamic_completer_{PROGRAM} \"$@\"\nfi\n",
            script.trim_end()
        )
    }

    fn answer(&self, command: &mut Command, typed: Vec<OsString>) -> String {
        CLAP.answer(command, typed)
    }
}
