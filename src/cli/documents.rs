//! `qgroget completions` and `qgroget man`: made from the command line's grammar.

use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::args::{Cli, Completions, Man, help};
use super::complete;
use super::session::Session;
use crate::error::{self, Error, Result};

/// Prints completions for a shell.
pub fn completions(args: &Completions, session: &Session) -> u8 {
    session.ui.data(complete::script(args.shell));
    0
}

/// Prints a manual page, or writes them all.
///
/// # Errors
/// `unknown-command`; `unwritable`; an internal error if a page cannot be rendered.
pub fn man(args: &Man, session: &Session) -> Result<u8> {
    match &args.all {
        Some(directory) => write_all(directory, session)?,
        None => {
            let page = one(&args.command)?;
            session.ui.data(page);
        }
    }
    Ok(0)
}

/// The grammar as the manual has it: with what each value means.
fn grammar() -> Command {
    fn with_values(command: Command) -> Command {
        let command = command.mut_args(|arg| arg.hide_possible_values(false).hide_default_value(false));
        command.mut_subcommands(with_values)
    }
    let mut command = with_values(Cli::command())
        .long_about(help::LONG_ABOUT)
        .disable_help_subcommand(true);
    command.build();
    command
}

fn one(path: &[String]) -> Result<Vec<u8>> {
    let mut command = grammar();
    for name in path {
        let known: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
        let found = command.get_subcommands().find(|sub| sub.get_name() == name);
        command = match found {
            Some(sub) => sub.clone(),
            None => return Err(unknown(&path.join(" "), name, &known)),
        };
    }
    page(&command)
}

fn unknown(said: &str, name: &str, known: &[String]) -> Error {
    let error = Error::usage("unknown-command", format!("there is no command '{said}'"));
    match (error::nearest(name, known), known.is_empty()) {
        (Some(near), _) => error.hint(format!("did you mean '{near}'?")),
        (None, false) => error.hint(format!("the commands are {}", known.join(", "))),
        (None, true) => error,
    }
}

fn page(command: &Command) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(named(command))
        .render(&mut page)
        .map_err(|cause| Error::internal("the manual page could not be rendered").because(cause))?;
    Ok(with_usage(&String::from_utf8_lossy(&page), command).into_bytes())
}

/// The page with the command's usage as its synopsis: every option by itself stands below.
fn with_usage(page: &str, command: &Command) -> String {
    const SYNOPSIS: &str = ".SH SYNOPSIS\n";
    let Some((before, rest)) = page.split_once(SYNOPSIS) else {
        return page.to_owned();
    };
    let after = rest.split_once("\n.SH ").map_or("", |(_, after)| after);
    let usage = command.clone().render_usage().to_string();
    let lines = usage.trim_start_matches("Usage: ").lines().map(str::trim);
    let lines: Vec<String> = lines
        .filter(|line| !line.is_empty())
        .map(|line| line.replace('\\', "\\\\").replace('-', "\\-"))
        .collect();
    format!("{before}{SYNOPSIS}{}\n.SH {after}", lines.join("\n.br\n"))
}

/// The command under the name of its page: `qgroget-migrate`.
fn named(command: &Command) -> Command {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    command.clone().name(name.to_owned())
}

fn write_all(directory: &Path, session: &Session) -> Result<()> {
    let failed = |cause: std::io::Error| {
        let message = format!("the manual pages could not be written to {}", directory.display());
        Error::refused("unwritable", message)
            .because(cause)
            .hint("name a directory that you may write to: --all DIR")
    };
    std::fs::create_dir_all(directory).map_err(failed)?;
    let mut open = vec![grammar()];
    while let Some(command) = open.pop() {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name());
        let path = directory.join(format!("{name}.1"));
        std::fs::write(&path, page(&command)?).map_err(failed)?;
        session.ui.detail(format!("wrote {}", path.display()));
        open.extend(command.get_subcommands().cloned());
    }
    Ok(())
}
