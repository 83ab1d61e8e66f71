//! The `let` of a module that left a shared file, as a person would have written it for one service: instead of the shared
//! file's sets with one attribute each, a value where it is used once, and a binding of its own where it is used more often.
//!
//! It works on the text of the new module. Where it is not sure of a name, what was copied stays as it is.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use crate::edit::trivia;
use crate::resolve::free;
use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The text with every binding simplified that can be.
pub fn flattened(path: &Path, mut text: String) -> String {
    // Each round changes one binding, so that no edit meets another; what it makes may be simplified in its turn.
    while let Some(next) = once(&Source::new(path, text.as_str())) {
        text = next;
    }
    text
}

/// A text with one binding simplified; `None` where there is none.
fn once(source: &Source) -> Option<String> {
    let let_in = own_let(source)?;
    let mut bindings = let_in.attrpath_values().filter(|value| name_of(value).is_some());
    let simplified = bindings.find_map(|binding| simplified(source, &let_in, &binding));
    let inherited = || {
        let_in
            .inherits()
            .find_map(|inherit| spelled_out(source, &let_in, &inherit))
    };
    let joined = || let_in.inherits().find_map(|inherit| joined(source, &let_in, &inherit));
    simplified.or_else(inherited).or_else(joined)
}

/// The text with a name that is inherited and used once as what it is inherited from: `config.x.pods` for `pods`.
fn spelled_out(source: &Source, let_in: &ast::LetIn, inherit: &ast::Inherit) -> Option<String> {
    let from = inherit.from()?.expr()?;
    let mut attrs = inherit.attrs();
    let (Some(attr), None) = (attrs.next(), attrs.next()) else {
        return None;
    };
    let name = syntax::attr_name(&attr)?;
    let is_path = matches!(from, ast::Expr::Ident(_))
        || matches!(&from, ast::Expr::Select(select) if select.default_expr().is_none());
    let is_it = |node: &SyntaxNode| match scope::lookup(node, &name) {
        Binding::Inherited(found) => found.syntax() == inherit.syntax(),
        _ => false,
    };
    let uses = syntax::uses_of(&source.root(), &name);
    let [one] = &uses[..] else { return None };
    let plain = !one.parent().is_some_and(|parent| ast::Inherit::can_cast(parent.kind()));
    if !is_path || !is_it(one) || !plain || has_comment(inherit.syntax()) || !means_the_same(from.syntax(), one) {
        return None;
    }
    let text = format!("{}.{}", syntax::text_of(from.syntax()), syntax::attr_text(&name));
    let edits = vec![
        (syntax::span(one), text),
        (gone(source, let_in, inherit.syntax()), String::new()),
    ];
    Some(applied(source.text(), edits))
}

/// The text with what a statement inherits in an earlier one that inherits from the same.
fn joined(source: &Source, let_in: &ast::LetIn, inherit: &ast::Inherit) -> Option<String> {
    let from = |inherit: &ast::Inherit| Some(syntax::text_of(inherit.from()?.syntax()));
    let own = from(inherit)?;
    let earlier = let_in.inherits().take_while(|other| other.syntax() != inherit.syntax());
    let first = earlier.into_iter().find(|other| from(other).as_deref() == Some(&own))?;
    if has_comment(inherit.syntax()) || has_comment(first.syntax()) {
        return None;
    }
    let names: String = inherit
        .attrs()
        .map(|attr| format!(" {}", syntax::text_of(attr.syntax())))
        .collect();
    let end = syntax::span(first.attrs().last()?.syntax()).end;
    let edits = vec![
        (end..end, names),
        (gone(source, let_in, inherit.syntax()), String::new()),
    ];
    Some(applied(source.text(), edits))
}

/// Whether every name in `node`, which a `let` binds around the module's set, means the same at `at`.
fn means_the_same(node: &SyntaxNode, at: &SyntaxNode) -> bool {
    let site = |binding: &Binding| match binding {
        Binding::Value(value) => Some(value.syntax().clone()),
        Binding::Inherited(inherit) => Some(inherit.syntax().clone()),
        Binding::Param(lambda) => Some(lambda.syntax().clone()),
        _ => None,
    };
    free::variables(node).iter().all(|(name, variable)| {
        let own = site(&variable.binding);
        own.is_some() && own == site(&scope::lookup(at, name))
    })
}

