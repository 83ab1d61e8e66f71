//! What every command works with: the printer, the repository, its host, its git state.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::answer::Answer;
use super::args::{Color, Deciding, Global};
use super::pager::{self, Pager};
use super::ui::{self, Ui};
use super::{editor, texts};
pub use crate::deep::threads;

use crate::commit::{self, Mark, Message, Pending, Recovered};
use crate::edit::SourceChange;
use crate::error::{self, Error, Result};
use crate::plan::Proposal;
use crate::plan::model::{Choices, Context};
use crate::repo::Repository;
use crate::repo::git::GitState;
use crate::repo::hosts::{self, Host};
use crate::resolve::Model;

/// One run of the program.
pub struct Session {
    pub ui: Ui,
    /// Whether it was said what is not in the proof.
    pub uncommitted_said: Cell<bool>,
    root: PathBuf,
    /// What git shows the diffs of its questions through.
    diff_filter: Option<String>,
    /// The name of the command.
    command: &'static str,
    /// The repository as it was read the last time.
    read: RefCell<Option<Repository>>,
    /// What was said of its format.
    format_said: RefCell<Option<String>>,
    /// The unfinished run that a command which only reads has found.
    pending: OnceCell<Pending>,
    /// What was decided for a change that had to be planned again.
    pub(super) answered: RefCell<Option<Answer>>,
}

/// How often a change is planned again because something it was made for has changed.
const TRIES: u32 = 3;

impl Session {
    /// A session in the repository at `root`, with the process's own streams.
    pub fn new(global: &Global, root: PathBuf, command: &'static str) -> Session {
        let color = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let pager = match global.no_pager {
            true => None,
            false => Pager::choose(pager::git_setting(&root, "core.pager")),
        };
        let verbosity = i8::try_from(global.verbose).unwrap_or(i8::MAX) - i8::try_from(global.quiet).unwrap_or(i8::MAX);
        Session {
            ui: Ui::new(ui::Options {
                color,
                verbosity,
                pager,
            }),
            uncommitted_said: Cell::new(false),
            diff_filter: pager::git_setting(&root, "interactive.diffFilter").filter(|line| !line.trim().is_empty()),
            root,
            command,
            read: RefCell::default(),
            format_said: RefCell::default(),
            pending: OnceCell::new(),
            answered: RefCell::default(),
        }
    }

    /// git's `interactive.diffFilter`.
    pub fn diff_filter(&self) -> Option<&str> {
        self.diff_filter.as_deref()
    }

    /// The repository's root as given.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The git state, or `None` where the root is in no git repository.
    ///
    /// # Errors
    /// As [`GitState::discover`].
    pub fn git(&self) -> Result<Option<GitState>> {
        GitState::discover(&self.root)
    }

    /// The git state for a run that commits.
    ///
    /// # Errors
    /// `not-a-git-repository` where there is none.
    pub fn git_to_commit(&self) -> Result<GitState> {
        self.git()?.ok_or_else(|| error::git::not_a_repository(&self.root))
    }

    /// Finishes or takes back what an interrupted run left, and says so. A command that writes does this before it reads
    /// anything.
    ///
    /// # Errors
    /// As [`commit::recover`].
    pub fn recover(&self) -> Result<Option<Recovered>> {
        if !self.root.is_dir() {
            return Ok(None);
        }
        let recovered = commit::recover(&self.root)?;
        if let Some(recovered) = &recovered {
            self.ui.warn(texts::recovered(recovered));
        }
        Ok(recovered)
    }

    /// Looks for an unfinished run, and says that there is one: what is read is what will be once it is ended.
    ///
    /// # Errors
    /// As [`commit::pending`].
    pub fn look_for_pending(&self) -> Result<()> {
        if !self.root.is_dir() {
            return Ok(());
        }
        if let Some(pending) = commit::pending(&self.root)? {
            self.ui.warn(texts::pending(&pending));
            self.pending.get_or_init(|| pending);
        }
        Ok(())
    }

    /// The unfinished run, where [`Session::look_for_pending`] has found one.
    pub fn pending(&self) -> Option<&Pending> {
        self.pending.get()
    }

    /// What an unfinished run's end will make of the files.
    pub fn to_come(&self) -> Option<&SourceChange> {
        self.pending.get().map(|pending| &pending.change)
    }

    /// What a change that was planned for the working tree as it is read makes of it as it is.
    pub fn planned(&self, change: Option<&SourceChange>) -> Option<SourceChange> {
        match (self.to_come(), change) {
            (Some(to_come), Some(change)) => Some(to_come.clone().then(change.clone())),
            (to_come, change) => to_come.or(change).cloned(),
        }
    }

