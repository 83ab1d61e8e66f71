//! Searches of whole trees.
//!
//! A red node is made for every step that is taken through a tree, which is most of what a search costs where little is
//! found. These look through the green tree, which is there already, and make red nodes of what is found alone.

use std::ops::Range;

use rnix::{NixLanguage, NodeOrToken, SyntaxKind, TextRange, TextSize};
use rowan::Language as _;
use rowan::{GreenNodeData, GreenTokenData};

use super::{AstNode, Source, SyntaxNode, ast, span};

/// A node or token of a green tree, with where it is.
struct Visit<'t> {
    green: NodeOrToken<&'t GreenNodeData, &'t GreenTokenData>,
    kind: SyntaxKind,
    /// The kind of the node that it stands in, parentheses aside; `None` for the first.
    parent: Option<SyntaxKind>,
    start: TextSize,
}

impl Visit<'_> {
    fn range(&self) -> TextRange {
        TextRange::at(self.start, length(self.green))
    }
}

fn length(green: NodeOrToken<&GreenNodeData, &GreenTokenData>) -> TextSize {
    match green {
        NodeOrToken::Node(node) => node.text_len(),
        NodeOrToken::Token(token) => token.text_len(),
    }
}

/// Calls `see` with all that stands below `node`, itself included, in source order; it says whether to look inside.
fn walk<'t>(node: &'t SyntaxNode, see: &mut impl FnMut(&Visit<'t>) -> bool) {
    fn below<'t>(
        green: &'t GreenNodeData,
        around: SyntaxKind,
        mut at: TextSize,
        see: &mut impl FnMut(&Visit<'t>) -> bool,
    ) {
        for child in green.children() {
            let visit = Visit {
                kind: NixLanguage::kind_from_raw(child.kind()),
                green: child,
                parent: Some(around),
                start: at,
            };
            if let (true, NodeOrToken::Node(inner)) = (see(&visit), child) {
                let is_paren = visit.kind == SyntaxKind::NODE_PAREN;
                below(inner, if is_paren { around } else { visit.kind }, at, see);
            }
            at += visit.range().len();
        }
    }
    let visit = Visit {
        green: NodeOrToken::Node(node.green()),
        kind: node.kind(),
        parent: None,
        start: node.text_range().start(),
    };
    if see(&visit) {
        below(node.green(), visit.kind, visit.start, see);
    }
}

/// The smallest node around `range` in the tree of `root`, and those around that.
pub(super) fn around(root: &SyntaxNode, range: TextRange) -> impl Iterator<Item = SyntaxNode> + use<> {
    let node = match root.covering_element(range) {
        NodeOrToken::Node(node) => Some(node),
        NodeOrToken::Token(token) => token.parent(),
    };
    std::iter::successors(node, SyntaxNode::parent)
}

/// The red node of type `N` at `range` in the tree of `root`.
fn red<N: AstNode<Language = NixLanguage>>(root: &SyntaxNode, range: TextRange) -> Option<N> {
    around(root, range)
        .take_while(|node| node.text_range() == range)
        .find_map(N::cast)
}

/// Every node of type `N` below `node`, itself included, in source order.
pub fn nodes<N: AstNode<Language = NixLanguage>>(node: &SyntaxNode) -> Vec<N> {
    let mut ranges = Vec::new();
    walk(node, &mut |visit| {
        let is_node = matches!(visit.green, NodeOrToken::Node(_));
        if is_node && N::can_cast(visit.kind) {
            ranges.push(visit.range());
        }
        is_node
    });
    ranges.into_iter().filter_map(|range| red(node, range)).collect()
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
    let text = source.text().as_bytes();
    let mut found = Vec::new();
    walk(&source.root(), &mut |visit| {
        let NodeOrToken::Node(green) = visit.green else {
            return false;
        };
        let span = super::to_range(visit.range());
        if ast::PathRel::can_cast(visit.kind) {
            let is_operand = |kind| ast::List::can_cast(kind) || ast::Apply::can_cast(kind);
            found.push(PathRel {
                span: span.clone(),
                is_computed: green.children().any(|part| matches!(part, NodeOrToken::Node(_))),
                is_operand: visit.parent.is_some_and(is_operand),
            });
        }
        // Most of a file has no slash in it.
        memchr::memchr(b'/', &text[span]).is_some()
    });
    found
}

