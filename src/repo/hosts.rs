//! Hosts, and the modules that each is made of: static imports followed from a host's directory.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use rayon::prelude::*;

use super::Repository;
use super::file::File;
use crate::error::{self, Error, Place, Result};
use crate::resolve::{Eval, Known, Model, Module, Value};
use crate::syntax::{Source, ast};

/// A machine of the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The name of its directory.
    pub name: String,
    /// The file that its settings stand in.
    pub settings: PathBuf,
}

/// The host that runs the services: the one named, or the only one that imports the server modules.
///
/// # Errors
/// `unknown-host`, `no-host`, `several-hosts`, `no-settings`.
pub fn find(repo: &Repository, wanted: Option<&str>) -> Result<Host> {
    let names = names(repo);
    parse(repo);
    let name = match wanted {
        Some(name) if names.iter().any(|n| n == name) => name.to_owned(),
        Some(name) => return Err(error::repo::unknown_host(name, &names)),
        None => {
            let mut serving = serving(repo);
            match serving.len() {
                0 => return Err(none_serves(repo)),
                1 => serving.remove(0),
                _ => return Err(error::repo::several_hosts(&serving)),
            }
        }
    };
    let tried = repo.rules().settings_of(&name);
    match tried.iter().find(|path| repo.has(path)) {
        Some(settings) => Ok(Host {
            name,
            settings: settings.clone(),
        }),
        None => Err(error::repo::no_settings(
            &name,
            &tried.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(),
        )),
    }
}

/// Why no host runs the services: there are none, or the import of the server modules is in a comment, or there is none.
fn none_serves(repo: &Repository) -> Error {
    let paths = &repo.rules().paths;
    if names(repo).is_empty() {
        let is_there = repo.root().join(&paths.hosts).is_dir();
        return error::repo::no_hosts(&paths.hosts, is_there);
    }
    let server = repo.import_target(&paths.server);
    let mut commented = commented_imports(repo).into_iter();
    let of_host =
        commented.find(|(target, place)| Some(target) == server.as_ref() && place.path.starts_with(&paths.hosts));
    match of_host {
        Some((_, place)) => error::repo::import_in_comment(&paths.server, place),
        None => unread(repo).unwrap_or_else(|| error::repo::no_host(&paths.server, &paths.hosts)),
    }
}

/// The syntax error of a file that a host is made of: what it imports is not known.
fn unread(repo: &Repository) -> Option<Error> {
    names(repo)
        .iter()
        .flat_map(|host| reached(repo, host))
        .find_map(|path| {
            let error = repo.source(&path)?.syntax_error()?;
            Some(error::syntax::hides_hosts(error, &path, &repo.rules().paths.server))
        })
}

/// Every host's name, sorted: the directories below the hosts' directory that have Nix files.
pub fn names(repo: &Repository) -> Vec<String> {
    let hosts = &repo.rules().paths.hosts;
    let found: BTreeSet<String> = repo
        .nix_files()
        .filter_map(|path| path.strip_prefix(hosts).ok())
        .filter(|path| path.components().count() > 1)
        .filter_map(|path| Some(path.components().next()?.as_os_str().to_string_lossy().into_owned()))
        .collect();
    found.into_iter().collect()
}

/// The hosts whose modules import the server modules, sorted.
pub fn serving(repo: &Repository) -> Vec<String> {
    let server = repo.import_target(&repo.rules().paths.server);
    names(repo)
        .into_iter()
        .filter(|name| {
            let reached = reached(repo, name);
            server.as_ref().is_some_and(|server| reached.contains(server))
        })
        .collect()
}

/// Parses in parallel the files that hosts are made of. What few others their imports lead to is parsed when it is asked for.
fn parse(repo: &Repository) {
    let (files, rules) = (repo.files().as_slice(), repo.rules());
    let is_part = |file: &&Arc<File>| file.path().starts_with(&rules.paths.hosts) || file.is_taken_in(rules);
    files.par_iter().filter(is_part).for_each(|file| {
        file.imports();
    });
}

/// Every module file that the host's imports lead to, or may lead to where they are computed.
pub fn reached(repo: &Repository, host: &str) -> BTreeSet<PathBuf> {
    let reached = reached_from(repo, starts(repo, host));
    reached.into_iter().map(PathBuf::from).collect()
}

