//! What several services of a shared file need alike: sets that a `let` binds. They go into a file of their own beside it,
//! which the services that leave and what stays read, so that none is said twice.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::bindings::{self, is_outermost};
use super::ownership::Names;
use crate::edit::{GroupId, indent, trivia};
use crate::plan::group::Move;
use crate::plan::ops::Ops;
use crate::plan::{placement, texts};
use crate::repo::Repository;
use crate::resolve::free;
use crate::resolve::module::Module;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The name of the file.
const FILE: &str = "common.nix";

/// Bindings that move from a shared file's `let` into the common file.
pub struct Common {
    /// The common file.
    path: PathBuf,
    bindings: Vec<CommonBinding>,
    /// The module arguments that they need, sorted.
    arguments: Vec<String>,
    /// Whether the common file is there, and takes no more than is in it.
    exists: bool,
}

struct CommonBinding {
    name: String,
    entry: ast::AttrpathValue,
}

impl Common {
    /// The bindings of `home` that several services need, or one and what stays, where code that leaves it (`leaving`) needs
    /// one of them. `gone` are the ranges that leave. Which they are does not depend on which service leaves first.
    pub fn find(
        repo: &Repository,
        names: &Names,
        home: &Module,
        leaving: &[SyntaxNode],
        gone: &[Range<usize>],
    ) -> Option<Common> {
        let path = home.source.path().with_file_name(FILE);
        let dead = bindings::dead(home, gone);
        let lets = syntax::nodes::<ast::LetIn>(&home.source.root()).into_iter();
        let entries = lets.flat_map(|let_in| let_in.attrpath_values().collect::<Vec<_>>());
        let mut found: Vec<CommonBinding> = Vec::new();
        for entry in entries.filter(|entry| !dead.contains(entry.syntax())) {
            let name = match scope::entry_names(&ast::Entry::AttrpathValue(entry.clone())).as_slice() {
                [name] => name.clone(),
                _ => continue,
            };
            if is_common(names, home, &name, &entry) {
                found.push(CommonBinding { name, entry });
            }
        }
        let needed: Vec<_> = leaving.iter().map(free::variables).collect();
        let is_needed = |binding: &CommonBinding| {
            let meant = needed.iter().filter_map(|variables| variables.get(&binding.name));
            let mut meant = meant.map(|variable| &variable.binding);
            meant.any(|meant| matches!(meant, Binding::Value(value) if value.syntax() == binding.entry.syntax()))
        };
        if !found.iter().any(is_needed) {
            return None;
        }
        found.sort_by_key(|binding| syntax::span(binding.entry.syntax()).start);
        let mut arguments: Vec<String> = found
            .iter()
            .flat_map(|binding| free::variables(binding.entry.syntax()).into_keys())
            .collect();
        arguments.sort();
        arguments.dedup();
        let exists = repo.exists(&path);
        if exists {
            let (asked, set) = read(repo.source(&path)?)?;
            arguments = asked;
            found.retain(|binding| says(&set, binding));
        }
        (!found.is_empty()).then_some(Common {
            path,
            bindings: found,
            arguments,
            exists,
        })
    }

    /// The arguments that are handed on to the common file, and what binds the value of `entry` in the file at `to`; `None`
    /// for one that is not common.
    pub fn inherit(&self, entry: &SyntaxNode, to: &Path) -> Option<(Vec<String>, String)> {
        let binding = self.bindings.iter().find(|binding| binding.entry.syntax() == entry)?;
        let text = format!("inherit ({}) {};", self.import(to), binding.name);
        Some((self.arguments.clone(), text))
    }

    /// The module arguments that what reads it hands on.
    pub fn arguments(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().map(String::as_str)
    }

