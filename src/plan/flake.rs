//! The flake's checks: where one more goes, found over the shapes in which flakes write their outputs.
//!
//! A place is one where `checks.<system>` is a set literal, or could be begun, and where packages are in scope.
//! Any other flake is left as it is, with the line that a person can put there.

use std::path::{Path, PathBuf};

use super::Skipped;
use super::ops::Ops;
use super::placement::relative;
use crate::edit::{GroupId, indent, trivia};
use crate::repo::Repository;
use crate::resolve::module::{attribute, entry_names};
use crate::resolve::scope::{self, Binding};
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

/// Where checks go.
enum Site {
    /// Into the set of a system's checks.
    Inside { set: ast::AttrSet },
    /// Into a set that writes each check as a binding of its own: `checks.x86_64-linux.<name>`.
    Beside { set: ast::AttrSet, prefix: String },
    /// The same, where the system's name is computed: such a binding can stand only once, so it becomes a set.
    Single { binding: ast::AttrpathValue, depth: usize },
    /// Into the outputs, as their first checks.
    First { set: ast::AttrSet, prefix: String },
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

/// Whether a check of that name is there, in whatever file the repository keeps its checks.
pub fn has(repo: &Repository, name: &str) -> bool {
    repo.containing(&[name]).into_iter().any(|file| {
        let bindings = repo.source(file).map(|source| syntax::nodes(&source.root()));
        let mut bindings = bindings.into_iter().flatten();
        bindings.any(|binding| {
            entry_names(&ast::Entry::AttrpathValue(binding))
                .pop()
                .flatten()
                .as_deref()
                == Some(name)
        })
    })
}

impl<'a> Flake<'a> {
    /// Reads it; a repository without a flake has one without a place.
    pub fn read(repo: &'a Repository) -> Flake<'a> {
        let source = repo.source(Path::new(FILE));
        let found = source.and_then(find);
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
    fn line(&self, check: &Check) -> String {
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
                why: why.to_owned(),
                next: Some(format!("put this among the system's checks: {}", self.line(check))),
            })
            .collect()
    }
}

/// A node inside a set: what it sees is what the set's bindings see.
fn inner(set: &ast::AttrSet) -> SyntaxNode {
    let entry = set.attrpath_values().find_map(|binding| binding.value());
    entry.map_or_else(|| set.syntax().clone(), |value| value.syntax().clone())
}

fn bound(node: &SyntaxNode, name: &str) -> bool {
    matches!(
        scope::lookup(node, name),
        Binding::Value(_) | Binding::Split(_) | Binding::Inherited(_) | Binding::Param(_)
    )
}

/// The body of an expression below `let`, `with`, `assert` and parentheses.
fn body(expr: ast::Expr) -> Option<ast::Expr> {
    let mut expr = expr;
    loop {
        expr = match expr {
            ast::Expr::LetIn(let_in) => let_in.body()?,
            ast::Expr::With(with) => with.body()?,
            ast::Expr::Assert(assert) => assert.body()?,
            ast::Expr::Paren(paren) => paren.expr()?,
            other => return Some(other),
        };
    }
}

/// The set literal that an expression is, or that it is completed by (`a // { … }`).
fn literal(expr: ast::Expr) -> Option<ast::AttrSet> {
    match body(expr)? {
        ast::Expr::AttrSet(set) => Some(set),
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            op.rhs().and_then(literal).or_else(|| op.lhs().and_then(literal))
        }
        _ => None,
    }
}

/// The set literal that a function, given as the last argument of a call, returns for each system.
fn for_each(expr: &ast::Expr) -> Option<ast::AttrSet> {
    let (_, mut arguments) = syntax::call(expr);
    match arguments.pop().map(syntax::unparen)? {
        ast::Expr::Lambda(lambda) => literal(lambda.body()?),
        _ => None,
    }
}

type Found = (Site, Option<String>);

fn find(source: &Source) -> Option<Found> {
    let ast::Expr::AttrSet(flake) = source.expr().ok()? else {
        return None;
    };
    let ast::Expr::Lambda(outputs) = syntax::unparen(attribute(&flake, "outputs")?) else {
        return None;
    };
    outputs_of(body(outputs.body()?)?)
}

