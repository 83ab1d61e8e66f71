//! The pager, chosen and run as git does it.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::interrupt;

/// Which pager long output goes through; made by [`Pager::choose`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    command: String,
}

impl Pager {
    /// The pager that git would take: `GIT_PAGER`, then `configured` (git's `core.pager`), then `PAGER`,
    /// then `less`. `None` where one of them says not to page (empty, or `cat`).
    pub fn choose(configured: Option<String>) -> Option<Pager> {
        Pager::first_of([std::env::var("GIT_PAGER").ok(), configured, std::env::var("PAGER").ok()])
    }

    fn first_of(candidates: [Option<String>; 3]) -> Option<Pager> {
        let command = candidates
            .into_iter()
            .flatten()
            .next()
            .unwrap_or_else(|| "less".to_owned());
        let trimmed = command.trim();
        (!trimmed.is_empty() && trimmed != "cat").then(|| Pager {
            command: trimmed.to_owned(),
        })
    }

    /// Whether it is one of the programs that colour diffs by reading them.
    pub(crate) fn is_for_diffs(&self) -> bool {
        let programs = self.command.split(|c: char| c.is_whitespace() || "|;&".contains(c));
        let names = programs.filter_map(|word| Path::new(word).file_name()?.to_str());
        names
            .into_iter()
            .any(|name| matches!(name, "delta" | "diff-so-fancy" | "diff-highlight"))
    }

    #[cfg(test)]
    pub(crate) fn of(command: &str) -> Pager {
        Pager {
            command: command.to_owned(),
        }
    }

    /// Shows `text` and waits until the person is done with it. `Ok(false)` if the pager could not be run,
    /// so that nothing was shown.
    ///
    /// # Errors
    /// When the process could not be waited for.
    pub(crate) fn show(&self, text: &[u8]) -> io::Result<bool> {
        // Ctrl-C in a pager is the pager's: were we to go first, it would be left with the terminal.
        let hold = interrupt::hold();
        let Ok(mut child) = self.command().stdin(Stdio::piped()).spawn() else {
            return Ok(false);
        };
        if let Some(mut input) = child.stdin.take() {
            // A pager that is quit early closes its end.
            let _ = input.write_all(text);
        }
        let status = child.wait()?;
        hold.forget();
        // What a shell returns for a command that is not there or can't be run.
        Ok(!matches!(status.code(), Some(126 | 127)))
    }

    fn command(&self) -> Command {
        let mut command = shell(&self.command, &[]);
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if std::env::var_os(name).is_none() {
                command.env(name, value);
            }
        }
        command
    }
}

/// What git's configuration says for `key` in the repository that holds `directory`, else for the person.
pub fn git_setting(directory: &Path, key: &str) -> Option<String> {
    let config = match git2::Repository::discover(directory) {
        Ok(repository) => repository.config(),
        Err(_) => git2::Config::open_default(),
    };
    config.ok()?.get_string(key).ok()
}

/// `line` as git runs an editor or a pager, with `arguments` behind: a single word as it is, anything else
/// through the shell, so that it may have arguments and variables of its own.
pub(crate) fn shell(line: &str, arguments: &[OsString]) -> Command {
    let mut command;
    if !line.contains(|c: char| c.is_whitespace() || "|&;<>()$`\\\"'*?[#~=%".contains(c)) {
        command = Command::new(line);
        command.args(arguments);
        return command;
    }
    command = Command::new("sh");
    if arguments.is_empty() {
        command.arg("-c").arg(line);
    } else {
        command
            .arg("-c")
            .arg(format!("{line} \"$@\""))
            .arg(line)
            .args(arguments);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(git_pager: Option<&str>, configured: Option<&str>, pager: Option<&str>) -> Option<String> {
        Pager::first_of([git_pager, configured, pager].map(|p| p.map(str::to_owned))).map(|p| p.command)
    }

    #[test]
    fn the_order_is_gits() {
        assert_eq!(pick(None, None, None).as_deref(), Some("less"));
        assert_eq!(pick(None, None, Some("more")).as_deref(), Some("more"));
        assert_eq!(pick(None, Some("delta"), Some("more")).as_deref(), Some("delta"));
        assert_eq!(pick(Some("less -S"), Some("delta"), None).as_deref(), Some("less -S"));
    }

    #[test]
    fn pagers_for_diffs_are_known_by_their_names() {
        for command in ["delta", "/usr/bin/delta --dark", "diff-so-fancy | less"] {
            assert!(Pager::of(command).is_for_diffs(), "{command}");
        }
        for command in ["less", "less -p delta-v", "most"] {
            assert!(!Pager::of(command).is_for_diffs(), "{command}");
        }
    }

    #[test]
    fn cat_and_the_empty_pager_mean_none() {
        assert_eq!(pick(Some("cat"), Some("delta"), None), None);
        assert_eq!(pick(None, Some(""), Some("less")), None);
    }

    #[test]
    fn a_pager_that_is_not_there_shows_nothing() {
        let missing = Pager::of("qgroget-no-such-pager");
        assert!(!missing.show(b"text\n").unwrap());
        let quits = Pager::of("exit 0");
        assert!(
            quits.show(&vec![b'x'; 1 << 20]).unwrap(),
            "a pager that reads nothing is no error"
        );
    }
}
