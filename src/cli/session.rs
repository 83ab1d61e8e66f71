//! What every command works with: the printer, the repository, its host, its git state.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::args::{Color, Deciding, Global};
use super::pager::{self, Pager};
use super::ui::{self, Ui};
use super::{editor, texts};
use crate::apply;
use crate::error::{self, Result};
use crate::plan::facts::{Choices, Context};
use crate::repo::Repository;
use crate::repo::git::GitState;
use crate::repo::hosts::{self, Host, Modules};
use crate::resolve::Model;

/// One run of the program.
pub struct Session {
    pub ui: Ui,
    root: PathBuf,
}

impl Session {
    /// A session with the process's own streams.
    pub fn new(global: &Global) -> Session {
        let color = match global.color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        let pager = match global.no_pager {
            true => None,
            false => Pager::choose(pager::git_setting(&global.repo, "core.pager")),
        };
        let verbosity = i8::try_from(global.verbose).unwrap_or(i8::MAX) - i8::try_from(global.quiet).unwrap_or(i8::MAX);
        Session {
            ui: Ui::new(ui::Options {
                color,
                verbosity,
                pager,
            }),
            root: global.repo.clone(),
        }
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

    /// Takes back what an interrupted run left, and says so.
    ///
    /// # Errors
    /// As [`apply::recover`].
    pub fn recover(&self) -> Result<()> {
        if let Some(recovered) = apply::recover(&self.root)? {
            self.ui.warn(texts::recovered(&recovered));
        }
        Ok(())
    }

    /// Reads the repository and says which files do not parse.
    ///
    /// # Errors
    /// As [`Repository::read`] and [`hosts::find`].
    pub fn load(&self, host: Option<&str>) -> Result<Loaded> {
        threads();
        let repo = Repository::read(&self.root)?;
        let host = hosts::find(&repo, host)?;
        Ok(Loaded {
            repo,
            host,
            modules: Modules::default(),
            model: OnceCell::new(),
        })
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

/// Makes this thread one of those that share parallel work. It would wait for the others else, and waking them takes as
/// long as much of what they are given.
fn threads() {
    // Where the pool is there already, since this is not the first time, it stays as it is.
    let _ = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .stack_size(crate::deep::STACK)
        .build_global();
}

/// A repository and the host whose services are migrated.
#[derive(Clone)]
pub struct Loaded {
    pub repo: Repository,
    pub host: Host,
    modules: Modules,
    model: OnceCell<Rc<Model>>,
}

impl Loaded {
    /// The host's modules.
    pub fn model(&self) -> Rc<Model> {
        let model = || Rc::new(hosts::model_with(&self.repo, &self.host, &self.modules));
        Rc::clone(self.model.get_or_init(model))
    }

    /// The same host in the repository as a change would leave it.
    pub fn after(&self, change: &crate::edit::SourceChange) -> Loaded {
        let repo = self.repo.after(change);
        repo.look_ahead(change);
        Loaded {
            repo,
            host: self.host.clone(),
            modules: self.modules.clone(),
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
