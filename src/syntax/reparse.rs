//! Parsing an edited file only where it has changed.
//!
//! A binding means the same whatever stands around it: neither Nix's tokens nor its grammar look beyond its two ends. So
//! the smallest binding with all changes inside it is parsed by itself, and takes its predecessor's place in the tree.

use std::ops::Range;

use rnix::{TextRange, TextSize};
use rowan::GreenNode;

use super::{AstNode, SyntaxNode, ast, search, span};

/// The green tree of `text`, which is the text of `root` with something else in the place of its bytes `changed`. `None`
/// where the whole text has to be parsed: it has an error, or no binding has all changes inside.
pub(super) fn reparse(root: &SyntaxNode, text: &str, changed: &Range<usize>) -> Option<GreenNode> {
    let size = |at: usize| TextSize::try_from(at).ok();
    let range = TextRange::new(size(changed.start)?, size(changed.end)?);
    let inside = |node: &SyntaxNode| {
        let whole = span(node);
        ast::AttrpathValue::can_cast(node.kind()) && whole.start < changed.start && changed.end < whole.end
    };
    let binding = search::around(root, range).find(inside)?;
    let end = text.len() - (usize::from(root.text_range().len()) - span(&binding).end);
    let new = parse_alone(text.get(span(&binding).start..end)?)?;
    Some(binding.replace_with(new))
}

/// The green tree of a text that is one binding without errors.
fn parse_alone(binding: &str) -> Option<GreenNode> {
    let parse = rnix::Root::parse(&format!("{{{binding}}}"));
    if !parse.errors().is_empty() {
        return None;
    }
    let ast::Expr::AttrSet(set) = parse.tree().expr()? else {
        return None;
    };
    let mut nodes = set.syntax().children();
    let (Some(only), None) = (nodes.next(), nodes.next()) else {
        return None;
    };
    let whole = ast::AttrpathValue::can_cast(only.kind()) && span(&only) == (1..1 + binding.len());
    whole.then(|| only.green().to_owned())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::testing::nix_texts;

    /// What is put in the place of something: whole bindings, halves, what opens and what closes.
    const NEW: [&str; 8] = ["", " ", "x = 1;", "y", "''", "\"${", "{ a = [ 1 ]; }", "}; z = { # "];

    /// The long form: `QGROGET_REAL=directory QGROGET_PLACES=200`.
    #[test]
    fn a_tree_is_the_same_as_if_all_was_parsed() {
        let root = std::env::var_os("QGROGET_REAL").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/homelab"),
            PathBuf::from,
        );
        let places: usize = std::env::var("QGROGET_PLACES").map_or(2, |places| places.parse().expect("a number"));
        let (mut same, mut at) = (0, 0);
        for (path, text) in nix_texts(&root) {
            let root = rnix::Root::parse(&text).syntax();
            for new in NEW.into_iter().cycle().take(places * NEW.len()) {
                // Some place of the file, another one each time.
                at = (at * 31 + 17) % text.len().max(1);
                let start = (0..=at).rev().find(|i| text.is_char_boundary(*i));
                let end = (at + at % 9..).find(|i| *i >= text.len() || text.is_char_boundary(*i));
                let changed = start.expect("the beginning")..end.expect("the end").min(text.len());
                let mut edited = text.clone();
                edited.replace_range(changed.clone(), new);
                let Some(green) = reparse(&root, &edited, &changed) else {
                    continue;
                };
                let whole = rnix::Root::parse(&edited);
                assert!(whole.errors().is_empty(), "{}: {edited}", path.display());
                assert_eq!(green, whole.syntax().green().to_owned(), "{}: {edited}", path.display());
                same += 1;
            }
        }
        assert!(same > 60, "only {same} files were parsed in part");
    }

    #[test]
    fn a_change_at_the_edge_of_a_binding_is_parsed_with_what_is_around() {
        let root = rnix::Root::parse("{ a = { b = 1; }; }").syntax();
        let reparsed = |changed: Range<usize>, new: &str| {
            let mut text = root.text().to_string();
            text.replace_range(changed.clone(), new);
            reparse(&root, &text, &changed).map(|green| SyntaxNode::new_root(green).text().to_string())
        };
        assert_eq!(reparsed(12..13, "2").as_deref(), Some("{ a = { b = 2; }; }"));
        assert_eq!(
            reparsed(14..14, " c = 3;").as_deref(),
            Some("{ a = { b = 1; c = 3; }; }")
        );
        assert_eq!(reparsed(17..17, " c = 3;"), None);
        assert_eq!(reparsed(12..13, "("), None);
    }
}
