//! What form a module's configuration has, and what of it stands where.

use crate::error::{self, Result};
use crate::resolve::module::{self, Module};
use crate::resolve::scope;
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// Where the module's configuration stands.
pub enum Shape {
    /// `config = <expr>;`: the expression below `let` and `with`.
    Config { expr: ast::Expr },
    /// `config = lib.mkMerge [ … ];`
    Merge { expr: ast::Expr, list: ast::List },
    /// The module's set is the configuration.
    Body,
}

impl Shape {
    /// The form of a module.
    ///
    /// # Errors
    /// `unsupported-module` where it takes no sections.
    pub fn of(home: &Module) -> Result<Shape> {
        if !home.explicit {
            return body_shape(home);
        }
        let Some(mut expr) = module::attribute(&home.body, "config") else {
            return Err(error::plan::unsupported_module(
                home.source.place_of(home.body.syntax()),
                "its configuration is split over several bindings",
            ));
        };
        loop {
            expr = match &expr {
                ast::Expr::LetIn(let_in) => let_in.body().unwrap_or_else(|| expr.clone()),
                ast::Expr::With(with) => with.body().unwrap_or_else(|| expr.clone()),
                _ => break,
            };
        }
        let inner = syntax::unparen(expr.clone());
        if let Some(arguments) = syntax::call_of(&inner, "mkMerge", 1)
            && let ast::Expr::List(list) = syntax::unparen(arguments[0].clone())
        {
            return Ok(Shape::Merge { expr, list });
        }
        let plain = matches!(inner, ast::Expr::AttrSet(_)) || syntax::call_of(&inner, "mkIf", 2).is_some();
        match plain {
            true => Ok(Shape::Config { expr }),
            false => Err(error::plan::unsupported_module(
                home.source.place_of(expr.syntax()),
                "its configuration is computed",
            )),
        }
    }
}

fn body_shape(home: &Module) -> Result<Shape> {
    if syntax::is_recursive(&home.body) {
        return Err(error::plan::unsupported_module(
            home.source.place_of(home.body.syntax()),
            "it is a recursive set",
        ));
    }
    Ok(Shape::Body)
}

/// The configuration's bindings in a module without `config`.
pub fn implementation(body: &ast::AttrSet) -> impl Iterator<Item = ast::Entry> + use<> {
    body.entries().filter(|entry| {
        let names = module::entry_names(entry);
        !names
            .first()
            .and_then(|n| n.as_deref())
            .is_some_and(|n| module::STRUCTURAL.contains(&n))
    })
}

/// Structural bindings (`imports`, `disabledModules` …) that stand behind a definition: they have to go before the
/// configuration, which becomes one expression.
pub fn late_structure(body: &ast::AttrSet) -> Vec<SyntaxNode> {
    let is_structural = |entry: &ast::Entry| {
        let names = module::entry_names(entry);
        names
            .first()
            .and_then(|n| n.as_deref())
            .is_some_and(|n| module::STRUCTURAL.contains(&n))
    };
    body.entries()
        .skip_while(is_structural)
        .filter(is_structural)
        .map(|entry| entry.syntax().clone())
        .collect()
}

/// The bindings below `sops` that stand directly in the configuration's set.
pub fn secret_bindings(home: &Module) -> Vec<SyntaxNode> {
    let Ok(shape) = Shape::of(home) else { return Vec::new() };
    let set = match shape {
        Shape::Body => home.body.clone(),
        Shape::Merge { .. } => return Vec::new(),
        Shape::Config { expr } => {
            let inner = syntax::unparen(expr);
            let inner = syntax::call_of(&inner, "mkIf", 2)
                .and_then(|mut a| a.pop())
                .map_or(inner, syntax::unparen);
            match inner {
                ast::Expr::AttrSet(set) => set,
                _ => return Vec::new(),
            }
        }
    };
    let secret = |value: &ast::AttrpathValue| scope::first_name(value).as_deref() == Some("sops");
    set.attrpath_values()
        .filter(secret)
        .map(|value| value.syntax().clone())
        .collect()
}

/// The `let` that stands directly around the module's set, outermost.
pub fn outermost_let(home: &Module) -> Option<ast::LetIn> {
    let mut found = None;
    for ancestor in home.body.syntax().ancestors().skip(1) {
        if let Some(let_in) = ast::LetIn::cast(ancestor.clone()) {
            found = Some(let_in);
        } else if ast::Lambda::can_cast(ancestor.kind()) {
            break;
        }
    }
    found
}
