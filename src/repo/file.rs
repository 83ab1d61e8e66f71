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
    path: Arc<Path>,
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
            path: path.into(),
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
        if let Some(source) = change.source() {
            file.source = source.at(path).into();
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
            .get_or_init(|| Source::new(Arc::clone(&self.path), Arc::clone(&self.text)))
    }

    /// Whether it was parsed already.
    pub(super) fn is_parsed(&self) -> bool {
        self.source.get().is_some()
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
        self.imports.get_or_init(|| super::hosts::imported_paths(self.source()))
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

    fn is_formatted(&self) -> bool {
        // Formatting takes other work up while it waits: what waits for this answer must not be among it.
        self.formatted.get().copied().unwrap_or_else(|| {
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
    by_path: HashMap<Arc<Path>, Arc<File>>,
}

impl Files {
    /// The file at `path`.
    pub(super) fn get(&self, path: &Path) -> Option<&Arc<File>> {
        self.by_path.get(path)
    }

    /// All files, sorted by path.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Arc<File>> {
        self.sorted.iter()
    }

    /// Takes the file at `path` out, if one is there.
    pub(super) fn remove(&mut self, path: &Path) {
        if let (Some(_), Ok(at)) = (self.by_path.remove(path), self.place(path)) {
            self.sorted.remove(at);
        }
    }

    /// Puts a file in, in place of the one that stands at its path.
    pub(super) fn insert(&mut self, file: File) {
        let file = Arc::new(file);
        match self.place(&file.path) {
            Ok(at) => self.sorted[at] = Arc::clone(&file),
            Err(at) => self.sorted.insert(at, Arc::clone(&file)),
        }
        self.by_path.insert(Arc::clone(&file.path), file);
    }

    fn place(&self, path: &Path) -> std::result::Result<usize, usize> {
        self.sorted.binary_search_by(|file| (*file.path).cmp(path))
    }
}

impl FromIterator<File> for Files {
    fn from_iter<T: IntoIterator<Item = File>>(files: T) -> Files {
        let mut sorted: Vec<Arc<File>> = files.into_iter().map(Arc::new).collect();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        let by_path = sorted.iter().map(|file| (Arc::clone(&file.path), Arc::clone(file)));
        Files {
            by_path: by_path.collect(),
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
