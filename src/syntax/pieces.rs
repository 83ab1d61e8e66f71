//! Formatting with alejandra in pieces, with the same result as in one.
//!
//! alejandra lays an expression out several times to find how it fits, and in each of these does so again for what
//! is in it: its time doubles with every level of nesting. Yet how a binding is laid out depends on nothing around it,
//! once its set stands over several lines, and the other way round. So such bindings are cut out, each is formatted by
//! itself, with a short binding in its place, and put back at the indentation that this one got.
//!
//! A piece that was formatted before is remembered: an edited file has most of them in common with the file before.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rayon::prelude::*;
use rnix::{NodeOrToken, SyntaxKind};

use super::{SyntaxNode, search, span};

/// The binding that stands in for each that is cut out. Texts that contain it are formatted as a whole.
const STAND_IN: &str = "cut'out = 0;";

/// Bindings shorter than this are not worth a call of their own.
const SHORT: usize = 40;

/// What formats a whole text; `None` if it does not parse.
type Formatter = fn(&str) -> Option<String>;

/// The pieces that were formatted, by their text.
static FORMATTED: LazyLock<Mutex<HashMap<String, Arc<str>>>> = LazyLock::new(Mutex::default);

/// Formats the text of `root`, a tree without errors. `None` where it has to be formatted as a whole.
pub(super) fn format(root: &SyntaxNode, text: &str, formatter: Formatter) -> Option<String> {
    let whole = cut(root, text)?;
    let mut texts = Vec::new();
    whole.texts(&mut texts);
    let formatted: Vec<Option<Arc<str>>> = texts.into_par_iter().map(|text| remembered(text, formatter)).collect();
    whole.assemble(&mut formatted.into_iter())
}

/// The texts of the pieces of a file. `None` where it has to be formatted as a whole.
pub(super) fn texts(root: &SyntaxNode, text: &str) -> Option<HashSet<String>> {
    let whole = cut(root, text)?;
    let mut texts = Vec::new();
    whole.texts(&mut texts);
    Some(texts.into_iter().map(str::to_owned).collect())
}

/// What a file becomes, one that has come from another with the pieces `before`.
pub(super) enum Beside {
    /// It has to be formatted as a whole, if at all.
    Whole,
    /// It is as it should be.
    Same,
    Formatted(String),
}

/// Formats the pieces of a file that are not among the pieces `before`, provided that those of `before` which are gone
/// were formatted. So what was formatted stays so, and what was not, beside the changes or among them, is left alone.
pub(super) fn format_beside(root: &SyntaxNode, text: &str, before: &HashSet<String>, formatter: Formatter) -> Beside {
    let Some(whole) = cut(root, text) else {
        return Beside::Whole;
    };
    let mut texts = Vec::new();
    whole.texts(&mut texts);
    let is_formatted = |text: &&str| remembered(text, formatter).as_deref() == Some(*text);
    let new: Vec<&str> = texts.iter().copied().filter(|text| !before.contains(*text)).collect();
    // All of them are looked at, at once: where one has to be formatted, the others are needed as well.
    if new.par_iter().filter(|text| !is_formatted(text)).count() == 0 {
        return Beside::Same;
    }
    let stays: HashSet<&str> = texts.iter().copied().collect();
    let gone = before.iter().map(String::as_str).filter(|text| !stays.contains(text));
    if !gone.collect::<Vec<_>>().par_iter().all(is_formatted) {
        return Beside::Same;
    }
    let mut formatted = texts.iter().map(|text| match before.contains(*text) {
        true => Some(Arc::from(*text)),
        false => remembered(text, formatter),
    });
    whole.assemble(&mut formatted).map_or(Beside::Whole, Beside::Formatted)
}

/// The pieces of a file. `None` where it has to be formatted as a whole.
fn cut(root: &SyntaxNode, text: &str) -> Option<Piece> {
    // The layout of a block comment depends on the column that it stands in.
    if text.contains('\r') || text.contains(STAND_IN) || has_block_comment(root, text) {
        return None;
    }
    let fixed = search::line_ends_in_strings(root);
    Some(Cutter { text, fixed }.piece(root, false))
}

