//! The repository's formatter, found when new code is laid out for the first time.

use std::path::Path;
use std::sync::Arc;

use super::Repository;
use crate::format::{self, Declarations, Formatter, Program};
use crate::syntax::Source;

/// The largest file of another tool's settings that is read, in bytes.
const LARGEST: u64 = 1 << 20;

impl Repository {
    /// What lays out new code. It is that of the repository as it was read, for all that is planned on it.
    pub fn formatter(&self) -> &Arc<Formatter> {
        self.formatter.get_or_init(|| {
            let path = std::env::var_os("PATH");
            let find = |name: &str| Program::find(name, path.as_deref(), format::LIMITS);
            let own = self.rules().format;
            Arc::new(Formatter::of(own, || self.declared_format(), || self.whole(), &find))
        })
    }

    /// This repository with the formatter of an earlier reading of it: a run has one format, and asks once for it.
    #[must_use]
    pub fn formatted_as(mut self, earlier: &Repository) -> Repository {
        self.formatter = Arc::clone(&earlier.formatter);
        self
    }

    fn declared_format(&self) -> Option<(crate::rules::Format, crate::error::Place)> {
        let flake = Path::new("flake.nix");
        let others = self
            .files()
            .iter()
            .filter(|file| file.path() != flake && format::may_declare(file.text()));
        let first = |names: &[&'static str]| {
            let mut texts = names.iter().filter_map(|name| self.settings_of(Path::new(*name)));
            texts.next()
        };
        Declarations {
            flake: self.source(flake),
            modules: others.map(|file| file.source()).collect(),
            treefmt: first(&["treefmt.toml", ".treefmt.toml"]),
            pre_commit: first(&[".pre-commit-config.yaml", ".pre-commit-config.yml"]),
        }
        .format()
    }

    /// The Nix files that can be formatted.
    fn whole(&self) -> Vec<&Source> {
        let sources = self.files().iter().map(|file| file.source());
        sources.filter(|source| !source.is_faulty()).collect()
    }

    /// The text of another tool's settings; one that is no plain file of text says nothing.
    fn settings_of(&self, path: &'static Path) -> Option<(&'static Path, Arc<str>)> {
        let full = self.root().join(path);
        let data = full.symlink_metadata().ok()?;
        let is_taken = data.is_file() && data.len() <= LARGEST && self.other_files().iter().any(|other| other == path);
        let text = is_taken.then(|| std::fs::read_to_string(full).ok()).flatten()?;
        Some((path, text.into()))
    }
}
