//! The list of a module's imports, where it has none yet.

use crate::edit::indent;
use crate::syntax::{self, Source, ast};

/// Where the list goes in the module's set `body`, as its first binding, and its text up to the `;`.
pub fn new(source: &Source, body: &ast::AttrSet, items: &[String]) -> (usize, String) {
    let at = body.l_curly_token().map_or(0, |brace| syntax::token_span(&brace).end);
    let (pad, unit) = (
        indent::inside(source.text(), syntax::AstNode::syntax(body)),
        indent::unit(source.text()),
    );
    let items: String = items.iter().map(|item| format!("{pad}{unit}{item}\n")).collect();
    (at, format!("\n{pad}imports = [\n{items}{pad}];"))
}
