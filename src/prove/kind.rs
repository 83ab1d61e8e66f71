//! The types of stubs, and what code says of them.

use serde::Serialize;

use crate::syntax::{self, AstNode, SyntaxNode, ast};

/// The type of a stub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StubKind {
    /// `"<config.a.b>"`
    String,
    /// The same as an absolute path.
    Path,
    /// A number that is derived from the path, so that two stubs differ.
    Int,
    /// `false`, the default of `mkEnableOption`.
    Bool,
    /// `[]`
    List,
    /// `{}`
    Set,
    /// A symbolic package.
    Package,
}

impl StubKind {
    /// What the Nix files call it.
    pub fn name(self) -> &'static str {
        match self {
            StubKind::String => "string",
            StubKind::Path => "path",
            StubKind::Int => "int",
            StubKind::Bool => "bool",
            StubKind::List => "list",
            StubKind::Set => "set",
            StubKind::Package => "package",
        }
    }

    /// The type that the surroundings of a read at `node`, or else the option's name, ask for.
    pub fn expected(path: &[Option<String>], node: Option<&SyntaxNode>) -> StubKind {
        if let Some(kind) = node.and_then(expected_around) {
            return kind;
        }
        let Some(Some(last)) = path.last() else {
            return StubKind::String;
        };
        let lower = last.to_ascii_lowercase();
        // NixOS's own conventions: `enable` is a switch, ports and ids are numbers.
        if last.starts_with("enable") || last.ends_with("Enable") {
            StubKind::Bool
        } else if lower.ends_with("port") || lower == "uid" || lower == "gid" {
            StubKind::Int
        } else if last == "package" || last == "finalPackage" {
            StubKind::Package
        } else {
            StubKind::String
        }
    }
}

/// The type that the code around an expression asks for, where it does.
fn expected_around(node: &SyntaxNode) -> Option<StubKind> {
    const CONDITIONAL: [&str; 7] = [
        "mkIf",
        "optional",
        "optionals",
        "optionalString",
        "optionalAttrs",
        "mkAssert",
        "optionalModules",
    ];
    let outer = syntax::parenthesised(node);
    let parent = ast::Expr::cast(outer.parent()?)?;
    let is_own = |expr: Option<ast::Expr>| expr.is_some_and(|expr| *expr.syntax() == outer);
    let is_conditional = |function: ast::Expr| {
        let name = syntax::function_name(&function);
        name.is_some_and(|name| CONDITIONAL.contains(&name.as_str()))
    };
    let condition = match &parent {
        ast::Expr::BinOp(op) => match op.operator()? {
            ast::BinOpKind::Concat => return Some(StubKind::List),
            ast::BinOpKind::Update => return Some(StubKind::Set),
            operator => {
                use ast::BinOpKind::{And, Implication, Or};
                matches!(operator, And | Or | Implication)
            }
        },
        ast::Expr::UnaryOp(op) => op.operator() == Some(ast::UnaryOpKind::Invert),
        ast::Expr::IfElse(choice) => is_own(choice.condition()),
        ast::Expr::Assert(assert) => is_own(assert.condition()),
        ast::Expr::Apply(apply) => is_own(apply.argument()) && apply.lambda().is_some_and(is_conditional),
        _ => false,
    };
    condition.then_some(StubKind::Bool)
}
