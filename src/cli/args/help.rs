//! What `-h` and `--help` show around the options.
//!
//! Both are laid out alike and have a line for an option. `-h` names the options of every command in one line, `--help` lists
//! them; at the program itself both do the former, so that its commands fit the smallest terminal.

use clap::{Command, CommandFactory as _, FromArgMatches as _};

use super::Cli;

/// The program's help: its commands first, its options in the line of [`AFTER`].
pub const OF_THE_PROGRAM: &str = "{about}\n{usage-heading} {usage}\n\nCommands:\n{subcommands}{after-help}";

/// Below the program's help.
pub const AFTER: &str = "Global options: --repo DIR, --color WHEN, --no-pager, -v, -q, -h, -V\n\
    Begin with: qgroget, which says how far you are and what comes next\n\
    Exit status: 0 done or nothing to do, 1 refused or declined, 2 usage, 3 fault";

/// Below the short help of a command.
const GLOBAL: &str = "Global options: --repo DIR, --color WHEN, --no-pager, -v, -q (see --help)";

/// What the program is, at more length: for the manual.
pub const LONG_ABOUT: &str = "Moves a NixOS homelab from scattered service declarations to one contract a service.\n\n\
    It reads the repository, shows what would change in groups you can accept or decline, and makes one commit for \
    each service. Nothing is written before you said yes, and a change that it cannot make safely is refused with \
    the reason.";

/// Where the completions of a shell go.
pub const COMPLETIONS: &str = "Names of services, hosts, codes and revisions come from the repository you are in.\n\n\
    bash:     qgroget completions bash > ~/.local/share/bash-completion/completions/qgroget\n\
    zsh:      qgroget completions zsh > DIR/_qgroget, with DIR in $fpath\n\
    fish:     qgroget completions fish > ~/.config/fish/completions/qgroget.fish\n\
    nushell:  qgroget completions nushell > qgroget.nu, then `source qgroget.nu` in config.nu";

/// Reads the arguments of the process; ends it where they ask for help or make no request.
pub fn parse() -> Cli {
    let mut words = std::env::args_os().skip(1).take_while(|word| word != "--");
    let command = match words.any(|word| word == "-h") {
        true => in_short(Cli::command()),
        false => Cli::command(),
    };
    let parsed = Cli::from_arg_matches(&command.get_matches());
    parsed.unwrap_or_else(|error| error.format(&mut Cli::command()).exit())
}

/// The grammar, with the global options in one line of each command's help.
fn in_short(command: Command) -> Command {
    let command = command.mut_args(|arg| {
        let hides = arg.is_global_set();
        arg.hide(hides)
    });
    command.mut_subcommands(with_a_line)
}

fn with_a_line(command: Command) -> Command {
    let text = match command.get_after_help() {
        Some(text) => format!("{GLOBAL}\n\n{text}"),
        None => GLOBAL.to_owned(),
    };
    command.after_help(text).mut_subcommands(with_a_line)
}
