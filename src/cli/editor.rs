//! The person's editor, chosen and run as git does it.

use std::ffi::OsString;
use std::path::Path;

use super::interrupt;
use super::pager::shell;
use crate::error::{self, Result};
use crate::scratch;

/// The command of the editor that git would take: `GIT_EDITOR`, then `configured` (git's `core.editor`),
/// then `VISUAL`, then `EDITOR`, then `vi`.
pub fn choose(configured: Option<String>) -> String {
    let variable = |name| std::env::var(name).ok();
    // As in git: what draws on the screen is not for a terminal that can't.
    let dumb = variable("TERM").is_none_or(|term| term == "dumb");
    first_of([
        variable("GIT_EDITOR"),
        configured,
        variable("VISUAL").filter(|_| !dumb),
        variable("EDITOR"),
    ])
}

fn first_of(candidates: [Option<String>; 4]) -> String {
    let mut chosen = candidates
        .into_iter()
        .flatten()
        .filter(|command| !command.trim().is_empty());
    chosen.next().unwrap_or_else(|| "vi".to_owned())
}

/// Lets the person edit `text`, under the file name of `path`, so that the editor knows its language.
///
/// # Errors
/// When the editor can't be run, ends with an error, or leaves what is not UTF-8.
pub fn edit(command: &str, path: &Path, text: &str) -> Result<String> {
    let failed = |cause: std::io::Error| error::review::editor_failed(command).because(cause);
    let directory = scratch::Directory::new()?;
    let name = path
        .file_name()
        .map_or_else(|| OsString::from("text"), ToOwned::to_owned);
    let file = directory.path().join(name);
    std::fs::write(&file, text).map_err(failed)?;
    // Ctrl-C in an editor is the editor's.
    let hold = interrupt::hold();
    let status = shell(command, &[file.clone().into_os_string()])
        .status()
        .map_err(failed)?;
    hold.forget();
    if !status.success() {
        return Err(error::review::editor_failed(command).reason(status.to_string()));
    }
    let bytes = std::fs::read(&file).map_err(failed)?;
    String::from_utf8(bytes).map_err(|cause| error::review::edited_not_utf8(path).because(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(candidates: [Option<&str>; 4]) -> String {
        first_of(candidates.map(|c| c.map(str::to_owned)))
    }

    #[test]
    fn the_order_is_gits() {
        assert_eq!(pick([None, None, None, None]), "vi");
        assert_eq!(pick([None, None, None, Some("ed")]), "ed");
        assert_eq!(pick([None, None, Some("hx"), Some("ed")]), "hx");
        assert_eq!(pick([None, Some("nano"), Some("hx"), Some("ed")]), "nano");
        assert_eq!(pick([Some("emacs -nw"), Some("nano"), None, None]), "emacs -nw");
        assert_eq!(pick([Some(""), None, None, Some("ed")]), "ed");
    }

    #[test]
    fn an_editor_may_have_arguments_and_a_path_with_spaces() {
        let edited = edit("sed -i -e 's/a b/c/'", Path::new("modules/my file.nix"), "a b\n").unwrap();
        assert_eq!(edited, "c\n");
    }

    #[test]
    fn an_editor_that_fails_is_an_error() {
        let error = edit("false", Path::new("x.nix"), "text").unwrap_err();
        assert_eq!(error.code(), "editor-failed");
        let error = edit("printf '\\377' >", Path::new("x.nix"), "text").unwrap_err();
        assert_eq!(error.code(), "edited-not-utf8");
    }
}
