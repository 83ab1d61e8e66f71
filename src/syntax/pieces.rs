//! Formatting with alejandra in pieces.
//!
//! A new file is formatted as a whole. Of an edited file only those bindings and list elements are formatted that the file did
//! not have before, and only where the ones in whose place they come were formatted: what was formatted stays so, and what was
//! not is left alone, in the same file as well.
//!
//! A piece is a binding of a set or `let` that stands over several lines, or an element of such a list with several lines of
//! its own. How it is laid out depends on nothing around it, so it is formatted by itself, without its indentation and with
//! short stand-ins for the pieces in it, and put back at the indentation that its own stand-in got. The result is the same as
//! if alejandra had formatted everything at once; where it could differ, the file is not cut ([`Piece::of`]), or the string that
//! depends on its column stays in what is around it ([`is_placed`]).
//!
//! Two things need the pieces. alejandra knows files only, and would touch what nobody has edited. And it tries several layouts
//! for each expression, in each of them again for what is in it, so that its time doubles with every level of nesting: in a debug
//! build (alejandra is optimized there as well), a dry run of all services of a repository with a hundred files takes 1.5 s of
//! processor time, and 3.3 s where whole files are formatted.

use std::collections::HashSet;
use std::ops::Range;

use rnix::{NodeOrToken, SyntaxKind};

use super::{Source, SyntaxNode, comments, is_whitespace, span};

/// What formats a whole text; `None` if it does not parse.
type Formatter = fn(&str) -> Option<String>;

/// Formats a file without errors. `None` where it has to be formatted as a whole.
pub(super) fn format(source: &Source, formatter: Formatter) -> Option<String> {
    let whole = Piece::of(source)?;
    let formatted: Option<Vec<String>> = whole.all().iter().map(|piece| formatter(&piece.text)).collect();
    whole.assemble(&mut formatted?.into_iter())
}

/// What an edited file becomes.
pub(super) enum Beside {
    /// It has to be formatted as a whole, if at all.
    Whole,
    /// It is as it should be.
    Same,
    /// This text.
    Formatted(String),
}

/// Formats the pieces of a file that are not among those of the file `before`, provided that those which are gone were
/// formatted.
pub(super) fn format_beside(source: &Source, before: &Source, formatter: Formatter) -> Beside {
    let (Some(before), Some(whole)) = (Piece::of(before), Piece::of(source)) else {
        return Beside::Whole;
    };
    let (pieces, old) = (whole.all(), before.all());
    let (stays, known) = (texts(&pieces), texts(&old));
    let laid_out = |piece: &&Piece| match known.contains(&*piece.text) {
        true => Some(piece.text.clone()),
        false => formatter(&piece.text),
    };
    let Some(formatted) = pieces.iter().map(laid_out).collect::<Option<Vec<String>>>() else {
        return Beside::Whole;
    };
    let was_formatted = |piece: &&Piece| formatter(&piece.text).as_ref() == Some(&piece.text);
    let mut gone = old.iter().filter(|piece| !stays.contains(&*piece.text));
    let is_same = pieces.iter().zip(&formatted).all(|(piece, text)| piece.text == *text);
    if is_same || !gone.all(was_formatted) {
        return Beside::Same;
    }
    let text = whole.assemble(&mut formatted.into_iter());
    text.map_or(Beside::Whole, Beside::Formatted)
}

fn texts<'p>(pieces: &[&'p Piece]) -> HashSet<&'p str> {
    pieces.iter().map(|piece| piece.text.as_str()).collect()
}

/// What is cut out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    /// A binding.
    Binding,
    /// An element of a list.
    Element,
}

impl PieceKind {
    /// What stands in its place. Texts that contain one of these are not cut.
    const fn stand_in(self) -> &'static str {
        match self {
            PieceKind::Binding => "cut'out = 0;",
            PieceKind::Element => "cut'out",
        }
    }

    /// What stands around it when it is formatted by itself.
    fn frame(self) -> (&'static str, &'static str) {
        match self {
            PieceKind::Binding => ("{\n  ", "\n}\n"),
            // A list of one element might have it beside its bracket.
            PieceKind::Element => ("[\n  cut'out\n  ", "\n]\n"),
        }
    }
}

