//! Searches of trees.

use std::ops::Range;

use rnix::{NixLanguage, SyntaxKind};

use super::{AstNode, Source, SyntaxNode, ast, attrpath_names, is_comment, span, token_span, tokens};

/// Every node of type `N` below `node`, itself included, in source order.
pub fn nodes<N: AstNode<Language = NixLanguage>>(node: &SyntaxNode) -> Vec<N> {
    node.descendants().filter_map(N::cast).collect()
}

/// A relative path literal.
pub struct PathRel {
    /// Its byte range.
    pub span: Range<usize>,
    /// Whether a part of it is computed.
    pub is_computed: bool,
    /// Whether it is an element of a list, or an argument.
    pub is_operand: bool,
}

/// Every relative path literal of a file, in source order.
pub fn paths(source: &Source) -> Vec<PathRel> {
    let literals = nodes::<ast::PathRel>(&source.root()).into_iter();
    let path = |literal: ast::PathRel| {
        let node = literal.syntax();
        let outside = node.ancestors().skip(1).find(|node| !ast::Paren::can_cast(node.kind()));
        let is_operand = |kind| ast::List::can_cast(kind) || ast::Apply::can_cast(kind);
        PathRel {
            span: span(node),
            is_computed: node.first_child().is_some(),
            is_operand: outside.is_some_and(|node| is_operand(node.kind())),
        }
    };
    literals.map(path).collect()
}

/// The text of a node.
pub fn text_of(node: &SyntaxNode) -> String {
    node.text().to_string()
}

/// The path of a binding from the outermost of the sets that it stands in.
pub fn whole_path(binding: &ast::AttrpathValue) -> Vec<Option<String>> {
    let mut path = Vec::new();
    let mut next = Some(binding.clone());
    while let Some(binding) = next {
        let own = binding.attrpath().map(|path| attrpath_names(&path)).unwrap_or_default();
        path.splice(0..0, own);
        let set = binding
            .syntax()
            .parent()
            .filter(|parent| ast::AttrSet::can_cast(parent.kind()));
        next = set.and_then(|set| set.parent()).and_then(ast::AttrpathValue::cast);
    }
    path
}

/// The bindings and `inherit`s among the children of `scope` that may bind `name`, in source order: a binding that begins with
/// another name does not.
pub fn binders(scope: &SyntaxNode, name: &str) -> Vec<SyntaxNode> {
    let may_bind = |node: &SyntaxNode| match ast::AttrpathValue::cast(node.clone()) {
        Some(value) => {
            let first = value.attrpath().and_then(|path| path.attrs().next());
            !matches!(first, Some(ast::Attr::Ident(ident)) if super::ident_text(&ident) != name)
        }
        None => ast::Inherit::can_cast(node.kind()),
    };
    scope.children().filter(may_bind).collect()
}

/// Whether a function's parameter binds `name`: as one of its formals, as the whole argument.
pub fn is_param(lambda: &ast::Lambda, name: &str) -> bool {
    let is_name = |ident: Option<ast::Ident>| ident.is_some_and(|ident| super::ident_text(&ident) == name);
    match lambda.param() {
        Some(ast::Param::IdentParam(param)) => is_name(param.ident()),
        Some(ast::Param::Pattern(pattern)) => {
            is_name(pattern.pat_bind().and_then(|bind| bind.ident()))
                || pattern.pat_entries().any(|entry| is_name(entry.ident()))
        }
        None => false,
    }
}

/// Whether a set is recursive.
pub fn is_recursive(set: &ast::AttrSet) -> bool {
    set.rec_token().is_some()
}

/// The text of every comment below `node`, in order, without what is white at its end.
pub fn comments(node: &SyntaxNode) -> Vec<String> {
    comments_at(node, &[span(node)])
}

/// The [`comments`] of which a part is in one of `ranges`.
pub fn comments_at(node: &SyntaxNode, ranges: &[Range<usize>]) -> Vec<String> {
    let is_in = |own: Range<usize>| {
        ranges
            .iter()
            .any(|range| range.start < own.end && own.start < range.end)
    };
    tokens(node)
        .filter(|token| is_comment(token) && is_in(token_span(token)))
        .map(|token| token.text().trim_end().to_owned())
        .collect()
}

/// A name where it is used.
pub struct Use {
    /// The name.
    pub name: String,
    ident: ast::Ident,
}

impl Use {
    /// The identifier.
    pub fn node(&self) -> SyntaxNode {
        self.ident.syntax().clone()
    }

    /// The identifier's byte range.
    pub fn span(&self) -> Range<usize> {
        span(self.ident.syntax())
    }
}

/// Every identifier below `node` that is a variable: not an attribute name, not a formal argument's name.
pub fn uses(node: &SyntaxNode) -> Vec<Use> {
    let idents = nodes::<ast::Ident>(node).into_iter();
    idents
        .filter(is_use)
        .map(|ident| Use {
            name: super::ident_text(&ident),
            ident,
        })
        .collect()
}

/// The identifiers of [`uses`] that are `name`.
pub fn uses_of(node: &SyntaxNode, name: &str) -> Vec<SyntaxNode> {
    let used = uses(node).into_iter().filter(|used| used.name == name);
    used.map(|used| used.node()).collect()
}