    /// What this run is about, for a later one that has to finish it.
    pub fn intent(&self, name: &str) -> String {
        match self.command == name {
            true => name.to_owned(),
            false => format!("{} {name}", self.command),
        }
    }

    /// `message` with the mark by which `undo` knows the commit of `change`; as it is where there is no git.
    ///
    /// # Errors
    /// As [`Session::git`].
    pub fn marked(&self, message: &Message, proposal: &dyn Proposal, change: &SourceChange) -> Result<Message> {
        let name = match proposal.is_service() {
            true => commit::of_service(proposal.name()),
            false => proposal.name().to_owned(),
        };
        Ok(match self.git()? {
            Some(git) => message.marked(&Mark::of(&name, &git, change)?),
            None => message.clone(),
        })
    }

    /// Runs `attempt`, and again where something changed between its reading and its writing: what is planned then is
    /// planned on what is there then.
    ///
    /// # Errors
    /// What the last attempt fails with.
    pub fn again<T>(&self, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
        let mut done = attempt();
        for _ in 1..TRIES {
            match done {
                Err(error) if is_outdated(&error) => self.ui.warn(texts::planned_again(&error)),
                done => return done,
            }
            // What has changed may be what a person has not committed yet.
            done = attempt().map_err(|error| match error.code() {
                "dirty-files" | "undo-dirty" => error.hint(texts::NOT_WRITTEN_AGAIN),
                _ => error,
            });
        }
        done
    }

    /// Reads the repository and says which files do not parse.
    ///
    /// # Errors
    /// As [`Repository::read`] and [`hosts::find`].
    pub fn load(&self, host: Option<&str>) -> Result<Loaded> {
        threads();
        let repo = Repository::read(&self.root)?;
        let repo = self
            .to_come()
            .map_or_else(|| repo.clone(), |change| repo.settled(change));
        let repo = match &*self.read.borrow() {
            Some(earlier) => repo.formatted_as(earlier),
            None => repo,
        };
        let host = hosts::find(&repo, host)?;
        *self.read.borrow_mut() = Some(repo.clone());
        Ok(Loaded {
            repo,
            host,
            before: Rc::default(),
            model: OnceCell::new(),
        })
    }

    /// How the new code of `change` is laid out, where that is not as alejandra does it, and what is left to be formatted.
    pub fn format(&self, change: &SourceChange) -> Vec<String> {
        let read = self.read.borrow();
        let formatter = read.as_ref().map(Repository::formatter);
        let sentences = formatter.map(|formatter| [formatter.said(change), formatter.afterwards(change)]);
        sentences.into_iter().flatten().flatten().collect()
    }

    /// Says how the new code of `change` is laid out, unless that was said.
    pub fn say_format(&self, change: &SourceChange) {
        let said = self.format(change).into_iter().next();
        if said.is_some() && *self.format_said.borrow() != said {
            self.ui.note(said.as_deref().unwrap_or_default());
            *self.format_said.borrow_mut() = said;
        }
    }

    /// Says what of a written change is left to be formatted.
    pub fn say_unformatted(&self, change: &SourceChange) {
        self.format(change).iter().skip(1).for_each(|line| self.ui.warn(line));
    }

    /// Whether a person decides, and not the flags.
    pub fn asks(&self, deciding: &Deciding) -> bool {
        !deciding.yes && self.ui.is_interactive()
    }

    /// The command of the person's editor.
    pub fn editor(&self) -> String {
        editor::choose(pager::git_setting(&self.root, "core.editor"))
    }
}

/// Whether an error says that the plan was made for what is no longer there.
pub fn is_outdated(error: &Error) -> bool {
    matches!(error.code(), "changed-since" | "head-moved")
}

/// A repository and the host whose services are migrated.
#[derive(Clone)]
pub struct Loaded {
    pub repo: Repository,
    pub host: Host,
    /// The model that most modules are the same as in.
    before: Rc<Model>,
    model: OnceCell<Rc<Model>>,
}

impl Loaded {
    /// The host's modules.
    pub fn model(&self) -> Rc<Model> {
        let model = || Rc::new(hosts::model_after(&self.repo, &self.host, &self.before));
        Rc::clone(self.model.get_or_init(model))
    }

    /// The same host in the repository as a change would leave it.
    pub fn after(&self, change: &crate::edit::SourceChange) -> Loaded {
        Loaded {
            repo: self.repo.after(change),
            host: self.host.clone(),
            before: self.model(),
            model: OnceCell::new(),
        }
    }

    /// What rules plan over.
    pub fn context<'a>(&'a self, model: &'a Model, choices: &'a Choices) -> Context<'a> {
        Context {
            repo: &self.repo,
            model,
            host: &self.host,
            choices,
        }
    }
}
