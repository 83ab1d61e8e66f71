//! What belongs to an entry besides its own tokens: comments above it and beside it, blank lines, its line end.

use std::ops::Range;

use crate::syntax::{self, SyntaxElement, SyntaxNode, SyntaxToken, ast};

/// An entry of a set or list with the comments that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The bytes that go when the entry goes: whole lines where it stands on lines of its own.
    pub whole: Range<usize>,
    /// The entry with its comments, from the first comment's first byte to the last byte, without the line end.
    pub text: Range<usize>,
}

/// The extent of `node`, an entry in a set, list or `let`.
///
/// Comments on the lines directly above belong to it (a blank line parts them from it, unless only the entry
/// follows in its block), and so does a comment behind it on its last line. A first comment beside the opening
/// brace belongs to the brace.
pub fn extent(text: &str, node: &SyntaxNode) -> Extent {
    let own = syntax::span(node);
    let start = leading(text, node).unwrap_or(own.start);
    let end = trailing(node).unwrap_or(own.end);
    let line_start = super::indent::line_start(text, start);
    let line_end = text[end..].find('\n').map_or(text.len(), |i| end + i + 1);
    let own_lines = text[line_start..start].trim().is_empty() && text[end..line_end].trim().is_empty();
    let whole = if own_lines {
        with_blank_lines(text, line_start..line_end)
    } else {
        inline(text, start..end)
    };
    Extent {
        whole,
        text: start..end,
    }
}

/// Removing whole lines takes the blank lines above along where blank lines or a closing bracket follow.
fn with_blank_lines(text: &str, lines: Range<usize>) -> Range<usize> {
    let after = text[lines.end..].lines().next().unwrap_or("").trim();
    let before = text[..lines.start].trim_end_matches([' ', '\t', '\r', '\n']);
    let first_line = text[before.len()..lines.start]
        .find('\n')
        .map_or(lines.start, |i| before.len() + i + 1);
    if opens(before) {
        let blank = text[lines.end..].len() - text[lines.end..].trim_start_matches(['\r', '\n']).len();
        first_line..lines.end + blank
    } else if after.is_empty() || closes(after) {
        first_line..lines.end
    } else {
        lines
    }
}

/// Whether the text behind this begins what a bracket or `let` has in it.
pub fn opens(before: &str) -> bool {
    let before = before.trim_end();
    let word = before.rsplit(is_no_part_of_a_name).next();
    before.ends_with(['{', '[', '(']) || word == Some("let")
}

/// Whether the text before this ends what a bracket or `let` has in it.
pub fn closes(after: &str) -> bool {
    let after = after.trim_start();
    let word = after.split(is_no_part_of_a_name).next();
    after.starts_with(['}', ']', ')']) || word == Some("in")
}

fn is_no_part_of_a_name(c: char) -> bool {
    !(c.is_alphanumeric() || "_-'".contains(c))
}

/// Behind the last thing in a set, before the white space in front of its closing brace.
pub fn end_of(text: &str, set: &ast::AttrSet) -> usize {
    let close = set.r_curly_token().map_or(0, |token| syntax::token_span(&token).start);
    text[..close].trim_end().len()
}

/// The whole lines that a range stands on, the last one's end with them.
pub fn lines(text: &str, range: Range<usize>) -> Range<usize> {
    let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
    super::indent::line_start(text, range.start)..end
}

fn inline(text: &str, own: Range<usize>) -> Range<usize> {
    let before = text[..own.start].trim_end_matches([' ', '\t']).len();
    before..own.end
}

fn leading(text: &str, node: &SyntaxNode) -> Option<usize> {
    comments_above(text, node)
        .first()
        .map(|comment| syntax::token_span(comment).start)
}

