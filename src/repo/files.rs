//! The Nix files of a repository, read once, parsed when they are asked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::file::{File, Files, Others};
use super::literals::PathLiteral;
use super::scan::{self, Text};
use crate::edit::SourceChange;
use crate::error::{self, Error, Place, Result};
use crate::format::Formatter;
use crate::resolve::{Def, Module, imports};
use crate::rules::{self, Rules};
use crate::syntax::{AstNode, Source};

/// A repository as read at one moment, or as a planned change would leave it.
#[derive(Clone)]
pub struct Repository {
    root: PathBuf,
    rules: Arc<Rules>,
    files: Files,
    others: Arc<Others>,
    /// Shared by all that is made of this repository.
    pub(super) formatter: Arc<OnceLock<Arc<Formatter>>>,
}

impl Repository {
    /// Reads the repository at `root`: every `.nix` file that git would not ignore.
    ///
    /// # Errors
    /// `no-directory` if there is none; `bad-rules` for its `qgroget.toml`; `unreadable` for a file that cannot
    /// or directory that cannot be read.
    pub fn read(root: &Path) -> Result<Repository> {
        let rules = rules(root)?;
        let found = scan::everything(root)?;
        match found.unreadable.into_iter().next() {
            Some(error) => Err(error),
            None => Ok(Repository::of(
                root,
                rules,
                found.texts,
                Others::new(found.others, found.tracked),
            )),
        }
    }

    /// Reads of the repository at `root` what its hosts are made of: the Nix files below the hosts' and the server's
    /// directories, the flake, and what their imports and the flake's paths lead to. Of the others it knows the names.
    ///
    /// # Errors
    /// `no-directory` if there is none; `bad-rules` for its `qgroget.toml`.
    pub fn survey(root: &Path) -> Result<Survey> {
        let rules = rules(root)?;
        let found = scan::of_hosts(root, &rules)?;
        let mut survey = Survey {
            repo: Repository::of(root, rules, found.texts, Others::new(found.others, found.tracked)),
            unreadable: found.unreadable,
            rest: found.unread,
        };
        survey.add([PathBuf::from("flake.nix")]);
        survey.follow_imports();
        Ok(survey)
    }

    fn of(root: &Path, rules: Rules, texts: Vec<Text>, others: Others) -> Repository {
        let files = texts.into_iter().map(file);
        Repository {
            root: root.to_owned(),
            rules: Arc::new(rules),
            files: files.collect(),
            others: Arc::new(others),
            formatter: Arc::default(),
        }
    }

    /// The Nix files of which the text is known, but is not what stands on the disk, sorted.
    pub fn unread(&self) -> impl Iterator<Item = &Path> {
        let unread = self.files.iter().filter(|file| file.is_unread);
        unread.map(|file| file.path())
    }

