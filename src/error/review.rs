//! What the review refuses.

use std::path::Path;

use super::Error;

/// Nobody can be asked.
pub fn not_interactive() -> Error {
    Error::usage(
        "not-interactive",
        "there is no terminal to ask on, and no flag that answers",
    )
    .reason("nothing is written without a yes, and standard input or standard output is no terminal")
    .hint("--dry-run shows what would be done")
    .hint("--yes takes every change that leaves the configuration as it is")
    .hint("migrate --yes --accept-gains takes what the machine gains as well")
}

/// The editor did not do its work.
pub fn editor_failed(command: &str) -> Error {
    Error::refused("editor-failed", format!("the editor {command:?} failed"))
        .hint("set GIT_EDITOR, git's core.editor, VISUAL or EDITOR to an editor that runs in this terminal")
}

/// The editor left bytes that are no text.
pub fn edited_not_utf8(path: &Path) -> Error {
    Error::refused(
        "edited-not-utf8",
        format!("the edited text of {} is not UTF-8", path.display()),
    )
    .hint("save the file as UTF-8")
}
