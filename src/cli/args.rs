//! The command line's grammar.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates as Offers;

use super::complete::offers;
use super::texts;
use crate::rules::kinds::Optional;
use crate::rules::says_directory;

mod again;
mod check;
mod contract;
pub mod help;
mod init;

pub use check::{Check, CheckFormat, Explain};
pub use contract::{Contract, ContractChange, NewFieldArgs, RemoveField, RenameField};
pub use init::Init;

/// Moves a NixOS homelab from scattered service declarations to contracts
#[derive(Debug, Parser)]
#[command(name = "qgroget", version, max_term_width = 100, help_template = help::OF_THE_PROGRAM, after_help = help::AFTER)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// Without one, it is said how far the migration is and what comes next.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The repository's root [default: this directory or one above it]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub repo: Option<PathBuf>,
    /// When to use colours: auto, always, never [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto, hide_default_value = true, hide_possible_values = true)]
    pub color: Color,
    /// Show long output directly, without a pager
    #[arg(long, global = true)]
    pub no_pager: bool,
    /// Say more; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print only errors and what is asked for; twice for errors in one line
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "verbose")]
    pub quiet: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Install the contract: schema, collector, bridge, template
    Init(Init),
    /// Move services to the contract, one commit each
    Migrate(Migrate),
    /// Show how far the migration is, for all services or one closely
    Status(Status),
    /// Draw the files of all services before and after, as a web page
    Map(Map),
    /// Say what is wrong with the contracts, and mend what is mechanical
    Check(Check),
    /// Say what a code means and what to do; list all codes without one
    Explain(Explain),
    /// Compare what two states of the repository evaluate to
    Verify(Verify),
    /// Add a service by the contract: module, switch, test
    New(New),
    /// Change the contract itself: schema and all services in one commit
    Contract(Contract),
    /// Remove the legacy options once every service is migrated
    Cleanup(Cleanup),
    /// Take back a commit of qgroget: the last one, or a service's
    Undo(Undo),
    /// Note that services were tested on the server
    Tested(Tested),
    /// Print completions for a shell
    Completions(Completions),
    /// Print a manual page, or write them all
    Man(Man),
}

/// How a change is decided and written.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Deciding")]
#[command(group(ArgGroup::new("decided").args(["dry_run", "yes"]).multiple(true)))]
pub struct Deciding {
    /// Show what would change, write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Accept all that leaves the configuration as it is, without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Leave the changes in the working tree, make no commit
    #[arg(long)]
    pub no_commit: bool,
    /// Commit on this new branch, made from HEAD; go on if HEAD is on it
    #[arg(long, value_name = "NAME", value_parser = branch, conflicts_with = "no_commit", value_hint = ValueHint::Other)]
    pub branch: Option<String>,
    /// The host that runs the services, where several could
    #[arg(long, value_name = "NAME", add = Offers::new(offers::hosts))]
    pub host: Option<String>,
    /// As text: human, json, patch (a dry run; json: --yes too) [default: human]
    #[arg(long, value_enum, default_value_t = Format::Human, requires_if("json", "decided"), requires_if("patch", "dry_run"), hide_default_value = true, hide_possible_values = true)]
    pub format: Format,
    /// The diff: unified (or as git has it), side-by-side, stat, none
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true)]
    pub diff: Option<Diff>,
    /// Show each line of the diff, what only moves as well
    #[arg(long)]
    pub full: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Diff {
    /// What goes above what comes
    Unified,
    /// Before beside after
    SideBySide,
    /// Figures, a line for each file
    Stat,
    /// Nothing
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people: summary, diff, commit message
    Human,
    /// For programs: the whole plan (schema 1)
    Json,
    /// A patch that `git apply` takes
    Patch,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  qgroget undo --list\n  qgroget undo jellyfin --dry-run")]
pub struct Undo {
    /// The service whose commit is taken back; the last commit of all without it
    #[arg(value_name = "SERVICE", add = Offers::new(offers::to_undo))]
    pub service: Option<String>,
    /// List the commits that qgroget made, newest first
    #[arg(long, conflicts_with_all = ["service", "dry_run", "yes"])]
    pub list: bool,
    /// Show what would be taken back, write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Take it back without asking
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
    /// How to show it: human, json [default: human]
    #[arg(long, value_enum, default_value_t = StatusFormat::Human, hide_default_value = true, hide_possible_values = true)]
    pub format: StatusFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  qgroget tested jellyfin\n  git log --notes=qgroget")]
pub struct Tested {
    /// The services; a git note on the last commit of each says so
    #[arg(required = true, value_name = "SERVICE", add = Offers::new(offers::to_test))]
    pub services: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example: qgroget migrate jellyfin vaultwarden --dry-run")]
pub struct Migrate {
    /// The services to migrate, by the names of their legacy declarations
    #[arg(value_name = "SERVICE", required_unless_present = "all", add = Offers::new(offers::to_migrate))]
    pub services: Vec<String>,
    /// Migrate every service that is still declared the old way
    #[arg(long, conflicts_with = "services")]
    pub all: bool,
    /// Leave each module where it is
    #[arg(long)]
    pub in_place: bool,
    /// Commit the move of a module by itself first, for `git log --follow`
    #[arg(long, conflicts_with = "no_commit")]
    pub separate_moves: bool,
    /// Of tests, placement, secrets, dependencies, databases only these
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = optional(), hide_possible_values = true)]
    pub only: Vec<Optional>,
    /// All of them but these (or in qgroget.toml: [migrate] skip)
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = optional(), conflicts_with = "only", hide_possible_values = true)]
    pub skip: Vec<Optional>,
    /// The module of a service that is declared nowhere
    #[arg(long, value_name = "MODULE", value_hint = ValueHint::FilePath)]
    pub from: Option<PathBuf>,
    /// Where a service keeps its state: a path, Nix source, or null
    #[arg(long, value_name = "SERVICE=DIR", value_parser = data_dir, value_hint = ValueHint::Other)]
    pub data_dir: Vec<(String, String)>,
    #[command(flatten)]
    pub deciding: Deciding,
    /// With --yes: accept gains too, such as a backup that is new
    #[arg(long, help_heading = "Deciding")]
    pub accept_gains: bool,
    /// Accept another order of lists whose order counts
    #[arg(long, help_heading = "Deciding")]
    pub accept_reordering: bool,
    /// Do not prove that the configuration stays as it is
    #[arg(long, help_heading = "Proof")]
    pub no_verify: bool,
    /// With --dry-run: prove the plan as well
    #[arg(long, requires = "dry_run", conflicts_with = "no_verify", help_heading = "Proof")]
    pub verify: bool,
    /// Write what was done as a page: FILE.html or FILE.md
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = page, conflicts_with = "dry_run", help_heading = "Deciding")]
    pub report: Option<PathBuf>,
    #[command(flatten)]
    pub proving: Proving,
}

