//! The arguments of `check` and `explain`.

use clap::{Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates as Offers;

use super::{Deciding, Format, Proving, branch};
use crate::cli::complete::offers;

#[derive(Debug, Args)]
pub struct Check {
    /// Look at the source alone, do not evaluate
    #[arg(long)]
    pub no_eval: bool,
    /// The host that runs the services, where several could
    #[arg(long, value_name = "NAME", add = Offers::new(offers::hosts))]
    pub host: Option<String>,
    /// How to show the findings: human, json, sarif [default: human]
    #[arg(long, value_enum, default_value_t = CheckFormat::Human, conflicts_with = "fix", hide_default_value = true, hide_possible_values = true)]
    pub format: CheckFormat,
    /// Make the fixes that are mechanical, after showing them
    #[arg(long, help_heading = "Fixing")]
    pub fix: bool,
    /// With --fix: show what would change, write nothing
    #[arg(short = 'n', long, requires = "fix", help_heading = "Fixing")]
    pub dry_run: bool,
    /// With --fix: accept every fix without asking
    #[arg(short, long, requires = "fix", help_heading = "Fixing")]
    pub yes: bool,
    /// With --fix: leave the changes in the working tree, make no commit
    #[arg(long, requires = "fix", help_heading = "Fixing")]
    pub no_commit: bool,
    /// With --fix: commit on this new branch; go on if HEAD is on it
    #[arg(long, value_name = "NAME", value_parser = branch, requires = "fix", conflicts_with = "no_commit", value_hint = ValueHint::Other, help_heading = "Fixing")]
    pub branch: Option<String>,
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

/// How findings are shown.
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
pub struct Explain {
    /// The code, as a message names it
    #[arg(add = Offers::new(offers::codes))]
    pub code: Option<String>,
}
