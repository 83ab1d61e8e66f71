//! Which options code reads, as far as lexical scopes tell: `config.a.b`, however its beginning is bound.
//!
//! [`Eval`](super::Eval) says what a read is worth, in a model, where all of its names are known. Here nothing is evaluated,
//! so that a read is also found in a file that is no module, and with names that are computed.

use super::scope::{self, Binding};
use crate::syntax::{self, SyntaxNode, ast};

/// The path of an option, from below `config` on; `None` for a name that is computed.
pub type OptionPath = Vec<Option<String>>;

/// How many bindings are followed from one to the next; they may lead to each other in a circle.
const BINDINGS: usize = 16;

/// The option, or set of options, that `expr` reads: `config` and what is selected from it, or a name that is bound to that.
/// Empty for `config` itself, `None` for anything else.
pub fn option(expr: &ast::Expr) -> Option<OptionPath> {
    of_expr(expr, BINDINGS)
}

/// The option that `inherit` binds `name` to, as [`option`] finds it.
pub fn inherited(inherit: &ast::Inherit, name: &str) -> Option<OptionPath> {
    of_inherit(inherit, name, BINDINGS)
}

fn of_expr(expr: &ast::Expr, left: usize) -> Option<OptionPath> {
    match expr {
        ast::Expr::Paren(paren) => of_expr(&paren.expr()?, left),
        ast::Expr::Select(select) => {
            let mut path = of_expr(&select.expr()?, left)?;
            path.extend(syntax::attrpath_names(&select.attrpath()?));
            Some(path)
        }
        ast::Expr::Ident(ident) => of_name(syntax::AstNode::syntax(ident), &syntax::ident_text(ident), left),
        _ => None,
    }
}

fn of_name(node: &SyntaxNode, name: &str, left: usize) -> Option<OptionPath> {
    let left = left.checked_sub(1)?;
    match scope::lookup(node, name) {
        Binding::Value(value) if value.attrpath()?.attrs().count() == 1 => of_expr(&value.value()?, left),
        Binding::Inherited(inherit) => of_inherit(&inherit, name, left),
        Binding::Param(_) | Binding::With(_) | Binding::Unbound if name == "config" => Some(OptionPath::new()),
        _ => None,
    }
}

fn of_inherit(inherit: &ast::Inherit, name: &str, left: usize) -> Option<OptionPath> {
    match inherit.from() {
        Some(from) => {
            let mut path = of_expr(&from.expr()?, left)?;
            path.push(Some(name.to_owned()));
            Some(path)
        }
        // The name is one from around the set that it is inherited into.
        None => of_name(&syntax::AstNode::syntax(inherit).parent()?, name, left),
    }
}

#[cfg(test)]
mod tests {
    use super::super::module::path_text;
    use super::*;
    use crate::syntax::{AstNode, Source};

    /// The option that the value of `x` reads.
    fn read(text: &str) -> Option<String> {
        let root = Source::new("m.nix", text).root();
        let value = root.descendants().filter_map(ast::AttrpathValue::cast).find(|value| {
            let path = value.attrpath().expect("a path");
            AstNode::syntax(&path).text() == "x"
        });
        let value = value.and_then(|value| value.value()).expect("a value");
        option(&value).map(|path| path_text(&path))
    }

    #[test]
    fn reads_are_found_however_their_beginning_is_bound() {
        for (text, expected) in [
            ("{config, ...}: { x = config.a.b; }", "a.b"),
            ("{config, ...}: { x = ((config.a).b).\"c.d\"; }", "a.b.\"c.d\""),
            ("{config, ...}: { x = config.a.${n}.b or 1; }", "a.${…}.b"),
            ("{config, ...}: let c = config.a; d = c.b; in { x = d.e; }", "a.b.e"),
            ("{config, ...}: let inherit (config.a) b; in { x = b.c; }", "a.b.c"),
            ("{config, ...}: rec { a = config.b; y = { inherit a; x = a; }; }", "b"),
            ("args: with args; { x = config.a; }", "a"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_bound_to_something_else_is_no_option() {
        for text in [
            "{config, ...}: let config = {}; in { x = config.a; }",
            "{config, ...}: { c = config.a; y = c: { x = c.b; }; }",
            "{config, ...}: { c = config.a; x = c.b; }",
            "{lib, ...}: { x = lib.a; }",
            "let a = b; b = a; in { x = a; }",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
