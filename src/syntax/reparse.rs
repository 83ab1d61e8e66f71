//! Parsing an edited file only where it has changed.
//!
//! A binding means the same whatever stands around it: neither Nix's tokens nor its grammar look beyond its two ends. So does
//! an element of a list. Where whole ones come into a set or list, or go, only those that come are parsed; other
//! changes have the smallest binding around them parsed. What is new takes its predecessor's place in the tree.

use std::ops::Range;

use rnix::{NixLanguage, NodeOrToken, SyntaxKind, TextRange, TextSize};
use rowan::{GreenNode, GreenToken, Language as _};

use super::{AstNode, SyntaxNode, ast, search, span};

/// A node or token of a green tree.
type Green = NodeOrToken<GreenNode, GreenToken>;

/// How many changes are followed one by one: with more, parsing all of them at once is quicker.
const FEW: usize = 12;

/// The green tree of `text`, which is that of `root` and has no errors, with others in the place of some ranges, which are
/// sorted and disjoint. `None` where the whole text has to be parsed: it has an error, or a change has no binding around it.
pub(super) fn reparse(root: &SyntaxNode, text: &str, changes: &[(Range<usize>, &str)]) -> Option<GreenNode> {
    let changes = joined(changes);
    one_by_one(root, &changes).or_else(|| {
        let (range, new) = as_one(text, &changes)?;
        replace(root, &range, &new)
    })
}

fn one_by_one(root: &SyntaxNode, changes: &[(Range<usize>, String)]) -> Option<GreenNode> {
    if changes.len() > FEW {
        return None;
    }
    let mut root = root.clone();
    // Those behind a change are made already, and those before it are where they were.
    for (range, text) in changes.iter().rev() {
        let green = splice(&root, range, text).or_else(|| replace(&root, range, text))?;
        root = SyntaxNode::new_root(green);
    }
    Some(root.green().to_owned())
}

/// The changes as one that has what stands between them as it is.
fn as_one(text: &str, changes: &[(Range<usize>, String)]) -> Option<(Range<usize>, String)> {
    let whole = changes.first()?.0.start..changes.last()?.0.end;
    let (mut new, mut at) = (String::new(), whole.start);
    for (range, part) in changes {
        new.push_str(&text[at..range.start]);
        new.push_str(part);
        at = range.end;
    }
    Some((whole, new))
}

/// The changes, with those that touch as one.
fn joined(changes: &[(Range<usize>, &str)]) -> Vec<(Range<usize>, String)> {
    let mut joined: Vec<(Range<usize>, String)> = Vec::new();
    for (range, text) in changes {
        match joined.last_mut() {
            Some((last, before)) if last.end == range.start => {
                last.end = range.end;
                before.push_str(text);
            }
            _ => joined.push((range.clone(), (*text).to_owned())),
        }
    }
    joined
}

/// The nodes that have all of `range` inside, the smallest first.
fn around(root: &SyntaxNode, range: &Range<usize>) -> Option<impl Iterator<Item = SyntaxNode> + use<>> {
    let wider = range.start.checked_sub(1)?..range.end + 1;
    let size = |at: usize| TextSize::try_from(at).ok();
    let wider = TextRange::new(size(wider.start)?, size(wider.end)?);
    root.text_range()
        .contains_range(wider)
        .then(|| search::around(root, wider))
}

/// Parses the smallest binding around `range` anew.
fn replace(root: &SyntaxNode, range: &Range<usize>, text: &str) -> Option<GreenNode> {
    let binding = around(root, range)?.find(|node| ast::AttrpathValue::can_cast(node.kind()))?;
    let start = span(&binding).start;
    let mut new = super::text_of(&binding);
    new.replace_range(range.start - start..range.end - start, text);
    let mut parts = parts(ContainerKind::Set, &new)?.into_iter();
    let (Some(NodeOrToken::Node(new)), None) = (parts.next(), parts.next()) else {
        return None;
    };
    let is_binding = ast::AttrpathValue::can_cast(NixLanguage::kind_from_raw(new.kind()));
    is_binding.then(|| binding.replace_with(new))
}

/// What has parts that stand by themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ContainerKind {
    Set,
    List,
    Let,
}

impl ContainerKind {
    fn of(kind: SyntaxKind) -> Option<ContainerKind> {
        match kind {
            SyntaxKind::NODE_ATTR_SET => Some(ContainerKind::Set),
            SyntaxKind::NODE_LIST => Some(ContainerKind::List),
            SyntaxKind::NODE_LET_IN => Some(ContainerKind::Let),
            _ => None,
        }
    }

