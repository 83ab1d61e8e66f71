//! What a command does to a repository, before its arguments are looked at any closer.

use super::args::{CheckFormat, Command, ContractChange, Deciding, Format, StatusFormat, VerifyFormat};

/// What a command does to the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing: it has none.
    None,
    /// It reads it.
    Reads,
    /// It may write to it.
    Writes,
}

impl Command {
    /// What the command does to the repository: a dry run only reads.
    pub fn access(&self) -> Access {
        let writes = match self {
            Command::Explain(_) | Command::Completions(_) | Command::Man(_) => return Access::None,
            Command::Status(_) | Command::Map(_) | Command::Verify(_) => false,
            Command::Check(args) => args.fix && !args.dry_run,
            Command::Undo(args) => !args.list && !args.dry_run,
            // A note is written, and no file: an unfinished run is finished first, since its commit may be the one.
            Command::Tested(_) => true,
            Command::Init(_) | Command::Migrate(_) | Command::New(_) | Command::Contract(_) | Command::Cleanup(_) => {
                self.deciding().is_some_and(|deciding| !deciding.dry_run)
            }
        };
        if writes { Access::Writes } else { Access::Reads }
    }

    /// How the command decides about a plan, where it makes one.
    pub fn deciding(&self) -> Option<&Deciding> {
        Some(match self {
            Command::Init(args) => &args.deciding,
            Command::Migrate(args) => &args.deciding,
            Command::New(args) => &args.deciding,
            Command::Cleanup(args) => &args.deciding,
            Command::Contract(args) => match &args.change {
                ContractChange::Add(add) => &add.deciding,
                ContractChange::Rename(rename) => &rename.deciding,
                ContractChange::Remove(remove) => &remove.deciding,
            },
            _ => return None,
        })
    }

    /// Whether it is to print one document for programs, and nothing else, on standard output.
    pub fn prints_document(&self) -> bool {
        match self {
            Command::Status(args) => args.format == StatusFormat::Json,
            Command::Check(args) => args.format != CheckFormat::Human,
            Command::Verify(args) => args.format == VerifyFormat::Json,
            Command::Undo(args) => args.format == StatusFormat::Json,
            _ => self.deciding().is_some_and(|deciding| deciding.format == Format::Json),
        }
    }

    /// The command's name.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Init(_) => "init",
            Command::Migrate(_) => "migrate",
            Command::Status(_) => "status",
            Command::Map(_) => "map",
            Command::Check(_) => "check",
            Command::Explain(_) => "explain",
            Command::Verify(_) => "verify",
            Command::New(_) => "new",
            Command::Contract(_) => "contract",
            Command::Cleanup(_) => "cleanup",
            Command::Undo(_) => "undo",
            Command::Tested(_) => "tested",
            Command::Completions(_) => "completions",
            Command::Man(_) => "man",
        }
    }
}