/// The text of a node.
pub fn text_of(node: &SyntaxNode) -> String {
    fn collect(green: &GreenNodeData, text: &mut String) {
        for child in green.children() {
            match child {
                NodeOrToken::Node(node) => collect(node, text),
                NodeOrToken::Token(token) => text.push_str(token.text()),
            }
        }
    }
    let mut text = String::with_capacity(span(node).len());
    collect(node.green(), &mut text);
    text
}

/// The bindings and `inherit`s among the children of `scope` that may bind `name`, in source order: a binding that begins with
/// another name does not.
pub fn binders(scope: &SyntaxNode, name: &str) -> Vec<SyntaxNode> {
    let is_ident = |node: &&GreenNodeData| NixLanguage::kind_from_raw(node.kind()) == SyntaxKind::NODE_IDENT;
    let other = |value: &GreenNodeData| {
        let ident = first(value).and_then(first).filter(is_ident);
        ident.is_some_and(|ident| ident_text(ident) != Some(name))
    };
    let mut found = Vec::new();
    let mut at = scope.text_range().start();
    for child in scope.green().children() {
        let range = TextRange::at(at, length(child));
        at = range.end();
        let NodeOrToken::Node(node) = child else { continue };
        let may_bind = match NixLanguage::kind_from_raw(node.kind()) {
            SyntaxKind::NODE_ATTRPATH_VALUE => !other(node),
            SyntaxKind::NODE_INHERIT => true,
            _ => false,
        };
        if may_bind {
            found.extend(scope.child_or_token_at_range(range).and_then(NodeOrToken::into_node));
        }
    }
    found
}

/// Whether a function's parameter binds `name`: as one of its formals, as the whole argument.
pub fn is_param(lambda: &ast::Lambda, name: &str) -> bool {
    let binds = |node: &GreenNodeData| first(node).and_then(ident_text) == Some(name);
    let param = first(lambda.syntax().green());
    param.is_some_and(|param| match NixLanguage::kind_from_raw(param.kind()) {
        SyntaxKind::NODE_IDENT_PARAM => binds(param),
        SyntaxKind::NODE_PATTERN => param.children().filter_map(NodeOrToken::into_node).any(binds),
        _ => false,
    })
}

/// Whether a set is recursive.
pub fn is_recursive(set: &ast::AttrSet) -> bool {
    let mut tokens = set.syntax().green().children().filter_map(NodeOrToken::into_token);
    let first = tokens.next().map(|token| NixLanguage::kind_from_raw(token.kind()));
    first == Some(SyntaxKind::TOKEN_REC)
}

/// The first node in `node`.
fn first(node: &GreenNodeData) -> Option<&GreenNodeData> {
    node.children().find_map(NodeOrToken::into_node)
}

/// The text of an identifier.
fn ident_text(ident: &GreenNodeData) -> Option<&str> {
    Some(ident.children().next()?.into_token()?.text())
}

/// The text of every comment below `node`, in order, without what is white at its end.
pub fn comments(node: &SyntaxNode) -> Vec<String> {
    comments_at(node, &[span(node)])
}

/// The [`comments`] of which a part is in one of `ranges`.
pub fn comments_at(node: &SyntaxNode, ranges: &[Range<usize>]) -> Vec<String> {
    let mut found = Vec::new();
    walk(node, &mut |visit| {
        let own = super::to_range(visit.range());
        let is_in = ranges
            .iter()
            .any(|range| range.start < own.end && own.start < range.end);
        if let (NodeOrToken::Token(token), SyntaxKind::TOKEN_COMMENT, true) = (visit.green, visit.kind, is_in) {
            found.push(token.text().trim_end().to_owned());
        }
        is_in
    });
    found
}

