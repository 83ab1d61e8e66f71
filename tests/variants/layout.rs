//! The same tokens with other white space and comments.

use qgroget::syntax::{self, AstNode as _, HasEntry as _, SyntaxToken, ast};

use super::text::{all, edited, has_comments, is_within_text, parse};

/// What stands between two tokens.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    Nothing,
    Space,
    Lines(usize),
}

/// One token that is no white space, and the gap before it.
struct Piece {
    token: SyntaxToken,
    gap: Gap,
    /// The gap's text as it was.
    text: String,
    /// Within a string or a path: not to be touched.
    fixed: bool,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut space = String::new();
    for token in syntax::tokens(&parse(text)) {
        if syntax::is_whitespace(&token) && !is_within_text(&token) {
            space.push_str(token.text());
            continue;
        }
        let gap = match (space.is_empty(), space.matches('\n').count()) {
            (true, _) => Gap::Nothing,
            (_, 0) => Gap::Space,
            (_, lines) => Gap::Lines(lines),
        };
        // The first token of a string may be moved, the others may not.
        let fixed = is_within_text(&token) && !starts_text(&token);
        pieces.push(Piece {
            token,
            gap,
            text: std::mem::take(&mut space),
            fixed,
        });
    }
    pieces
}

fn starts_text(token: &SyntaxToken) -> bool {
    let outer = token
        .parent_ancestors()
        .filter(|node| ast::Str::can_cast(node.kind()) || ast::Path::can_cast(node.kind()));
    outer
        .last()
        .is_some_and(|node| syntax::span(&node).start == syntax::token_span(token).start)
}

/// Prints the tokens anew, each line indented by its depth in brackets and `let`.
fn printed(text: &str, unit: &str, gap: impl Fn(&Piece, &Piece) -> Gap) -> String {
    let pieces = pieces(text);
    let (mut result, mut depth) = (String::new(), 0_usize);
    for (index, piece) in pieces.iter().enumerate() {
        let word = piece.token.text();
        if !piece.fixed && (["}", "]", ")"].contains(&word) || word == "in") {
            depth = depth.saturating_sub(1);
        }
        if let Some(before) = index.checked_sub(1).map(|before| &pieces[before]) {
            let wanted = if piece.fixed { Gap::Nothing } else { gap(before, piece) };
            let after_line = syntax::is_comment(&before.token) && before.token.text().starts_with('#');
            match wanted {
                Gap::Lines(lines) => {
                    result.push_str(&"\n".repeat(lines));
                    result.push_str(&unit.repeat(depth));
                }
                _ if after_line => result.push('\n'),
                Gap::Space => result.push(' '),
                Gap::Nothing => {}
            }
        }
        result.push_str(word);
        if !piece.fixed && (["{", "[", "(", "${"].contains(&word) || word == "let") {
            depth += 1;
        }
    }
    if text.ends_with('\n') {
        result.push('\n');
    }
    result
}

/// A module's arguments, each on its own line or all in one.
fn arguments(text: &str, own_lines: bool) -> String {
    let mut edits = Vec::new();
    for pattern in all::<ast::Pattern>(&parse(text)) {
        if has_comments(pattern.syntax()) || pattern.pat_bind().is_some() {
            continue;
        }
        let names = pattern.pat_entries().map(|entry| entry.syntax().text().to_string());
        let names: Vec<String> = names
            .chain(pattern.ellipsis_token().map(|_| "...".to_owned()))
            .collect();
        let new = match own_lines && names.len() > 1 {
            true => format!("{{\n  {}\n}}", names.join(",\n  ")),
            false => format!("{{ {} }}", names.join(", ")),
        };
        edits.push((syntax::span(pattern.syntax()), new));
    }
    edited(text, edits)
}

fn spaced(before: &Piece, after: &Piece) -> Gap {
    let (one, other) = (before.token.text(), after.token.text());
    match after.gap {
        Gap::Lines(lines) => Gap::Lines(lines.min(2)),
        // Inside the brackets of sets and lists stands a space, in interpolations does not.
        _ if !before.fixed
            && (["{", "["].contains(&one) || ["}", "]"].contains(&other))
            && !is_dynamic(before, after) =>
        {
            Gap::Space
        }
        gap => gap,
    }
}

