//! Single files: their texts as found, what was made of them once somebody asked, and sets of them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::literals::{self, CommentedPath, PathLiteral};
use crate::edit::FileChange;
use crate::resolve::{Eval, Known, Module, Value, imports};
use crate::rules::Rules;
use crate::syntax::{Source, Unread};

/// One Nix file.
pub(super) struct File {
    path: Arc<Path>,
    text: Arc<str>,
    /// Whether other names on the disk are the same file.
    pub(super) is_linked: bool,
    /// Whether the text is not what stands on the disk.
    pub(super) is_unread: bool,
    source: OnceLock<Source>,
    imports: OnceLock<Vec<PathBuf>>,
    import_directories: OnceLock<Vec<PathBuf>>,
    literals: OnceLock<Vec<PathLiteral>>,
    commented: OnceLock<Vec<CommentedPath>>,
    taken_in: OnceLock<bool>,
}

impl File {
    /// A file that nobody has looked into.
    pub(super) fn new(path: PathBuf, text: Arc<str>) -> File {
        File {
            path: path.into(),
            text,
            is_linked: false,
            is_unread: false,
            source: OnceLock::new(),
            imports: OnceLock::new(),
            import_directories: OnceLock::new(),
            literals: OnceLock::new(),
            commented: OnceLock::new(),
            taken_in: OnceLock::new(),
        }
    }

    /// A file of which `text` is known, but which cannot be edited.
    pub(super) fn unread(path: PathBuf, text: Arc<str>, why: Unread) -> File {
        let source = Source::unread(&path, Arc::clone(&text), why);
        let mut file = File::new(path, text);
        file.source = source.into();
        file.is_unread = true;
        file
    }

    /// The file that a change leaves at `path`, with what the plan knows of it.
    pub(super) fn after(change: &FileChange, path: &Path) -> File {
        let mut file = File::new(path.to_owned(), Arc::clone(&change.after));
        if let Some(parsed) = change.parsed() {
            file.source = parsed.at(path).into();
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

    /// Whether it is one of a host's modules even if nothing imports it: it is one of the server's, or seems to declare
    /// options and is no host's and no test's.
    pub(super) fn is_taken_in(&self, rules: &Rules) -> bool {
        let paths = &rules.paths;
        let mentions = |name: &str| memchr::memmem::find(self.text.as_bytes(), name.as_bytes()).is_some();
        let declares = || mentions("mkOption") || mentions("mkEnableOption");
        let elsewhere = || {
            [&paths.hosts, &paths.tests]
                .iter()
                .any(|path| self.path.starts_with(path))
        };
        *self
            .taken_in
            .get_or_init(|| self.path.starts_with(&paths.server) || (!elsewhere() && declares()))
    }

    /// What its `imports` name, as paths relative to the root.
    pub(super) fn imports(&self) -> &[PathBuf] {
        self.imports.get_or_init(|| imported_paths(self))
    }

    /// Where what its `imports` compute may stand: the directories that it names, as paths relative to the root. Empty where
    /// nothing of them is computed. Whether there is such a directory is not asked.
    pub(super) fn import_directories(&self) -> &[PathBuf] {
        self.import_directories.get_or_init(|| {
            let may_be = self.text().contains("imports") && self.path() != Path::new("flake.nix");
            let targets = || self.path_literals().iter().map(|literal| literal.target.clone());
            match may_be && imports::are_computed(self.source()) {
                true => targets().collect(),
                false => Vec::new(),
            }
        })
    }

    /// Its relative path literals, in source order.
    pub(super) fn path_literals(&self) -> &[PathLiteral] {
        self.literals.get_or_init(|| literals::of(self.source()))
    }

    /// As [`File::path_literals`]; none where no one of them can mean `path`, whose last name behind a slash `name` finds:
    /// then the file need not be parsed, if it is not.
    pub(super) fn path_literals_to(&self, path: &Path, name: &memchr::memmem::Finder) -> &[PathLiteral] {
        let text = self.text.as_bytes();
        // `./.` and `../..` lead to directories around the file.
        let by_dots = || self.path.starts_with(path) && memchr::memmem::find(text, b"./.").is_some();
        match self.literals.get() {
            Some(literals) => literals,
            None if self.is_parsed() || literals::may_end_with(text, name) || by_dots() => self.path_literals(),
            None => &[],
        }
    }

    /// The paths that its comments begin with.
    pub(super) fn commented_paths(&self) -> &[CommentedPath] {
        self.commented
            .get_or_init(|| match literals::may_be_commented(&self.text) {
                true => literals::commented(self.source()),
                false => Vec::new(),
            })
    }
}

/// What a module's `imports` name, as far as the paths are literal; for the flake, every path that it names, since
/// it puts modules together in ways of its own.
fn imported_paths(file: &File) -> Vec<PathBuf> {
    if file.path() == Path::new("flake.nix") {
        return file
            .path_literals()
            .iter()
            .map(|literal| literal.target.clone())
            .collect();
    }
    if !file.text().contains("imports") {
        return Vec::new();
    }
    let source = file.source();
    let Some(module) = Module::head(source) else {
        return Vec::new();
    };
    let eval = Eval::alone(&module);
    let paths = module.imports().into_iter().map(|expr| eval.eval(&expr));
    paths
        .filter_map(|value| match value {
            Value::Known(Known::Path(path)) => Some(path),
            _ => None,
        })
        .collect()
}

/// Files by their paths.
#[derive(Clone, Default)]
pub(super) struct Files {
    /// Sorted by path.
    sorted: Vec<Arc<File>>,
    by_path: HashMap<Arc<OsStr>, Arc<File>>,
}

/// What a path is looked up by: as it is, since that takes a fraction of the time that its components do.
fn key(path: &Path) -> Cow<'_, OsStr> {
    let bytes = path.as_os_str().as_encoded_bytes();
    let is_plain = !bytes.ends_with(b"/") && !bytes.windows(2).any(|pair| pair == b"//" || pair == b"/.");
    match is_plain {
        true => path.as_os_str().into(),
        false => path.components().collect::<PathBuf>().into_os_string().into(),
    }
}

impl Files {
    /// The file at `path`.
    pub(super) fn get(&self, path: &Path) -> Option<&Arc<File>> {
        self.by_path.get(&*key(path))
    }

