//! What a repository asks of a commit that the git library does not do: such commits are made by the program
//! `git` itself.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue, Config};

use super::GitState;
use crate::error::{self, Result};

/// The hooks that `git commit` runs.
const HOOKS: &[&str] = &[
    "pre-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "post-index-change",
    "reference-transaction",
];

/// Something that only the program `git` honours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unhonoured {
    /// An executable hook of this name, in the hooks directory or `core.hooksPath`.
    Hook(String),
    /// Hooks in the configuration (`hook.<name>.command`).
    ConfiguredHooks,
    /// Commits are signed.
    Signing,
    /// `commit.cleanup` changes the message.
    Cleanup,
    /// `i18n.commitEncoding` is something else than UTF-8.
    Encoding,
    /// `author.*` or `committer.*` override `user.*`.
    Identity,
    /// Configuration given in environment variables, or included by a remote's URL.
    Configuration,
    /// A clean and smudge filter (git-crypt, LFS) of this name stands between a file and its blob.
    Filter(String),
}

impl Unhonoured {
    /// The hook's name, for a hook.
    pub(crate) fn hook(&self) -> Option<&str> {
        match self {
            Unhonoured::Hook(name) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Unhonoured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unhonoured::Hook(name) => write!(f, "the {name} hook"),
            Unhonoured::ConfiguredHooks => f.write_str("hooks in git's configuration"),
            Unhonoured::Signing => f.write_str("signed commits"),
            Unhonoured::Cleanup => f.write_str("commit.cleanup"),
            Unhonoured::Encoding => f.write_str("i18n.commitEncoding"),
            Unhonoured::Identity => f.write_str("author.* or committer.* in git's configuration"),
            Unhonoured::Configuration => f.write_str("configuration that depends on the environment"),
            Unhonoured::Filter(name) => write!(f, "the filter {name}"),
        }
    }
}

impl GitState {
    /// What a commit of `paths` (git's paths) asks for that the git library does not do; empty if it can make
    /// the commit.
    ///
    /// # Errors
    /// Refuses a configuration that cannot be read.
    pub(crate) fn unhonoured(&self, paths: &[String]) -> Result<Vec<Unhonoured>> {
        let failed = |cause| error::git::failed("read git's configuration", cause);
        let config = self.repo.config().and_then(|mut c| c.snapshot()).map_err(failed)?;
        let mut found: Vec<Unhonoured> = self.hooks(&config).into_iter().map(Unhonoured::Hook).collect();
        let any = |glob: &str| -> Result<bool> {
            let mut entries = config.entries(Some(glob)).map_err(failed)?;
            Ok(entries.next().is_some())
        };
        if any("^hook\\..*\\.(command|event)$")? {
            found.push(Unhonoured::ConfiguredHooks);
        }
        if config.get_bool("commit.gpgsign").unwrap_or(false) || config.get_str("gpg.format").is_ok() {
            found.push(Unhonoured::Signing);
        }
        if config.get_str("commit.cleanup").is_ok() {
            found.push(Unhonoured::Cleanup);
        }
        let utf8 = |name: &str| name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8");
        if config.get_str("i18n.commitEncoding").is_ok_and(|name| !utf8(name)) {
            found.push(Unhonoured::Encoding);
        }
        if any("^(author|committer)\\.(name|email)$")? {
            found.push(Unhonoured::Identity);
        }
        if self.environment.adds_configuration() || any("^includeif\\.hasconfig:")? {
            found.push(Unhonoured::Configuration);
        }
        for path in paths {
            if let Some(filter) = self.filter(path)? {
                let filter = Unhonoured::Filter(filter);
                if !found.contains(&filter) {
                    found.push(filter);
                }
            }
        }
        Ok(found)
    }

    /// The name of the clean and smudge filter of the file at git's `path`, if one with a program is configured.
    ///
    /// # Errors
    /// Refuses attributes and a configuration that cannot be read.
    pub(crate) fn filter(&self, path: &str) -> Result<Option<String>> {
        let failed = |cause| error::git::failed("read git's attributes", cause);
        let value = self
            .repo
            .get_attr_bytes(Path::new(path), "filter", AttrCheckFlags::FILE_THEN_INDEX)
            .map_err(failed)?;
        let AttrValue::String(name) = AttrValue::from_bytes(value) else {
            return Ok(None);
        };
        let config = self.repo.config().map_err(failed)?;
        let has = |key: &str| config.get_string(&format!("filter.{name}.{key}")).is_ok();
        Ok((has("clean") || has("process") || has("smudge")).then(|| name.to_owned()))
    }

    /// The hooks that `git commit` would run, in the order in which it runs them.
    fn hooks(&self, config: &Config) -> Vec<String> {
        let directory: PathBuf = match config.get_path("core.hooksPath") {
            // A relative path is relative to where hooks run: the top of the working tree.
            Ok(path) => self.workdir.join(path),
            Err(_) => self.repo.commondir().join("hooks"),
        };
        let runs = |name: &&&str| {
            directory
                .join(name)
                .metadata()
                .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        };
        HOOKS.iter().filter(runs).map(|name| (*name).to_owned()).collect()
    }
}