/// A whole file, or a binding or element as it would stand in a set or list that is not indented.
struct Piece {
    /// Its text, with stand-ins for the pieces in it.
    text: String,
    /// The pieces in it, in order.
    inner: Vec<Piece>,
    /// `None` for a file.
    kind: Option<PieceKind>,
}

impl Piece {
    /// A file, cut into pieces. `None` where it has to be formatted as a whole.
    fn of(source: &Source) -> Option<Piece> {
        let (root, text) = (source.root(), source.text());
        // The layout of a block comment depends on the column that it stands in.
        let has_block_comment =
            || text.contains("/*") && comments(&root).iter().any(|comment| comment.starts_with("/*"));
        if text.contains(PieceKind::Element.stand_in()) || text.contains('\r') || has_block_comment() {
            return None;
        }
        let content = Content::of(&root, text);
        Some(Piece {
            text: content.text,
            inner: content.inner,
            kind: None,
        })
    }

    /// This piece and those in it, in the order in which [`Piece::assemble`] takes their texts.
    fn all(&self) -> Vec<&Piece> {
        let inner = self.inner.iter().flat_map(Piece::all);
        std::iter::once(self).chain(inner).collect()
    }

    /// Puts the pieces together, with these texts. `None` where one of them is not what was to be expected.
    fn assemble(&self, texts: &mut impl Iterator<Item = String>) -> Option<String> {
        let text = texts.next()?;
        let mut rest = text.as_str();
        if let Some(kind) = self.kind {
            let (open, close) = kind.frame();
            rest = rest.strip_prefix(open)?.strip_suffix(close)?;
            // Whatever stands further out than the piece would be out of place when it is indented.
            let inside = |line: &str| line.is_empty() || line.starts_with("  ");
            if !rest.split('\n').skip(1).all(inside) {
                return None;
            }
        }
        let mut result = String::with_capacity(2 * text.len());
        for piece in &self.inner {
            let (before, after) = rest.split_once(piece.kind?.stand_in())?;
            result.push_str(before);
            let columns = indentation(&result)?;
            indent_into(&mut result, &piece.assemble(texts)?, columns);
            rest = after;
        }
        result.push_str(rest);
        Some(result)
    }
}

/// By how much a piece has to be indented that comes next, at the beginning of a line.
fn indentation(text: &str) -> Option<usize> {
    let line = &text[text.rfind('\n')? + 1..];
    (line.bytes().all(|byte| byte == b' ')).then_some(line.len().checked_sub(2)?)
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

/// What stands in a node.
struct Content<'t> {
    /// The text of the file that it stands in.
    file: &'t str,
    /// Its own, with stand-ins for the pieces in it.
    text: String,
    inner: Vec<Piece>,
    /// Whether the layout of a string in it, outside of these pieces, depends on the column that it stands at.
    placed: bool,
}