fn is_dynamic(before: &Piece, after: &Piece) -> bool {
    let dynamic = |piece: &Piece| {
        piece
            .token
            .parent()
            .is_some_and(|node| ast::Dynamic::can_cast(node.kind()))
    };
    dynamic(before) || dynamic(after)
}

/// As nixpkgs-fmt has it: arguments in one line, `let` on the next, spaces inside brackets.
pub fn nixpkgs_fmt(text: &str) -> String {
    let text = arguments(text, false);
    printed(&text, "  ", |before, after| {
        match (before.token.text(), after.token.text()) {
            (":", "let" | "{" | "with") if is_module_colon(before) => Gap::Lines(1),
            _ => spaced(before, after),
        }
    })
}

fn is_module_colon(piece: &Piece) -> bool {
    let lambda = piece.token.parent().and_then(ast::Lambda::cast);
    lambda.is_some_and(|lambda| {
        let top = lambda
            .syntax()
            .parent()
            .is_some_and(|node| ast::Root::can_cast(node.kind()));
        top && matches!(lambda.param(), Some(ast::Param::Pattern(_)))
    })
}

/// As nixfmt (RFC 166) has it: arguments and the elements of lists and sets each on their own lines.
pub fn nixfmt(text: &str) -> String {
    let text = arguments(text, true);
    printed(&text, "  ", |before, after| {
        if let Gap::Lines(lines) = after.gap {
            return Gap::Lines(lines.min(2));
        }
        if syntax::is_comment(&after.token) {
            return Gap::Space;
        }
        match (before.token.text(), after.token.text()) {
            (":", "let" | "{" | "with") if is_module_colon(before) => Gap::Lines(1),
            _ if is_dynamic(before, after) => after.gap,
            _ if breaks_lines(before, after) => Gap::Lines(1),
            _ => spaced(before, after),
        }
    })
}

/// Whether a line ends between two tokens of a list or a set with more than one part.
fn breaks_lines(before: &Piece, after: &Piece) -> bool {
    let node = [before, after].map(|piece| {
        piece
            .token
            .parent_ancestors()
            .find(|node| ast::List::can_cast(node.kind()) || ast::AttrSet::can_cast(node.kind()))
    });
    node.into_iter().flatten().any(|node| {
        let many = match (ast::List::cast(node.clone()), ast::AttrSet::cast(node.clone())) {
            (Some(list), _) => list.items().count() > 1,
            (_, Some(set)) => set.entries().count() > 1,
            _ => false,
        };
        let ends = |piece: &Piece| syntax::token_span(&piece.token).end;
        let starts = |piece: &Piece| syntax::token_span(&piece.token).start;
        let child_end = node.children().any(|child| syntax::span(&child).end == ends(before));
        let child_start = node.children().any(|child| syntax::span(&child).start == starts(after));
        let open = before.token.parent().as_ref() == Some(&node) && ["{", "["].contains(&before.token.text());
        let close = after.token.parent().as_ref() == Some(&node) && ["}", "]"].contains(&after.token.text());
        many && (open || child_end) && (close || child_start)
    })
}

/// As few lines as comments allow.
pub fn one_line(text: &str) -> String {
    let tight = ["{", "}", "[", "]", "(", ")", ";", "=", ","];
    printed(text, "", |before, after| {
        let (one, other) = (before.token.text(), after.token.text());
        match after.gap {
            Gap::Nothing => Gap::Nothing,
            _ if syntax::is_comment(&after.token) => Gap::Space,
            _ if !before.fixed && tight.contains(&one) || tight.contains(&other) => Gap::Nothing,
            _ => Gap::Space,
        }
    })
}

/// Each token on a line of its own.
pub fn line_each(text: &str) -> String {
    printed(text, "  ", |_, _| Gap::Lines(1))
}

/// Opening braces on lines of their own.
pub fn braces_below(text: &str) -> String {
    printed(text, "  ", |before, after| {
        match (before.token.text(), after.token.text()) {
            ("=", "{" | "[") => Gap::Lines(1),
            _ => after.gap,
        }
    })
}

