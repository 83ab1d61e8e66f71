//! The bridge: what still needs it, and its removal.

use std::path::{Path, PathBuf};

use crate::edit::GroupId;
use crate::error::{self, Place, Result};
use crate::plan::model::Context;
use crate::plan::ops::Ops;
use crate::plan::placement;
use crate::plan::share::imports;
use crate::repo::Repository;
use crate::resolve::Module;
use crate::rules::Rules;

/// Where the bridge stands.
pub fn path(rules: &Rules) -> PathBuf {
    rules.paths.server.join("legacy-bridge.nix")
}

/// The Nix files that name the first part of the option's path, without the bridge, sorted.
pub fn files(context: &Context, namespace: &[&str]) -> Vec<PathBuf> {
    let bridge = path(context.rules());
    context
        .repo
        .containing(&[namespace[0]])
        .into_iter()
        .filter(|path| **path != *bridge)
        .map(Path::to_owned)
        .collect()
}

/// Checks that no service is declared in the legacy pattern any more, in any module, imported or not.
///
/// # Errors
/// `legacy-left` with every service and where it stands; `does-not-parse` for a file that cannot be read.
pub fn check_services(repo: &Repository, files: &[PathBuf], namespace: &[&str]) -> Result<()> {
    let mut left: Vec<(String, Place)> = Vec::new();
    for path in files {
        let Some(source) = repo.source(path) else { continue };
        source.expr()?;
        let Some(module) = Module::read(source) else { continue };
        for def in module.under(namespace) {
            // The set around services has an entry for each of them.
            let around = def.path.len() == namespace.len() && module.under(namespace).any(|d| inside(d, def));
            if around {
                continue;
            }
            let name = def.name(namespace.len()).unwrap_or("(computed)").to_owned();
            if !left.iter().any(|(other, _)| *other == name) {
                left.push((name, source.place_of(syntax_of(def))));
            }
        }
    }
    left.sort_by(|a, b| a.0.cmp(&b.0));
    match left.is_empty() {
        true => Ok(()),
        false => Err(error::cleanup::legacy_left(&left)),
    }
}

fn syntax_of(def: &crate::resolve::Def) -> &crate::syntax::SyntaxNode {
    use crate::syntax::AstNode as _;
    def.entry.syntax()
}

fn inside(inner: &crate::resolve::Def, outer: &crate::resolve::Def) -> bool {
    let span = |def| crate::syntax::span(syntax_of(def));
    inner.path.len() > outer.path.len() && crate::syntax::covers(&span(outer), &span(inner))
}

/// Checks that nothing but `imports` lists names the bridge's file.
///
/// # Errors
/// `bridge-named` with the place.
pub fn check_references(repo: &Repository, bridge: &Path) -> Result<()> {
    let imported = imports::importers(repo, bridge);
    for reference in placement::references(repo, bridge, bridge) {
        let by_import = imported.iter().any(|(file, element)| {
            use crate::syntax::AstNode as _;
            *file == reference.file && crate::syntax::span(element.syntax()) == reference.place.span
        });
        if !by_import {
            return Err(error::cleanup::bridge_named(reference.place));
        }
    }
    Ok(())
}

/// Deletes the bridge, and takes it out of the imports.
pub fn remove(work: &mut Ops, repo: &Repository, bridge: &Path, group: GroupId) {
    if repo.has(bridge) {
        work.delete(bridge);
        imports::remove(work, repo, bridge, group);
    }
}
