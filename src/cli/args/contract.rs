//! The arguments of `contract`.

use clap::{Args, Subcommand, ValueHint};

use super::{Deciding, Proving};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget contract add icon --type str --default '\"\"' \\\n    --description 'Its picture.' --service 'jellyfin=\"jellyfin.svg\"'\n  qgroget contract add owner --type str --required --value '\"robin\"' \\\n    --description 'Who looks after it.'\n  qgroget contract rename icon logo\n  qgroget contract remove logo"
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
    #[arg(value_name = "FIELD", value_hint = ValueHint::Other)]
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
    #[command(flatten)]
    pub evaluating: Evaluating,
}

#[derive(Debug, Args)]
pub struct RenameField {
    /// The field's name
    #[arg(value_name = "OLD", value_hint = ValueHint::Other)]
    pub old: String,
    /// Its new name
    #[arg(value_name = "NEW", value_hint = ValueHint::Other)]
    pub new: String,
    #[command(flatten)]
    pub deciding: Deciding,
    #[command(flatten)]
    pub evaluating: Evaluating,
}

#[derive(Debug, Args)]
pub struct RemoveField {
    /// The field's name
    #[arg(value_name = "FIELD", value_hint = ValueHint::Other)]
    pub field: String,
    #[command(flatten)]
    pub deciding: Deciding,
    #[command(flatten)]
    pub evaluating: Evaluating,
}

/// How it is evaluated before it is written.
#[derive(Debug, Args)]
pub struct Evaluating {
    /// Do not evaluate the changed contract before it is written
    #[arg(long, help_heading = "Proof")]
    pub no_verify: bool,
    #[command(flatten)]
    pub proving: Proving,
}

fn service_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((service, value)) if !service.is_empty() && !value.is_empty() => {
            Ok((service.to_owned(), value.to_owned()))
        }
        _ => Err("expected SERVICE=NIX".to_owned()),
    }
}
