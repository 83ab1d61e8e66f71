//! Stand-ins for what Nix fetches while it evaluates: a proof has no network.
//!
//! A module calls the fetchers of `builtins` itself, and nothing that evaluation is given can take their place: it is done
//! in the text of the scratch copies. Lines stay lines.

use std::collections::BTreeSet;
use std::path::Path;

use super::nix::string_expression;
use crate::syntax::{self, AstNode, HasEntry, Source, ast};

/// Those that yield a path.
const PATHS: [&str; 2] = ["fetchTarball", "fetchurl"];
/// Those that yield a set with a path.
const SETS: [&str; 3] = ["fetchGit", "fetchMercurial", "fetchTree"];
/// Those that are names of their own, besides being in `builtins`.
const GLOBAL: [&str; 4] = ["fetchTarball", "fetchGit", "fetchMercurial", "fetchTree"];

/// `text`, a file, with a path below `depot` for whatever it would fetch, another one for another argument; `None` where
/// it fetches nothing.
pub(super) fn stand_in(path: &Path, text: &str, depot: &Path) -> Option<String> {
    if !PATHS.iter().chain(&SETS).any(|name| text.contains(name)) {
        return None;
    }
    let root = Source::new(path, text).root().clone();
    let mut places = Vec::new();
    for select in syntax::nodes::<ast::Select>(&root) {
        let is_builtins = matches!(select.expr(), Some(ast::Expr::Ident(name)) if name.to_string() == "builtins");
        let name = select.attrpath().map(|path| path.to_string());
        if let Some(name) = name.filter(|name| is_builtins && known(name)) {
            places.push((syntax::span(select.syntax()), name));
        }
    }
    let bound = bound(&root);
    for ident in syntax::nodes::<ast::Ident>(&root) {
        let name = ident.to_string();
        let is_expression = ident.syntax().parent().is_some_and(|parent| {
            ast::Attrpath::cast(parent.clone()).is_none() && ast::Inherit::cast(parent).is_none()
        });
        if is_expression && GLOBAL.contains(&name.as_str()) && !bound.contains(&name) {
            places.push((syntax::span(ident.syntax()), name));
        }
    }
    if places.is_empty() {
        return None;
    }
    places.sort_by_key(|(span, _)| span.start);
    let mut out = text.to_owned();
    for (span, name) in places.into_iter().rev() {
        out.replace_range(span, &expression(&name, depot));
    }
    Some(out)
}

fn known(name: &str) -> bool {
    PATHS.iter().chain(&SETS).any(|known| *known == name)
}

/// The names that the file binds itself.
fn bound(root: &syntax::SyntaxNode) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for inherit in syntax::nodes::<ast::Inherit>(root) {
        names.extend(inherit.attrs().map(|attr| attr.to_string()));
    }
    for binding in syntax::nodes::<ast::LetIn>(root)
        .iter()
        .flat_map(HasEntry::attrpath_values)
    {
        names.extend(binding.attrpath().map(|path| path.to_string()));
    }
    names.extend(
        syntax::nodes::<ast::PatEntry>(root)
            .iter()
            .map(|entry| entry.to_string()),
    );
    names
}

/// A function in the place of a fetcher.
fn expression(name: &str, depot: &Path) -> String {
    let depot = string_expression(&depot.join("fetched-").to_string_lossy());
    let asked = "builtins.toJSON (if builtins.isPath asked then toString asked else asked)";
    let path = format!("({depot} + builtins.substring 0 16 (builtins.hashString \"sha256\" ({asked})))");
    match SETS.contains(&name) {
        true => format!(
            "(asked: {{ outPath = {path}; rev = \"fetched\"; shortRev = \"fetched\"; revCount = 1; lastModified = 1; lastModifiedDate = \"19700101000001\"; narHash = \"fetched\"; submodules = false; }})"
        ),
        false => format!("(asked: {path})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<String> {
        stand_in(Path::new("a.nix"), text, Path::new("/d"))
    }

    #[test]
    fn a_fetcher_becomes_a_function_of_its_argument() {
        let out = of("a: import (builtins.fetchTarball \"x\") {}").unwrap();
        assert!(
            out.starts_with("a: import ((asked: (\"/d/fetched-\" + ") && out.ends_with(" \"x\") {}"),
            "{out}"
        );
        assert!(of("(fetchGit {url = ./.;}).rev").unwrap().contains("outPath"));
    }

    #[test]
    fn what_is_no_fetcher_stays() {
        for text in [
            "{pkgs}: pkgs.fetchurl {}",
            "{fetchGit}: fetchGit {}",
            "let fetchTarball = x: x; in fetchTarball 1",
            "{ fetchGit = 1; }",
            "# fetchTarball\n1",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
