//! Messages about commit messages.

use super::Error;

/// A repository's own template cannot be read.
pub fn template(why: &str) -> Error {
    Error::refused("commit-template", "the commit template in qgroget.toml cannot be used")
        .reason(why.to_owned())
        .hint("its keys are `title`, `body`, `checklist` and `trailers`, under `[commit]`")
}
