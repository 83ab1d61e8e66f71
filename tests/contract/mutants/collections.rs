//! Lists without an element, sets without a binding, `inherit` without a name.

use qgroget::syntax::ast::{AttrSet, AttrpathValue, Inherit, List};
use qgroget::syntax::{AstNode, SyntaxNode, span};

use super::change::{Change, part, replaced};

pub fn changes(node: &SyntaxNode) -> Vec<Change> {
    if let Some(list) = List::cast(node.clone()) {
        let items = list.items();
        return items
            .map(|item| replaced("without this element", item.syntax(), String::new()))
            .collect();
    }
    // A binding of `let` is either needed, and nothing evaluates without it, or dead.
    let in_set = |node: &SyntaxNode| node.parent().is_some_and(|parent| AttrSet::can_cast(parent.kind()));
    if AttrpathValue::can_cast(node.kind()) && in_set(node) {
        return vec![replaced("without this binding", node, String::new())];
    }
    match Inherit::cast(node.clone()) {
        Some(inherit) if in_set(node) => inherit
            .attrs()
            .map(|name| part("without this name", node, span(name.syntax()), String::new()))
            .collect(),
        _ => Vec::new(),
    }
}
