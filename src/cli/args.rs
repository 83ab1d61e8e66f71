//! The command line's grammar.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum, ValueHint};

use super::texts;
use crate::rules::kinds::Optional;
use crate::rules::says_directory;

mod init;

pub use init::Init;

/// Moves a NixOS homelab from scattered service declarations to one contract a service.
///
/// It reads the repository, shows what would change in groups you can accept or decline, and makes one commit for
/// each service. Nothing is written before you said yes, and a change that it cannot make safely is refused with
/// the reason.
#[derive(Debug, Parser)]
#[command(name = "qgroget", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    /// Without one, it is said how far the migration is and what comes next.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const AFTER_HELP: &str = "Begin with:  qgroget, which says how far the migration is and what comes next\n\
    Exit status: 0 done or nothing to do, 1 refused or declined, 2 usage, 3 internal fault.";

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The repository's root; found from the current directory upward otherwise
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath, help_heading = "Global options")]
    pub repo: Option<PathBuf>,
    /// When to use colours (NO_COLOR and CLICOLOR_FORCE are honoured too)
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = Color::Auto, help_heading = "Global options")]
    pub color: Color,
    /// Show long output directly, without a pager
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_pager: bool,
    /// Say more; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "verbose", help_heading = "Global options")]
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
    /// Install the contract into the repository: schema, collector, bridge, template
    Init(Init),
    /// Move services to the contract, one commit each
    Migrate(Migrate),
    /// Show every service: pattern, place, port, what is persisted and backed up, gaps, what blocks it
    Status(Status),
    /// Draw the files of all services, before and after the migration, as a page for a browser
    Map(Map),
    /// Say what is wrong with the contracts: fields, ports, middlewares, dependencies, patterns
    Check(Check),
    /// Say what a code means and what to do about it; list all codes without one
    Explain(Explain),
    /// Compare what two states of the repository evaluate to
    Verify(Verify),
    /// Add a new service by the contract: module, switch, test
    New(New),
    /// Change the contract itself: schema and all contracts in one commit
    Contract(Contract),
    /// Remove the legacy options once every service is migrated, as one commit
    Cleanup(Cleanup),
    /// Take back a commit that qgroget made: the last one, or a service's
    Undo(Undo),
    /// Note that you have tested services on the server; `status` names those that are not
    Tested(Tested),
    /// Print completions for a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

/// How a change is decided and written.
#[derive(Clone, Debug, Args)]
#[command(group(ArgGroup::new("decided").args(["dry_run", "yes"]).multiple(true)))]
pub struct Deciding {
    /// Show what would change, write nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Accept every change that leaves the configuration as it is, without asking
    #[arg(short, long)]
    pub yes: bool,
    /// Leave the changes in the working tree, make no commit
    #[arg(long)]
    pub no_commit: bool,
    /// Make the commits on this branch, which is made from HEAD and switched to; go on there if HEAD is on it
    #[arg(long, value_name = "NAME", value_parser = branch, conflicts_with = "no_commit")]
    pub branch: Option<String>,
    /// The host that runs the services; found by its imports if only one does
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// How to show the plan of a dry run; json also shows what a run with --yes has done
    #[arg(long, value_enum, default_value_t = Format::Human, requires_if("json", "decided"), requires_if("patch", "dry_run"))]
    pub format: Format,
    /// How to show what changes in the files [default: unified, or as git's pager and interactive.diffFilter have it]
    #[arg(long, value_enum, value_name = "KIND")]
    pub diff: Option<Diff>,
    /// Show each line of the diff: what is only moved or re-indented, and files from a template
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
#[command(after_help = "Examples:\n  qgroget undo --list\n  qgroget undo jellyfin --dry-run\n  qgroget undo --yes")]
pub struct Undo {
    /// The service whose commit is taken back; the last commit of all without it
    #[arg(value_name = "SERVICE")]
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
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  qgroget tested jellyfin\n  git log --notes=qgroget")]
pub struct Tested {
    /// The services; a git note on the last commit of each says so
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  qgroget migrate jellyfin --dry-run\n  qgroget migrate jellyfin vaultwarden --yes")]
pub struct Migrate {
    /// The services to migrate, by the names of their legacy declarations
    #[arg(value_name = "SERVICE", required_unless_present = "all")]
    pub services: Vec<String>,
    /// Migrate every service that is still declared the old way
    #[arg(long, conflicts_with = "services")]
    pub all: bool,
    #[command(flatten)]
    pub deciding: Deciding,
    /// With --yes: accept as well what the configuration would gain, such as a backup that was not made before
    #[arg(long)]
    pub accept_gains: bool,
    /// Also accept another order of lists whose order counts
    #[arg(long)]
    pub accept_reordering: bool,
    /// Do not prove by evaluation that the configuration stays as it is; the commit's checklist stays open
    #[arg(long)]
    pub no_verify: bool,
    /// Write what the run has done as a page for a pull request: FILE.html or FILE.md
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, value_parser = page, conflicts_with = "dry_run")]
    pub report: Option<PathBuf>,
    /// With --dry-run: prove the plan by evaluation as well
    #[arg(long, requires = "dry_run", conflicts_with = "no_verify")]
    pub verify: bool,
    /// Leave each module where it is instead of moving it to <category>/<service>/default.nix
    #[arg(long)]
    pub in_place: bool,
    /// Where a module moves, commit the move by itself first, so that `git log --follow` goes on: two commits, one for `undo`
    #[arg(long, conflicts_with = "no_commit")]
    pub separate_moves: bool,
    /// Of the kinds of change that a migration can do without, none but these: tests, placement, secrets, dependencies,
    /// databases
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = optional)]
    pub only: Vec<Optional>,
    /// Do without these kinds of change (qgroget.toml: [migrate] skip = ["tests"])
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = optional, conflicts_with = "only")]
    pub skip: Vec<Optional>,
    /// The module that runs the service, for one that is declared nowhere (only a container, unit or backup job)
    #[arg(long, value_name = "MODULE")]
    pub from: Option<PathBuf>,
    /// Where a service keeps its state, if its declarations do not tell: SERVICE=DIR with an absolute path or Nix source, or
    /// SERVICE=null for none
    #[arg(long, value_name = "SERVICE=DIR", value_parser = data_dir)]
    pub data_dir: Vec<(String, String)>,
    #[command(flatten)]
    pub proving: Proving,
}

