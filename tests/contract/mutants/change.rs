//! One change of a file, and what the families of changes ask about trees.

use std::ops::Range;

use qgroget::syntax::ast::{Apply, AttrpathValue, Expr};
use qgroget::syntax::{AstNode, SyntaxNode, call, function_name, span};

/// What is made of a part of a node.
pub struct Change {
    pub operator: &'static str,
    /// What is shown of it.
    pub node: SyntaxNode,
    /// What is replaced, within the node.
    pub span: Range<usize>,
    pub to: String,
}

/// A node replaced as a whole.
pub fn replaced(operator: &'static str, node: &SyntaxNode, to: String) -> Change {
    part(operator, node, span(node), to)
}

/// A part of a node replaced.
pub fn part(operator: &'static str, node: &SyntaxNode, span: Range<usize>, to: String) -> Change {
    Change {
        operator,
        node: node.clone(),
        span,
        to,
    }
}

/// An expression as it can stand everywhere.
pub fn operand(expr: &Expr) -> String {
    let text = expr.syntax().text().to_string();
    let is_closed = match expr {
        Expr::Select(select) => select.or_token().is_none(),
        Expr::AttrSet(_) | Expr::Ident(_) | Expr::List(_) | Expr::Literal(_) | Expr::Paren(_) | Expr::Str(_) => true,
        _ => false,
    };
    if is_closed { text } else { format!("({text})") }
}

/// The name of the function and the arguments of a call, where this is the whole of one.
pub fn called(node: &SyntaxNode) -> Option<(String, Vec<Expr>)> {
    let apply = Apply::cast(node.clone())?;
    let outer = node.parent().and_then(Apply::cast).and_then(|outer| outer.lambda());
    if outer.is_some_and(|outer| outer.syntax() == node) {
        return None;
    }
    let (function, arguments) = call(&Expr::Apply(apply));
    Some((function_name(&function).unwrap_or_default(), arguments))
}

/// The names of the two bindings that a node stands in.
pub fn place(node: &SyntaxNode) -> String {
    let bindings = node.ancestors().skip(1).filter_map(AttrpathValue::cast);
    let mut names: Vec<String> = bindings
        .filter_map(|binding| Some(binding.attrpath()?.syntax().text().to_string()))
        .take(2)
        .collect();
    names.reverse();
    names.join(".")
}