/// What goes with an entry of a `let`: its line, or the `let` with its `in` where it has nothing else.
fn gone(source: &Source, let_in: &ast::LetIn, entry: &SyntaxNode) -> Range<usize> {
    let is_last = let_in.entries().count() == 1;
    match (is_last, let_in.let_token(), let_in.body()) {
        (true, Some(open), Some(body)) => syntax::token_span(&open).start..syntax::span(body.syntax()).start,
        _ => trivia::extent(source.text(), entry).whole,
    }
}

/// The `let` around the module's set; one in its code is none of ours.
fn own_let(source: &Source) -> Option<ast::LetIn> {
    let let_in = syntax::nodes::<ast::LetIn>(&source.root()).into_iter().next()?;
    let around = |node: &SyntaxNode| ast::Lambda::can_cast(node.kind()) || ast::With::can_cast(node.kind());
    let mut outer = let_in.syntax().ancestors().skip(1);
    outer
        .all(|node| around(&node) || ast::Root::can_cast(node.kind()))
        .then_some(let_in)
}

/// The name of a binding whose attrpath is one name.
fn name_of(binding: &ast::AttrpathValue) -> Option<String> {
    let names = syntax::attrpath_names(&binding.attrpath()?);
    match names.as_slice() {
        [Some(name)] => Some(name.clone()),
        _ => None,
    }
}

/// A value that a set gives, under its path.
struct Leaf {
    path: Vec<String>,
    value: ast::Expr,
}

fn simplified(source: &Source, let_in: &ast::LetIn, binding: &ast::AttrpathValue) -> Option<String> {
    let name = name_of(binding)?;
    let value = binding.value()?;
    let uses = uses(source, &name, binding)?;
    if has_comment(binding.syntax()) || uses.is_empty() {
        return None;
    }
    let mut edits = Vec::new();
    let mut kept = String::new();
    match &value {
        ast::Expr::AttrSet(set) if !syntax::is_recursive(set) => {
            let leaves = leaves(set)?;
            let selects: Vec<(ast::Select, Vec<String>)> = uses.iter().map(selected).collect::<Option<_>>()?;
            if selects
                .iter()
                .any(|(_, path)| !leaves.iter().any(|leaf| leaf.path == *path))
            {
                return None;
            }
            let mut names = BTreeSet::new();
            for leaf in &leaves {
                let of_leaf: Vec<SyntaxNode> = selects
                    .iter()
                    .filter(|(_, path)| *path == leaf.path)
                    .map(|(select, _)| select.syntax().clone())
                    .collect();
                match (&of_leaf[..], scalar(&leaf.value)) {
                    ([], _) => return None,
                    ([one], Some(text)) if put(&leaf.value, one, &text, &mut edits) => {}
                    _ => {
                        let own = leaf.path.last()?;
                        if own != &name && is_taken(source, own) || !names.insert(own.clone()) || !is_plain(own) {
                            return None;
                        }
                        kept.push_str(&format!("{own} = {};\n", syntax::text_of(leaf.value.syntax())));
                        edits.extend(of_leaf.iter().map(|node| (syntax::span(node), own.clone())));
                    }
                }
            }
        }
        scalar_value => {
            let text = scalar(scalar_value)?;
            let [one] = &uses[..] else { return None };
            if !put(scalar_value, one, &text, &mut edits) {
                return None;
            }
        }
    }
    let range = match kept.is_empty() {
        true => gone(source, let_in, binding.syntax()),
        false => syntax::span(binding.syntax()),
    };
    edits.push((range, kept.trim_end().to_owned()));
    Some(applied(source.text(), edits))
}

/// The text with what the module's own `let` binds as `from` called `to`, where nothing else has that name.
pub fn renamed(path: &Path, text: String, from: &str, to: &str) -> String {
    let source = Source::new(path, text.as_str());
    let bound = own_let(&source).and_then(|let_in| {
        let mut bindings = let_in.attrpath_values();
        bindings.find(|binding| name_of(binding).as_deref() == Some(from))
    });
    let Some(binding) = bound.filter(|_| !is_taken(&source, to)) else {
        return text;
    };
    let (Some(uses), Some(name)) = (uses(&source, from, &binding), binding.attrpath()) else {
        return text;
    };
    let nodes = uses.iter().chain([name.syntax()]);
    applied(&text, nodes.map(|node| (syntax::span(node), to.to_owned())).collect())
}

