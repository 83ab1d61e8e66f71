//! Which tests are a service's: those that import its module or turn it on, whatever their directories are called.

use std::path::{Path, PathBuf};

use super::placement;
use crate::repo::Repository;
use crate::rules::parts;
use crate::syntax::{self, AstNode, Source, ast};

/// The directory of tests across services, which are no service's own.
const INTEGRATION: &str = "integration";

/// The files of tests of the service `name`, sorted. `module` is the file that is its own; `None` where others share it, so
/// that importing it says nothing.
pub fn tests_of(repo: &Repository, name: &str, module: Option<&Path>) -> Vec<PathBuf> {
    let tests = &repo.rules().paths.tests;
    let own = |file: &Path| file.starts_with(tests) && !file.components().any(|part| part.as_os_str() == INTEGRATION);
    let references = module
        .map(|module| placement::references(repo, module, module))
        .unwrap_or_default();
    let mut found: Vec<PathBuf> = references.into_iter().map(|reference| reference.file).collect();
    let mentioned = repo.containing(&[name]).into_iter().filter(|file| own(file));
    found.extend(
        mentioned
            .filter(|file| repo.source(file).is_some_and(|s| enables(repo, s, name)))
            .map(Path::to_owned),
    );
    found.retain(|file| own(file));
    found.sort();
    found.dedup();
    found
}

/// Whether a file turns the service on, by its contract or by its own switch.
fn enables(repo: &Repository, source: &Source, name: &str) -> bool {
    let namespaces = &repo.rules().namespaces;
    let switches = [&namespaces.contract, &namespaces.switches].map(|namespace| {
        let path = parts(namespace).into_iter().chain([name, "enable"]);
        path.map(|part| Some(part.to_owned())).collect::<Vec<_>>()
    });
    let bindings: Vec<ast::AttrpathValue> = syntax::nodes(&source.root());
    bindings.iter().any(|binding| {
        let on = binding
            .value()
            .is_some_and(|value| syntax::text_of(value.syntax()) != "false");
        on && ends_in_enable(binding) && {
            let path = syntax::whole_path(binding);
            switches.iter().any(|switch| path.ends_with(switch))
        }
    })
}

fn ends_in_enable(binding: &ast::AttrpathValue) -> bool {
    let names = binding
        .attrpath()
        .map(|path| syntax::attrpath_names(&path))
        .unwrap_or_default();
    names.last().is_some_and(|last| last.as_deref() == Some("enable"))
}