    /// The common file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn import(&self, from: &Path) -> String {
        let path = placement::relative(from, &self.path);
        match self.arguments.is_empty() {
            true => format!("import {path}"),
            false => format!("import {path} {{inherit {};}}", self.arguments.join(" ")),
        }
    }

    /// Makes the common file, where it is not there, and lets what stays in the shared one read it.
    pub fn write(&self, ops: &mut Ops, home: &Module, group: GroupId) {
        if !self.exists {
            ops.create_formatted(self.path.clone(), self.text(home));
            ops.tell(group, [Move::added_to(texts::COMMON, &self.path)]);
        }
        let file = home.source.path();
        let pad = |entry: &SyntaxNode| indent::of_line(home.source.text(), syntax::span(entry).start).to_owned();
        for (at, binding) in self.bindings.iter().enumerate() {
            let entry = binding.entry.syntax();
            let extent = trivia::extent(home.source.text(), entry);
            if at > 0 {
                ops.remove(file, extent.whole, group);
                continue;
            }
            let names: Vec<&str> = self.bindings.iter().map(|binding| binding.name.as_str()).collect();
            let text = format!("inherit ({}) {};", self.import(file), names.join(" "));
            let lines = extent.text.start..extent.text.end;
            let pad = if home.source.text()[lines.clone()].starts_with(char::is_whitespace) {
                pad(entry)
            } else {
                String::new()
            };
            ops.replace(file, lines, format!("{pad}{text}"), group);
        }
    }

    fn text(&self, home: &Module) -> String {
        let directory = self.path.parent().unwrap_or(Path::new(""));
        let head = match self.arguments.is_empty() {
            true => String::new(),
            false => format!("{{{}}}: ", self.arguments.join(", ")),
        };
        let bindings: String = self
            .bindings
            .iter()
            .map(|binding| {
                let extent = trivia::extent(home.source.text(), binding.entry.syntax()).text;
                format!("{}\n", home.source.text()[extent].trim())
            })
            .collect();
        format!("{}\n{head}{{\n{bindings}}}\n", texts::common(directory))
    }
}

/// Whether a binding is a set that means the same in a file of its own, and that several need as a whole.
fn is_common(names: &Names, home: &Module, name: &str, entry: &ast::AttrpathValue) -> bool {
    let is_set = matches!(entry.value(), Some(ast::Expr::AttrSet(set)) if !syntax::is_recursive(&set) && set.entries().next().is_some());
    let own_name = entry
        .attrpath()
        .is_some_and(|path| syntax::text_of(path.syntax()) == name);
    let pure = free::variables(entry.syntax())
        .values()
        .all(|variable| match &variable.binding {
            Binding::Param(lambda) => is_outermost(home, lambda),
            _ => false,
        });
    let paths = syntax::paths(&Source::new(
        home.source.path(),
        syntax::text_of(entry.syntax()).as_str(),
    ));
    if !is_set || !own_name || !pure || !paths.is_empty() {
        return false;
    }
    let is_it = |node: &SyntaxNode| matches!(scope::lookup(node, name), Binding::Value(value) if value.syntax() == entry.syntax());
    // One attribute of a set is a value, and stands where it is used.
    let whole = |node: &SyntaxNode| {
        let select = node.parent().and_then(ast::Select::cast);
        !select.is_some_and(|select| select.expr().is_some_and(|base| base.syntax() == node))
    };
    let uses = syntax::uses_of(&home.source.root(), name);
    let mut owners: Vec<Option<&str>> = uses.iter().map(|node| owner(names, home, node)).collect();
    owners.sort_unstable();
    owners.dedup();
    owners.len() > 1 && uses.iter().all(|node| is_it(node) && whole(node))
}

/// The service whose definition a node stands in; `None` for what is nobody's alone.
fn owner<'n>(names: &'n Names, home: &Module, node: &SyntaxNode) -> Option<&'n str> {
    let own = syntax::span(node);
    let around = home
        .defs
        .iter()
        .filter(|def| syntax::covers(&syntax::span(def.entry.syntax()), &own));
    let mut owners = around
        .flat_map(|def| def.path.iter().flatten())
        .filter_map(|name| names.owner(name));
    owners.next()
}

/// The arguments that a common file asks for, and the set that it is; `None` for one of another form.
fn read(source: &Source) -> Option<(Vec<String>, ast::AttrSet)> {
    match source.expr().ok()? {
        ast::Expr::AttrSet(set) => Some((Vec::new(), set)),
        ast::Expr::Lambda(lambda) => match (lambda.param()?, lambda.body()?) {
            (ast::Param::Pattern(pattern), ast::Expr::AttrSet(set)) => {
                let entries = pattern.pat_entries();
                let names = entries.filter_map(|entry| Some(syntax::ident_text(&entry.ident()?)));
                Some((names.collect(), set))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Whether a common file's set says a binding as the shared file does.
fn says(set: &ast::AttrSet, binding: &CommonBinding) -> bool {
    let plain = |node: &SyntaxNode| syntax::in_one_line(&syntax::text_of(node));
    set.attrpath_values()
        .any(|value| plain(value.syntax()) == plain(binding.entry.syntax()))
}