    /// Whether other names on the disk are the same file as the one at `path`.
    pub fn is_hard_linked(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|file| file.is_linked)
    }

    /// The root directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The names in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// All Nix files, sorted by path.
    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    /// The paths of all Nix files, sorted.
    pub fn nix_files(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.path())
    }

    /// The paths of all other files, sorted.
    pub fn other_files(&self) -> &[PathBuf] {
        self.others.paths()
    }

    /// The parsed file at `path`.
    pub fn source(&self, path: &Path) -> Option<&Source> {
        self.files.get(path).map(|file| file.source())
    }

    /// The text of the Nix file at `path`.
    pub fn text(&self, path: &Path) -> Option<&Arc<str>> {
        self.files.get(path).map(|file| file.text())
    }

    /// The texts of the files that are no Nix and are text, sorted by path; each is read from the disk once.
    pub fn other_texts(&self) -> impl Iterator<Item = (&Path, Arc<str>)> {
        self.others.texts(&self.root)
    }

    /// Whether a Nix file stands at `path`.
    pub fn has(&self, path: &Path) -> bool {
        self.files.get(path).is_some()
    }

    /// Whether any file stands at `path`, or it is a directory with files.
    pub fn exists(&self, path: &Path) -> bool {
        self.has(path)
            || self.other_files().iter().any(|other| other.starts_with(path))
            || !self.files.below(path).is_empty()
    }

    /// The paths of the Nix files whose text contains one of `needles`, sorted.
    pub fn containing(&self, needles: &[&str]) -> Vec<&Path> {
        let finders: Vec<memchr::memmem::Finder> = needles
            .iter()
            .map(|n| memchr::memmem::Finder::new(n.as_bytes()))
            .collect();
        self.files
            .iter()
            .filter(|file| finders.iter().any(|f| f.find(file.text().as_bytes()).is_some()))
            .map(|file| file.path())
            .collect()
    }

    /// The file that an import of `path` means: itself, or `default.nix` in that directory.
    pub fn import_target(&self, path: &Path) -> Option<PathBuf> {
        self.imported_file(path).map(|file| file.path().to_owned())
    }

    /// The file of [`Repository::import_target`].
    pub(super) fn imported_file(&self, path: &Path) -> Option<&Arc<File>> {
        let own = self.files.get(path);
        own.or_else(|| self.files.get(&path.join("default.nix")))
    }

    /// The relative path literals of the Nix file at `path`, in source order.
    pub fn path_literals(&self, path: &Path) -> &[PathLiteral] {
        self.files.get(path).map_or(&[], |file| file.path_literals())
    }

    /// The relative path literals that mean the module at `target`, or for a `default.nix` its directory, each with its file,
    /// in order.
    pub fn naming<'r>(&'r self, target: &Path) -> Vec<(&'r Source, &'r PathLiteral)> {
        let named = match target.ends_with("default.nix") {
            true => target.parent().unwrap_or(target),
            false => target,
        };
        // Both are as the repository has them.
        let is = |literal: &PathLiteral, path: &Path| literal.target.as_os_str() == path.as_os_str();
        let literals = self.path_literals_to(named);
        literals
            .filter(|(_, literal)| is(literal, target) || is(literal, named))
            .collect()
    }

    /// The relative path literals of the Nix files in which one may mean `path`, each with its file, in order.
    pub fn path_literals_to<'r, 'p>(
        &'r self,
        path: &'p Path,
    ) -> impl Iterator<Item = (&'r Source, &'r PathLiteral)> + use<'r, 'p> {
        let name = [b"/", path.file_name().unwrap_or_default().as_encoded_bytes()].concat();
        let name = memchr::memmem::Finder::new(&name).into_owned();
        self.files.iter().flat_map(move |file| {
            let literals = file.path_literals_to(path, &name).iter();
            literals.map(|literal| (file.source(), literal))
        })
    }

    /// What the file's `imports` name, as paths relative to the root; whether something stands there is not asked.
    pub fn imports(&self, path: &Path) -> &[PathBuf] {
        self.files.get(path).map_or(&[], |file| file.imports())
    }

    /// What of `paths` the computed part of the file's `imports` may name: modules in the directories that the file names.
    pub(super) fn may_import<'p, I>(&self, path: &Path, paths: impl Fn() -> I) -> Vec<&'p Path>
    where
        I: Iterator<Item = &'p Path>,
    {
        let Some(file) = self.files.get(path) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for directory in file.import_directories() {
            let recursive = imports::are_recursive(file.source());
            let is_own = path.parent() == Some(directory);
            if !is_own && (self.has(directory) || self.has(&directory.join("default.nix"))) {
                continue;
            }
            found.extend(paths().filter(|other| {
                let inside = other.strip_prefix(directory);
                *other != path && inside.is_ok_and(|inside| imports::may_name(inside, recursive))
            }));
        }
        found
    }

    /// The repository as the end of an unfinished run, `change`, will leave it, files that are no Nix included.
    pub fn settled(&self, change: &SourceChange) -> Repository {
        let mut next = self.after(change);
        let is_nix = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "nix");
        let gone: Vec<&PathBuf> = change.files.iter().filter_map(|file| file.from.as_ref()).collect();
        let come = change
            .files
            .iter()
            .filter_map(|file| file.to.as_ref())
            .filter(|path| !is_nix(path));
        let mut paths: Vec<PathBuf> = self.other_files().to_vec();
        paths.retain(|path| !gone.contains(&path));
        paths.extend(come.cloned());
        paths.sort();
        next.others = Arc::new(self.others.at(paths));
        next
    }

    /// The repository as `change` would leave it.
    pub fn after(&self, change: &SourceChange) -> Repository {
        let mut next = self.clone();
        for from in change.files.iter().filter_map(|file| file.from.as_ref()) {
            next.files.remove(from);
        }
        for file in &change.files {
            match &file.to {
                Some(to) if to.extension().is_some_and(|e| e == "nix") => next.files.insert(File::after(file, to)),
                _ => {}
            }
        }
        next
    }
}

/// A repository of which only what its hosts are made of was read.
pub struct Survey {
    /// The files that were read.
    pub repo: Repository,
    /// The files of the hosts that could not be read, in the order of their paths.
    pub unreadable: Vec<Error>,
    /// The Nix files elsewhere.
    rest: Vec<PathBuf>,
}

