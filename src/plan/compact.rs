//! What is written anew stands on one line where a person would have written it so: an empty set, a list of a few
//! words.

use std::ops::Range;

use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// The elements of a list that are longer together keep their lines.
const SHORT: usize = 60;

/// Bindings without line breaks in empty sets.
pub fn empty_sets(bindings: &str) -> String {
    replaced(bindings, |node| {
        let set = ast::AttrSet::cast(node.clone())?;
        let is_empty = set.entries().next().is_none() && !syntax::is_recursive(&set);
        is_empty.then(|| "{}".to_owned())
    })
}

/// Bindings without line breaks in empty sets, and in short lists.
pub fn short_lists(bindings: &str) -> String {
    replaced(&empty_sets(bindings), |node| {
        let list = ast::List::cast(node.clone())?;
        let is_plain =
            |item: &ast::Expr| matches!(item, ast::Expr::Str(_) | ast::Expr::Select(_) | ast::Expr::Ident(_));
        let items: Vec<ast::Expr> = list.items().collect();
        let texts: Vec<String> = items.iter().map(|item| syntax::text_of(item.syntax())).collect();
        let text = texts.join(" ");
        (items.iter().all(is_plain) && text.len() <= SHORT && !text.contains('\n')).then(|| format!("[{text}]"))
    })
}

/// Bindings with what `compact` gives for a node of several lines without a comment in its place.
fn replaced(bindings: &str, compact: impl Fn(&SyntaxNode) -> Option<String>) -> String {
    let source = Source::new("bindings.nix", format!("{{{bindings}}}"));
    let Ok(set) = source.expr() else {
        return bindings.to_owned();
    };
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for node in set.syntax().descendants().skip(1) {
        let spans_lines = syntax::text_of(&node).contains('\n') && syntax::comments(&node).is_empty();
        if let Some(text) = spans_lines.then(|| compact(&node)).flatten() {
            found.push((syntax::span(&node), text));
        }
    }
    let mut text = source.text().to_string();
    for (range, new) in found.into_iter().rev() {
        text.replace_range(range, &new);
    }
    text[1..text.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stands_on_a_line() {
        let text = "a = [\n  \"x\"\n];\nb = {\n};\nc = [\n  x.y\n];\n";
        assert_eq!(short_lists(text), "a = [\"x\"];\nb = {};\nc = [x.y];\n");
        assert_eq!(empty_sets(text), "a = [\n  \"x\"\n];\nb = {};\nc = [\n  x.y\n];\n");
    }

    #[test]
    fn what_has_more_to_say_keeps_its_lines() {
        for text in [
            "a = [\n  \"/a/directory/of/some/service/or/other\"\n  \"/and/another/of/the/same\"\n];\n",
            "a = [\n  # why\n  \"x\"\n];\n",
            "a = [\n  {b = 1;}\n];\n",
            "a = {\n  # nothing yet\n};\n",
            // A comment alone is no binding.
            "# a = [\n",
        ] {
            assert_eq!(short_lists(text), text);
        }
    }
}