/// How proofs are made.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Proof")]
pub struct Proving {
    /// A copy of nixpkgs, or of its lib; found in the flake's inputs or NIX_PATH otherwise
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub nixpkgs: Option<PathBuf>,
    /// Seconds that one evaluation may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
    /// Evaluate the server's modules with stand-ins (slice), the whole flake (system), or what is possible
    #[arg(long, value_enum, default_value_t = ProofMode::Auto)]
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
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub against: String,
    /// Compare this revision instead of the working tree
    #[arg(long, value_name = "REV")]
    pub revision: Option<String>,
    /// Prove every migration's commit against its parent
    #[arg(long, conflicts_with_all = ["against", "revision", "html"])]
    pub since_contract: bool,
    /// The host; all that the changes reach otherwise
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// A module to evaluate besides what the host imports
    #[arg(long, value_name = "MODULE")]
    pub extra: Vec<PathBuf>,
    /// How to show the verdict
    #[arg(long, value_enum, default_value_t = VerifyFormat::Human)]
    pub format: VerifyFormat,
    /// Write a page with the differences
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
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
pub struct Check {
    /// Make the fixes that are mechanical, after showing them
    #[arg(long)]
    pub fix: bool,
    /// With --fix: show what would change, write nothing
    #[arg(short = 'n', long, requires = "fix")]
    pub dry_run: bool,
    /// With --fix: accept every fix without asking
    #[arg(short, long, requires = "fix")]
    pub yes: bool,
    /// With --fix: leave the changes in the working tree, make no commit
    #[arg(long, requires = "fix")]
    pub no_commit: bool,
    /// With --fix: make the commit on this branch, which is made from HEAD and switched to; go on there if HEAD is on it
    #[arg(long, value_name = "NAME", value_parser = branch, requires = "fix", conflicts_with = "no_commit")]
    pub branch: Option<String>,
    /// The host that runs the services; found by its imports if only one does
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// How to show the findings
    #[arg(long, value_enum, default_value_t = CheckFormat::Human, conflicts_with = "fix")]
    pub format: CheckFormat,
    /// Look at the source alone, do not evaluate
    #[arg(long)]
    pub no_eval: bool,
    #[command(flatten)]
    pub proving: Proving,
}

impl Check {
    /// How fixes are decided and written.
    pub fn deciding(&self) -> Deciding {
        Deciding {
            dry_run: self.dry_run,
            yes: self.yes,
            no_commit: self.no_commit,
            branch: self.branch.clone(),
            host: self.host.clone(),
            format: Format::Human,
            diff: None,
            full: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// For code scanners (SARIF 2.1.0)
    Sarif,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget status             every service, a line each\n  qgroget status jellyfin    its pieces: where each stands, and where it will stand"
)]
pub struct Status {
    /// Show these services closely: every piece, where it stands, and where its migration lets it stand
    #[arg(value_name = "SERVICE")]
    pub services: Vec<String>,
    /// The host that runs the services; found by its imports if only one does
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// How to show it
    #[arg(long, value_enum, default_value_t = StatusFormat::Human)]
    pub format: StatusFormat,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  qgroget map --html map.html    then open map.html in a browser")]
pub struct Map {
    /// Write the page to this file, over what stands there
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub html: PathBuf,
    /// The host that runs the services; found by its imports if only one does
    #[arg(long, value_name = "NAME")]
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
pub struct Explain {
    /// The code, as a message names it
    pub code: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget new paperless --category documents --port 28981 --database\n  qgroget new cache --category misc --kind container --unexposed"
)]
pub struct New {
    /// The service's name: of its directory and of its contract
    #[arg(value_name = "SERVICE")]
    pub service: String,
    /// The directory below the server's modules that it belongs in
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// The port that it listens on
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Whether it is a unit of NixOS or a container [default: native]
    #[arg(long, value_enum)]
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
    #[arg(long, conflicts_with = "unexposed")]
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
#[command(
    after_help = "Examples:\n  qgroget contract add icon --type str --default '\"\"' --service 'jellyfin=\"jellyfin.svg\"'\n  qgroget contract add owner --type str --required --value '\"robin\"'\n  qgroget contract rename icon logo"
)]
pub struct Contract {
    #[command(subcommand)]
    pub change: ContractChange,
}

#[derive(Debug, Subcommand)]
pub enum ContractChange {
    /// Add a field
    Add(NewFieldArgs),
    /// Rename a field that was added
    Rename(RenameField),
    /// Remove a field that was added and that nothing reads
    Remove(RemoveField),
}

#[derive(Debug, Args)]
pub struct NewFieldArgs {
    /// The field's name
    #[arg(value_name = "FIELD")]
    pub field: String,
    /// Its type, as in lib.types: str, listOf str, nullOr int
    #[arg(long = "type", value_name = "TYPE")]
    pub kind: String,
    /// What a service has that does not say it, as a Nix expression
    #[arg(long, value_name = "NIX", required_unless_present = "required")]
    pub default: Option<String>,
    /// Every service has to say it
    #[arg(long, conflicts_with = "default")]
    pub required: bool,
    /// What it means, in a sentence
    #[arg(long, value_name = "TEXT")]
    pub description: String,
    /// The value for every service that has a contract, as a Nix expression
    #[arg(long, value_name = "NIX")]
    pub value: Option<String>,
    /// The value for one service
    #[arg(long, value_name = "SERVICE=NIX", value_parser = service_value)]
    pub service: Vec<(String, String)>,
    #[command(flatten)]
    pub deciding: Deciding,
}

#[derive(Debug, Args)]
pub struct RenameField {
    /// The field's name
    #[arg(value_name = "OLD")]
    pub old: String,
    /// Its new name
    #[arg(value_name = "NEW")]
    pub new: String,
    #[command(flatten)]
    pub deciding: Deciding,
}

#[derive(Debug, Args)]
pub struct RemoveField {
    /// The field's name
    #[arg(value_name = "FIELD")]
    pub field: String,
    #[command(flatten)]
    pub deciding: Deciding,
}

fn service_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((service, value)) if !service.is_empty() && !value.is_empty() => {
            Ok((service.to_owned(), value.to_owned()))
        }
        _ => Err("expected SERVICE=NIX".to_owned()),
    }
}

#[derive(Debug, Args)]
pub struct Cleanup {
    #[command(flatten)]
    pub deciding: Deciding,
    /// Commit without proving by evaluation that the configuration stays the same
    #[arg(long)]
    pub no_verify: bool,
    #[command(flatten)]
    pub proving: Proving,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

fn branch(text: &str) -> Result<String, String> {
    match crate::commit::is_branch_name(text) {
        true => Ok(text.to_owned()),
        false => Err("git takes no such name for a branch".to_owned()),
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
fn optional(name: &str) -> Result<Optional, String> {
    Optional::named(name).ok_or_else(|| {
        let names = Optional::ALL.map(Optional::name).join(", ");
        format!("the kinds are {names}")
    })
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