impl<'t> Content<'t> {
    /// What stands in `node` of the file with the text `file`.
    fn of(node: &SyntaxNode, file: &'t str) -> Content<'t> {
        let mut content = Content {
            file,
            text: String::with_capacity(span(node).len()),
            inner: Vec::new(),
            placed: false,
        };
        content.fill(node);
        content
    }

    /// Appends what stands in `node`, with the outermost bindings and elements cut out.
    fn fill(&mut self, node: &SyntaxNode) {
        let kind = vertical(node);
        self.placed |= node.kind() == SyntaxKind::NODE_STRING && is_placed(node);
        for child in node.children_with_tokens() {
            match (child, kind) {
                (NodeOrToken::Token(token), _) => self.text.push_str(token.text()),
                (NodeOrToken::Node(child), Some(kind)) => self.cut(&child, kind),
                (NodeOrToken::Node(child), None) => self.fill(&child),
            }
        }
    }

    /// Appends a node, as a piece if it can be one.
    fn cut(&mut self, node: &SyntaxNode, kind: PieceKind) {
        let range = span(node);
        let text = &self.file[range.clone()];
        let is_binding = node.kind() == SyntaxKind::NODE_ATTRPATH_VALUE;
        let is_piece = match kind {
            PieceKind::Binding => is_binding && !is_plain(text),
            PieceKind::Element => text.contains('\n'),
        };
        if !is_piece {
            return self.fill(node);
        }
        let mut inside = Content::of(node, self.file);
        if inside.placed {
            self.text.push_str(&inside.text);
            self.inner.append(&mut inside.inner);
            self.placed = true;
            return;
        }
        self.text.push_str(kind.stand_in());
        self.inner.push(Piece {
            text: alone(&inside.text, column(self.file, &range), kind.frame()),
            inner: inside.inner,
            kind: Some(kind),
        });
    }
}

/// What a node has a line each of, wherever it stands.
fn vertical(node: &SyntaxNode) -> Option<PieceKind> {
    let kind = match node.kind() {
        SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN => PieceKind::Binding,
        SyntaxKind::NODE_LIST => PieceKind::Element,
        _ => return None,
    };
    let mut tokens = node.children_with_tokens().filter_map(NodeOrToken::into_token);
    let breaks = tokens.any(|token| is_whitespace(&token) && token.text().contains('\n'));
    breaks.then_some(kind)
}

/// How many spaces a range stands behind, if there is nothing else before it in its line.
fn column(text: &str, range: &Range<usize>) -> Option<usize> {
    let line = &text[text[..range.start].rfind('\n')? + 1..range.start];
    line.bytes().all(|byte| byte == b' ').then_some(line.len())
}

/// Whether a binding is a name and one word, between them what alejandra puts there.
fn is_plain(text: &str) -> bool {
    let is_word = |text: &str| {
        let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        inside.is_some_and(|inside| !inside.contains(['"', '\\', '$', '\n']))
            || text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.'/".contains(&byte))
    };
    let parts = text.strip_suffix(';').and_then(|text| text.split_once(" = "));
    parts.is_some_and(|(name, value)| is_word(name) && is_word(value))
}

/// Whether the layout of a string depends on the column that it stands at: that of one of several lines between double quotes,
/// and of one between `''` that begins in the line of these (alejandra indents that line as well).
fn is_placed(string: &SyntaxNode) -> bool {
    let is_indented = string.first_token().is_some_and(|open| open.text() == "''");
    let mut begun = false;
    for part in string.children_with_tokens().skip(1) {
        let NodeOrToken::Token(token) = part else {
            begun = true;
            continue;
        };
        let (first, breaks) = match token.text().split_once('\n') {
            Some((first, _)) => (first, true),
            None => (token.text(), false),
        };
        begun |= token.kind() == SyntaxKind::TOKEN_STRING_CONTENT && !first.trim().is_empty();
        if breaks {
            return begun || !is_indented;
        }
    }
    false
}

/// What stands at `column` as the only one of a set or list. Where all of its lines are indented at least as far, the
/// text is the same wherever it stands, so that one that moved is recognised.
fn alone(piece: &str, column: Option<usize>, (open, close): (&str, &str)) -> String {
    let moved = column.and_then(|column| moved(piece, column));
    [open, moved.as_deref().unwrap_or(piece), close].concat()
}

/// A text whose lines behind the first have `columns` spaces, with two instead; `None` unless all of them have as many, and
/// something else.
fn moved(text: &str, columns: usize) -> Option<String> {
    let mut lines = text.split('\n');
    let mut result = lines.next()?.to_owned();
    for line in lines {
        result.push('\n');
        if line.is_empty() {
            continue;
        }
        let (margin, rest) = line.split_at_checked(columns)?;
        if rest.is_empty() || margin.bytes().any(|byte| byte != b' ') {
            return None;
        }
        result.push_str("  ");
        result.push_str(rest);
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::layout::{alejandra, alejandra_alone};
    use super::super::parses;
    use super::*;
    use crate::testing::nix_texts;

    fn in_pieces(text: &str) -> Option<String> {
        format(&Source::new("x.nix", text), alejandra)
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
            assert_eq!(in_pieces(&text), alejandra_alone(&text));
            assert!(in_pieces(&text).is_some_and(|text| parses(&text)));
        }
    }

    /// The long form: `QGROGET_REAL=directory`.
    #[test]
    fn files_are_laid_out_as_in_one_piece() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = ["examples/homelab", "nix", "rules"]
            .map(|path| nix_texts(&root.join(path)))
            .to_vec();
        texts.extend(std::env::var_os("QGROGET_REAL").map(|real| nix_texts(Path::new(&real))));
        let mut cut = 0;
        for (path, text) in texts.into_iter().flatten().filter(|(_, text)| parses(text)) {
            // As it stands, and as nobody would write it.
            for text in [
                text.replace("= {", "=\n\n{ "),
                text.replace(" = ", "=").replace(";\n", ";  \n\n\n"),
                text.replace("\n  ", "\n").replace("\n", "\n   "),
                text.replace('[', "[\n\n")
                    .replace(" (", "\n(")
                    .replace(" ./", "\n\n ./"),
                text,
            ] {
                if let (true, Some(result)) = (parses(&text), in_pieces(&text)) {
                    let whole = alejandra(&text).expect("is formatted");
                    // As a whole it is left alone, where a string would change; in pieces, only what is around that.
                    if alejandra_alone(&text).as_ref() != Some(&whole) {
                        continue;
                    }
                    let differs = result.lines().zip(whole.lines()).find(|(ours, theirs)| ours != theirs);
                    assert_eq!(differs, None, "{}", path.display());
                    assert_eq!(result.len(), whole.len(), "{}", path.display());
                    cut += 1;
                }
            }
        }
        assert!(cut > 100, "only {cut} files were formatted in pieces");
    }

