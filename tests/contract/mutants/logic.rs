//! Operators: one side of `&&`, `||`, `++`, `//` and `+` alone, comparisons the other way round, negations left out.

use qgroget::syntax::ast::{BinOp, BinOpKind, UnaryOp, UnaryOpKind};
use qgroget::syntax::{AstNode, SyntaxNode};

use super::change::{Change, operand, replaced};

pub fn changes(node: &SyntaxNode) -> Vec<Change> {
    if let Some(negation) = UnaryOp::cast(node.clone()) {
        let inner = negation
            .expr()
            .filter(|_| negation.operator() == Some(UnaryOpKind::Invert));
        return inner
            .map(|inner| replaced("without its negation", node, operand(&inner)))
            .into_iter()
            .collect();
    }
    let Some(operation) = BinOp::cast(node.clone()) else {
        return Vec::new();
    };
    let (Some(left), Some(kind), Some(right)) = (operation.lhs(), operation.operator(), operation.rhs()) else {
        return Vec::new();
    };
    let (left, right) = (operand(&left), operand(&right));
    let compared = |operator, sign: &str| replaced(operator, node, format!("({left} {sign} {right})"));
    match kind {
        BinOpKind::And | BinOpKind::Or | BinOpKind::Concat | BinOpKind::Update | BinOpKind::Add => vec![
            replaced("the left side alone", node, left.clone()),
            replaced("the right side alone", node, right.clone()),
        ],
        BinOpKind::Equal => vec![compared("unequal for equal", "!=")],
        BinOpKind::NotEqual => vec![compared("equal for unequal", "==")],
        BinOpKind::Less => vec![compared("with the bound", "<="), compared("the other way round", ">=")],
        BinOpKind::More => vec![compared("with the bound", ">="), compared("the other way round", "<=")],
        BinOpKind::LessOrEq => vec![compared("without the bound", "<"), compared("the other way round", ">")],
        BinOpKind::MoreOrEq => vec![compared("without the bound", ">"), compared("the other way round", "<")],
        _ => Vec::new(),
    }
}