/// Whether an identifier is a use of a name. A formal's default is, and in `inherit` it is where no source is named.
fn is_use(ident: &ast::Ident) -> bool {
    let Some(parent) = ident.syntax().parent() else {
        return true;
    };
    match parent.kind() {
        SyntaxKind::NODE_ATTRPATH | SyntaxKind::NODE_PAT_BIND | SyntaxKind::NODE_IDENT_PARAM => false,
        SyntaxKind::NODE_PAT_ENTRY => {
            let name = ast::PatEntry::cast(parent).and_then(|entry| entry.ident());
            name.as_ref() != Some(ident)
        }
        SyntaxKind::NODE_INHERIT => ast::Inherit::cast(parent).is_none_or(|inherit| inherit.from().is_none()),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# one\n{lib, pkgs ? lib.x, ...} @ args: let\n  inherit (lib) a;\n  inherit b;\n  /* two */ c = d.e or f;\n\
                        in {\n  g.h = \"${i} ${./j}\";\n  k = x: x y;\n}\n";

    #[test]
    fn nodes_paths_and_comments_are_found_in_source_order() {
        let source = Source::new("x.nix", TEXT);
        let root = source.root();
        let bindings: Vec<String> = nodes::<ast::AttrpathValue>(&root)
            .iter()
            .map(|value| text_of(value.syntax()))
            .collect();
        assert_eq!(bindings, ["c = d.e or f;", "g.h = \"${i} ${./j}\";", "k = x: x y;"]);
        let found: Vec<&str> = paths(&source).into_iter().map(|path| &TEXT[path.span]).collect();
        assert_eq!(found, ["./j"]);
        assert_eq!(comments(&root), ["# one", "/* two */"]);
        let two = TEXT.find("two").expect("is there");
        assert_eq!(comments_at(&root, &[0..0, two..two + 1]), ["/* two */"]);
        assert_eq!(comments_at(&root, &[5..two - 3, two + 6..TEXT.len()]), [""; 0]);
        assert_eq!(text_of(&root), TEXT);
    }

    #[test]
    fn a_path_is_known_with_what_it_stands_in() {
        let source = Source::new("x.nix", "[ ./a (f ./b) ./c/${d}/e ((./f)) ] ++ import (./g) + (./h)");
        let found: Vec<(&str, bool, bool)> = paths(&source)
            .into_iter()
            .map(|path| (&source.text()[path.span], path.is_computed, path.is_operand))
            .collect();
        let expected = [
            ("./a", false, true),
            ("./b", false, true),
            ("./c/${d}/e", true, true),
            ("./f", false, true),
            ("./g", false, true),
            ("./h", false, false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_surely_binds_something_else_is_known() {
        let binders = |text: &str| -> Vec<String> {
            let root = Source::new("x.nix", text).root();
            let scope = root.first_child().expect("an expression");
            binders(&scope, "a").iter().map(text_of).collect()
        };
        for (text, expected) in [
            ("{a = 1;}", "a = 1;"),
            ("{b = 1; a.b = 1; c = 1;}", "a.b = 1;"),
            ("{\"a\" = 1;}", "\"a\" = 1;"),
            ("{${a} = 1;}", "${a} = 1;"),
            ("{inherit b;}", "inherit b;"),
            ("let c = 1; a = 2; in a", "a = 2;"),
        ] {
            assert_eq!(binders(text), [expected], "{text}");
        }
        for text in ["{b = a;}", "{b.a = 1;}", "let b = 1; in a", "{}"] {
            assert!(binders(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_a_function_takes_is_known() {
        let takes = |text: &str, name: &str| {
            let root = Source::new("x.nix", text).root();
            is_param(&nodes::<ast::Lambda>(&root)[0], name)
        };
        for text in [
            "a: b",
            "{a}: b",
            "{b, a ? c, ...}: b",
            "a @ {b}: b",
            "{b} @ a: b",
            "{ # a\n a }: b",
        ] {
            assert!(takes(text, "a"), "{text}");
        }
        for text in ["b: a", "{b}: a", "{b ? a, ...}: a", "b @ {c}: a", "{}: a", "{...}: a"] {
            assert!(!takes(text, "a"), "{text}");
        }
    }

    #[test]
    fn a_set_is_known_to_be_recursive() {
        let is_recursive = |text: &str| {
            let root = Source::new("x.nix", text).root();
            is_recursive(&nodes::<ast::AttrSet>(&root)[0])
        };
        assert!(is_recursive("rec {}") && is_recursive("rec /* x */ {a = 1;}"));
        assert!(!is_recursive("{}") && !is_recursive("{rec' = 1;}"));
    }

    #[test]
    fn names_that_are_bound_or_selected_are_no_uses() {
        let root = Source::new("x.nix", TEXT).root();
        let found: Vec<String> = uses(&root).into_iter().map(|used| used.name).collect();
        assert_eq!(found, ["lib", "lib", "b", "d", "f", "i", "x", "y"]);
        for used in uses(&root) {
            assert_eq!(used.node().text().to_string(), used.name);
        }
    }
}
