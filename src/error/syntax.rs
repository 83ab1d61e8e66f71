//! Messages about files that do not parse.

use super::{Error, Place};

/// A file is no Nix expression.
pub fn does_not_parse(place: Place, what: &str) -> Error {
    Error::refused("does-not-parse", format!("syntax error: {what}"))
        .at(place)
        .reason("a file that does not parse is never edited")
        .hint("mend the file and run again; the other services go on without it")
}