    #[test]
    fn a_list_is_laid_out_as_in_one_piece() {
        for between in ["", "\n"] {
            let words: String = (0..9).map(|n| format!("    ./path-{n}\n{between}")).collect();
            let text = format!("{{\n  imports = [\n{words}    (import ./a {{\n      b.c = 1;\n    }})\n  ];\n}}\n");
            assert_eq!(in_pieces(&text).as_deref(), Some(&*text));
            assert_eq!(alejandra(&text).as_deref(), Some(&*text));
        }
        let text = "{\n  a = [./b\n    ./c ./d];\n}\n";
        assert_eq!(in_pieces(text), alejandra(text));
    }

    #[test]
    fn lines_of_a_string_keep_their_columns() {
        let string = format!("\"{}\n not indented\"", "x".repeat(40));
        let text = format!("{{\n  a = {{\n    b = {{\n      c = {string};\n    }};\n  }};\n}}\n");
        assert_eq!(in_pieces(&text).as_deref(), Some(&*text));
        assert_eq!(alejandra(&text).as_deref(), Some(&*text));
        let text = format!(
            "{{\n  a = {{\n    b = {{\n      c = ''{}\n      d\n      '';\n    }};\n  }};\n}}\n",
            "x".repeat(40)
        );
        assert_eq!(in_pieces(&text), alejandra(&text));
    }

    #[test]
    fn what_depends_on_its_surroundings_is_left_to_the_whole() {
        assert_eq!(in_pieces("{\n  a = /* b\n c */ 1;\n}\n"), None);
        assert_eq!(in_pieces("{\r\n  a = 1;\r\n}\r\n"), None);
        for kind in [PieceKind::Binding, PieceKind::Element] {
            assert_eq!(in_pieces(&format!("{{\n  a = 1; # {}\n}}\n", kind.stand_in())), None);
        }
    }

    #[test]
    fn strings_that_depend_on_their_column_are_found() {
        let found = |text: &str| Content::of(&Source::new("x.nix", text).root(), text).placed;
        assert!(!found("[ \"a\" \"b${c}\" ''d'' ''\n  e\n'' ''  \n  ${f}\n  g\n'' ]"));
        assert!(found("\"a\nb\nc\""));
        assert!(found("\"${a}\n\""));
        assert!(found("''a\n  b\n''"));
        assert!(found("''${a}\n  b\n''"));
        assert!(found("''\n ${\"b\nc\"} d\n''"));
        assert!(found("''\n  ${''a\n''}\n''"));
    }
}