    /// What its parts stand between.
    fn ends(self) -> (SyntaxKind, SyntaxKind) {
        match self {
            ContainerKind::Set => (SyntaxKind::TOKEN_L_BRACE, SyntaxKind::TOKEN_R_BRACE),
            ContainerKind::List => (SyntaxKind::TOKEN_L_BRACK, SyntaxKind::TOKEN_R_BRACK),
            ContainerKind::Let => (SyntaxKind::TOKEN_LET, SyntaxKind::TOKEN_IN),
        }
    }

    /// Whether `left` and `right` are the same tokens side by side as apart.
    fn takes(self, left: &Green, right: &Green) -> bool {
        let is_line = |green: &Green| kind(green) == SyntaxKind::TOKEN_COMMENT && text(green).starts_with('#');
        let is_blank = |green: &Green| kind(green) == SyntaxKind::TOKEN_WHITESPACE;
        if is_line(left) {
            return is_blank(right) && text(right).starts_with('\n');
        }
        let (open, close) = self.ends();
        let ends = kind(left) == open || kind(right) == close;
        is_blank(left)
            || is_blank(right)
            || match self {
                ContainerKind::Set => true,
                ContainerKind::List => ends,
                ContainerKind::Let => kind(left) != open,
            }
    }
}

fn kind(green: &Green) -> SyntaxKind {
    NixLanguage::kind_from_raw(green.kind())
}

fn text(green: &Green) -> &str {
    green.as_token().map_or("", |token| token.text())
}

/// Puts `new` between the parts of a set, `let` or list, in place of whole ones.
fn splice(root: &SyntaxNode, range: &Range<usize>, new: &str) -> Option<GreenNode> {
    let node = around(root, range)?.next()?;
    let container = ContainerKind::of(node.kind())?;
    let children: Vec<Green> = node.green().children().map(|child| child.to_owned()).collect();
    let starts = children.iter().scan(span(&node).start, |at, child| {
        let start = *at;
        *at += usize::from(child.text_len());
        Some(start)
    });
    let starts: Vec<usize> = starts.chain([span(&node).end]).collect();
    let blank = |at: usize| {
        let child = children.get(at)?;
        (kind(child) == SyntaxKind::TOKEN_WHITESPACE).then(|| text(child))
    };
    // The children from `first` up to `last` go, and with them what is blank beside the range, since that is one token with
    // what is blank in it.
    let mut first = starts.partition_point(|start| *start <= range.start) - 1;
    let mut before = "";
    if starts[first] < range.start {
        before = blank(first)?.get(..range.start - starts[first])?;
    } else if let Some(text) = first.checked_sub(1).and_then(blank) {
        (before, first) = (text, first - 1);
    }
    let mut last = starts.partition_point(|start| *start < range.end);
    let mut after = "";
    if starts[last] > range.end {
        after = blank(last - 1)?.get(range.end - starts[last - 1]..)?;
    } else if let Some(text) = blank(last) {
        (after, last) = (text, last + 1);
    }
    let (open, close) = container.ends();
    let position = |end| children.iter().position(|child| kind(child) == end);
    if position(open)? >= first || position(close)? < last {
        return None;
    }
    let new = parts(container, &[before, new, after].concat())?;
    let seam: Vec<&Green> = [&children[first - 1]]
        .into_iter()
        .chain(&new)
        .chain([&children[last]])
        .collect();
    let fits = seam.windows(2).all(|pair| container.takes(pair[0], pair[1]));
    fits.then(|| node.replace_with(node.green().splice_children(first..last, new)))
}

