//! What is decided, decided otherwise: `if`, `mkIf`, `optional…`, and functions that choose elements.

use qgroget::syntax::ast::{BinOpKind, Expr, IfElse};
use qgroget::syntax::{AstNode, SyntaxNode, unparen};

use super::change::{Change, called, operand, replaced};

/// Functions whose first argument is a condition.
const GUARDS: [&str; 5] = ["mkIf", "optional", "optionalAttrs", "optionalString", "optionals"];
/// Functions whose first argument chooses elements, with the number of arguments that it takes.
const CHOOSERS: [(&str, &str); 6] = [
    ("all", "_:"),
    ("any", "_:"),
    ("count", "_:"),
    ("filter", "_:"),
    ("filterAttrs", "_: _:"),
    ("findFirst", "_:"),
];

pub fn changes(node: &SyntaxNode) -> Vec<Change> {
    if let Some(condition) = IfElse::cast(node.clone()).and_then(|decision| decision.condition()) {
        return decided(&condition);
    }
    let Some((name, arguments)) = called(node) else {
        return Vec::new();
    };
    if GUARDS.contains(&name.as_str()) {
        return decided(&arguments[0]);
    }
    let chooser = CHOOSERS.iter().find(|(chooser, _)| *chooser == name);
    chooser.map_or_else(Vec::new, |(_, parameters)| {
        let chooser = arguments[0].syntax();
        vec![
            replaced("every element is chosen", chooser, format!("({parameters} true)")),
            replaced("no element is chosen", chooser, format!("({parameters} false)")),
        ]
    })
}

/// A condition that always holds, never holds, or holds where it did not.
fn decided(condition: &Expr) -> Vec<Change> {
    let node = condition.syntax();
    let mut changes = vec![
        replaced("the condition holds", node, "true".to_owned()),
        replaced("the condition fails", node, "false".to_owned()),
    ];
    if !is_negated_elsewhere(condition) {
        changes.push(replaced(
            "the condition is negated",
            node,
            format!("(!{})", operand(condition)),
        ));
    }
    changes
}

/// Comparisons and negations are negated by themselves.
fn is_negated_elsewhere(condition: &Expr) -> bool {
    match unparen(condition.clone()) {
        Expr::UnaryOp(_) => true,
        Expr::BinOp(operation) => !matches!(operation.operator(), Some(BinOpKind::And | BinOpKind::Or)),
        _ => false,
    }
}
