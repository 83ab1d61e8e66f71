//! The flake's checks: where one more goes, found over the shapes in which flakes write their outputs.
//!
//! A place is one where `checks.<system>` is a set literal, or could be begun, and where packages are in scope.
//! Any other flake is left as it is, with the line that a person can put there.

use std::path::{Path, PathBuf};

mod place;

use self::place::{Site, bound, inner};
use super::Skipped;
use super::ops::Ops;
use super::placement::relative;
use crate::edit::{GroupId, indent, trivia};
use crate::repo::{Repository, literals};
use crate::resolve::module::entry_names;
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The file.
const FILE: &str = "flake.nix";

/// Inputs that the tests of services use where the flake has them.
const TEST_INPUTS: [&str; 2] = ["impermanence", "quadlet-nix"];

/// One check to add.
#[derive(Clone, Debug)]
pub struct Check {
    /// Its attribute name.
    pub name: String,
    /// The test's file or directory, relative to the root.
    pub test: PathBuf,
    /// Whether the test takes the flake's inputs.
    pub inputs: bool,
    /// The group that adds it.
    pub group: GroupId,
}

/// A repository's flake.
pub struct Flake<'a> {
    repo: &'a Repository,
    source: Option<&'a Source>,
    site: Option<Site>,
    /// The system's attribute as source, where the place itself is not below it: `${system}`.
    system: Option<String>,
}

/// The start of the first check of a service's test whose name comes after `name`: checks of services stand in the
/// order of their names, whatever the order in which they came.
fn before(set: &ast::AttrSet, name: &str) -> Option<usize> {
    let of_service = |value: &ast::AttrpathValue| {
        let text = value.value().map(|v| syntax::text_of(v.syntax())).unwrap_or_default();
        text.starts_with("import ./tests/") && text.contains("inherit pkgs inputs")
    };
    let later = |value: &ast::AttrpathValue| {
        let last = value
            .attrpath()
            .and_then(|path| syntax::attrpath_names(&path).pop().flatten());
        last.is_some_and(|last| last.as_str() > name)
    };
    let found = set.attrpath_values().find(|value| of_service(value) && later(value))?;
    Some(syntax::span(found.syntax()).start)
}

/// Whether a check of that name is there, in whatever file the repository keeps its checks: below `checks`, or where a
/// file below the directory of tests is imported.
pub fn has(repo: &Repository, name: &str) -> bool {
    repo.containing(&[name]).into_iter().any(|file| {
        let Some(source) = repo.source(file) else { return false };
        let bindings: Vec<ast::AttrpathValue> = syntax::nodes(&source.root());
        bindings.iter().any(|binding| {
            let names = entry_names(&ast::Entry::AttrpathValue(binding.clone()));
            names.last().is_some_and(|last| last.as_deref() == Some(name)) && is_check(repo, source, binding)
        })
    })
}

/// Whether a binding is one of checks: it stands below `checks`, or its value imports a test.
fn is_check(repo: &Repository, source: &Source, binding: &ast::AttrpathValue) -> bool {
    let around = binding.syntax().ancestors().filter_map(ast::AttrpathValue::cast);
    let names = around.flat_map(|outer| entry_names(&ast::Entry::AttrpathValue(outer)));
    if names.flatten().any(|name| name == "checks") {
        return true;
    }
    let paths: Vec<ast::PathRel> = binding
        .value()
        .iter()
        .flat_map(|value| syntax::nodes(value.syntax()))
        .collect();
    let tests = &repo.rules().paths.tests;
    paths
        .iter()
        .filter_map(|path| literals::target(source, path))
        .any(|target| target.starts_with(tests))
}