/// The bindings or elements of a text, and what stands between them. `None` where it has errors.
fn parts(container: ContainerKind, text: &str) -> Option<Vec<Green>> {
    let (open, close) = match container {
        ContainerKind::List => ('[', ']'),
        ContainerKind::Set | ContainerKind::Let => ('{', '}'),
    };
    let parse = rnix::Root::parse(&format!("{open}{text}{close}"));
    if !parse.errors().is_empty() {
        return None;
    }
    let whole = parse.tree().expr()?.syntax().clone();
    let fits = span(&whole) == (0..text.len() + 2)
        && matches!(whole.kind(), SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LIST);
    let inside = whole.green().children().len().checked_sub(2)?;
    let parts = whole.green().children().skip(1).take(inside);
    fits.then(|| parts.map(|part| part.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::testing::{Chance, nix_texts};

    /// What is put in the place of something: whole bindings and elements, halves, what opens and what closes.
    const NEW: [&str; 14] = [
        "",
        " ",
        "\n\n",
        "x = 1;",
        "\n  inherit b;\n",
        "y",
        " ./z ",
        "# c",
        "# d\n",
        "/* e */",
        "''",
        "\"${",
        "{ a = [ 1 ]; }",
        "}; z = { # ",
    ];

    impl Chance {
        /// A range of a text: some bytes, or all of a binding or element, and what is blank before it or not.
        fn range(&mut self, text: &str, nodes: &[Range<usize>]) -> Range<usize> {
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            let node = nodes.get(self.below(nodes.len() * 2)).cloned();
            let range = node.unwrap_or_else(|| {
                let at = self.below(text.len());
                at..at + self.below(9)
            });
            let (start, end) = (boundary(range.start), boundary(range.end));
            let (start, end) = (start.expect("the beginning"), end.expect("the beginning"));
            let blank = text[..start].trim_end_matches([' ', '\n']).len();
            [start, start, blank, end][self.below(4)]..end
        }
    }

    /// The long form: `QGROGET_REAL=directory QGROGET_PLACES=200`.
    #[test]
    fn a_tree_is_the_same_as_if_all_was_parsed() {
        let root = std::env::var_os("QGROGET_REAL").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab"),
            PathBuf::from,
        );
        let places: usize = std::env::var("QGROGET_PLACES").map_or(40, |places| places.parse().expect("a number"));
        let (mut same, mut chance) = (0, Chance(17));
        for (path, before) in nix_texts(&root) {
            let root = rnix::Root::parse(&before).syntax();
            let entry = |node: &SyntaxNode| {
                let in_list = node.parent().is_some_and(|parent| ast::List::can_cast(parent.kind()));
                in_list || ast::AttrpathValue::can_cast(node.kind()) || ast::Inherit::can_cast(node.kind())
            };
            let nodes: Vec<Range<usize>> = root.descendants().filter(entry).map(|node| span(&node)).collect();
            for _ in 0..places {
                let mut changes: Vec<(Range<usize>, &str)> = (0..=chance.below(3))
                    .map(|_| (chance.range(&before, &nodes), NEW[chance.below(NEW.len())]))
                    .collect();
                changes.sort_by_key(|(range, _)| (range.start, range.end));
                changes.dedup_by(|b, a| b.0.start < a.0.end);
                let Some(green) = reparse(&root, &before, &changes) else {
                    continue;
                };
                let mut edited = before.clone();
                changes
                    .iter()
                    .rev()
                    .for_each(|(range, new)| edited.replace_range(range.clone(), new));
                let whole = rnix::Root::parse(&edited);
                assert!(whole.errors().is_empty(), "{}: {changes:?}\n{edited}", path.display());
                assert_eq!(
                    green,
                    whole.syntax().green().to_owned(),
                    "{}: {changes:?}\n{edited}",
                    path.display()
                );
                same += 1;
            }
        }
        assert!(same > 300, "only {same} edits were parsed in part");
    }

    #[test]
    fn what_a_change_has_around_it_is_parsed_with_it() {
        let text = "{a}: let b = 1; in { a = { b = 1; }; c = [ ./d ]; }";
        let root = rnix::Root::parse(text).syntax();
        // The first `length` bytes at `at` become `new`.
        let reparsed = |at: &str, length: usize, new: &str| {
            let at = text.find(at).expect("is there");
            let changed = at..at + length;
            let mut whole = text.to_owned();
            whole.replace_range(changed.clone(), new);
            let green = reparse(&root, text, &[(changed, new)])?;
            assert_eq!(green, rnix::Root::parse(&whole).syntax().green().to_owned());
            Some(())
        };
        // A value, a binding in a set, in a `let`, an element.
        for (at, length, new) in [
            ("1; };", 1, "2"),
            ("}; c", 0, "d = 3; "),
            ("c =", 0, "e = 4; "),
            ("c =", 12, ""),
            ("b = 1; in", 6, "inherit (f) g;"),
            (" b = 1; in", 7, ""),
            ("./d", 3, ""),
            ("./d", 0, "./e\n"),
            ("./d", 0, "./e"),
        ] {
            assert_eq!(reparsed(at, length, new), Some(()), "{at} {new}");
        }
        // What is joined with its neighbour, what opens, what hides, what stands around everything.
        for (at, length, new) in [
            (" b = 1; in", 1, ""),
            ("1; };", 1, "("),
            ("c =", 0, "# "),
            ("{a}", 3, "{b}"),
        ] {
            assert_eq!(reparsed(at, length, new), None, "{at} {new}");
        }
    }
}