/// What there is besides a [`Survey`].
pub struct Beyond {
    /// How many Nix files there are, those of the hosts included.
    pub files: usize,
    /// The Nix files that seem to define services, sorted: no host is made of them.
    pub mentions: Vec<PathBuf>,
}

impl Survey {
    /// Searches the Nix files that were not read for definitions of services. None of them stays in memory.
    pub fn beyond(&self) -> Beyond {
        let repo = &self.repo;
        let mut mentions = scan::mentions(&repo.root, &repo.rules, &self.rest);
        mentions.retain(|path| !repo.has(path));
        let own = [&repo.rules.paths.hosts, &repo.rules.paths.server];
        let read = repo
            .nix_files()
            .filter(|path| own.iter().any(|own| path.starts_with(own)));
        Beyond {
            files: self.rest.len() + read.count() + self.unreadable.len(),
            mentions,
        }
    }

    /// Those of `paths` that turn out to define services, each with its first definition's place.
    pub fn definitions(&self, paths: &[PathBuf]) -> Vec<Place> {
        let namespaces = &self.repo.rules.namespaces;
        let namespaces = [&namespaces.services, &namespaces.backups, &namespaces.contract];
        let place = |path: &PathBuf| {
            let text = scan::text(&self.repo.root, path).ok()??;
            let module = Module::read(file(text).source())?;
            let wanted = |def: &&Def| namespaces.iter().any(|namespace| def.under(&rules::parts(namespace)));
            let def = module.defs.iter().find(wanted)?;
            Some(module.source.place_of(def.entry.syntax()))
        };
        paths.par_iter().filter_map(place).collect()
    }

    /// Reads what the imports of the files at hand lead to, until that is nothing new.
    fn follow_imports(&mut self) {
        let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
        loop {
            let new: Vec<PathBuf> = self
                .repo
                .nix_files()
                .filter(|path| !seen.contains(*path))
                .map(Path::to_owned)
                .collect();
            if new.is_empty() {
                break;
            }
            let rest = || self.rest.iter().map(PathBuf::as_path);
            let named: BTreeSet<PathBuf> = new
                .par_iter()
                .flat_map_iter(|path| {
                    let computed = self.repo.may_import(path, rest).into_iter().map(Path::to_owned);
                    self.repo.imports(path).iter().cloned().chain(computed)
                })
                .collect();
            seen.extend(new);
            self.add(named);
        }
    }

    /// Reads files, or the `default.nix` in what is a directory, unless they are at hand.
    fn add(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            if self.repo.import_target(&path).is_some() {
                continue;
            }
            let full = self.repo.root.join(&path);
            let path = if full.is_dir() { path.join("default.nix") } else { path };
            if path.extension().is_none_or(|extension| extension != "nix") {
                continue;
            }
            match scan::text(&self.repo.root, &path) {
                Ok(Some(text)) => self.repo.files.insert(file(text)),
                Ok(None) => {}
                Err(error) => self.unreadable.push(error),
            }
        }
    }
}

/// The names in force for the repository at `root`.
///
/// # Errors
/// `no-directory` if there is none; `bad-rules` for its `qgroget.toml`.
pub fn rules(root: &Path) -> Result<Rules> {
    if !root.is_dir() {
        return Err(crate::error::repo::no_directory(root));
    }
    let path = Path::new(rules::FILE);
    let own = settings(root, path)?;
    Rules::new(own.as_deref().map(|text| (path, text)))
}

/// The largest file of settings that is read, in bytes.
const LARGEST_SETTINGS: u64 = 1024 * 1024;

/// The text of a file of settings; `None` where there is none.
///
/// # Errors
/// `beyond-limits` where it is no file or a large one; `unreadable` where it cannot be read or is no UTF-8.
fn settings(root: &Path, path: &Path) -> Result<Option<String>> {
    let full = root.join(path);
    let unreadable = |cause: std::io::Error| error::repo::unreadable_settings(path).because(cause);
    match full.metadata() {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && full.symlink_metadata().is_err() => Ok(None),
        Err(cause) => Err(unreadable(cause)),
        Ok(found) if !found.is_file() => Err(error::repo::not_taken(path, "it is no file")),
        Ok(found) if found.len() > LARGEST_SETTINGS => {
            let why = format!("it has more than {LARGEST_SETTINGS} bytes");
            Err(error::repo::not_taken(path, &why))
        }
        Ok(_) => std::fs::read_to_string(full).map(Some).map_err(unreadable),
    }
}

fn file(text: Text) -> File {
    let mut file = match text.unread {
        None => File::new(text.path, text.text),
        Some(why) => File::unread(text.path, text.text, why),
    };
    file.is_linked = text.is_linked;
    file
}