/// How proofs are made.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Proof")]
pub struct Proving {
    /// A nixpkgs, or its lib [default: of the flake, or of NIX_PATH]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub nixpkgs: Option<PathBuf>,
    /// Seconds that one evaluation may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_hint = ValueHint::Other)]
    pub timeout: u64,
    /// slice: the server's modules; system: the flake; auto: what works
    #[arg(long, value_enum, default_value_t = ProofMode::Auto, hide_default_value = true, hide_possible_values = true)]
    pub mode: ProofMode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProofMode {
    Auto,
    Slice,
    System,
}

impl From<ProofMode> for crate::prove::Mode {
    fn from(mode: ProofMode) -> crate::prove::Mode {
        match mode {
            ProofMode::Auto => crate::prove::Mode::Auto,
            ProofMode::Slice => crate::prove::Mode::Slice,
            ProofMode::System => crate::prove::Mode::System,
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget verify                      the working tree against the last commit\n  qgroget verify --against main~5     the working tree against a revision\n  qgroget verify --since-contract     each migration's commit against its parent"
)]
pub struct Verify {
    /// The revision to compare with
    #[arg(long, value_name = "REV", default_value = "HEAD", add = Offers::new(offers::revisions))]
    pub against: String,
    /// Compare this revision instead of the working tree
    #[arg(long, value_name = "REV", add = Offers::new(offers::revisions))]
    pub revision: Option<String>,
    /// Prove every migration's commit against its parent
    #[arg(long, conflicts_with_all = ["against", "revision", "html"])]
    pub since_contract: bool,
    /// The host; all that the changes reach otherwise
    #[arg(long, value_name = "NAME", add = Offers::new(offers::hosts))]
    pub host: Option<String>,
    /// A module to evaluate besides what the host imports
    #[arg(long, value_name = "MODULE", value_hint = ValueHint::FilePath)]
    pub extra: Vec<PathBuf>,
    /// How to show the verdict: human, json [default: human]
    #[arg(long, value_enum, default_value_t = VerifyFormat::Human, hide_default_value = true, hide_possible_values = true)]
    pub format: VerifyFormat,
    /// Write a page with the differences, over what stands there
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath, value_parser = web_page)]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub proving: Proving,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For people
    Human,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget status             every service, a line each\n  qgroget status jellyfin    its pieces: where each stands, and where it will stand"
)]
pub struct Status {
    /// Show all pieces of these, where each stands and where it will stand
    #[arg(value_name = "SERVICE", add = Offers::new(offers::services))]
    pub services: Vec<String>,
    /// The host that runs the services, where several could
    #[arg(long, value_name = "NAME", add = Offers::new(offers::hosts))]
    pub host: Option<String>,
    /// How to show it: human, json [default: human]
    #[arg(long, value_enum, default_value_t = StatusFormat::Human, hide_default_value = true, hide_possible_values = true)]
    pub format: StatusFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  qgroget map --html map.html    then open map.html in a browser")]
pub struct Map {
    /// Write the page to this file, over what stands there
    #[arg(long, value_name = "FILE.html", value_hint = ValueHint::FilePath, value_parser = web_page)]
    pub html: PathBuf,
    /// The host that runs the services, where several could
    #[arg(long, value_name = "NAME", add = Offers::new(offers::hosts))]
    pub host: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people: a table
    Human,
    /// For programs
    Json,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget new paperless --category documents --port 28981 --database\n  qgroget new cache --category misc --kind container --unexposed"
)]
pub struct New {
    /// The service's name: of its directory and of its contract
    #[arg(value_name = "SERVICE", value_hint = ValueHint::Other)]
    pub service: String,
    /// The directory below the server's modules that it belongs in
    #[arg(long, value_name = "NAME", add = Offers::new(offers::categories))]
    pub category: Option<String>,
    /// The port that it listens on
    #[arg(long, value_parser = port, value_hint = ValueHint::Other)]
    pub port: Option<u16>,
    /// native (a unit of NixOS) or container [default: native]
    #[arg(long, value_enum, hide_possible_values = true)]
    pub kind: Option<KindArg>,
    /// It uses a PostgreSQL database
    #[arg(long)]
    pub database: bool,
    /// Its route asks for a client certificate (the default)
    #[arg(long, conflicts_with_all = ["public", "unexposed"])]
    pub private: bool,
    /// Its route is open to anyone
    #[arg(long, conflicts_with = "unexposed")]
    pub public: bool,
    /// It has no route
    #[arg(long)]
    pub unexposed: bool,
    /// Its subdomain, if that is not its name; "" is the domain itself
    #[arg(long, conflicts_with = "unexposed", value_hint = ValueHint::Other)]
    pub subdomain: Option<String>,
    #[command(flatten)]
    pub deciding: Deciding,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KindArg {
    Native,
    Container,
}

#[derive(Debug, Args)]
pub struct Cleanup {
    #[command(flatten)]
    pub deciding: Deciding,
    /// Do not prove that the configuration stays as it is
    #[arg(long, help_heading = "Proof")]
    pub no_verify: bool,
    #[command(flatten)]
    pub proving: Proving,
}

#[derive(Debug, Args)]
#[command(after_help = help::COMPLETIONS)]
pub struct Completions {
    /// bash, zsh, fish, nushell, elvish or powershell
    #[arg(value_enum, hide_possible_values = true)]
    pub shell: Shell,
}

/// A shell that completions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
    Nushell,
    Elvish,
    Powershell,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget man migrate | man --local-file -\n  qgroget man --all ~/.local/share/man/man1"
)]
pub struct Man {
    /// The command whose page it is; the program's without one
    #[arg(value_name = "COMMAND", conflicts_with = "all")]
    pub command: Vec<String>,
    /// Write the pages of the program and of all commands into this directory
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub all: Option<PathBuf>,
}

