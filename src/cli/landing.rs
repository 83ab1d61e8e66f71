//! From a decision to a commit: the checks before anybody is asked, the files, the commit.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use super::args::Deciding;
use super::interrupt;
use super::session::Session;
use super::terminal::Console;
use super::texts;
use crate::commit::{self, Committed, Message};
use crate::edit::SourceChange;
use crate::error::Result;
use crate::plan::Proposal;
use crate::repo::git::GitState;
use crate::review::{self, CommitAnswer, Decision, Outcome};
use crate::{apply, process, syntax};

/// How a decision is made: by asking, or by the flags.
pub struct Landing<'s> {
    session: &'s Session,
    deciding: &'s Deciding,
    accept_gains: bool,
    /// `None` with `--no-commit` outside a git repository.
    git: Option<GitState>,
    /// What this run itself has left uncommitted.
    own: RefCell<BTreeSet<PathBuf>>,
}

/// How it ended.
pub enum Landed {
    /// Written, and committed unless `--no-commit`.
    Written(Option<Committed>),
    /// The person declined it; nothing is written.
    Declined,
    /// The person quit.
    Quit,
}

impl<'s> Landing<'s> {
    /// Readies a run that writes: recovers, and finds the git repository.
    ///
    /// # Errors
    /// Where there is no git repository to commit to, or an interrupted run cannot be taken back.
    pub fn new(session: &'s Session, deciding: &'s Deciding, accept_gains: bool) -> Result<Landing<'s>> {
        let git = match deciding.no_commit {
            true => session.git()?,
            false => Some(session.git_to_commit()?),
        };
        session.recover()?;
        Ok(Landing {
            session,
            deciding,
            accept_gains,
            git,
            own: RefCell::default(),
        })
    }

    /// Whether what is written is not committed.
    pub fn leaves_uncommitted(&self) -> bool {
        self.deciding.no_commit
    }

    /// Refuses, before anybody is asked, what could not be written or committed in the end.
    ///
    /// # Errors
    /// For files with uncommitted changes, which would be overwritten or go into the commit; and, unless with
    /// `--no-commit`, as [`GitState::check_commit`].
    pub fn check(&self, proposal: &dyn Proposal) -> Result<()> {
        let Some(git) = &self.git else { return Ok(()) };
        let all = proposal.groups().iter().map(|group| group.id).collect();
        let change = proposal.render(&all)?;
        let paths = paths(&change);
        if !self.deciding.no_commit {
            git.check_commit(&paths)?;
        }
        let mut dirty = git.dirty(&paths)?;
        dirty.retain(|file| !self.own.borrow().contains(&file.path));
        match dirty.is_empty() {
            true => Ok(()),
            false => Err(crate::error::git::dirty(&dirty)),
        }
    }

    /// Asks about the groups, or decides by the flags.
    ///
    /// # Errors
    /// `not-interactive` where nobody can be asked and no flag decides.
    pub fn decide(&self, proposal: &dyn Proposal) -> Result<Outcome> {
        if !self.session.asks(self.deciding) {
            return review::decide_noninteractive(proposal, self.deciding.yes, self.accept_gains).map(Outcome::Decided);
        }
        let check = |path: &std::path::Path, text: &str| match path.extension().is_some_and(|e| e == "nix") {
            true => syntax::Source::new(path, text).expr().map(drop),
            false => Ok(()),
        };
        review::decide(proposal, &check, &mut self.console())
    }

    fn console(&self) -> Console<'_> {
        Console::new(&self.session.ui, self.session.editor())
    }

    /// Writes a decision, and commits it.
    ///
    /// # Errors
    /// As [`apply::apply`] and [`commit::commit`]; nothing is changed then.
    pub fn land(&self, decision: &Decision, message: &Message) -> Result<Landed> {
        let git = match &self.git {
            Some(git) if !self.deciding.no_commit => git,
            _ => {
                let _hold = interrupt::hold_all();
                process::check()?;
                apply::apply(self.session.root(), &decision.change)?.keep()?;
                self.own.borrow_mut().extend(paths(&decision.change));
                return Ok(Landed::Written(None));
            }
        };
        let message = match self.session.asks(self.deciding) {
            false => message.clone(),
            true => match review::confirm_commit(message.text(), &mut self.console()) {
                CommitAnswer::Commit(text) => Message::from_text(text),
                CommitAnswer::Decline => return Ok(Landed::Declined),
            },
        };
        // What is begun here comes to an end; a signal is heard before and after.
        let _hold = interrupt::hold_all();
        process::check()?;
        let applied = apply::apply(self.session.root(), &decision.change)?;
        let committed = commit::commit(git, applied, &message)?;
        if !committed.output.trim().is_empty() {
            self.session.ui.note(committed.output.trim_end());
        }
        Ok(Landed::Written(Some(committed)))
    }

    /// Says how it ended.
    pub fn say(&self, name: &str, landed: &Landed) {
        match landed {
            Landed::Written(Some(commit)) => self.session.ui.line(texts::committed(commit)),
            Landed::Written(None) => self.session.ui.note(texts::NO_COMMIT),
            Landed::Declined => self.session.ui.line(texts::declined(name)),
            Landed::Quit => self.session.ui.line(texts::QUIT),
        }
    }
}

/// Every path that a change reads or writes.
pub fn paths(change: &SourceChange) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = change
        .files
        .iter()
        .flat_map(|file| file.from.iter().chain(&file.to))
        .cloned()
        .collect();
    paths.sort();
    paths.dedup();
    paths
}
