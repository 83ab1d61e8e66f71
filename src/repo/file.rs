//! Single files: their texts as found, what was made of them once somebody asked, and sets of them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::literals::{self, PathLiteral};
use crate::edit::FileChange;
use crate::edit::settle::Original;
use crate::syntax::{Layout, Source};

/// One Nix file.
pub(super) struct File {
    path: PathBuf,
    text: Arc<str>,
    source: OnceLock<Source>,
    imports: OnceLock<Vec<PathBuf>>,
    literals: OnceLock<Vec<PathLiteral>>,
    layout: OnceLock<Layout>,
    formatted: OnceLock<bool>,
    declares: OnceLock<bool>,
}

impl File {
    /// A file that nobody has looked into.
    pub(super) fn new(path: PathBuf, text: Arc<str>) -> File {
        File {
            path,
            text,
            source: OnceLock::new(),
            imports: OnceLock::new(),
            literals: OnceLock::new(),
            layout: OnceLock::new(),
            formatted: OnceLock::new(),
            declares: OnceLock::new(),
        }
    }

    /// The file that a change leaves at `path`, with what the plan knows of it.
    pub(super) fn after(change: &FileChange, path: &Path) -> File {
        let mut file = File::new(path.to_owned(), Arc::clone(&change.after));
        if let Some(parsed) = change.parsed() {
            file.source = parsed.source.at(path).into();
            file.formatted = parsed.formatted.map_or_else(OnceLock::new, OnceLock::from);
        }
        file
    }

    /// Its path, relative to the root.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its text as found.
    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The file, parsed.
    pub(super) fn source(&self) -> &Source {
        self.source
            .get_or_init(|| Source::new(self.path.clone(), Arc::clone(&self.text)))
    }

    /// Whether the text seems to declare options.
    pub(super) fn declares(&self) -> bool {
        let mentions = |name: &str| memchr::memmem::find(self.text.as_bytes(), name.as_bytes()).is_some();
        *self
            .declares
            .get_or_init(|| mentions("mkOption") || mentions("mkEnableOption"))
    }

    /// What its `imports` name, as paths relative to the root.
    pub(super) fn imports(&self) -> &[PathBuf] {
        self.imports
            .get_or_init(|| super::hosts::imported_paths(self.source()))
    }

    /// Its relative path literals, in source order.
    pub(super) fn path_literals(&self) -> &[PathLiteral] {
        self.literals.get_or_init(|| literals::of(self.source()))
    }
}

impl Original for File {
    fn source(&self) -> &Source {
        File::source(self)
    }

    fn layout(&self) -> &Layout {
        self.layout.get_or_init(|| File::source(self).layout())
    }

    fn known_formatted(&self) -> Option<bool> {
        self.formatted.get().copied()
    }

    fn is_formatted(&self) -> bool {
        // Formatting takes other work up while it waits: what waits for this answer must not be among it.
        self.known_formatted().unwrap_or_else(|| {
            let formatted = File::source(self).formatted().as_deref() == Some(&*self.text);
            *self.formatted.get_or_init(|| formatted)
        })
    }
}

/// Files by their paths.
#[derive(Clone, Default)]
pub(super) struct Files {
    /// Sorted by path.
    sorted: Vec<Arc<File>>,
    /// Where each path stands in `sorted`.
    index: HashMap<PathBuf, usize>,
}

impl Files {
    /// The file at `path`.
    pub(super) fn get(&self, path: &Path) -> Option<&Arc<File>> {
        self.index.get(path).map(|at| &self.sorted[*at])
    }

    /// All files, sorted by path.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Arc<File>> {
        self.sorted.iter()
    }

    /// Without the files at `gone`, and then with `new`, each in place of the one that stands there.
    pub(super) fn with(&self, gone: &[&Path], new: Vec<Arc<File>>) -> Files {
        let replaced = |file: &File| new.iter().any(|new| new.path == file.path);
        let stays = |file: &&Arc<File>| !gone.contains(&file.path()) && !replaced(file);
        let left: Vec<Arc<File>> = self.sorted.iter().filter(stays).cloned().collect();
        left.into_iter().chain(new).collect()
    }
}

impl FromIterator<Arc<File>> for Files {
    fn from_iter<T: IntoIterator<Item = Arc<File>>>(files: T) -> Files {
        let mut sorted: Vec<Arc<File>> = files.into_iter().collect();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        let paths = sorted.iter().enumerate();
        Files {
            index: paths.map(|(at, file)| (file.path.clone(), at)).collect(),
            sorted,
        }
    }
}

/// The files that are no Nix (data, documents), for mentions and links that a move would break.
pub(super) struct Others {
    paths: Vec<PathBuf>,
    /// The text of each, once it was asked for; `None` for one that is no text.
    texts: Vec<OnceLock<Option<Arc<str>>>>,
}

impl Others {
    /// The files at these paths, which are sorted. Nothing is read yet.
    pub(super) fn new(paths: Vec<PathBuf>) -> Others {
        let texts = paths.iter().map(|_| OnceLock::new()).collect();
        Others { paths, texts }
    }

    /// All paths, relative to the root.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The texts below `root` of those that are text.
    pub(super) fn texts(&self, root: &Path) -> impl Iterator<Item = (&Path, Arc<str>)> {
        self.paths.iter().zip(&self.texts).filter_map(move |(path, text)| {
            let read = || std::fs::read_to_string(root.join(path)).ok().map(Into::into);
            Some((path.as_path(), text.get_or_init(read).clone()?))
        })
    }
}