impl<'a> Flake<'a> {
    /// Reads it; a repository without a flake has one without a place.
    pub fn read(repo: &'a Repository) -> Flake<'a> {
        let source = repo.source(Path::new(FILE));
        let found = source.and_then(place::find);
        let (site, system) = found.map_or((None, None), |(site, system)| (Some(site), system));
        let mut flake = Flake {
            repo,
            source,
            site,
            system,
        };
        if flake.packages().is_none() {
            flake.site = None;
        }
        flake
    }

    /// Whether a check of that name is there, in whatever file the repository keeps its checks.
    pub fn has(&self, name: &str) -> bool {
        has(self.repo, name)
    }

    /// Whether a check, whatever it is called, imports the test at `path`.
    pub fn tests(&self, path: &Path) -> bool {
        let naming = self.repo.naming(path).into_iter();
        let mut paths = naming.filter(|(source, _)| !source.path().starts_with(&self.repo.rules().paths.tests));
        paths.next().is_some()
    }

    /// Whether checks can be added.
    pub fn takes(&self) -> bool {
        self.site.is_some()
    }

    /// The node in whose scope a check's arguments stand.
    fn scope(&self) -> Option<SyntaxNode> {
        Some(match self.site.as_ref()? {
            Site::Inside { set } | Site::Beside { set, .. } | Site::First { set, .. } => inner(set),
            Site::Single { binding, .. } => binding.value()?.syntax().clone(),
        })
    }

    /// The binding of `pkgs` for a check's arguments.
    fn packages(&self) -> Option<String> {
        let node = self.scope()?;
        if bound(&node, "pkgs") {
            return Some("inherit pkgs".to_owned());
        }
        let nixpkgs = match (bound(&node, "nixpkgs"), bound(&node, "inputs")) {
            (true, _) => "nixpkgs",
            (false, true) => "inputs.nixpkgs",
            (false, false) => return None,
        };
        let system = match &self.system {
            Some(system) => system.clone(),
            None if bound(&node, "system") => "${system}".to_owned(),
            None => return None,
        };
        Some(format!("pkgs = {nixpkgs}.legacyPackages.{system}"))
    }

    /// A check as a binding: `name = import ./tests/x {inherit pkgs;};`.
    pub fn line(&self, check: &Check) -> String {
        let packages = self.packages().unwrap_or_else(|| "inherit pkgs".to_owned());
        let mut arguments = vec![packages];
        if let Some(node) = self.scope().filter(|_| check.inputs) {
            if bound(&node, "inputs") {
                arguments.push("inherit inputs".to_owned());
            } else {
                let own: Vec<&str> = TEST_INPUTS.into_iter().filter(|name| bound(&node, name)).collect();
                if !own.is_empty() {
                    arguments.push(format!("inputs = {{inherit {};}}", own.join(" ")));
                }
            }
        }
        let arguments = match arguments.join("; ").as_str() {
            "inherit pkgs; inherit inputs" => "inherit pkgs inputs".to_owned(),
            other => other.to_owned(),
        };
        format!(
            "{} = import {} {{{arguments};}};",
            syntax::attr_text(&check.name),
            relative(Path::new(FILE), &check.test)
        )
    }

    /// Adds checks; all that one rendering adds come in one call.
    pub fn insert(&self, work: &mut Ops, checks: &[Check]) {
        let (Some(source), Some(site), [first, .., last] | [first @ last]) = (self.source, &self.site, checks) else {
            return;
        };
        let text = source.text();
        let path = source.path();
        let pad = |set: &ast::AttrSet| indent::inside(text, set.syntax());
        let unit = indent::unit(text);
        match site {
            Site::Inside { set } => {
                let pad = pad(set);
                for check in checks {
                    let line = self.line(check);
                    match before(set, &check.name) {
                        Some(at) => work.insert(path, at, format!("{line}\n{pad}"), check.group),
                        None => work.insert(path, trivia::end_of(text, set), format!("\n{pad}{line}"), check.group),
                    }
                }
            }
            Site::Beside { set, prefix } => {
                let pad = pad(set);
                for check in checks {
                    let line = format!("{prefix}.{}", self.line(check));
                    match before(set, &check.name) {
                        Some(at) => work.insert(path, at, format!("{line}\n{pad}"), check.group),
                        None => work.insert(path, trivia::end_of(text, set), format!("\n{pad}{line}"), check.group),
                    }
                }
            }
            Site::First { set, prefix } => {
                let (at, pad) = (trivia::end_of(text, set), pad(set));
                work.insert(path, at, format!("\n\n{pad}{prefix} = {{"), first.group);
                for check in checks {
                    work.insert(path, at, format!("\n{pad}{unit}{}", self.line(check)), check.group);
                }
                work.insert(path, at, format!("\n{pad}}};"), last.group);
            }
            Site::Single { binding, depth } => {
                let attrs: Vec<ast::Attr> = binding.attrpath().iter().flat_map(ast::Attrpath::attrs).collect();
                let (Some(system), Some(name)) = (attrs.get(depth - 1), attrs.get(*depth)) else {
                    return;
                };
                let own = trivia::extent(text, binding.syntax()).text;
                let pad = indent::of_line(text, own.start);
                let dot = syntax::span(system.syntax()).end..syntax::span(name.syntax()).start;
                work.replace(path, dot, format!(" = {{\n{pad}{unit}"), first.group);
                for check in checks {
                    work.insert(path, own.end, format!("\n{pad}{unit}{}", self.line(check)), check.group);
                }
                work.insert(path, own.end, format!("\n{pad}}};"), last.group);
            }
        }
    }

    /// What is left to a person where no check can be added.
    pub fn skipped(&self, checks: &[Check]) -> Vec<Skipped> {
        if self.takes() {
            return Vec::new();
        }
        let why = match self.source {
            None => "there is no flake.nix",
            Some(_) => {
                "the flake's outputs do not say in a set literal what its checks are, or no packages are in scope there"
            }
        };
        let place = || self.source.map(|source| source.place(0..0));
        checks
            .iter()
            .map(|check| Skipped {
                what: format!("the flake check {}", check.name),
                place: place(),
                why: format!("{why}; the test itself is written"),
                next: Some(format!("put this among the system's checks: {}", self.line(check))),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
