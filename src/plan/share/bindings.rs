//! The `let` bindings that moved code needs, copied: a pure binding means the same wherever it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::edit::trivia;
use crate::error::{self, Result};
use crate::resolve::free;
use crate::resolve::module::Module;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// What moved code takes from around it.
#[derive(Debug, Default)]
pub struct CapturedScope {
    /// Arguments of the module's function.
    pub arguments: BTreeSet<String>,
    /// Bindings, in the order in which the file has them: offset, and the text with its `;`.
    pub bindings: BTreeMap<usize, String>,
    /// Whether names come from `with lib`.
    pub with_lib: bool,
}

/// How far an attribute set is used: whole, or only these attribute paths.
#[derive(Clone, Debug, Default)]
struct Use {
    whole: bool,
    paths: BTreeSet<Vec<String>>,
}

/// A node's text as it has to be in the new file.
pub type Text<'t> = dyn Fn(&SyntaxNode) -> Result<String> + 't;

/// The arguments of a file that has a binding, and what inherits it from there.
pub type Inherited<'t> = dyn Fn(&SyntaxNode) -> Option<(Vec<String>, String)> + 't;

/// What `nodes`, all of `module`, need in a file of their own. `text` gives their texts there; `common` gives, for a binding
/// that stands in a file of its own, the arguments that it takes and what inherits it from there.
///
/// # Errors
/// `unmovable` for a name that a file of its own could not have.
pub fn needs(module: &Module, nodes: &[SyntaxNode], text: &Text, common: &Inherited) -> Result<CapturedScope> {
    let mut needs = CapturedScope::default();
    let mut uses: BTreeMap<usize, (Use, ast::AttrpathValue)> = BTreeMap::new();
    let mut open: Vec<SyntaxNode> = nodes.to_vec();
    let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
    while let Some(node) = open.pop() {
        let span = syntax::span(&node);
        if !seen.insert((span.start, span.end)) {
            continue;
        }
        for (name, variable) in free::variables(&node) {
            match &variable.binding {
                Binding::Param(lambda) if is_outermost(module, lambda) => {
                    needs.arguments.insert(name);
                }
                Binding::With(withs) if withs.iter().all(is_lib) => {
                    needs.with_lib = true;
                    needs.arguments.insert("lib".to_owned());
                }
                Binding::Value(value) if in_let(value.syntax()) => {
                    if let Some((arguments, inherit)) = common(value.syntax()) {
                        needs.arguments.extend(arguments);
                        needs.bindings.insert(syntax::span(value.syntax()).start, inherit);
                        continue;
                    }
                    let entry = uses
                        .entry(syntax::span(value.syntax()).start)
                        .or_insert_with(|| (Use::default(), value.clone()));
                    entry.0.add(&node, &name);
                    open.extend(used_parts(value, &entry.0));
                }
                Binding::Split(values) if values.iter().all(|value| in_let(value.syntax())) => {
                    for value in values {
                        let whole = Use {
                            whole: true,
                            ..Use::default()
                        };
                        let start = syntax::span(value.syntax()).start;
                        uses.entry(start).or_insert((whole, value.clone()));
                        open.extend(value.value().map(|v| v.syntax().clone()));
                    }
                }
                Binding::Inherited(inherit) if in_let(inherit.syntax()) => {
                    let (at, binding) = inherited(inherit, &name, text)?;
                    needs.bindings.insert(at, binding);
                    let from = inherit.from().and_then(|from| from.expr());
                    open.extend(from.map(|from| from.syntax().clone()));
                }
                _ => {
                    return Err(error::plan::unmovable(
                        module.source.place_of(&variable.first_use),
                        &name,
                    ));
                }
            }
        }
    }
    for (at, (usage, value)) in uses {
        // What is said about a binding is said wherever it stands.
        let (before, after) = comments(module, value.syntax());
        let binding = usage.text(module, &value, text)?;
        let gap = if stands_apart(module, value.syntax()) { "\n" } else { "" };
        needs.bindings.insert(at, format!("{gap}{before}{binding}{after}"));
    }
    Ok(needs)
}

