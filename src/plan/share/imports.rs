//! The import of a module that came out of a shared file, beside the shared file's own; and the shared file's, when it goes.

use std::path::{Path, PathBuf};

use crate::edit::{GroupId, indent, trivia};
use crate::plan::group::Move;
use crate::plan::ops::Ops;
use crate::plan::placement::relative;
use crate::plan::{import_list, removal, texts};
use crate::repo::{Repository, hosts, literals};
use crate::resolve::Module;
use crate::resolve::module::attribute;
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// Where an import goes beside a shared file's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportPosition {
    /// Anywhere: in the order of names among its like.
    ByName,
    /// Directly behind the shared file's.
    Behind,
    /// Directly before the shared file's.
    Before,
}

/// Imports the module at `target` wherever `shared` is imported, at `position` beside it. The import of a shared file that
/// is `deleted` goes.
pub fn add(
    work: &mut Ops,
    repo: &Repository,
    [shared, target]: [&Path; 2],
    position: ImportPosition,
    deleted: bool,
    group: GroupId,
) {
    for (importer, element) in importers(repo, shared) {
        let Some(source) = repo.source(&importer) else { continue };
        let Some(list) = element.syntax().parent().and_then(ast::List::cast) else {
            continue;
        };
        let text = relative(&importer, target.parent().unwrap_or(target));
        work.tell(
            group,
            [Move::added(
                texts::NEW_IMPORT,
                format!("{}: {text}", importer.display()),
            )],
        );
        let after = match position {
            ImportPosition::ByName => last_before(repo, source, &list, &element, &text),
            ImportPosition::Behind | ImportPosition::Before => element.syntax().clone(),
        };
        if deleted && &after == element.syntax() {
            work.replace(&importer, syntax::span(element.syntax()), text, group);
            continue;
        }
        let pad = indent::of_line(source.text(), syntax::span(element.syntax()).start);
        if position == ImportPosition::Before {
            let at = trivia::extent(source.text(), element.syntax()).text.start;
            work.insert(&importer, at, format!("{text}\n{pad}"), group);
            continue;
        }
        let at = trivia::extent(source.text(), &after).text.end;
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

/// Whether the shared file can import the module at `target` itself: where it is its directory's `default.nix` and has a list
/// of imports or none at all.
pub fn takes_inside(home: &Module, target: &Path) -> bool {
    let path = home.source.path();
    let is_directorys = path.file_name().is_some_and(|name| name == "default.nix");
    let is_below = path.parent().is_some_and(|directory| target.starts_with(directory));
    let imports = attribute(&home.body, "imports").map(syntax::unparen);
    let is_list = imports.is_none_or(|imports| matches!(imports, ast::Expr::List(_)));
    is_directorys && is_below && is_list
}

/// Imports the module at `target` in the shared file's own imports, in the order of names, where it [`takes_inside`]; `alone`:
/// nothing else is left there. The module system takes all modules of one depth before those that they import (nixpkgs,
/// `lib/modules.nix`: `filterModules` uses `builtins.genericClosure`), so that this keeps the order of lists only where no
/// order matters ([`ImportPosition::ByName`]).
pub fn add_inside(work: &mut Ops, repo: &Repository, home: &Module, target: &Path, alone: bool, group: GroupId) {
    let (path, source) = (home.source.path(), &home.source);
    let text = relative(path, target.parent().unwrap_or(target));
    work.tell(
        group,
        [Move::added(texts::NEW_IMPORT, format!("{}: {text}", path.display()))],
    );
    let Some(ast::Expr::List(list)) = attribute(&home.body, "imports").map(syntax::unparen) else {
        let end = if alone { "" } else { "\n" };
        let (at, list) = import_list::new(source, &home.body, &[text]);
        work.insert(path, at, list + end, group);
        return;
    };
    let earlier = |item: &ast::Expr| {
        imported_by(repo, source, item).is_some() && syntax::text_of(item.syntax()).as_str() < text.as_str()
    };
    let after = list.items().take_while(earlier).last();
    let at = match &after {
        Some(item) => trivia::extent(source.text(), item.syntax()).text.end,
        None => list.l_brack_token().map_or(0, |open| syntax::token_span(&open).end),
    };
    let is_on_one_line = list.items().next().is_some() && !syntax::text_of(list.syntax()).contains('\n');
    let line = match (is_on_one_line, &after) {
        (true, None) => format!("{text} "),
        (true, Some(_)) => format!(" {text}"),
        (false, _) => format!("\n{}{text}", indent::inside(source.text(), list.syntax())),
    };
    work.insert(path, at, line, group);
}

/// The last of the services' imports behind `element` that comes before `text` in the order of names; `element` itself where
/// none does.
fn last_before(repo: &Repository, source: &Source, list: &ast::List, element: &ast::Expr, text: &str) -> SyntaxNode {
    let behind = list
        .items()
        .skip_while(|item| item.syntax() != element.syntax())
        .skip(1);
    let earlier =
        |item: &ast::Expr| is_service_import(repo, source, item) && syntax::text_of(item.syntax()).as_str() < text;
    let last = behind.take_while(earlier).last();
    last.map_or_else(|| element.syntax().clone(), |item| item.syntax().clone())
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
pub fn importers(repo: &Repository, target: &Path) -> Vec<(PathBuf, ast::Expr)> {
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
    imported_by(repo, importer, item).is_some_and(|path| {
        let inside = path.strip_prefix(&repo.rules().paths.server).ok();
        inside.is_some_and(|inside| inside.components().count() == 3 && inside.ends_with("default.nix"))
    })
}

/// The file that an element of `imports` leads to, if it is a path written out.
fn imported_by(repo: &Repository, importer: &Source, item: &ast::Expr) -> Option<PathBuf> {
    let target = match syntax::unparen(item.clone()) {
        ast::Expr::PathRel(path) => literals::target(importer, &path),
        _ => None,
    };
    repo.import_target(&target?)
}

/// The nodes of list elements, for removal.
pub fn nodes(elements: &[ast::Expr]) -> Vec<SyntaxNode> {
    elements.iter().map(|e| e.syntax().clone()).collect()
}
