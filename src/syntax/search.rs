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
    /// The kind of the node that it stands in; `None` for the first.
    parent: Option<SyntaxKind>,
    start: TextSize,
}

impl Visit<'_> {
    fn range(&self) -> TextRange {
        let length = match self.green {
            NodeOrToken::Node(node) => node.text_len(),
            NodeOrToken::Token(token) => token.text_len(),
        };
        TextRange::at(self.start, length)
    }
}

/// Calls `see` with all that stands below `node`, itself included, in source order; it says whether to look inside.
fn walk<'t>(node: &'t SyntaxNode, see: &mut impl FnMut(&Visit<'t>) -> bool) {
    fn below<'t>(
        green: &'t GreenNodeData,
        kind: SyntaxKind,
        mut at: TextSize,
        see: &mut impl FnMut(&Visit<'t>) -> bool,
    ) {
        for child in green.children() {
            let visit = Visit {
                kind: NixLanguage::kind_from_raw(child.kind()),
                green: child,
                parent: Some(kind),
                start: at,
            };
            if let (true, NodeOrToken::Node(inner)) = (see(&visit), child) {
                below(inner, visit.kind, at, see);
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
    nodes_within(node, |_| true)
}

/// Every relative path literal of a file, in source order.
pub fn paths(source: &Source) -> Vec<ast::PathRel> {
    // Most of a file has no slash in it.
    let text = source.text().as_bytes();
    nodes_within(&source.root(), |range| memchr::memchr(b'/', &text[range]).is_some())
}

/// Every node of type `N` below `node`, itself included, in what may have some.
fn nodes_within<N: AstNode<Language = NixLanguage>>(
    node: &SyntaxNode,
    may_have: impl Fn(Range<usize>) -> bool,
) -> Vec<N> {
    let mut ranges = Vec::new();
    walk(node, &mut |visit| {
        let is_node = matches!(visit.green, NodeOrToken::Node(_));
        if is_node && N::can_cast(visit.kind) {
            ranges.push(visit.range());
        }
        is_node && may_have(super::to_range(visit.range()))
    });
    ranges.into_iter().filter_map(|range| red(node, range)).collect()
}

/// The text of every comment below `node`, in order, without what is white at its end.
pub fn comments(node: &SyntaxNode) -> Vec<String> {
    let mut found = Vec::new();
    walk(node, &mut |visit| {
        if let (NodeOrToken::Token(token), SyntaxKind::TOKEN_COMMENT) = (visit.green, visit.kind) {
            found.push(token.text().trim_end().to_owned());
        }
        true
    });
    found
}

/// The offsets of the line ends in strings between double quotes, the first of each part of a string.
pub(super) fn line_ends_in_strings(node: &SyntaxNode) -> Vec<usize> {
    let mut found = Vec::new();
    // Whether each of the strings that are open stands between `''`, the innermost last.
    let mut open: Vec<bool> = Vec::new();
    walk(node, &mut |visit| {
        let NodeOrToken::Token(token) = visit.green else {
            return true;
        };
        match visit.kind {
            SyntaxKind::TOKEN_STRING_START => open.push(token.text() == "''"),
            SyntaxKind::TOKEN_STRING_CONTENT if open.last() == Some(&false) => {
                found.extend(token.text().find('\n').map(|at| usize::from(visit.start) + at));
            }
            SyntaxKind::TOKEN_STRING_END => drop(open.pop()),
            _ => {}
        }
        true
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
        assert_eq!(paths(&source), nodes::<ast::PathRel>(&root));
        assert_eq!(paths(&source).len(), 1);
        assert_eq!(comments(&root), ["# one", "/* two */"]);
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