fn outputs_of(expr: ast::Expr) -> Option<Found> {
    match &expr {
        ast::Expr::AttrSet(set) => by_system(set).or_else(|| first_by_system(set)),
        ast::Expr::BinOp(op) if op.operator() == Some(ast::BinOpKind::Update) => {
            let sides: Vec<ast::Expr> = [op.lhs(), op.rhs()].into_iter().flatten().filter_map(body).collect();
            let with_checks = sides.iter().find(|side| mentions_checks(side)).cloned();
            with_checks.or_else(|| sides.last().cloned()).and_then(outputs_of)
        }
        ast::Expr::Apply(_) => {
            let (function, mut arguments) = syntax::call(&expr);
            if syntax::function_name(&function).as_deref() == Some("mkFlake") {
                let parts = match arguments.pop().map(syntax::unparen)? {
                    ast::Expr::Lambda(lambda) => literal(lambda.body()?)?,
                    other => literal(other)?,
                };
                let ast::Expr::Lambda(each) = syntax::unparen(attribute(&parts, "perSystem")?) else {
                    return None;
                };
                return within_system(&literal(each.body()?)?);
            }
            within_system(&for_each(&expr)?)
        }
        _ => None,
    }
}

fn mentions_checks(expr: &ast::Expr) -> bool {
    expr.syntax()
        .descendants()
        .filter_map(ast::AttrpathValue::cast)
        .any(|binding| scope::first_name(&binding).as_deref() == Some("checks"))
}

/// The bindings of checks in a set.
fn checks_in(set: &ast::AttrSet) -> Vec<ast::AttrpathValue> {
    set.attrpath_values()
        .filter(|binding| scope::first_name(binding).as_deref() == Some("checks"))
        .collect()
}

fn attrs(binding: &ast::AttrpathValue) -> Vec<ast::Attr> {
    binding.attrpath().iter().flat_map(ast::Attrpath::attrs).collect()
}

fn attr_source(attr: &ast::Attr) -> String {
    syntax::text_of(attr.syntax())
}

/// In outputs that are written `checks.<system>.<name>`.
fn by_system(outputs: &ast::AttrSet) -> Option<Found> {
    let bindings = checks_in(outputs);
    let binding = bindings.first()?;
    let names = attrs(binding);
    if names.len() > 1 {
        return below_system(outputs, binding, 1, "checks");
    }
    let value = body(binding.value()?)?;
    if let ast::Expr::Apply(_) = &value {
        return Some((Site::Inside { set: for_each(&value)? }, None));
    }
    let systems = literal(value)?;
    match systems.attrpath_values().next() {
        Some(system) => below_system(&systems, &system, 0, ""),
        None => None,
    }
}

/// At a binding whose attrpath has the system at `at`.
fn below_system(set: &ast::AttrSet, binding: &ast::AttrpathValue, at: usize, prefix: &str) -> Option<Found> {
    let names = attrs(binding);
    let system = attr_source(names.get(at)?);
    if names.len() == at + 1 {
        let set = literal(binding.value()?)?;
        return Some((Site::Inside { set }, Some(system)));
    }
    if syntax::attr_name(&names[at]).is_none() {
        let site = Site::Single {
            binding: binding.clone(),
            depth: at + 1,
        };
        return Some((site, Some(system)));
    }
    let prefix = if prefix.is_empty() {
        system.clone()
    } else {
        format!("{prefix}.{system}")
    };
    Some((
        Site::Beside {
            set: set.clone(),
            prefix,
        },
        Some(system),
    ))
}

/// The first checks of such outputs: for the system that the flake names already.
fn first_by_system(outputs: &ast::AttrSet) -> Option<Found> {
    let system = if bound(&inner(outputs), "system") {
        "${system}".to_owned()
    } else {
        let of_systems = ["packages", "devShells", "formatter", "apps"];
        outputs.attrpath_values().find_map(|binding| {
            let first = scope::first_name(&binding)?;
            let names = attrs(&binding);
            (of_systems.contains(&first.as_str()) && names.len() > 1).then(|| attr_source(&names[1]))
        })?
    };
    let site = Site::First {
        set: outputs.clone(),
        prefix: format!("checks.{system}"),
    };
    Some((site, Some(system)))
}

