//! Calls: with their arguments exchanged, of the opposite function, or left out for what they are given.

use qgroget::syntax::ast::Expr;
use qgroget::syntax::{AstNode, SyntaxNode, call, span, unparen};

use super::change::{Change, called, operand, part, replaced};

/// Functions of which either can stand for the other.
const OPPOSITES: [(&str, &str); 12] = [
    ("all", "any"),
    ("attrNames", "attrValues"),
    ("concatLists", "head"),
    ("concatMap", "map"),
    ("drop", "take"),
    ("hasPrefix", "hasSuffix"),
    ("head", "last"),
    ("init", "tail"),
    ("max", "min"),
    ("mkAfter", "mkBefore"),
    ("mkDefault", "mkForce"),
    ("removePrefix", "removeSuffix"),
];
/// Functions that give something of another kind than their last argument, so that nothing evaluates without them, and
/// those whose first argument is changed by itself (see `conditions`).
const NEEDED: [&str; 32] = [
    "all",
    "any",
    "attrNames",
    "attrValues",
    "catAttrs",
    "concatStringsSep",
    "count",
    "elem",
    "elemAt",
    "filter",
    "filterAttrs",
    "findFirst",
    "fix",
    "foldl'",
    "fromJSON",
    "genericClosure",
    "getSubOptions",
    "groupBy",
    "head",
    "import",
    "last",
    "length",
    "literalExpression",
    "mapAttrsToList",
    "match",
    "mkIf",
    "mkOption",
    "optional",
    "optionalAttrs",
    "optionalString",
    "optionals",
    "throw",
];

pub fn changes(node: &SyntaxNode) -> Vec<Change> {
    let Some((name, arguments)) = called(node) else {
        return Vec::new();
    };
    let mut changes = Vec::new();
    if let [first, second] = &arguments[..]
        && is_alike(first, second)
    {
        let whole = span(first.syntax()).start..span(second.syntax()).end;
        let exchanged = format!("{} {}", operand(second), operand(first));
        changes.push(part("arguments exchanged", node, whole, exchanged));
    }
    if let Some(opposite) = opposite(&name)
        && let Some(function) = function_token(node)
    {
        changes.push(part("the opposite function", node, function, opposite.to_owned()));
    }
    if !NEEDED.contains(&name.as_str()) {
        let given = match name.as_str() {
            "removeAttrs" | "recursiveUpdate" => arguments.first(),
            _ => arguments.last(),
        };
        changes.extend(given.map(|given| replaced("without the call", node, operand(given))));
    }
    changes
}

/// Whether one argument may stand for the other: a function never stands for a value, nor a list for a set.
fn is_alike(first: &Expr, second: &Expr) -> bool {
    let (first, second) = (shape(first), shape(second));
    let is_function = first == Some("function") || second == Some("function");
    !is_function && (first.is_none() || second.is_none() || first == second)
}

fn shape(expr: &Expr) -> Option<&'static str> {
    match unparen(expr.clone()) {
        Expr::Lambda(_) => Some("function"),
        Expr::List(_) => Some("list"),
        Expr::AttrSet(_) => Some("set"),
        Expr::Str(_) => Some("text"),
        Expr::Literal(_) => Some("number"),
        _ => None,
    }
}

fn opposite(name: &str) -> Option<&'static str> {
    OPPOSITES.iter().find_map(|(one, other)| match name {
        _ if name == *one => Some(*other),
        _ if name == *other => Some(*one),
        _ => None,
    })
}

/// Where the last name of the called function stands.
fn function_token(node: &SyntaxNode) -> Option<std::ops::Range<usize>> {
    let (function, _) = call(&Expr::cast(node.clone())?);
    let name = function.syntax().last_token()?;
    Some(name.text_range().start().into()..name.text_range().end().into())
}
