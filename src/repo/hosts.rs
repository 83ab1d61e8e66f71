//! Hosts, and the modules that each is made of: static imports followed from a host's directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Repository, literals};
use crate::error::{self, Place, Result};
use crate::resolve::value::{Eval, Known, Value, normalize};
use crate::resolve::{Model, Module};
use crate::syntax::{self, Source, ast};

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
    let name = match wanted {
        Some(name) if names.iter().any(|n| n == name) => name.to_owned(),
        Some(name) => return Err(error::repo::unknown_host(name, &names)),
        None => {
            let mut serving = serving(repo);
            match serving.len() {
                0 => {
                    return Err(error::repo::no_host(
                        &repo.rules().paths.server,
                        &repo.rules().paths.hosts,
                    ));
                }
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

/// Every module file that the host's static imports lead to.
pub fn reached(repo: &Repository, host: &str) -> BTreeSet<PathBuf> {
    reached_from(repo, &starts(repo, host))
}

fn starts(repo: &Repository, host: &str) -> Vec<PathBuf> {
    let directory = repo.rules().paths.hosts.join(host);
    repo.nix_files()
        .filter(|path| path.parent() == Some(&directory))
        .map(Path::to_owned)
        .collect()
}

/// Every module file that static imports lead to from `starts`, the starts included.
fn reached_from(repo: &Repository, starts: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<PathBuf> = starts.to_vec();
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        open.extend(repo.imports(&path).iter().filter_map(|named| repo.import_target(named)));
    }
    reached
}

/// What a module's `imports` name, as far as the paths are literal; for the flake, every path that it names, since
/// it puts modules together in ways of its own.
pub(super) fn imported_paths(source: &Source) -> Vec<PathBuf> {
    if source.path() == Path::new("flake.nix") {
        return literals::of(source).into_iter().map(|literal| literal.target).collect();
    }
    if !source.text().contains("imports") {
        return Vec::new();
    }
    let Some(module) = Module::head(source) else {
        return Vec::new();
    };
    let model = Model::default();
    let eval = Eval::new(&model, &module);
    let paths = module.imports().into_iter().map(|expr| eval.eval(&expr));
    paths
        .filter_map(|value| match value {
            Value::Known(Known::Path(path)) => Some(path),
            _ => None,
        })
        .collect()
}

/// The imports of a module that lead to files of the repository, each with the expression that names it.
pub fn imports(repo: &Repository, module: &Module) -> Vec<(PathBuf, ast::Expr)> {
    let model = Model::default();
    let eval = Eval::new(&model, module);
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
    let paths = module_files(repo, host);
    repo.parse_ahead(paths.iter().map(PathBuf::as_path));
    let modules = paths
        .iter()
        .filter_map(|path| repo.source(path))
        .filter_map(Module::read);
    Model::new(modules.collect(), reached_from(repo, &starts(repo, &host.name)))
}

/// The files that a host's modules stand in: what its directory's files import, the server's modules (those whose import
/// is commented out as well, so that they can be migrated), and every module that declares options, since some are
/// imported by computed paths.
pub fn module_files(repo: &Repository, host: &Host) -> BTreeSet<PathBuf> {
    let rules = repo.rules();
    let mut paths = reached_from(repo, &starts(repo, &host.name));
    paths.extend(
        repo.nix_files()
            .filter(|path| path.starts_with(&rules.paths.server))
            .map(Path::to_owned),
    );
    paths.extend(
        repo.containing(&["mkOption", "mkEnableOption"])
            .into_iter()
            .filter(|path| !path.starts_with(&rules.paths.hosts) && !path.starts_with(&rules.paths.tests))
            .map(Path::to_owned),
    );
    paths.insert(host.settings.clone());
    paths
}

/// The paths in comments that would be imports: a file of the repository, and where the comment names it.
pub fn commented_imports(repo: &Repository) -> Vec<(PathBuf, Place)> {
    let mut found = Vec::new();
    for file in repo.containing(&["# ./", "#./", "# ../", "#../"]) {
        let Some(source) = repo.source(file) else { continue };
        for token in syntax::tokens(&source.root()).filter(syntax::is_comment) {
            let Some(word) = token
                .text()
                .trim_start_matches(['#', ' '])
                .split_whitespace()
                .next()
                .filter(|w| w.starts_with("./") || w.starts_with("../"))
            else {
                continue;
            };
            let base = file.parent().unwrap_or(Path::new(""));
            if let Some(target) = normalize(&base.join(word)).and_then(|path| repo.import_target(&path)) {
                let start = syntax::token_span(&token).start + token.text().find(word).unwrap_or(0);
                found.push((target, source.place(start..start + word.len())));
            }
        }
    }
    found
}
