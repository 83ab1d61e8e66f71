//! The arguments of `init`: what is installed besides the contract itself.

use clap::{Args, ValueEnum};

use super::{Deciding, Proving};
use crate::plan::install;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  qgroget init --without docs,tests\n  qgroget init --with integration      later, and only that"
)]
pub struct Init {
    /// Besides the contract only these: docs, tests, template, integration
    #[arg(
        long,
        value_name = "PARTS",
        value_enum,
        value_delimiter = ',',
        conflicts_with = "without",
        hide_possible_values = true
    )]
    pub with: Vec<Part>,
    /// Not these, which come otherwise: docs, tests, template
    #[arg(
        long,
        value_name = "PARTS",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = true
    )]
    pub without: Vec<Part>,
    #[command(flatten)]
    pub deciding: Deciding,
    /// With --yes: put back what is missing of the contract where services have theirs
    #[arg(long, help_heading = "Deciding")]
    pub accept_gains: bool,
    /// Do not prove that the configuration stays as it is
    #[arg(long, help_heading = "Proof")]
    pub no_verify: bool,
    #[command(flatten)]
    pub proving: Proving,
}

impl Init {
    /// The parts that are wished for.
    pub fn parts(&self) -> install::Parts {
        let named = |parts: &[Part]| -> install::Parts { parts.iter().map(|part| (*part).into()).collect() };
        match self.with.is_empty() {
            true => &install::usual() - &named(&self.without),
            false => named(&self.with),
        }
    }
}

/// A part of the installation without which the contract works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Decision record, migration guide, service template guide
    Docs,
    /// The collector's evaluation test
    Tests,
    /// The annotated template of a service
    Template,
    /// Virtual machine tests of routes and login across services, where Traefik or Authelia with LLDAP run
    Integration,
}

impl From<Part> for install::Part {
    fn from(part: Part) -> install::Part {
        match part {
            Part::Docs => install::Part::Documents,
            Part::Tests => install::Part::Tests,
            Part::Template => install::Part::Template,
            Part::Integration => install::Part::Integration,
        }
    }
}
