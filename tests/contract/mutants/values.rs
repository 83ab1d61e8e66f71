//! Other values: constants, what a missing attribute is read as, and the pieces of strings.

use qgroget::syntax::ast::{
    AttrSet, Attrpath, Expr, HasEntry, Ident, Inherit, List, Literal, Param, PatEntry, Select, Str,
};
use qgroget::syntax::{AstNode, SyntaxKind, SyntaxNode, span, token_span};

use super::change::{Change, operand, part, replaced};

pub fn changes(node: &SyntaxNode) -> Vec<Change> {
    let Some(expr) = Expr::cast(node.clone()) else {
        return Vec::new();
    };
    match expr {
        Expr::Ident(ident) if is_expression(node) => constant(&ident),
        Expr::Literal(literal) => number(&literal),
        Expr::Str(string) => text(&string),
        Expr::List(list) if list.items().next().is_none() => empty_list(&list),
        Expr::AttrSet(set) if set.entries().next().is_none() => empty_set(&set),
        Expr::Select(select) => without_fallback(&select),
        _ => Vec::new(),
    }
}

/// Not a name in a path, an `inherit` or a parameter.
fn is_expression(ident: &SyntaxNode) -> bool {
    ident.parent().is_some_and(|parent| {
        let kind = parent.kind();
        let is_name = Attrpath::can_cast(kind) || Inherit::can_cast(kind) || Param::can_cast(kind);
        let is_parameter =
            PatEntry::cast(parent).is_some_and(|entry| entry.ident().is_some_and(|own| own.syntax() == ident));
        !is_name && !is_parameter
    })
}

fn constant(ident: &Ident) -> Vec<Change> {
    let node = ident.syntax();
    let other = match node.text().to_string().as_str() {
        "true" => "false",
        "false" => "true",
        "null" => "\"other\"",
        _ => return Vec::new(),
    };
    vec![replaced("another constant", node, other.to_owned())]
}

fn number(literal: &Literal) -> Vec<Change> {
    let node = literal.syntax();
    let number = node.text().to_string().parse::<i64>();
    let next = number.map(|number| replaced("another number", node, (number + 1).to_string()));
    next.into_iter().collect()
}

fn empty_list(list: &List) -> Vec<Change> {
    vec![replaced(
        "a list that is not empty",
        list.syntax(),
        "[\"other\"]".to_owned(),
    )]
}

fn empty_set(set: &AttrSet) -> Vec<Change> {
    vec![replaced(
        "a set that is not empty",
        set.syntax(),
        "{other = 1;}".to_owned(),
    )]
}

/// What is not there then stops the evaluation.
fn without_fallback(select: &Select) -> Vec<Change> {
    let (Some(of), Some(path), Some(_)) = (select.expr(), select.attrpath(), select.default_expr()) else {
        return Vec::new();
    };
    let bare = format!("{}.{}", operand(&of), path.syntax().text());
    vec![replaced("without its fallback", select.syntax(), format!("({bare})"))]
}

/// A string without each of its pieces; one without pieces is another.
fn text(string: &Str) -> Vec<Change> {
    let node = string.syntax();
    let mut changes = Vec::new();
    for child in node.children_with_tokens() {
        match child.as_token() {
            Some(token) if token.kind() == SyntaxKind::TOKEN_STRING_CONTENT && !is_margin(token.text()) => {
                changes.push(part("without this text", node, token_span(token), String::new()));
            }
            Some(_) => {}
            None => {
                let interpolation = child.into_node().expect("a node or a token");
                changes.push(part("without this value", node, span(&interpolation), String::new()));
            }
        }
    }
    if changes.is_empty() {
        changes.push(replaced("another text", node, "\"other\"".to_owned()));
    }
    changes
}

/// The line end and indentation of an indented string, which are not part of its value.
fn is_margin(text: &str) -> bool {
    text.contains('\n') && text.trim().is_empty()
}
