//! Messages about files that do not parse.

use std::path::Path;

use super::{Error, Place};

/// The code of a file that Nix reads otherwise than it looks.
pub const MISREAD: &str = "misread";

/// A file is no Nix expression.
pub fn does_not_parse(place: Place, what: &str) -> Error {
    Error::refused("does-not-parse", format!("syntax error: {what}"))
        .at(place)
        .reason("a file that does not parse is never edited")
        .hint("mend the file and run again; services that it has nothing to do with go on")
}

/// The same of a text that a person has edited, which is in no file yet.
pub fn in_an_edit(mut error: Error) -> Error {
    if error.code() == "does-not-parse" {
        error.inner.reason = Some("a text that does not parse is not taken".to_owned());
    }
    error.inner.hints = vec!["e opens the text again as you left it, d drops the edit".to_owned()];
    error
}

/// The syntax error of `file`, which may import `module`: nothing else is known to.
pub fn hides_imports(error: Error, file: &Path, module: &Path) -> Error {
    error.reason(format!(
        "what {} imports cannot be seen, and no other import leads to {}",
        file.display(),
        module.display()
    ))
}

/// The syntax error of `file`, which may declare or import the service `name`: nothing else is known to.
pub fn hides_services(error: Error, file: &Path, name: &str) -> Error {
    error.reason(format!(
        "what {} declares and imports cannot be seen, and nothing else declares {name}",
        file.display()
    ))
}

/// The syntax error of `file`, of which a host is made: whether that imports the server's modules is not known.
pub fn hides_hosts(error: Error, file: &Path, server: &Path) -> Error {
    error.reason(format!(
        "what {} imports cannot be seen, and no host is known to import {}",
        file.display(),
        server.display()
    ))
}

/// A file has more than `limit` bytes.
pub fn too_large(place: Place, limit: usize) -> Error {
    beyond_limits(place, &format!("the file has more than {limit} bytes"))
}

/// More than `limit` brackets, operators and arguments stand in each other.
pub fn too_deep(place: Place, limit: usize) -> Error {
    beyond_limits(
        place,
        &format!("more than {limit} brackets, operators and arguments stand in each other here"),
    )
}

/// More than `limit` functions, clauses and brackets stand in each other.
pub fn too_nested(place: Place, limit: usize) -> Error {
    beyond_limits(
        place,
        &format!("more than {limit} functions, clauses and brackets stand in each other, deepest here"),
    )
}

/// More than `limit` tokens follow each other without a space.
pub fn unbroken(place: Place, limit: usize) -> Error {
    beyond_limits(
        place,
        &format!("more than {limit} names, dots and operators follow each other without a space"),
    )
}

/// A NUL character.
pub fn nul(place: Place) -> Error {
    misread(place, "a NUL character")
        .reason("Nix ends the file here or refuses it, depending on its version")
        .hint("take the character out")
}

/// A carriage return that is no part of a line's end.
pub fn carriage_return(place: Place) -> Error {
    misread(place, "a carriage return without a newline")
        .reason("Nix ends a comment here, and what follows counts; editors show it as part of the comment")
        .hint("put a newline in its place, or take it out")
}

/// White space that is none for Nix.
pub fn foreign_space(place: Place, space: char) -> Error {
    does_not_parse(place, &format!("U+{:04X} is no white space for Nix", u32::from(space)))
}

/// A byte order mark.
pub fn byte_order_mark(place: Place) -> Error {
    does_not_parse(place, "the file begins with a byte order mark, which Nix does not know")
}

fn misread(place: Place, what: &str) -> Error {
    Error::refused("misread", format!("{what}: Nix reads the file otherwise than it looks")).at(place)
}

fn beyond_limits(place: Place, what: &str) -> Error {
    Error::refused("beyond-limits", what)
        .at(place)
        .reason("such a file is not parsed, since that could take forever or end the program")
        .hint("divide the file, or let git ignore it if it is generated (and `git rm --cached` it where it is tracked); services that it has nothing to do with go on")
}

/// A file is no text from the byte `at` on.
pub fn not_utf8(place: Place, at: usize) -> Error {
    Error::refused("unreadable", format!("the file is not UTF-8 from byte {at} on"))
        .at(place)
        .reason("what is no text cannot be kept byte for byte in an edit")
        .hint("save the file as UTF-8, or let git ignore it (and `git rm --cached` it where it is tracked); services that it has nothing to do with go on")
}

/// A sparse checkout leaves a file out.
pub fn not_checked_out(place: Place) -> Error {
    Error::refused("not-checked-out", "this file is not there: the checkout is sparse")
        .hint(format!(
            "git sparse-checkout add {}",
            place.path.parent().unwrap_or(&place.path).display()
        ))
        .at(place)
        .reason("git has it, it mentions what moves, and an edit of it would have no file")
}

/// A module is a symbolic link, or stands in a directory that is one.
pub fn behind_a_link(place: Place) -> Error {
    Error::refused("behind-a-link", "this module is behind a symbolic link")
        .at(place)
        .reason("an edit would change a file that may have other readers, or replace the link by a file")
        .hint("put the module in the link's place, or import it where it stands; services that it has nothing to do with go on")
}