/// The files in the host's directory.
fn starts<'r>(repo: &'r Repository, host: &str) -> Vec<&'r Path> {
    let directory = repo.rules().paths.hosts.join(host);
    let inside = repo.files().below(&directory).iter().map(|file| file.path());
    inside.filter(|path| path.parent() == Some(&directory)).collect()
}

/// The path of every module file that imports lead to from `starts`, the starts included; where a module computes its
/// imports, all that they may name.
fn reached_from<'r>(repo: &'r Repository, starts: Vec<&'r Path>) -> HashSet<&'r OsStr> {
    let mut reached = HashSet::default();
    let mut open = starts;
    while let Some(path) = open.pop() {
        if reached.insert(path.as_os_str()) {
            let named = repo.imports(path).iter();
            open.extend(
                named
                    .filter_map(|named| repo.imported_file(named))
                    .map(|file| file.path()),
            );
            open.extend(repo.may_import(path, || repo.nix_files()));
        }
    }
    reached
}

/// The imports of a module that lead to files of the repository, each with the expression that names it.
pub fn imports(repo: &Repository, module: &Module) -> Vec<(PathBuf, ast::Expr)> {
    let eval = Eval::alone(module);
    module
        .imports()
        .into_iter()
        .filter_map(|expr| match eval.eval(&expr) {
            Value::Known(Known::Path(path)) => repo.import_target(&path).map(|target| (target, expr)),
            _ => None,
        })
        .collect()
}

/// The modules of `host`, from the files of [`module_files`].
pub fn model(repo: &Repository, host: &Host) -> Model {
    model_after(repo, host, &Model::default())
}

/// The modules of `host`. Those of `before` whose text is the same are taken as they were read.
pub fn model_after(repo: &Repository, host: &Host, before: &Model) -> Model {
    let (files, reached) = files_of(repo, host);
    let known: HashMap<&OsStr, &Rc<Module>> = before
        .shared()
        .map(|module| (module.source.path().as_os_str(), module))
        .collect();
    let read = |source: &Source| {
        let known = known.get(source.path().as_os_str());
        let same = known.filter(|module| module.source.text() == source.text());
        same.map(|module| Rc::clone(module))
            .or_else(|| Module::read(source).map(Rc::new))
    };
    let (mut modules, mut faulty, mut unread) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        match read(file.source()) {
            Some(module) => modules.push(module),
            None if file.source().is_faulty() => faulty.push(file.path().to_owned()),
            None if reached.contains(file.path().as_os_str()) => unread.push(file.source().clone()),
            None => {}
        }
    }
    let imported = reached.into_iter().map(OsStr::to_owned).collect();
    let installed = ["collector.nix", "legacy-bridge.nix"].map(|file| repo.rules().paths.server.join(file));
    Model::new(modules, imported).knowing(&installed).beside(faulty, unread)
}

/// The files that a host's modules stand in: what its directory's files import, the server's modules (those whose import
/// is commented out as well, so that they can be migrated), and every module that declares options, since some are
/// imported by computed paths.
pub fn module_files(repo: &Repository, host: &Host) -> BTreeSet<PathBuf> {
    let (files, _) = files_of(repo, host);
    files.iter().map(|file| file.path().to_owned()).collect()
}

/// The files of [`module_files`], sorted by path, and the paths of those that the host's imports lead to.
fn files_of<'r>(repo: &'r Repository, host: &Host) -> (Vec<&'r Arc<File>>, HashSet<&'r OsStr>) {
    let taken_in = |file: &&Arc<File>| file.is_taken_in(repo.rules());
    let reached = reached_from(repo, starts(repo, &host.name));
    let is_own = |file: &&Arc<File>| reached.contains(file.path().as_os_str()) || *file.path() == *host.settings;
    let files = repo.files().iter().filter(|file| is_own(file) || taken_in(file));
    (files.collect(), reached)
}

/// The paths in comments that would be imports: a file of the repository, and where the comment names it.
pub fn commented_imports(repo: &Repository) -> Vec<(PathBuf, Place)> {
    let mut found = Vec::new();
    for file in repo.files().iter() {
        for path in file.commented_paths() {
            let target = repo.import_target(&path.target);
            found.extend(target.map(|target| (target, file.source().place(path.span.clone()))));
        }
    }
    found
}