/// The comments on the lines directly above an entry, in source order.
pub fn comments_above(text: &str, node: &SyntaxNode) -> Vec<SyntaxToken> {
    let mut found = Vec::new();
    let mut at = node.prev_sibling_or_token();
    let mut newlines = 0;
    while let Some(SyntaxElement::Token(token)) = at {
        if syntax::is_whitespace(&token) {
            newlines = token.text().matches('\n').count();
            if newlines > 1 {
                break;
            }
        } else if syntax::is_comment(&token) {
            if newlines != 1 || !starts_line(text, &token) {
                break;
            }
            found.push(token.clone());
        } else {
            break;
        }
        at = token.prev_sibling_or_token();
    }
    found.reverse();
    found
}

fn starts_line(text: &str, token: &SyntaxToken) -> bool {
    let start = syntax::token_span(token).start;
    let line = super::indent::line_start(text, start);
    text[line..start].trim().is_empty()
}

fn trailing(node: &SyntaxNode) -> Option<usize> {
    let mut end = None;
    let mut at = node.next_sibling_or_token();
    while let Some(SyntaxElement::Token(token)) = at {
        if syntax::is_comment(&token) {
            end = Some(syntax::token_span(&token).end);
            if token.text().starts_with('#') {
                break;
            }
        } else if !syntax::is_whitespace(&token) || token.text().contains('\n') {
            break;
        }
        at = token.next_sibling_or_token();
    }
    end
}

/// The comments of a set or list that belong to none of its entries: those before the closing bracket, and blocks
/// parted from every entry by blank lines. Byte ranges in order, each block of adjacent comment lines one range.
pub fn loose_comments(text: &str, container: &SyntaxNode) -> Vec<Range<usize>> {
    let owned: Vec<Range<usize>> = container.children().map(|child| extent(text, &child).text).collect();
    let mut blocks: Vec<Range<usize>> = Vec::new();
    for token in container
        .children_with_tokens()
        .filter_map(SyntaxElement::into_token)
        .filter(syntax::is_comment)
    {
        let span = syntax::token_span(&token);
        if owned.iter().any(|range| syntax::covers(range, &span)) {
            continue;
        }
        match blocks.last_mut() {
            Some(last)
                if text[last.end..span.start].trim().is_empty()
                    && text[last.end..span.start].matches('\n').count() == 1 =>
            {
                last.end = span.end;
            }
            _ => blocks.push(span),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{AstNode, HasEntry, Source};

    fn entries(text: &str) -> Vec<SyntaxNode> {
        let ast::Expr::AttrSet(set) = Source::new("x.nix", text).expr().expect("parses") else {
            panic!("a set")
        };
        set.attrpath_values().map(|entry| entry.syntax().clone()).collect()
    }

    #[test]
    fn comments_above_and_beside_belong_to_the_entry() {
        let text = "{\n  # of nothing\n\n  # of a\n  a = 1; # beside a\n  b = 2;\n}\n";
        let extent = extent(text, &entries(text)[0]);
        assert_eq!(&text[extent.text.clone()], "# of a\n  a = 1; # beside a");
        assert_eq!(&text[extent.whole], "  # of a\n  a = 1; # beside a\n");
    }

    #[test]
    fn blank_lines_go_with_the_last_entry() {
        let text = "{\n  a = 1;\n\n  b = 2;\n}\n";
        assert_eq!(&text[extent(text, &entries(text)[1]).whole], "\n  b = 2;\n");
        assert_eq!(&text[extent(text, &entries(text)[0]).whole], "  a = 1;\n\n");
    }

    #[test]
    fn an_entry_on_a_shared_line_takes_only_itself() {
        let text = "{ a = 1; b = 2; }";
        assert_eq!(&text[extent(text, &entries(text)[1]).whole], " b = 2;");
    }

    #[test]
    fn comments_of_no_entry_are_found() {
        let text = "{\n  # head\n\n  a = 1;\n  # tail\n  # more\n}\n";
        let ast::Expr::AttrSet(set) = Source::new("x.nix", text).expr().expect("parses") else {
            panic!("a set")
        };
        let found: Vec<&str> = loose_comments(text, set.syntax())
            .into_iter()
            .map(|r| &text[r])
            .collect();
        assert_eq!(found, ["# head", "# tail\n  # more"]);
    }
}