/// An `inherit` of one name, as source, and where it stands; one statement may give several names.
fn inherited(inherit: &ast::Inherit, name: &str, text: &Text) -> Result<(usize, String)> {
    let from = inherit.from();
    let source = from
        .as_ref()
        .map(|from| text(from.syntax()))
        .transpose()?
        .map_or(String::new(), |from| from + " ");
    let attr = inherit
        .attrs()
        .find(|attr| syntax::attr_name(attr).as_deref() == Some(name));
    let at = attr.map_or_else(|| inherit.syntax().clone(), |attr| attr.syntax().clone());
    let binding = format!("inherit {source}{};", syntax::attr_text(name));
    Ok((syntax::span(&at).start, binding))
}

/// The comments above and beside an entry, ready to stand around its copy.
fn comments(module: &Module, entry: &SyntaxNode) -> (String, String) {
    let (own, extent) = (syntax::span(entry), trivia::extent(module.source.text(), entry).text);
    let text = |range: std::ops::Range<usize>| module.source.text()[range].trim().to_owned();
    let (before, after) = (text(extent.start..own.start), text(own.end..extent.end));
    let line = |text: String, to: &dyn Fn(String) -> String| if text.is_empty() { text } else { to(text) };
    (
        line(before, &|text| format!("{text}\n")),
        line(after, &|text| format!(" {text}")),
    )
}

/// Whether an empty line stands above an entry and its comments.
fn stands_apart(module: &Module, entry: &SyntaxNode) -> bool {
    let start = trivia::extent(module.source.text(), entry).text.start;
    let before = module.source.text()[..start].trim_end_matches([' ', '\t']);
    let lines = before.len() - before.trim_end().len();
    before[before.len() - lines..].matches('\n').count() > 1
}

/// Whether a function is the module's own.
pub(super) fn is_outermost(module: &Module, lambda: &ast::Lambda) -> bool {
    module
        .lambda
        .as_ref()
        .is_some_and(|outer| outer.syntax() == lambda.syntax())
}

fn is_lib(with: &ast::With) -> bool {
    with.namespace()
        .is_some_and(|namespace| namespace.syntax().text() == "lib")
}

fn in_let(node: &SyntaxNode) -> bool {
    node.parent().is_some_and(|parent| ast::LetIn::can_cast(parent.kind()))
}

impl Use {
    /// Notes how `name` is used below `node`: each `name.a.b` by its static path, anything else as the whole.
    fn add(&mut self, node: &SyntaxNode, name: &str) {
        for ident in node
            .descendants()
            .filter_map(ast::Ident::cast)
            .filter(|i| syntax::ident_text(i) == name)
        {
            let Some(parent) = ident.syntax().parent() else {
                continue;
            };
            if ast::Attrpath::can_cast(parent.kind()) || ast::PatEntry::can_cast(parent.kind()) {
                continue;
            }
            let path = ast::Select::cast(parent)
                .filter(|select| {
                    select.expr().is_some_and(|e| e.syntax() == ident.syntax()) && select.or_token().is_none()
                })
                .and_then(|select| {
                    syntax::attrpath_names(&select.attrpath()?)
                        .into_iter()
                        .collect::<Option<Vec<String>>>()
                });
            match path {
                Some(path) => {
                    self.paths.insert(path);
                }
                None => self.whole = true,
            }
        }
    }

    /// Whether `path`, an attribute of the binding's set, is used: it, something in it, or something around it.
    fn reaches(&self, path: &[String]) -> bool {
        self.whole || self.paths.iter().any(|used| used.iter().zip(path).all(|(a, b)| a == b))
    }

    /// The binding with only what is used of its set.
    fn text(&self, module: &Module, value: &ast::AttrpathValue, text: &Text) -> Result<String> {
        let name = value
            .attrpath()
            .map(|p| syntax::text_of(p.syntax()))
            .unwrap_or_default();
        Ok(match value.value() {
            Some(ast::Expr::AttrSet(set)) if !self.whole && !syntax::is_recursive(&set) => {
                format!("{name} = {};", self.pruned(module, &set, &mut Vec::new(), text)?)
            }
            Some(other) => format!("{name} = {};", text(other.syntax())?),
            None => String::new(),
        })
    }

