//! What the tool has written into files, as far as a history tells: what a person has made of it is found by it.

use std::path::Path;

use crate::error::Result;

/// Which of the tool's commits count for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Those that install the contract or upgrade it: what other commands write there is kept like a person's own.
    Installation,
    /// All of them.
    Any,
}

/// A file as the tool had it after one of its commits, without what others had written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    /// The commit, abbreviated.
    pub commit: String,
    /// Whether the tool made the file, and did not put something into one that was there.
    pub created: bool,
}

/// Where that is read from.
pub trait Past {
    /// What the tool has written at `path`, oldest first. What cannot be told for certain is left out.
    ///
    /// # Errors
    /// Where the history cannot be read.
    fn written(&self, path: &Path, by: Writer) -> Result<Vec<Written>>;
}

/// Nothing is known.
pub struct Unknown;

impl Past for Unknown {
    fn written(&self, _: &Path, _: Writer) -> Result<Vec<Written>> {
        Ok(Vec::new())
    }
}