fn applied(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let mut text = text.to_owned();
    for (range, new) in edits.into_iter().rev() {
        text.replace_range(range, &new);
    }
    text
}

/// The places that read a binding; `None` where its name means something else somewhere, so that it is not told apart.
fn uses(source: &Source, name: &str, binding: &ast::AttrpathValue) -> Option<Vec<SyntaxNode>> {
    let uses = syntax::uses_of(&source.root(), name);
    let is_it = |node: &SyntaxNode| match scope::lookup(node, name) {
        Binding::Value(value) => value.syntax() == binding.syntax(),
        _ => false,
    };
    let plain = |node: &SyntaxNode| {
        !node
            .parent()
            .is_some_and(|parent| ast::Inherit::can_cast(parent.kind()))
    };
    uses.iter().all(|node| is_it(node) && plain(node)).then_some(uses)
}

/// Whether a file uses or binds a name.
fn is_taken(source: &Source, name: &str) -> bool {
    let root = source.root();
    let binds = |node: &SyntaxNode| {
        let formal = ast::PatEntry::cast(node.clone()).and_then(|entry| entry.ident());
        let argument = ast::IdentParam::cast(node.clone()).and_then(|param| param.ident());
        let is_it = |ident: Option<ast::Ident>| ident.is_some_and(|ident| syntax::ident_text(&ident) == name);
        let bound = ast::LetIn::cast(node.clone()).is_some_and(|let_in| {
            let mut names = let_in.entries().flat_map(|entry| scope::entry_names(&entry));
            names.any(|bound| bound == name)
        });
        is_it(formal) || is_it(argument) || bound
    };
    !syntax::uses_of(&root, name).is_empty() || root.descendants().any(|node| binds(&node))
}

/// Whether a name can be bound as it is.
fn is_plain(name: &str) -> bool {
    syntax::attr_text(name) == name
}

/// The static path that a use selects.
fn selected(node: &SyntaxNode) -> Option<(ast::Select, Vec<String>)> {
    let select = ast::Select::cast(node.parent()?)?;
    let is_base = select.expr().is_some_and(|base| base.syntax() == node) && select.default_expr().is_none();
    let names = syntax::attrpath_names(&select.attrpath()?);
    let path = names.into_iter().collect::<Option<Vec<String>>>()?;
    is_base.then_some((select, path))
}

/// The values of a set of sets; `None` where one is inherited, computed or has a comment.
fn leaves(set: &ast::AttrSet) -> Option<Vec<Leaf>> {
    fn walk(set: &ast::AttrSet, prefix: &[String], found: &mut Vec<Leaf>) -> Option<()> {
        for entry in set.entries() {
            let ast::Entry::AttrpathValue(binding) = entry else {
                return None;
            };
            let names = syntax::attrpath_names(&binding.attrpath()?);
            let own = names.into_iter().collect::<Option<Vec<String>>>()?;
            let path: Vec<String> = prefix.iter().cloned().chain(own).collect();
            match binding.value()? {
                ast::Expr::AttrSet(inner) if !syntax::is_recursive(&inner) => walk(&inner, &path, found)?,
                value => found.push(Leaf { path, value }),
            }
        }
        Some(())
    }
    let mut found = Vec::new();
    walk(set, &[], &mut found)?;
    Some(found)
}

fn has_comment(node: &SyntaxNode) -> bool {
    !syntax::comments(node).is_empty() || {
        // Above it, or behind it on its line.
        let beside = |token: Option<syntax::SyntaxToken>| token.is_some_and(|token| syntax::is_comment(&token));
        let mut before = node.first_token().and_then(|token| token.prev_token());
        if before.as_ref().is_some_and(syntax::is_whitespace) {
            before = before.and_then(|token| token.prev_token());
        }
        let mut after = node.last_token().and_then(|token| token.next_token());
        if after
            .as_ref()
            .is_some_and(|token| syntax::is_whitespace(token) && !token.text().contains('\n'))
        {
            after = after.and_then(|token| token.next_token());
        }
        beside(before) || beside(after)
    }
}

/// The source of a number, a truth value or a string of one line.
fn scalar(value: &ast::Expr) -> Option<String> {
    let text = syntax::text_of(value.syntax());
    match value {
        ast::Expr::Literal(_) => Some(text),
        ast::Expr::Ident(ident) if matches!(syntax::ident_text(ident).as_str(), "true" | "false") => Some(text),
        ast::Expr::Str(_) if text.starts_with('"') && !text.contains(['\\', '\n']) && !text.contains("$$") => {
            Some(text)
        }
        _ => None,
    }
}