    fn pruned(&self, module: &Module, set: &ast::AttrSet, prefix: &mut Vec<String>, text: &Text) -> Result<String> {
        let mut result = String::from("{\n");
        for entry in set.entries() {
            let names: Option<Vec<String>> = crate::resolve::module::entry_names(&entry).into_iter().collect();
            let (ast::Entry::AttrpathValue(value), Some(names)) = (&entry, names) else {
                result.push_str(&format!("{}\n", text(entry.syntax())?));
                continue;
            };
            let depth = prefix.len();
            prefix.extend(names.iter().cloned());
            if self.reaches(prefix) {
                let source: Vec<String> = names.iter().map(|n| syntax::attr_text(n)).collect();
                let inner = match value.value() {
                    Some(ast::Expr::AttrSet(inner)) if !syntax::is_recursive(&inner) && !self.takes_whole(prefix) => {
                        self.pruned(module, &inner, prefix, text)?
                    }
                    Some(other) => text(other.syntax())?,
                    None => String::new(),
                };
                let (before, after) = comments(module, value.syntax());
                result.push_str(&format!("{before}{} = {inner};{after}\n", source.join(".")));
            }
            prefix.truncate(depth);
        }
        result.push('}');
        Ok(result)
    }

    /// Whether the set at `path` is used as a whole.
    fn takes_whole(&self, path: &[String]) -> bool {
        self.paths
            .iter()
            .any(|used| used.len() <= path.len() && used.iter().zip(path).all(|(a, b)| a == b))
    }
}

/// The parts of a binding's value that are used, for their own free variables.
fn used_parts(value: &ast::AttrpathValue, usage: &Use) -> Vec<SyntaxNode> {
    fn walk(set: &ast::AttrSet, prefix: &mut Vec<String>, usage: &Use, found: &mut Vec<SyntaxNode>) {
        for entry in set.entries() {
            let names: Option<Vec<String>> = crate::resolve::module::entry_names(&entry).into_iter().collect();
            let (ast::Entry::AttrpathValue(value), Some(names)) = (&entry, names) else {
                found.push(entry.syntax().clone());
                continue;
            };
            let depth = prefix.len();
            prefix.extend(names);
            if usage.reaches(prefix) {
                match value.value() {
                    Some(ast::Expr::AttrSet(inner)) if !syntax::is_recursive(&inner) && !usage.takes_whole(prefix) => {
                        walk(&inner, prefix, usage, found)
                    }
                    Some(other) => found.push(other.syntax().clone()),
                    None => {}
                }
            }
            prefix.truncate(depth);
        }
    }
    match value.value() {
        Some(ast::Expr::AttrSet(set)) if !usage.whole && !syntax::is_recursive(&set) => {
            let mut found = Vec::new();
            walk(&set, &mut Vec::new(), usage, &mut found);
            found
        }
        Some(other) => vec![other.syntax().clone()],
        None => Vec::new(),
    }
}

