//! Nushell, which asks one completer about all programs that it does not know; the one that was there is asked about the others.

use std::ffi::OsString;

use clap::Command;

use super::{PROGRAM, Shell, VARIABLE, offers};

pub struct Nushell;

impl Shell for Nushell {
    fn script(&self) -> String {
        format!(
            r#"let qgroget_others = ($env.config | get --optional completions.external.completer)
$env.config.completions.external.enable = true
$env.config.completions.external.completer = {{|spans|
    if ($spans | first) == "{PROGRAM}" {{
        with-env {{{VARIABLE}: "nushell"}} {{ ^{PROGRAM} -- ...$spans }} | from json
    }} else if $qgroget_others != null {{
        do $qgroget_others $spans
    }}
}}
"#
        )
    }

    fn answer(&self, command: &mut Command, typed: Vec<OsString>) -> String {
        let index = typed.len() - 1;
        let offers = offers(command, typed, index).into_iter();
        let records: Vec<_> = offers
            .map(
                |(value, help)| serde_json::json!({ "value": quoted(&value), "description": help.unwrap_or_default() }),
            )
            .collect();
        serde_json::Value::from(records).to_string()
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=,@+".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}
