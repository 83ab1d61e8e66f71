//! The documents that `init` installs, as they are true of one repository: with its names, its host, the fields of its
//! schema, and nothing about what it does not have.
//!
//! They are made of the texts in `nix/docs`. What changes a repository so that its documents would be different changes
//! them as well ([`renew`]).

use std::path::Path;

use crate::error::Result;
use crate::plan::install::version;
use crate::repo::Repository;

mod examples;
mod facts;
mod fields;
mod merge;
pub mod renew;
mod template;

pub use facts::{Facts, Legacy};

/// An installed document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    Decisions,
    Migration,
    Template,
}

impl Document {
    pub const ALL: [Document; 3] = [Document::Decisions, Document::Migration, Document::Template];

    /// Where it stands in a repository.
    pub fn path(self) -> &'static Path {
        Path::new(match self {
            Document::Decisions => "docs/architecture-decision-record.md",
            Document::Migration => "docs/migration-guide.md",
            Document::Template => "docs/service-template-guide.md",
        })
    }

    /// Whether a repository has a file in its place.
    pub fn is_there(self, repo: &Repository) -> bool {
        repo.exists(self.path())
    }

    /// The text that it is made of.
    fn source(self) -> &'static str {
        match self {
            Document::Decisions => include_str!("../../../nix/docs/architecture-decision-record.md"),
            Document::Migration => include_str!("../../../nix/docs/migration-guide.md"),
            Document::Template => include_str!("../../../nix/docs/service-template-guide.md"),
        }
    }
}

/// The document's text where `facts` hold.
///
/// # Errors
/// An internal error where the text names something that is not known.
pub fn text(document: Document, facts: &Facts) -> Result<String> {
    let text = template::fill(document.source(), facts)?;
    Ok(version::marked(document.path(), &text))
}