/// Puts a value where it is used: in a string of the same kind as its text, as an attribute's name, or as it is. Returns
/// whether that can be done.
fn put(value: &ast::Expr, at: &SyntaxNode, text: &str, edits: &mut Vec<(Range<usize>, String)>) -> bool {
    let content = match value {
        ast::Expr::Str(_) => text.strip_prefix('"').and_then(|text| text.strip_suffix('"')),
        _ => None,
    };
    if !means_the_same(value.syntax(), at) {
        return false;
    }
    let outer = syntax::parenthesised(at).parent();
    let (range, new) = match (outer, content) {
        (Some(outer), Some(content)) if ast::Dynamic::can_cast(outer.kind()) => {
            if content.contains('$') {
                return false;
            }
            (syntax::span(&outer), syntax::attr_text(content))
        }
        (Some(outer), Some(content)) if ast::Interpol::can_cast(outer.kind()) => {
            let string = outer
                .parent()
                .map(|string| syntax::text_of(&string))
                .unwrap_or_default();
            if !string.starts_with('"') {
                return false;
            }
            (syntax::span(&outer), content.to_owned())
        }
        (Some(outer), None) if ast::Interpol::can_cast(outer.kind()) || ast::Dynamic::can_cast(outer.kind()) => {
            return false;
        }
        _ => (syntax::span(at), text.to_owned()),
    };
    edits.push((range, new));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(text: &str) -> String {
        let flat = flattened(Path::new("x.nix"), text.to_owned());
        syntax::format(&flat).unwrap_or(flat)
    }

    #[test]
    fn what_is_used_once_stands_where_it_is_used() {
        let text = "{config, ...}: let\n  cfg = {\n    dir = \"${config.a}\";\n    ports.x = 1;\n    names.x = \"pod\";\n  };\n  image = \"i:1\";\n  on = true;\nin {\n  a = cfg.ports.x;\n  b = \"${cfg.dir}/b\";\n  c = \"${cfg.dir}/c:${image}\";\n  d.${cfg.names.x} = on;\n}\n";
        assert_eq!(
            flat(text),
            "{config, ...}: let\n  dir = \"${config.a}\";\nin {\n  a = 1;\n  b = \"${dir}/b\";\n  c = \"${dir}/c:i:1\";\n  d.pod = true;\n}\n"
        );
    }

    #[test]
    fn a_let_without_a_binding_goes() {
        assert_eq!(
            flat("{...}: let\n  a.b = 1;\n  port = 2;\nin {\n  x = port;\n}\n"),
            "{...}: let\n  a.b = 1;\nin {\n  x = 2;\n}\n"
        );
        assert_eq!(
            flat("{...}: let\n  port = 2;\nin {\n  x = port;\n}\n"),
            "{...}: {\n  x = 2;\n}\n"
        );
    }

    #[test]
    fn what_it_is_not_sure_of_stays() {
        let kept = [
            // As a whole; with a default; a name that is used otherwise; a comment; another meaning of the name.
            "{...}: let\n  cfg = {a = 1;};\nin {\n  x = cfg;\n}\n",
            "{...}: let\n  cfg = {a = 1;};\nin {\n  x = cfg.a or 2;\n}\n",
            "{lib, ...}: let\n  cfg = {a = lib.x;};\n  a = lib.y;\nin {\n  x = [cfg.a cfg.a a a];\n}\n",
            "{...}: let\n  # the port\n  port = 1;\nin {\n  x = port;\n}\n",
            "{...}: let\n  port = 1;\nin {\n  x = [port (port: port)];\n}\n",
            "{...}: let\n  port = 1;\nin {\n  inherit port;\n}\n",
            // In a string of another kind, or where a number would have to become a text.
            "{...}: let\n  dir = \"/a\";\nin {\n  x = ''${dir}'';\n}\n",
            "{...}: let\n  a = \"x\\n\";\nin {\n  x = a;\n}\n",
            "{...}: let\n  cfg = rec {\n    a = 1;\n    b = a;\n  };\nin {\n  x = cfg.b;\n}\n",
        ];
        for text in kept {
            assert_eq!(flat(text), text);
        }
    }
}
