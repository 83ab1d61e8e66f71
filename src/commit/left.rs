//! What others have done to the files of a change meanwhile, what became of that, and how it is said.

use std::path::PathBuf;

use git2::Oid;

use super::{branch, kept, mark};
use crate::error::{Error, Result};
use crate::repo::git::GitState;

/// What others have done meanwhile, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Files that hold something else than what was written, and stay as they are.
    pub foreign: Vec<PathBuf>,
    /// Files that a formatter had changed: taken back.
    pub reformatted: Vec<PathBuf>,
    /// Files that somebody has committed as they were written: they stay.
    pub committed: Vec<PathBuf>,
    /// The reference that keeps what was found.
    pub kept: Option<String>,
    /// The abbreviated id of the commit that HEAD names, where it is another one than the run's.
    pub on_top: Option<String>,
    /// The reference that HEAD names, where it is another one than when the run began.
    pub switched: Option<String>,
    /// The abbreviated id of the run's commit, where a hook has taken its mark out of the message.
    pub unmarked: Option<String>,
}

impl Left {
    /// What is left of a commit that was made on `reference`.
    pub(super) fn made(git: &GitState, id: Option<Oid>, reference: &str, foreign: Vec<PathBuf>) -> Result<Left> {
        let left = Left {
            foreign,
            ..Left::default()
        };
        left.with_head(git, id, reference)
    }

    /// This, and where HEAD is, if that is not `id` on `reference`.
    pub(super) fn with_head(self, git: &GitState, id: Option<Oid>, reference: &str) -> Result<Left> {
        let head = git.head()?;
        let on_top = match head.id() {
            Some(now) if Some(now) != id => Some(branch::short(git, now)?),
            _ => None,
        };
        Ok(Left {
            on_top,
            switched: (head.reference() != reference).then(|| head.reference().to_owned()),
            ..self
        })
    }

    /// The error that ended a change which is taken back, with what became of the change.
    pub(super) fn taken_back(&self, error: Error) -> Error {
        let mut error = error;
        if self.foreign.is_empty() && self.committed.is_empty() {
            error = error.hint("what this run had written is taken back");
        } else {
            error = error.hint("what this run had written is taken back, but for the files named here");
        }
        for line in self.lines() {
            error = error.hint(line);
        }
        error
    }

    /// What others have done meanwhile, a sentence each; a command stands at the end of its sentence.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let again = |paths: &[PathBuf]| {
            let command = self.kept.as_deref().map(|kept| kept::command(kept, paths));
            command
                .map(|command| format!("; to have it again: `{command}`"))
                .unwrap_or_default()
        };
        if !self.reformatted.is_empty() {
            lines.push(format!(
                "a formatter had changed white space in {}, and that is kept{}",
                list(&self.reformatted),
                again(&self.reformatted)
            ));
        }
        if !self.foreign.is_empty() {
            let kept = if self.kept.is_some() { ", and kept too" } else { "" };
            lines.push(format!(
                "changed by somebody else meanwhile, and left as found{kept}: {}{}",
                list(&self.foreign),
                again(&self.foreign)
            ));
        }
        if !self.committed.is_empty() {
            lines.push(format!(
                "committed by somebody else meanwhile, and left: {}",
                list(&self.committed)
            ));
        }
        if let Some(commit) = &self.on_top {
            lines.push(format!(
                "HEAD is at {commit} by now, a commit that is not of this run; it stays"
            ));
        }
        if let Some(reference) = &self.switched {
            let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
            lines.push(format!("HEAD is on {branch} by now; it stays there"));
        }
        if let Some(commit) = &self.unmarked {
            lines.push(format!(
                "a hook has taken the line `{}` out of the message, by which `qgroget undo` knows a commit; to take it back: `git revert {commit}`",
                mark::CHANGE
            ));
        }
        lines
    }
}

fn list(paths: &[PathBuf]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    paths.join(", ")
}