    /// The files at and below `directory`, sorted by path.
    pub(super) fn below(&self, directory: &Path) -> &[Arc<File>] {
        let start = self.sorted.partition_point(|file| *file.path < *directory);
        let rest = &self.sorted[start..];
        &rest[..rest.partition_point(|file| file.path.starts_with(directory))]
    }

    /// All files, sorted by path.
    pub(super) fn as_slice(&self) -> &[Arc<File>] {
        &self.sorted
    }

    /// All files, sorted by path.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Arc<File>> {
        self.sorted.iter()
    }

    /// Takes the file at `path` out, if one is there.
    pub(super) fn remove(&mut self, path: &Path) {
        if let (Some(_), Ok(at)) = (self.by_path.remove(&*key(path)), self.place(path)) {
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
        self.by_path.insert(key(&file.path).into(), file);
    }

    fn place(&self, path: &Path) -> std::result::Result<usize, usize> {
        self.sorted.binary_search_by(|file| (*file.path).cmp(path))
    }
}

impl FromIterator<File> for Files {
    fn from_iter<T: IntoIterator<Item = File>>(files: T) -> Files {
        let mut sorted: Vec<Arc<File>> = files.into_iter().map(Arc::new).collect();
        sorted.sort_by(|a, b| a.path.cmp(&b.path));
        let by_path = sorted.iter().map(|file| (key(&file.path).into(), Arc::clone(file)));
        Files {
            by_path: by_path.collect(),
            sorted,
        }
    }
}

/// The files that are no Nix (data, documents), for mentions and links that a move would break.
pub(super) struct Others {
    paths: Vec<PathBuf>,
    /// The files that may be read; `None` for all of them.
    tracked: Option<HashSet<PathBuf>>,
    /// The text of each, once it was asked for; `None` for one that is no text.
    texts: Vec<OnceLock<Option<Arc<str>>>>,
}

impl Others {
    /// The files at these paths, which are sorted. Nothing is read yet, and what git does not track never is.
    pub(super) fn new(mut paths: Vec<PathBuf>, tracked: Option<HashSet<PathBuf>>) -> Others {
        // What a secret mentions is none of this program's business.
        paths.retain(|path| !crate::secrets::looks_like_a_secret(path));
        let texts = paths.iter().map(|_| OnceLock::new()).collect();
        Others { paths, tracked, texts }
    }

    /// As these, at other paths.
    pub(super) fn at(&self, paths: Vec<PathBuf>) -> Others {
        Others::new(paths, self.tracked.clone())
    }

    /// All paths, relative to the root.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// The texts below `root` of those that are text.
    pub(super) fn texts(&self, root: &Path) -> impl Iterator<Item = (&Path, Arc<str>)> {
        let may_be_read = |path: &PathBuf| self.tracked.as_ref().is_none_or(|tracked| tracked.contains(path));
        let all = self.paths.iter().zip(&self.texts);
        all.filter(move |(path, _)| may_be_read(path))
            .filter_map(move |(path, text)| {
                let read = || std::fs::read_to_string(root.join(path)).ok().map(Into::into);
                Some((path.as_path(), text.get_or_init(read).clone()?))
            })
    }
}