/// A name where it is used.
pub struct Use<'t> {
    /// The name.
    pub name: &'t str,
    root: &'t SyntaxNode,
    range: TextRange,
}

impl Use<'_> {
    /// The identifier.
    pub fn node(&self) -> SyntaxNode {
        let ident: Option<ast::Ident> = red(self.root, self.range);
        ident.expect("an identifier stands there").syntax().clone()
    }

    /// The identifier's byte range.
    pub fn span(&self) -> Range<usize> {
        super::to_range(self.range)
    }
}

/// Every identifier below `node` that is a variable: not an attribute name, not a formal argument's name.
pub fn uses(node: &SyntaxNode) -> Vec<Use<'_>> {
    use SyntaxKind::{NODE_ATTRPATH, NODE_IDENT, NODE_IDENT_PARAM, NODE_INHERIT, NODE_PAT_BIND, NODE_PAT_ENTRY};
    let outside = node.parent().map(|parent| parent.kind());
    let mut found = Vec::new();
    walk(node, &mut |visit| {
        let NodeOrToken::Node(green) = visit.green else {
            return true;
        };
        let parent = visit.parent.or(outside);
        if visit.kind != NODE_IDENT || matches!(parent, Some(NODE_ATTRPATH | NODE_PAT_BIND | NODE_IDENT_PARAM)) {
            return true;
        }
        let Some(NodeOrToken::Token(token)) = green.children().next() else {
            return true;
        };
        let used = Use {
            name: token.text(),
            root: node,
            range: visit.range(),
        };
        // A formal's default is a use, and `inherit x` is one where it names no source.
        let doubtful = matches!(parent, Some(NODE_PAT_ENTRY | NODE_INHERIT));
        if !doubtful || is_use(&used.node()) {
            found.push(used);
        }
        true
    });
    found
}

/// The identifiers of [`uses`] that are `name`.
pub fn uses_of(node: &SyntaxNode, name: &str) -> Vec<SyntaxNode> {
    let used = uses(node).into_iter().filter(|used| used.name == name);
    used.map(|used| used.node()).collect()
}

/// Whether an identifier of a formal or an `inherit` is a use of the name.
fn is_use(ident: &SyntaxNode) -> bool {
    let Some(parent) = ident.parent() else { return true };
    if let Some(entry) = ast::PatEntry::cast(parent.clone()) {
        return entry.ident().is_none_or(|own| span(own.syntax()) != span(ident));
    }
    ast::Inherit::cast(parent).is_none_or(|inherit| inherit.from().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# one\n{lib, pkgs ? lib.x, ...} @ args: let\n  inherit (lib) a;\n  inherit b;\n  /* two */ c = d.e or f;\n\
                        in {\n  g.h = \"${i} ${./j}\";\n  k = x: x y;\n}\n";

    #[test]
    fn what_is_found_is_what_a_walk_over_all_nodes_finds() {
        let source = Source::new("x.nix", TEXT);
        let root = source.root();
        let walked: Vec<String> = root
            .descendants()
            .filter_map(ast::AttrpathValue::cast)
            .map(|value| value.syntax().text().to_string())
            .collect();
        let found: Vec<String> = nodes::<ast::AttrpathValue>(&root)
            .iter()
            .map(|value| value.syntax().text().to_string())
            .collect();
        assert_eq!(found, walked);
        let spans: Vec<Range<usize>> = paths(&source).into_iter().map(|path| path.span).collect();
        let walked: Vec<Range<usize>> = nodes::<ast::PathRel>(&root)
            .iter()
            .map(|path| span(path.syntax()))
            .collect();
        assert_eq!(spans, walked);
        assert_eq!(spans.len(), 1);
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
        let found: Vec<&str> = uses(&root).iter().map(|used| used.name).collect();
        assert_eq!(found, ["lib", "lib", "b", "d", "f", "i", "x", "y"]);
        for used in uses(&root) {
            assert_eq!(used.node().text().to_string(), used.name);
        }
    }
}