/// Every use of the `let` bindings of a module that may be of no use any more once `gone` is gone: offsets, by the
/// binding's beginning. A binding that has a use elsewhere is left out.
fn doubtful(module: &Module, lets: &[ast::LetIn], gone: &[Range<usize>]) -> BTreeMap<usize, Vec<usize>> {
    if lets.is_empty() {
        return BTreeMap::new();
    }
    let root = module.source.root();
    let uses = syntax::uses(&root);
    let bindings = lets.iter().flat_map(HasEntry::entries);
    let bindings: Vec<(Vec<String>, Range<usize>)> = bindings
        .map(|entry| (scope::entry_names(&entry), syntax::span(entry.syntax())))
        .collect();
    // What is used in what goes, and in what would go with it.
    let (mut names, mut going) = (BTreeSet::new(), Vec::new());
    let (mut open, mut rest) = (gone.to_vec(), bindings.clone());
    while let Some(range) = open.pop() {
        let inside = uses.iter().filter(|used| range.contains(&used.span().start));
        let used: BTreeSet<&str> = inside.map(|used| &*used.name).collect();
        for (bound, span) in rest.extract_if(.., |(bound, _)| bound.iter().any(|name| used.contains(name.as_str()))) {
            names.extend(bound);
            open.push(span);
        }
        going.push(range);
    }
    let (mut found, mut alive): (BTreeMap<usize, Vec<usize>>, BTreeSet<usize>) = Default::default();
    for name in &names {
        let is_outside = |used: &&syntax::Use| !going.iter().any(|range| range.contains(&used.span().start));
        let (outside, inside): (Vec<_>, Vec<_>) = uses.iter().filter(|used| used.name == *name).partition(is_outside);
        let alike = bindings.iter().filter(|(bound, _)| bound.contains(name)).count();
        let mut used_outside: BTreeSet<usize> = BTreeSet::new();
        for used in outside {
            used_outside.extend(let_sites(used).iter().map(|site| syntax::span(site).start));
            if used_outside.len() == alike {
                break;
            }
        }
        if used_outside.len() < alike {
            for used in inside {
                for site in let_sites(used) {
                    found
                        .entry(syntax::span(&site).start)
                        .or_default()
                        .push(used.span().start);
                }
            }
        }
        alive.extend(used_outside);
    }
    // An `inherit` binds several names, and stays for one of them.
    found.retain(|site, _| !alive.contains(site));
    found
}

/// The entries of a `let` that a name means where it is used.
fn let_sites(used: &syntax::Use) -> Vec<SyntaxNode> {
    let sites: Vec<SyntaxNode> = match scope::lookup(&used.node(), &used.name) {
        Binding::Value(value) => vec![value.syntax().clone()],
        Binding::Split(values) => values.iter().map(|v| v.syntax().clone()).collect(),
        Binding::Inherited(inherit) => vec![inherit.syntax().clone()],
        _ => Vec::new(),
    };
    sites.into_iter().filter(in_let).collect()
}

/// The `let` bindings of `module` that nothing uses once `gone` (byte ranges) are gone, though something did before.
pub fn dead(module: &Module, gone: &[Range<usize>]) -> Vec<SyntaxNode> {
    let lets = syntax::nodes::<ast::LetIn>(&module.source.root());
    let uses = doubtful(module, &lets, gone);
    let sites: Vec<SyntaxNode> = lets
        .iter()
        .flat_map(|let_in| let_in.entries().map(|entry| entry.syntax().clone()).collect::<Vec<_>>())
        .filter(|site| uses.contains_key(&syntax::span(site).start))
        .collect();
    let mut gone: Vec<Range<usize>> = gone.to_vec();
    let mut dead: Vec<SyntaxNode> = Vec::new();
    loop {
        let next = sites.iter().find(|site| {
            let own = syntax::span(site);
            !dead.contains(site)
                && uses[&own.start]
                    .iter()
                    .all(|at| own.contains(at) || gone.iter().any(|range| range.contains(at)))
        });
        let Some(site) = next else { return dead };
        gone.push(syntax::span(site));
        dead.push(site.clone());
    }
}

/// The attributes in sets that `let` binds which nothing selects once `gone` is gone, though something did before. A set
/// that is used as a whole keeps all of them.
pub fn dead_attributes(module: &Module, gone: &[Range<usize>]) -> Vec<SyntaxNode> {
    let root = module.source.root();
    let mut dead = Vec::new();
    for let_in in syntax::nodes::<ast::LetIn>(&root) {
        for binding in let_in.attrpath_values() {
            let names = scope::entry_names(&ast::Entry::AttrpathValue(binding.clone()));
            let (Some(ast::Expr::AttrSet(set)), [name]) = (binding.value(), names.as_slice()) else {
                continue;
            };
            let is_it = |node: &SyntaxNode| match scope::lookup(node, name) {
                Binding::Value(value) => value.syntax() == binding.syntax(),
                _ => false,
            };
            let uses = syntax::uses_of(&root, name).into_iter().filter(is_it);
            let is_gone = |node: &SyntaxNode| gone.iter().any(|range| syntax::covers(range, &syntax::span(node)));
            let (inside, outside): (Vec<SyntaxNode>, Vec<SyntaxNode>) = uses.partition(is_gone);
            let used = |nodes: &[SyntaxNode]| {
                let mut used = Use::default();
                nodes.iter().for_each(|node| used.add(node, name));
                used
            };
            let (inside, outside) = (used(&inside), used(&outside));
            if syntax::is_recursive(&set) || inside.whole || outside.whole || inside.paths.is_empty() {
                continue;
            }
            unused(&set, &mut Vec::new(), [&inside, &outside], &mut dead);
        }
        for inherit in let_in.inherits() {
            dead.extend(uninherited(&root, &inherit, gone));
        }
    }
    dead
}

