//! The environment variables that git reads, for both ways of using git: the program and the library.
//!
//! The library reads `HOME`, but none of the `GIT_CONFIG_*` variables; they are honoured here, so that both ways
//! see the same configuration.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use git2::{Config, ConfigLevel, Repository};

use crate::error::{self, Result};

/// Variables that would turn `git` to another repository or index than the one discovered.
const REPOSITORY_VARIABLES: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_PREFIX",
    "GIT_LITERAL_PATHSPECS",
];

/// Where git's environment variables come from.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// All there are; `None` stands for those of this process.
    own: Option<BTreeMap<String, String>>,
}

impl Environment {
    /// The variables of this process.
    pub fn inherited() -> Environment {
        Environment { own: None }
    }

    /// Exactly these variables and `PATH`.
    pub fn isolated(variables: BTreeMap<String, String>) -> Environment {
        Environment { own: Some(variables) }
    }

    /// The value of a variable; an empty one counts as none.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = match &self.own {
            Some(own) => own.get(name).cloned(),
            None => std::env::var(name).ok(),
        };
        value.filter(|value| !value.is_empty())
    }

    /// Gives a command these variables, without those that name a repository.
    pub(super) fn put_into(&self, command: &mut std::process::Command) {
        if let Some(own) = &self.own {
            command.env_clear().envs(own);
            if let Some(path) = std::env::var_os("PATH") {
                command.env("PATH", path);
            }
        }
        for name in REPOSITORY_VARIABLES {
            command.env_remove(name);
        }
    }

    /// Whether a command line's `git -c` or its like adds configuration that only the program `git` can read.
    pub(super) fn adds_configuration(&self) -> bool {
        self.get("GIT_CONFIG_COUNT").is_some() || self.get("GIT_CONFIG_PARAMETERS").is_some()
    }

    /// Makes the library read the configuration files that these variables name.
    pub(super) fn configure(&self, repo: &Repository) -> Result<()> {
        let redirected = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"]
            .iter()
            .any(|name| self.get(name).is_some());
        if self.own.is_none() && !redirected {
            return Ok(());
        }
        let failed = |cause| error::git::failed("read git's configuration", cause);
        let mut config = Config::new().map_err(failed)?;
        for (path, level) in self.files(repo) {
            // `/dev/null` is how people say "no file", and no file the library could read.
            if path != Path::new("/dev/null") && path.is_file() {
                config.add_file(&path, level, true).map_err(failed)?;
            }
        }
        repo.set_config(&config).map_err(failed)
    }

    /// The configuration files in git's order; they need not exist.
    fn files(&self, repo: &Repository) -> Vec<(PathBuf, ConfigLevel)> {
        let mut files = Vec::new();
        if self.get("GIT_CONFIG_NOSYSTEM").is_none() {
            let system = match self.get("GIT_CONFIG_SYSTEM") {
                Some(path) => Some(PathBuf::from(path)),
                None => Config::find_system().ok(),
            };
            files.extend(system.map(|path| (path, ConfigLevel::System)));
        }
        if let Some(path) = self.get("GIT_CONFIG_GLOBAL") {
            files.push((PathBuf::from(path), ConfigLevel::Global));
        } else if let Some(home) = self.get("HOME").map(PathBuf::from) {
            let xdg = self.get("XDG_CONFIG_HOME").map(PathBuf::from);
            let xdg = xdg.unwrap_or_else(|| home.join(".config"));
            files.push((xdg.join("git/config"), ConfigLevel::XDG));
            files.push((home.join(".gitconfig"), ConfigLevel::Global));
        }
        files.push((repo.commondir().join("config"), ConfigLevel::Local));
        let of_worktree = repo
            .config()
            .and_then(|config| config.get_bool("extensions.worktreeConfig"));
        if of_worktree.unwrap_or(false) {
            files.push((repo.path().join("config.worktree"), ConfigLevel::Worktree));
        }
        files
    }
}
