//! Taking bindings out of sets, and the sets that are empty then, without losing a comment.

use std::ops::Range;

use crate::edit::trivia;
use crate::resolve::scope;
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// What goes when some entries go.
#[derive(Debug, Default)]
pub struct Removal {
    /// Byte ranges to remove; they may touch.
    pub ranges: Vec<Range<usize>>,
    /// Comments that stood around the entries, in sets that go as a whole: they belong to nothing that stays, so
    /// they go where the entries go. With the offset at which each stood, in source order.
    pub orphans: Vec<(usize, String)>,
}

/// The removal of `entries` (bindings, or elements of lists) from a file.
pub fn remove(source: &Source, entries: &[SyntaxNode]) -> Removal {
    let text = source.text();
    let mut gone: Vec<SyntaxNode> = Vec::new();
    for entry in entries {
        if !gone.contains(entry) {
            gone.push(entry.clone());
        }
    }
    let mut orphans = Vec::new();
    while let Some((binding, set)) = gone.iter().find_map(|entry| emptied(entry, &gone)) {
        for range in trivia::loose_comments(text, &set) {
            orphans.push((range.start, text[range].to_owned()));
        }
        let extent = trivia::extent(text, &binding);
        let own = syntax::span(&binding);
        let inner = binding
            .children_with_tokens()
            .filter_map(syntax::SyntaxElement::into_token)
            .filter(syntax::is_comment);
        orphans.extend(inner.map(|token| (syntax::token_span(&token).start, token.text().to_owned())));
        for range in [extent.text.start..own.start, own.end..extent.text.end] {
            let comment = text[range.clone()].trim();
            if !comment.is_empty() {
                orphans.push((range.start, comment.to_owned()));
            }
        }
        gone.retain(|entry| !syntax::covers(&own, &syntax::span(entry)));
        gone.push(binding);
    }
    orphans.sort();
    let mut ranges: Vec<Range<usize>> = gone.iter().map(|entry| trivia::extent(text, entry).whole).collect();
    close_gaps(text, &mut ranges);
    Removal { ranges, orphans }
}

/// Where several neighbours go between two empty lines, one of these goes with the last of them, as it would with one
/// entry alone.
fn close_gaps(text: &str, ranges: &mut [Range<usize>]) {
    let starts: Vec<usize> = ranges.iter().map(|range| range.start).collect();
    let ends: Vec<usize> = ranges.iter().map(|range| range.end).collect();
    let empty_line = |text: &str| {
        let line = text.split_inclusive('\n').next().filter(|line| line.trim().is_empty());
        line.filter(|line| line.ends_with('\n')).map(str::len)
    };
    for range in ranges.iter_mut().filter(|range| !starts.contains(&range.end)) {
        let mut first = range.start;
        while let Some(before) = (0..ends.len()).find(|at| ends[*at] == first && starts[*at] < first) {
            first = starts[before];
        }
        let before = text[..first].trim_end_matches([' ', '\t']);
        if first < range.start && before.ends_with("\n\n") {
            range.end += empty_line(&text[range.end..]).unwrap_or(0);
        }
    }
}

/// What goes as a whole (and its set) because nothing besides `gone` is in it, if `entry` stands in such a set: the
/// binding `x = { … };`, or the element `(lib.mkIf c { … })` of a list.
fn emptied(entry: &SyntaxNode, gone: &[SyntaxNode]) -> Option<(SyntaxNode, SyntaxNode)> {
    let set = ast::AttrSet::cast(entry.parent()?)?;
    if !set.entries().all(|e| gone.contains(e.syntax())) {
        return None;
    }
    let outer = around(set.syntax())?;
    if ast::List::can_cast(outer.parent()?.kind()) {
        return Some((outer, set.syntax().clone()));
    }
    let binding = ast::AttrpathValue::cast(outer)?;
    let names = binding.attrpath()?.attrs().count();
    // `config = { }` is the module's own structure, and a `let` may be read elsewhere.
    let structural = names == 1
        && scope::first_name(&binding).is_some_and(|name| crate::resolve::module::STRUCTURAL.contains(&name.as_str()));
    let in_let = ast::LetIn::can_cast(binding.syntax().parent()?.kind());
    (!structural && !in_let).then(|| (binding.syntax().clone(), set.syntax().clone()))
}

/// The binding that has a set as its value, or the list element that it is: through parentheses and `mkIf`.
fn around(set: &SyntaxNode) -> Option<SyntaxNode> {
    let mut node = set.clone();
    loop {
        let parent = node.parent()?;
        let conditional = |apply: &ast::Apply| {
            let whole = ast::Expr::Apply(apply.clone());
            syntax::call_of(&whole, "mkIf", 2).is_some_and(|arguments| arguments[1].syntax() == &node)
        };
        if ast::Paren::can_cast(parent.kind())
            || ast::Apply::cast(parent.clone()).is_some_and(|apply| conditional(&apply))
        {
            node = parent;
        } else if ast::List::can_cast(parent.kind()) {
            return Some(node);
        } else {
            return ast::AttrpathValue::can_cast(parent.kind()).then_some(parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str, names: &[&str]) -> (String, Vec<String>) {
        let source = Source::new("x.nix", text);
        let entries: Vec<SyntaxNode> = source
            .root()
            .descendants()
            .filter_map(ast::AttrpathValue::cast)
            .filter(|v| names.contains(&syntax::text_of(v.attrpath().expect("a path").syntax()).as_str()))
            .map(|v| v.syntax().clone())
            .collect();
        let removal = remove(&source, &entries);
        let mut kept = text.to_owned();
        let mut ranges = removal.ranges.clone();
        ranges.sort_by_key(|r| r.start);
        ranges.into_iter().rev().for_each(|r| kept.replace_range(r, ""));
        (kept, removal.orphans.into_iter().map(|(_, text)| text).collect())
    }

    #[test]
    fn emptied_sets_go_and_their_comments_are_given_back() {
        let text = "{\n  # about s\n  s = {\n    # about x\n    x = {\n      a = 1; # one\n      # b = 2;\n    };\n  };\n  t = 1;\n}\n";
        let (kept, orphans) = without(text, &["a"]);
        assert_eq!(kept, "{\n  t = 1;\n}\n");
        assert_eq!(orphans, ["# about s", "# about x", "# b = 2;"]);
    }

    #[test]
    fn neighbours_leave_no_gap() {
        let text = "{\n  a = 1;\n\n  b = 2;\n  c = 3;\n\n  d = 4;\n}\n";
        assert_eq!(without(text, &["b", "c"]).0, "{\n  a = 1;\n\n  d = 4;\n}\n");
        assert_eq!(without(text, &["b"]).0, "{\n  a = 1;\n\n  c = 3;\n\n  d = 4;\n}\n");
    }

    #[test]
    fn a_set_with_something_left_stays() {
        let (kept, orphans) = without("{\n  s = {\n    x = 1;\n    y = 2;\n  };\n}\n", &["x"]);
        assert_eq!(kept, "{\n  s = {\n    y = 2;\n  };\n}\n");
        assert!(orphans.is_empty());
    }
}