/// The names of a statement that gives others too, of which each use is `gone`, though there was one.
fn uninherited(root: &SyntaxNode, inherit: &ast::Inherit, gone: &[Range<usize>]) -> Vec<SyntaxNode> {
    let is_it = |node: &SyntaxNode, name: &str| match scope::lookup(node, name) {
        Binding::Inherited(found) => found.syntax() == inherit.syntax(),
        _ => false,
    };
    let is_gone = |node: &SyntaxNode| gone.iter().any(|range| syntax::covers(range, &syntax::span(node)));
    let is_dead = |attr: &ast::Attr| {
        let Some(name) = syntax::attr_name(attr) else {
            return false;
        };
        let mut uses = syntax::uses_of(root, &name)
            .into_iter()
            .filter(|node| is_it(node, &name))
            .peekable();
        uses.peek().is_some() && uses.all(|node| is_gone(&node))
    };
    let (dead, alive): (Vec<ast::Attr>, Vec<ast::Attr>) = inherit.attrs().partition(is_dead);
    match alive.is_empty() {
        true => Vec::new(),
        false => dead.iter().map(|attr| attr.syntax().clone()).collect(),
    }
}

/// Adds the values of a set that `inside` uses and `outside` does not. A set in it of which nothing is used outside goes
/// whole, with what was of no use before.
fn unused(set: &ast::AttrSet, prefix: &mut Vec<String>, uses: [&Use; 2], found: &mut Vec<SyntaxNode>) {
    let [inside, outside] = uses;
    for binding in set.attrpath_values() {
        let names = binding
            .attrpath()
            .map(|path| syntax::attrpath_names(&path))
            .unwrap_or_default();
        let Some(names) = names.into_iter().collect::<Option<Vec<String>>>() else {
            continue;
        };
        let depth = prefix.len();
        prefix.extend(names);
        let is_dead = inside.reaches(prefix) && !outside.reaches(prefix);
        match binding.value() {
            Some(ast::Expr::AttrSet(inner))
                if !is_dead && !syntax::is_recursive(&inner) && !inside.takes_whole(prefix) =>
            {
                unused(&inner, prefix, uses, found);
            }
            _ if is_dead => found.push(binding.syntax().clone()),
            _ => {}
        }
        prefix.truncate(depth);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Source;

    #[test]
    fn what_only_something_gone_has_used_is_dead() {
        let text = "{config, ...}: let\n  inherit (config) a b;\n  c = a;\n  d = 1;\n  e = e;\nin {\n  x = c;\n  y = b;\n  z = d;\n  w = let d = 2; in d;\n}\n";
        let module = Module::read(&Source::new("x.nix", text)).expect("a module");
        let dead = |gone: &[&str]| {
            let span = |gone: &&str| text.find(*gone).map(|at| at..at + gone.len()).expect("is there");
            let gone: Vec<Range<usize>> = gone.iter().map(span).collect();
            let mut dead: Vec<String> = super::dead(&module, &gone).iter().map(syntax::text_of).collect();
            dead.sort();
            dead
        };
        // An `inherit` stays for one of its names.
        assert_eq!(dead(&["x = c;"]), ["c = a;"]);
        assert_eq!(dead(&["x = c;", "y = b;"]), ["c = a;", "inherit (config) a b;"]);
        // Another `d` is used elsewhere.
        assert_eq!(dead(&["z = d;"]), ["d = 1;"]);
    }
}