/// The formatted piece `text`.
fn remembered(text: &str, formatter: Formatter) -> Option<Arc<str>> {
    let memory = || FORMATTED.lock().unwrap_or_else(PoisonError::into_inner);
    let known = memory().get(text).cloned();
    known.or_else(|| {
        let formatted: Arc<str> = formatter(text)?.into();
        memory().insert(text.to_owned(), Arc::clone(&formatted));
        Some(formatted)
    })
}

/// A whole file, or a binding as it would stand in a set that is not indented.
struct Piece {
    /// What is formatted, with stand-ins.
    text: String,
    /// What was cut out, in order.
    cuts: Vec<Piece>,
    binding: bool,
}

impl Piece {
    /// This piece's text and those below it, in the order in which [`Piece::assemble`] takes them.
    fn texts<'p>(&'p self, found: &mut Vec<&'p str>) {
        found.push(&self.text);
        self.cuts.iter().for_each(|cut| cut.texts(found));
    }

    /// Puts the formatted pieces together.
    fn assemble(&self, formatted: &mut impl Iterator<Item = Option<Arc<str>>>) -> Option<String> {
        let formatted_here = formatted.next()??;
        let mut rest: &str = &formatted_here;
        if self.binding {
            rest = rest.strip_prefix("{\n  ")?.strip_suffix("\n}\n")?;
            // Whatever stands further out than the binding would be out of place when the binding is indented.
            let inside = |line: &str| line.is_empty() || line.starts_with("  ");
            if !rest.split('\n').skip(1).all(inside) {
                return None;
            }
        }
        let mut result = String::with_capacity(2 * rest.len());
        for cut in &self.cuts {
            let (before, after) = rest.split_once(STAND_IN)?;
            result.push_str(before);
            let column = result.len() - result.rfind('\n')? - 1;
            if column < 2 || !result[result.len() - column..].bytes().all(|byte| byte == b' ') {
                return None;
            }
            indent_into(&mut result, &cut.assemble(formatted)?, column - 2);
            rest = after;
        }
        result.push_str(rest);
        Some(result)
    }
}

/// Cuts a file into pieces.
struct Cutter<'t> {
    text: &'t str,
    /// Line ends in strings: what follows them is part of the string and must not be indented.
    fixed: Vec<usize>,
}

impl Cutter<'_> {
    fn piece(&self, node: &SyntaxNode, binding: bool) -> Piece {
        let mut nodes = Vec::new();
        self.find(node, &mut nodes);
        let whole = span(node);
        let (mut text, mut at) = (String::new(), whole.start);
        for node in &nodes {
            let range = span(node);
            text.push_str(&self.text[at..range.start]);
            text.push_str(STAND_IN);
            at = range.end;
        }
        text.push_str(&self.text[at..whole.end]);
        if binding {
            text = alone(&text, self.column(whole.start));
        }
        Piece {
            text,
            cuts: nodes.iter().map(|node| self.piece(node, true)).collect(),
            binding,
        }
    }

    /// How many spaces `at` stands behind, if there is nothing else before it in its line.
    fn column(&self, at: usize) -> Option<usize> {
        let line = &self.text[self.text[..at].rfind('\n')? + 1..at];
        line.bytes().all(|byte| byte == b' ').then_some(line.len())
    }

    /// The outermost bindings below `node` that can be cut out.
    fn find(&self, node: &SyntaxNode, cuts: &mut Vec<SyntaxNode>) {
        let vertical = is_vertical(node);
        for child in node.children() {
            let range = span(&child);
            let fixed = || self.fixed.iter().any(|at| range.contains(at));
            let is_binding = vertical && child.kind() == SyntaxKind::NODE_ATTRPATH_VALUE;
            if is_binding && range.len() > SHORT && !fixed() {
                cuts.push(child);
            } else if range.len() > SHORT && self.text[range].contains('\n') {
                self.find(&child, cuts);
            }
        }
    }
}

/// A binding that stands at `column` as the only one of a set. Where all of its lines are indented at least as far, the
/// text is the same wherever the binding stands, so that one that moved is recognised.
fn alone(binding: &str, column: Option<usize>) -> String {
    let mut text = String::with_capacity(binding.len() + 8);
    text.push_str("{\n  ");
    match column.and_then(|column| outdented(binding, column)) {
        Some(lines) => indent_into(&mut text, &lines, 2),
        None => text.push_str(binding),
    }
    text.push_str("\n}\n");
    text
}