/// In outputs of one system (flake-utils, flake-parts).
fn within_system(outputs: &ast::AttrSet) -> Option<Found> {
    let bindings = checks_in(outputs);
    let Some(binding) = bindings.first() else {
        let site = Site::First {
            set: outputs.clone(),
            prefix: "checks".to_owned(),
        };
        return Some((site, None));
    };
    let site = match attrs(binding).len() {
        1 => Site::Inside {
            set: literal(binding.value()?)?,
        },
        _ => Site::Beside {
            set: outputs.clone(),
            prefix: "checks".to_owned(),
        },
    };
    Some((site, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A flake with these outputs, after a check is added; `None` where there is no place.
    fn with_check(outputs: &str) -> Option<String> {
        let directory = tempfile::tempdir().expect("a directory");
        let text = format!("{{outputs = {outputs};}}");
        std::fs::write(directory.path().join(FILE), &text).expect("written");
        let repo = Repository::read(directory.path()).expect("read");
        let flake = Flake::read(&repo);
        let check = |name: &str, inputs| Check {
            name: name.to_owned(),
            test: PathBuf::from(format!("tests/{name}")),
            inputs,
            group: GroupId(0),
        };
        if !flake.takes() {
            assert_eq!(flake.skipped(&[check("a", false)]).len(), 1);
            return None;
        }
        let mut work = Ops::new(&repo);
        flake.insert(&mut work, &[check("a", false), check("b", true)]);
        let change = work.finish().expect("renders");
        let after = repo.after(&change);
        assert!(Flake::read(&after).has("a") && Flake::read(&after).has("b"));
        let text = &change.files[0].after;
        let joined: Vec<&str> = text.split_whitespace().collect();
        Some(joined.join(" "))
    }

    fn placed(outputs: &str, wanted: &str) {
        let text = with_check(outputs).unwrap_or_else(|| panic!("no place in {outputs}"));
        assert!(text.contains(wanted), "{text}\n  lacks {wanted}");
    }

    const BOTH: &str = "a = import ./tests/a {inherit pkgs;}; b = import ./tests/b {inherit pkgs inputs;};";

    #[test]
    fn checks_go_into_the_set_of_their_system() {
        placed(
            "{nixpkgs, ...} @ inputs: let system = \"s\"; in {checks.${system} = let pkgs = nixpkgs.legacyPackages.${system}; in {x = 1;};}",
            &format!("in {{x = 1; {BOTH}}};"),
        );
        placed(
            "inputs: let pkgs = 1; in {checks.x86_64-linux = {x = 1;};}",
            &format!("{{x = 1; {BOTH}}}"),
        );
        placed(
            "inputs: let pkgs = 1; in {checks = {x86_64-linux = y // {x = 1;};};}",
            &format!("{{x = 1; {BOTH}}}"),
        );
        placed(
            "inputs: {checks = inputs.nixpkgs.lib.genAttrs systems (system: let pkgs = q system; in {x = 1;});}",
            &format!("in {{x = 1; {BOTH}}});"),
        );
    }

    #[test]
    fn packages_are_named_where_none_are_bound() {
        placed(
            "{nixpkgs, impermanence, ...}: {checks.x86_64-linux = {};}",
            "a = import ./tests/a {pkgs = nixpkgs.legacyPackages.x86_64-linux;}; b = import ./tests/b {pkgs = nixpkgs.legacyPackages.x86_64-linux; inputs = {inherit impermanence;};};",
        );
        placed(
            "inputs: {checks = inputs.nixpkgs.lib.genAttrs systems (system: {});}",
            "a = import ./tests/a {pkgs = inputs.nixpkgs.legacyPackages.${system};};",
        );
        assert!(with_check("{self}: {checks.x86_64-linux = {};}").is_none());
    }

    #[test]
    fn checks_stand_beside_others_that_are_bindings_of_their_own() {
        placed(
            "inputs: let pkgs = 1; in {checks.x86_64-linux.x = 1;}",
            "checks.x86_64-linux.x = 1; checks.x86_64-linux.a = import ./tests/a {inherit pkgs;}; checks.x86_64-linux.b = ",
        );
        placed(
            "inputs: let pkgs = 1; system = 2; in {checks.${system}.x = 1;}",
            &format!("checks.${{system}} = {{ x = 1; {BOTH} }};"),
        );
    }

    #[test]
    fn first_checks_make_a_set() {
        placed(
            "inputs: let pkgs = 1; system = 2; in {packages = {};}",
            &format!("packages = {{}}; checks.${{system}} = {{ {BOTH} }};"),
        );
        placed(
            "inputs: let pkgs = 1; in {formatter.x86_64-linux = 1;}",
            &format!("checks.x86_64-linux = {{ {BOTH} }};"),
        );
        assert!(with_check("inputs: let pkgs = 1; in {nixosModules = {};}").is_none());
    }

    #[test]
    fn frameworks_have_outputs_of_one_system() {
        placed(
            "inputs: inputs.flake-utils.lib.eachDefaultSystem (system: let pkgs = q; in {packages = {};})",
            &format!("checks = {{ {BOTH} }};"),
        );
        placed(
            "inputs: inputs.flake-parts.lib.mkFlake {inherit inputs;} {perSystem = {pkgs, ...}: {checks = {x = 1;};};}",
            &format!("checks = {{x = 1; {BOTH}}};"),
        );
        placed(
            "inputs: flake-utils.lib.eachDefaultSystem (system: let pkgs = q; in {checks.x = 1;}) // {nixosConfigurations = {};}",
            "checks.x = 1; checks.a = import ./tests/a {inherit pkgs;};",
        );
    }

    #[test]
    fn computed_checks_are_left_to_the_person() {
        assert!(with_check("inputs: let pkgs = 1; in {checks = import ./checks.nix;}").is_none());
        assert!(with_check("inputs: let pkgs = 1; in import ./outputs.nix inputs").is_none());
    }
}
