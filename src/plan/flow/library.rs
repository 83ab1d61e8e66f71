//! Functions of nixpkgs' library and Nix's own, and what their arguments are written as.

use crate::resolve::scope::{self, Binding};
use crate::syntax::{self, AstNode, ast};

/// The name of a function of nixpkgs' library or of Nix itself, however it is reached; `None` for one of the file's own.
pub fn library_function(head: &ast::Expr) -> Option<String> {
    let library = |text: &str| text.split('.').any(|part| part == "lib" || part == "builtins");
    match head {
        ast::Expr::Ident(ident) => {
            let name = syntax::ident_text(ident);
            let reached = match scope::lookup(ident.syntax(), &name) {
                Binding::Global => true,
                Binding::With(withs) => withs
                    .iter()
                    .filter_map(|with| with.namespace())
                    .all(|namespace| library(&syntax::text_of(namespace.syntax()))),
                Binding::Inherited(inherit) => inherit
                    .from()
                    .and_then(|from| from.expr())
                    .is_some_and(|from| library(&syntax::text_of(from.syntax()))),
                _ => false,
            };
            reached.then_some(name)
        }
        ast::Expr::Select(select) => {
            let base = syntax::text_of(select.expr()?.syntax());
            let path = select.attrpath()?;
            let reached = library(&base) || library(&syntax::text_of(path.syntax()));
            reached.then(|| syntax::function_name(head)).flatten()
        }
        _ => None,
    }
}

/// The value of the `let` binding that an identifier means.
pub fn let_value(ident: &ast::Ident) -> Option<ast::Expr> {
    match scope::lookup(ident.syntax(), &syntax::ident_text(ident)) {
        Binding::Value(value) if value.attrpath().is_some_and(|path| path.attrs().count() == 1) => value.value(),
        _ => None,
    }
}

/// A string literal's value.
pub fn literal(expr: &ast::Expr) -> Option<String> {
    match syntax::unparen(expr.clone()) {
        ast::Expr::Str(string) => syntax::string_value(&string),
        _ => None,
    }
}