/// A text whose lines behind the first have `columns` spaces less. `None` where one has not as many, or no others.
fn outdented(text: &str, columns: usize) -> Option<String> {
    let margin = " ".repeat(columns);
    let outdent = |(number, line)| match number {
        0 => Some(line),
        _ if str::is_empty(line) => Some(line),
        _ => line.strip_prefix(margin.as_str()).filter(|rest| !rest.is_empty()),
    };
    let lines: Option<Vec<&str>> = text.split('\n').enumerate().map(outdent).collect();
    Some(lines?.join("\n"))
}

/// Whether `node` is a set or `let` whose bindings get a line each, wherever it stands.
fn is_vertical(node: &SyntaxNode) -> bool {
    if !matches!(node.kind(), SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN) {
        return false;
    }
    node.children_with_tokens().any(|child| match child {
        NodeOrToken::Token(token) => token.kind() == SyntaxKind::TOKEN_WHITESPACE && token.text().contains('\n'),
        NodeOrToken::Node(_) => false,
    })
}

/// Appends a text whose first line's indentation is there already, with the others indented by `columns` more.
fn indent_into(result: &mut String, text: &str, columns: usize) {
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            result.push('\n');
            if !line.is_empty() {
                result.extend(std::iter::repeat_n(' ', columns));
            }
        }
        result.push_str(line);
    }
}

fn has_block_comment(root: &SyntaxNode, text: &str) -> bool {
    text.contains("/*") && search::comments(root).iter().any(|comment| comment.starts_with("/*"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{alejandra, parses};
    use super::*;
    use crate::testing::nix_texts;

    fn in_pieces(text: &str) -> Option<String> {
        format(&rnix::Root::parse(text).syntax(), text, alejandra)
    }

    /// Options within options, as deep as `depth`, with a comment and an indented string in each.
    fn nested(depth: usize) -> String {
        let inner = match depth {
            0 => "lib.types.attrsOf (lib.types.submodule {freeformType = lib.types.anything;})".to_owned(),
            _ => nested(depth - 1),
        };
        format!(
            "lib.mkOption {{ # depth {depth}\n  description = ''\n    one\n\n      two ${{toString {depth}}}\n  '';\n\n\n\
             type = lib.types.attrsOf (lib.types.submodule ({{name, ...}}: {{options = {{\nvalue = {inner};\n}};}}));\n}}"
        )
    }

    #[test]
    fn nested_bindings_are_laid_out_as_in_one_piece() {
        for depth in 0..2 {
            let text = format!("{{lib, ...}}: {{\n  options.x = {};\n}}\n", nested(depth));
            assert_eq!(in_pieces(&text), alejandra(&text));
            assert!(in_pieces(&text).is_some_and(|text| parses(&text)));
        }
    }

    #[test]
    fn files_are_laid_out_as_in_one_piece() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let texts = ["examples/homelab", "nix", "rules"].map(|path| nix_texts(&root.join(path)));
        let mut cut = 0;
        for (path, text) in texts.into_iter().flatten().filter(|(_, text)| parses(text)) {
            // As it stands, and as nobody would write it.
            for text in [
                text.replace("= {", "=\n\n{ "),
                text.replace(" = ", "=").replace(";\n", ";  \n\n\n"),
                text,
            ] {
                if let (true, Some(result)) = (parses(&text), in_pieces(&text)) {
                    assert_eq!(Some(result), alejandra(&text), "{}", path.display());
                    cut += 1;
                }
            }
        }
        assert!(cut > 100, "only {cut} files were formatted in pieces");
    }

    #[test]
    fn lines_of_a_string_keep_their_columns() {
        let string = format!("\"{}\n not indented\"", "x".repeat(SHORT));
        let text = format!("{{\n  a = {{\n    b = {{\n      c = {string};\n    }};\n  }};\n}}\n");
        assert_eq!(in_pieces(&text).as_deref(), Some(&*text));
        assert_eq!(alejandra(&text).as_deref(), Some(&*text));
    }

    #[test]
    fn what_depends_on_its_surroundings_is_left_to_the_whole() {
        assert_eq!(in_pieces("{\n  a = /* b\n c */ 1;\n}\n"), None);
        assert_eq!(in_pieces("{\r\n  a = 1;\r\n}\r\n"), None);
        assert_eq!(in_pieces(&format!("{{\n  {STAND_IN}\n}}\n")), None);
    }
}
