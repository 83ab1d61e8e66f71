//! The import of a module that came out of a shared file, beside the shared file's own; and the shared file's, when it goes.

use std::path::Path;

use crate::edit::{GroupId, indent, trivia};
use crate::plan::ops::Ops;
use crate::plan::placement::relative;
use crate::plan::removal;
use crate::repo::{Repository, hosts, literals};
use crate::resolve::Module;
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// Imports the module at `target` wherever `shared` is imported: behind it, in the order of names among its like. The
/// import of a shared file that is `deleted` goes.
pub fn add(work: &mut Ops, repo: &Repository, shared: &Path, target: &Path, deleted: bool, group: GroupId) {
    for (importer, element) in importers(repo, shared) {
        let Some(source) = repo.source(&importer) else { continue };
        let Some(list) = element.syntax().parent().and_then(ast::List::cast) else {
            continue;
        };
        let text = relative(&importer, target.parent().unwrap_or(target));
        let mut after = element.syntax().clone();
        let mut passed = false;
        for item in list.items() {
            if item.syntax() == element.syntax() {
                passed = true;
            } else if passed {
                let run = is_service_import(repo, source, &item) && syntax::text_of(item.syntax()) < text;
                if !run {
                    break;
                }
                after = item.syntax().clone();
            }
        }
        if deleted && &after == element.syntax() {
            work.replace(&importer, syntax::span(element.syntax()), text, group);
            continue;
        }
        let at = trivia::extent(source.text(), &after).text.end;
        let pad = indent::of_line(source.text(), syntax::span(element.syntax()).start);
        work.insert(&importer, at, format!("\n{pad}{text}"), group);
        if deleted {
            let removal = removal::remove(source, &[element.syntax().clone()]);
            removal
                .ranges
                .into_iter()
                .for_each(|range| work.remove(&importer, range, group));
        }
    }
}

/// Takes the imports of a file out that is deleted.
pub fn remove(work: &mut Ops, repo: &Repository, file: &Path, group: GroupId) {
    for (importer, element) in importers(repo, file) {
        let Some(source) = repo.source(&importer) else { continue };
        let removal = removal::remove(source, &[element.syntax().clone()]);
        removal
            .ranges
            .into_iter()
            .for_each(|range| work.remove(&importer, range, group));
    }
}

/// The list elements of `imports` that name the file, with the files they stand in.
pub fn importers(repo: &Repository, target: &Path) -> Vec<(std::path::PathBuf, ast::Expr)> {
    let mut found = Vec::new();
    let mut files: Vec<&Source> = repo.naming(target).into_iter().map(|(source, _)| source).collect();
    files.dedup_by_key(|source| source.path());
    for source in files {
        let Some(module) = Module::head(source) else {
            continue;
        };
        let own = hosts::imports(repo, &module)
            .into_iter()
            .filter(|(imported, _)| imported == target);
        found.extend(own.map(|(_, element)| (source.path().to_owned(), element)));
    }
    found
}

/// Whether an import names a service's own directory.
fn is_service_import(repo: &Repository, importer: &Source, item: &ast::Expr) -> bool {
    let target = match syntax::unparen(item.clone()) {
        ast::Expr::PathRel(path) => literals::target(importer, &path),
        _ => None,
    };
    target.and_then(|path| repo.import_target(&path)).is_some_and(|path| {
        let inside = path.strip_prefix(&repo.rules().paths.server).ok();
        inside.is_some_and(|inside| inside.components().count() == 3 && inside.ends_with("default.nix"))
    })
}

/// The nodes of list elements, for removal.
pub fn nodes(elements: &[ast::Expr]) -> Vec<SyntaxNode> {
    elements.iter().map(|e| e.syntax().clone()).collect()
}
