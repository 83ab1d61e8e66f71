//! `qgroget completions` and `qgroget man`: made from the command line's grammar.

use clap::CommandFactory as _;

use super::args::{Cli, Completions};
use super::session::Session;
use crate::error::{Error, Result};

/// Prints completions for a shell.
pub fn completions(args: &Completions, session: &Session) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "qgroget", &mut script);
    session.ui.data(script);
    0
}

/// Prints the manual page: the program's, with a section for each command.
///
/// # Errors
/// An internal error if the page cannot be rendered.
pub fn man(session: &Session) -> Result<u8> {
    let failed = |cause| Error::internal("the manual page could not be rendered").because(cause);
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    let top = clap_mangen::Man::new(command.clone());
    top.render(&mut page).map_err(failed)?;
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name = format!("qgroget {}", sub.get_name());
        let man = clap_mangen::Man::new(sub.clone().name(name.clone().leak() as &'static str));
        page.extend_from_slice(format!(".SH \"{}\"\n", name.to_uppercase()).as_bytes());
        man.render_description_section(&mut page).map_err(failed)?;
        man.render_synopsis_section(&mut page).map_err(failed)?;
        man.render_options_section(&mut page).map_err(failed)?;
    }
    session.ui.data(page);
    Ok(0)
}
