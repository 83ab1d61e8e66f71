//! PowerShell, with clap's own script. It puts a completion into the line as it gets it.

use std::ffi::OsString;

use clap::Command;

use super::{Builtin, Shell, offers};

pub struct Powershell;

impl Shell for Powershell {
    fn script(&self) -> String {
        Builtin(&clap_complete::env::Powershell).script()
    }

    fn answer(&self, command: &mut Command, typed: Vec<OsString>) -> String {
        let index = typed.len() - 1;
        let lines = offers(command, typed, index).into_iter();
        lines
            .map(|(value, help)| match help {
                Some(help) => format!("{}\t{}\n", quoted(&value), help.replace('\t', " ")),
                None => format!("{}\n", quoted(&value)),
            })
            .collect()
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "''")),
    }
}