fn branch(text: &str) -> Result<String, String> {
    match crate::commit::is_branch_name(text) {
        true => Ok(text.to_owned()),
        false => Err("git takes no such name for a branch".to_owned()),
    }
}

/// A port that something can listen on.
pub fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
}

/// A file for a page of HTML: no other file is written over by a slip.
fn web_page(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => Ok(path),
        _ => Err("the name ends in .html".to_owned()),
    }
}

/// A file for a page, whose name says which kind of page it is.
fn page(path: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(path);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "md") => Ok(path),
        _ => Err("the name ends in .html or .md, which says what is written".to_owned()),
    }
}

/// A kind of change that a migration can do without.
fn optional() -> impl TypedValueParser<Value = Optional> {
    let names = Optional::ALL.map(Optional::name);
    PossibleValuesParser::new(names).try_map(|name| Optional::named(&name).ok_or("no such kind"))
}

fn data_dir(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((service, dir)) if !service.is_empty() && says_directory(dir) => Ok((service.to_owned(), dir.to_owned())),
        _ => Err(texts::no_service_directory()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    fn data_directories_are_absolute_or_null() {
        assert_eq!(
            data_dir("git=/var/lib/forgejo"),
            Ok(("git".into(), "/var/lib/forgejo".into()))
        );
        assert_eq!(
            data_dir("git=\"${config.a.b}/git\""),
            Ok(("git".into(), "\"${config.a.b}/git\"".into()))
        );
        for said in ["git=null", "git=cfg.stateDir"] {
            assert!(data_dir(said).is_ok(), "{said}");
        }
        for said in ["git=var", "git=./var", "git=\"a", "git=1", "git=", "=/var", "git=/a\nb"] {
            assert!(data_dir(said).is_err(), "{said:?}");
        }
        assert!(data_dir("git").is_err());
    }
}