/// Binding operators with spaces in unusual places, semicolons on the next line.
pub fn semicolons_below(text: &str) -> String {
    printed(text, "  ", |before, after| {
        match (before.token.text(), after.token.text()) {
            (_, ";") => Gap::Lines(1),
            ("=", _) | (_, "=") => Gap::Lines(1),
            _ => after.gap,
        }
    })
}

pub fn tabs(text: &str) -> String {
    printed(text, "\t", |_, after| after.gap)
}

pub fn four_spaces(text: &str) -> String {
    printed(text, "    ", |_, after| after.gap)
}

pub fn no_indentation(text: &str) -> String {
    printed(text, "", |_, after| after.gap)
}

/// An empty line between all bindings.
pub fn airy(text: &str) -> String {
    printed(text, "  ", |before, after| match (before.token.text(), after.gap) {
        (";", Gap::Lines(_)) => Gap::Lines(3),
        (_, gap) => gap,
    })
}

/// Spaces at the ends of lines.
pub fn trailing_spaces(text: &str) -> String {
    around_gaps(text, |piece| piece.text.replace('\n', "  \n"))
}

/// Windows' line endings, but in strings, where they would mean something else.
pub fn carriage_returns(text: &str) -> String {
    let text = around_gaps(text, |piece| piece.text.replace('\n', "\r\n"));
    text.strip_suffix('\n')
        .map_or(text.clone(), |rest| format!("{rest}\r\n"))
}

pub fn no_last_newline(text: &str) -> String {
    text.trim_end().to_owned()
}

/// A comment between all tokens.
pub fn comments_everywhere(text: &str) -> String {
    let mut count = 0;
    numbered(text, |piece| {
        count += 1;
        format!(
            "{}/* {count} */{}",
            piece.text,
            if piece.text.is_empty() { "" } else { " " }
        )
    })
}

/// A comment at the end of every line.
pub fn comments_at_line_ends(text: &str) -> String {
    let mut count = 0;
    numbered(text, |piece| {
        count += 1;
        match piece.text.find('\n') {
            Some(at) => format!(" # end {count}{}", &piece.text[at..]),
            None => piece.text.clone(),
        }
    })
}

/// A comment on a line of its own above every line.
pub fn comments_above(text: &str) -> String {
    let mut count = 0;
    numbered(text, |piece| {
        count += 1;
        match piece.text.rfind('\n') {
            Some(at) => format!(
                "{}\n{}# above {count}{}",
                &piece.text[..at],
                &piece.text[at + 1..],
                &piece.text[at..]
            ),
            None => piece.text.clone(),
        }
    })
}

/// A comment of several lines before every closing bracket and every binding's end.
pub fn comments_before_ends(text: &str) -> String {
    let mut count = 0;
    numbered(text, |piece| {
        count += 1;
        match piece.token.text() {
            "}" | "]" | ";" => format!("{} /* before {count}\n   the end */ ", piece.text),
            _ => piece.text.clone(),
        }
    })
}

fn numbered(text: &str, gap: impl FnMut(&Piece) -> String) -> String {
    around_gaps(text, gap)
}

fn around_gaps(text: &str, mut gap: impl FnMut(&Piece) -> String) -> String {
    let pieces = pieces(text);
    let mut result = String::new();
    for (index, piece) in pieces.iter().enumerate() {
        let after_line = index.checked_sub(1).is_some_and(|before| {
            pieces[before].token.text().starts_with('#') && syntax::is_comment(&pieces[before].token)
        });
        match piece.fixed || index == 0 {
            true => result.push_str(&piece.text),
            // A comment cannot begin at the end of another one.
            false if after_line => {
                let new = gap(piece);
                match new.trim_start_matches([' ', '\t']).starts_with('\n') || new.starts_with('\r') {
                    true => result.push_str(&new),
                    false => result.push_str(&piece.text),
                }
            }
            false => result.push_str(&gap(piece)),
        }
        result.push_str(piece.token.text());
    }
    if text.ends_with('\n') && !result.ends_with('\n') {
        result.push('\n');
    }
    result
}
