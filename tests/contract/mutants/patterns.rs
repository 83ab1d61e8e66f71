//! Regular expressions without a quantifier, an alternative, or the backslash of a dot.

use std::ops::Range;

use qgroget::syntax::ast::Str;
use qgroget::syntax::{AstNode, SyntaxKind, SyntaxNode, token_span};

use super::change::{Change, part};

/// What a text has only if it is one.
const SIGNS: [&str; 9] = ["]*", "]+", "]?", "]{", ")?", ")*", "){", "(.*)", "|"];

pub fn changes(node: &SyntaxNode) -> Vec<Change> {
    let Some(string) = Str::cast(node.clone()) else {
        return Vec::new();
    };
    let tokens = string
        .syntax()
        .children_with_tokens()
        .filter_map(|child| child.into_token());
    let texts = tokens.filter(|token| token.kind() == SyntaxKind::TOKEN_STRING_CONTENT);
    let mut changes = Vec::new();
    for token in texts.filter(|token| SIGNS.iter().any(|sign| token.text().contains(sign))) {
        let start = token_span(&token).start;
        for (operator, piece, to) in pieces(token.text()) {
            let piece = start + piece.start..start + piece.end;
            changes.push(part(operator, node, piece, to.to_owned()));
        }
    }
    changes
}

/// What can be taken out of an expression as it is written in a string.
fn pieces(text: &str) -> Vec<(&'static str, Range<usize>, &str)> {
    let mut found = Vec::new();
    // The beginnings of the alternatives of each group that is open.
    let mut open = vec![vec![0]];
    // What a quantifier is of.
    let mut atom = 0;
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let end = match character {
            // A backslash is written as two.
            '\\' => {
                let end = (at + 3).min(text.len());
                if text[at..end].ends_with('.') {
                    found.push(("any character for a dot", at..end, "."));
                }
                end
            }
            '[' => class_end(text, at),
            '{' => text[at..].find('}').map_or(text.len(), |length| at + length + 1),
            _ => at + character.len_utf8(),
        };
        match character {
            '(' => open.push(vec![end]),
            '|' => open.last_mut().expect("the text itself").push(end),
            ')' if open.len() > 1 => {
                let alternatives = open.pop().expect("a group");
                found.extend(without_each(&alternatives, at));
                atom = alternatives[0] - 1;
            }
            '?' | '*' | '+' | '{' => found.push(("without this quantifier", atom..end, &text[atom..at])),
            _ => atom = at,
        }
        at = end;
    }
    if let [alternatives] = &open[..] {
        found.extend(without_each(alternatives, text.len()));
    }
    found
}

/// Each of several alternatives, with a bar beside it.
fn without_each(begin: &[usize], end: usize) -> Vec<(&'static str, Range<usize>, &'static str)> {
    let whole = |number: usize| match begin.get(number + 1) {
        Some(next) => begin[number]..*next,
        None => begin[number] - 1..end,
    };
    let count = if begin.len() > 1 { begin.len() } else { 0 };
    (0..count)
        .map(|number| ("without this alternative", whole(number), ""))
        .collect()
}

/// The end of a class of characters, in which a bracket that comes first and `[:name:]` do not end it.
fn class_end(text: &str, start: usize) -> usize {
    let mut at = start + 1;
    at += usize::from(text[at..].starts_with('^'));
    at += usize::from(text[at..].starts_with(']'));
    while let Some(character) = text[at..].chars().next() {
        match character {
            ']' => return at + 1,
            '[' if text[at..].starts_with("[:") => {
                at = text[at..].find(":]").map_or(text.len(), |length| at + length + 2)
            }
            _ => at += character.len_utf8(),
        }
    }
    text.len()
}

#[test]
fn an_expression_loses_one_piece_at_a_time() {
    let without = |text: &str| -> Vec<String> {
        pieces(text)
            .into_iter()
            .map(|(_, piece, to)| format!("{}{to}{}", &text[..piece.start], &text[piece.end..]))
            .collect()
    };
    assert_eq!(
        without(r"a+(b|c\\.d)?"),
        ["a(b|c\\\\.d)?", "a+(b|c.d)?", "a+(c\\\\.d)?", "a+(b)?", "a+(b|c\\\\.d)",]
    );
    assert_eq!(
        without("[][:space:]*?]+|0{1,3}"),
        [
            "[][:space:]*?]|0{1,3}",
            "[][:space:]*?]+|0",
            "0{1,3}",
            "[][:space:]*?]+"
        ]
    );
}
