//! Cutting a file into pieces, and putting them together again.
//!
//! Of each piece there is the text, and its shape: the text with a stand-in for every word. alejandra looks at how lines
//! are broken and never at how long they are, so that pieces of one shape are laid out alike.

use std::ops::Range;
use std::sync::Arc;

use rnix::{NixLanguage, NodeOrToken, SyntaxKind};
use rowan::{GreenNode, GreenNodeData, GreenTokenData, Language as _};
use rustc_hash::FxHashMap;

use crate::syntax::{SyntaxNode, search};

/// What is cut out, by where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A binding with a line of its own.
    Binding,
    /// An element of a list with a line of its own.
    Element,
    /// A name, a string, a number.
    Word,
    /// A path literal.
    Path,
    /// A comment.
    Comment,
}

impl Kind {
    /// What stands in its place. Texts that contain one of these are not cut.
    pub(super) const fn stand_in(self) -> &'static str {
        match self {
            Kind::Binding => "cut'out = 0;",
            Kind::Element => "cut'out",
            Kind::Word => "w'w",
            Kind::Path => "./w-w",
            Kind::Comment => "# w'w",
        }
    }

    /// What stands around it when it is formatted by itself.
    fn frame(self) -> (&'static str, &'static str) {
        match self {
            // A list of one element might have it beside its bracket.
            Kind::Element => ("[\n  cut'out\n  ", "\n]\n"),
            _ => ("{\n  ", "\n}\n"),
        }
    }
}

/// A whole file, or a binding or element as it would stand in a set or list that is not indented.
pub(in crate::syntax) struct Piece {
    /// Its text, with stand-ins for the bindings and elements that were cut out.
    pub text: String,
    /// Its text, with stand-ins for words as well.
    pub shape: String,
    /// What was cut out of the shape, in order.
    cuts: Vec<(Kind, Cut)>,
    /// `None` for a file.
    kind: Option<Kind>,
    /// What it was cut out of, and the column that this stood at: the same node at the same column makes the same piece.
    green: GreenNode,
    column: Option<usize>,
}

/// What stands in a node, on its way to become a piece.
#[derive(Default)]
struct Content {
    text: String,
    shape: String,
    cuts: Vec<(Kind, Cut)>,
    /// Whether the layout of a string in it depends on the column that it stands at.
    placed: bool,
}

impl Content {
    /// Appends what is neither cut out nor replaced.
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.shape.push_str(text);
    }

    fn push_cut(&mut self, kind: Kind, cut: Cut) {
        self.push(kind.stand_in());
        self.cuts.push((kind, cut));
    }

    fn append(&mut self, mut other: Content) {
        self.text.push_str(&other.text);
        self.shape.push_str(&other.shape);
        self.cuts.append(&mut other.cuts);
        self.placed |= other.placed;
    }
}

/// What was cut out.
enum Cut {
    Piece(Arc<Piece>),
    /// One that needs no formatting.
    Plain(String),
}

impl Piece {
    /// A file, cut into pieces, those of `before` among them that are there still. `None` where it has to be formatted as a
    /// whole.
    pub(in crate::syntax) fn of(root: &SyntaxNode, text: &str, before: Option<&Piece>) -> Option<Piece> {
        let taken = [Kind::Element, Kind::Word, Kind::Path]
            .iter()
            .any(|kind| text.contains(kind.stand_in()));
        // The layout of a block comment depends on the column that it stands in.
        if taken || text.contains('\r') || has_block_comment(root, text) {
            return None;
        }
        let mut known = FxHashMap::default();
        before.iter().for_each(|piece| piece.index(&mut known));
        let whole = Visit {
            green: root.green(),
            kind: SyntaxKind::NODE_ROOT,
            start: 0,
        };
        let content = Cutter { text, known }.content(whole);
        Some(Piece {
            text: content.text,
            shape: content.shape,
            cuts: content.cuts,
            kind: None,
            green: root.green().to_owned(),
            column: None,
        })
    }

    fn index<'p>(&'p self, known: &mut FxHashMap<Key, &'p Arc<Piece>>) {
        for (kind, cut) in &self.cuts {
            if let Cut::Piece(piece) = cut {
                known.insert((address(&piece.green), piece.column, *kind), piece);
                piece.index(known);
            }
        }
    }

    /// This piece and those below it, in the order in which [`Piece::assemble`] takes their shapes.
    pub(super) fn all(&self) -> Vec<&Piece> {
        let mut found = vec![self];
        for (_, cut) in &self.cuts {
            if let Cut::Piece(piece) = cut {
                found.extend(piece.all());
            }
        }
        found
    }

    /// Puts the pieces together, with these shapes.
    pub(super) fn assemble<S: AsRef<str>>(&self, shapes: &mut impl Iterator<Item = S>) -> Option<String> {
        let shape = shapes.next()?;
        let mut rest = shape.as_ref();
        if let Some(kind) = self.kind {
            let (open, close) = kind.frame();
            rest = rest.strip_prefix(open)?.strip_suffix(close)?;
            // Whatever stands further out than the piece would be out of place when it is indented.
            let inside = |line: &str| line.is_empty() || line.starts_with("  ");
            if !lines(rest).skip(1).all(inside) {
                return None;
            }
        }
        let mut result = String::with_capacity(2 * self.text.len());
        for (kind, cut) in &self.cuts {
            let (before, after) = rest.split_once(kind.stand_in())?;
            result.push_str(before);
            match cut {
                Cut::Piece(piece) => {
                    let columns = indentation(&result)?;
                    indent_into(&mut result, &piece.assemble(shapes)?, columns);
                }
                Cut::Plain(text) => result.push_str(text),
            }
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

/// What a piece is known by: the address of its node, its column, its kind.
type Key = (usize, Option<usize>, Kind);

fn address(green: &GreenNodeData) -> usize {
    std::ptr::from_ref(green).cast::<()>() as usize
}

/// Cuts a file into pieces.
struct Cutter<'t> {
    text: &'t str,
    /// The pieces of the file before. They hold their nodes, so that no other node has the address of one.
    known: FxHashMap<Key, &'t Arc<Piece>>,
}

/// A node on the way down, with where it begins.
#[derive(Clone, Copy)]
struct Visit<'t> {
    green: &'t GreenNodeData,
    kind: SyntaxKind,
    start: usize,
}

impl Visit<'_> {
    fn span(&self) -> Range<usize> {
        self.start..self.start + usize::from(self.green.text_len())
    }
}

impl Cutter<'_> {
    /// A node that stands at `column` as a piece; what stands in it, where its layout depends on that column.
    fn piece(&self, node: Visit, column: Option<usize>, kind: Kind) -> std::result::Result<Piece, Content> {
        let content = self.content(node);
        if content.placed {
            return Err(content);
        }
        Ok(Piece {
            text: alone(&content.text, column, kind.frame()),
            shape: alone(&content.shape, column, kind.frame()),
            cuts: content.cuts,
            kind: Some(kind),
            green: node.green.to_owned(),
            column,
        })
    }

    fn content(&self, node: Visit) -> Content {
        let mut content = Content::default();
        self.fill(node, &mut content);
        content
    }

    /// How many spaces `at` stands behind, if there is nothing else before it in its line.
    fn column(&self, at: usize) -> Option<usize> {
        let line = &self.text[self.text[..at].rfind('\n')? + 1..at];
        line.bytes().all(|byte| byte == b' ').then_some(line.len())
    }

    /// Appends what stands in `node`, with the outermost bindings and elements cut out.
    fn fill(&self, node: Visit, content: &mut Content) {
        let vertical = vertical(node.green, node.kind);
        content.placed |= node.kind == SyntaxKind::NODE_STRING && is_placed(node.green);
        let mut start = node.start;
        for child in node.green.children() {
            match child {
                NodeOrToken::Token(token) => {
                    self.token(token, node, content);
                    start += usize::from(token.text_len());
                }
                NodeOrToken::Node(green) => {
                    let kind = NixLanguage::kind_from_raw(green.kind());
                    let visit = Visit { green, kind, start };
                    start = visit.span().end;
                    match vertical {
                        // No two formals have the same name.
                        _ if matches!(kind, SyntaxKind::NODE_PAT_ENTRY | SyntaxKind::NODE_PAT_BIND) => {
                            content.push(&self.text[visit.span()]);
                        }
                        Some(cut) => self.cut(visit, cut, content),
                        None => self.fill(visit, content),
                    }
                }
            }
        }
    }

    /// Appends a node, as a piece if it has lines of its own and that changes nothing for it.
    fn cut(&self, node: Visit, kind: Kind, content: &mut Content) {
        let is_binding = node.kind == SyntaxKind::NODE_ATTRPATH_VALUE;
        if (kind == Kind::Binding) != is_binding {
            return self.fill(node, content);
        }
        let span = node.span();
        if self.is_plain(node) {
            return content.push_cut(kind, Cut::Plain(self.text[span].to_owned()));
        }
        if kind == Kind::Element && !self.text[span.clone()].contains('\n') {
            return self.fill(node, content);
        }
        let column = self.column(span.start);
        if let Some(known) = self.known.get(&(address(node.green), column, kind)) {
            return content.push_cut(kind, Cut::Piece(Arc::clone(known)));
        }
        match self.piece(node, column, kind) {
            Ok(piece) => content.push_cut(kind, Cut::Piece(Arc::new(piece))),
            Err(placed) => content.append(placed),
        }
    }

    fn token(&self, token: &GreenTokenData, parent: Visit, content: &mut Content) {
        let text = token.text();
        match word(token, parent) {
            Some(kind) => {
                content.text.push_str(text);
                content.shape.push_str(kind.stand_in());
                content.cuts.push((kind, Cut::Plain(text.to_owned())));
            }
            None => content.push(text),
        }
    }

    /// Whether an element is one word, or a binding is a name and one word, between them what alejandra puts there.
    fn is_plain(&self, node: Visit) -> bool {
        let text = &self.text[node.span()];
        if node.kind != SyntaxKind::NODE_ATTRPATH_VALUE {
            return is_word(node.green, node.kind, text);
        }
        let mut parts = node.green.children().filter_map(NodeOrToken::into_node);
        let (Some(path), Some(value), None) = (parts.next(), parts.next(), parts.next()) else {
            return false;
        };
        let (path, rest) = text.split_at(usize::from(path.text_len()));
        let value_text = rest.strip_prefix(" = ").and_then(|rest| rest.strip_suffix(';'));
        let kind = NixLanguage::kind_from_raw(value.kind());
        let fits = |text: &str| text.len() == usize::from(value.text_len()) && is_word(value, kind, text);
        !path.contains(|c: char| c.is_whitespace() || "#$".contains(c)) && value_text.is_some_and(fits)
    }
}

/// Whether an expression is one word: a path, a number, a name, a string of one line, with nothing computed in it.
fn is_word(green: &GreenNodeData, kind: SyntaxKind, text: &str) -> bool {
    let is_simple = || green.children().all(|child| matches!(child, NodeOrToken::Token(_)));
    match kind {
        SyntaxKind::NODE_IDENT | SyntaxKind::NODE_LITERAL => true,
        SyntaxKind::NODE_PATH_REL => is_simple(),
        SyntaxKind::NODE_STRING => text.starts_with('"') && !text.contains('\n') && is_simple(),
        SyntaxKind::NODE_SELECT => text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.'".contains(&byte)),
        _ => false,
    }
}

/// Whether the layout of a string depends on the column that it stands at: that of one of several lines between double quotes,
/// and of one between `''` that begins in the line of these (alejandra indents that line as well).
fn is_placed(string: &GreenNodeData) -> bool {
    let mut parts = string.children();
    let open = parts.next().and_then(NodeOrToken::into_token);
    let is_indented = open.is_some_and(|open| open.text() == "''");
    let mut begun = false;
    for part in parts {
        let NodeOrToken::Token(token) = part else {
            begun = true;
            continue;
        };
        let first = lines(token.text()).next().unwrap_or_default();
        let is_content = NixLanguage::kind_from_raw(token.kind()) == SyntaxKind::TOKEN_STRING_CONTENT;
        begun |= is_content && !first.trim().is_empty();
        if first.len() < token.text().len() {
            return begun || !is_indented;
        }
    }
    false
}

/// What stands for a token in the shape of a piece, if anything but itself does.
fn word(token: &GreenTokenData, parent: Visit) -> Option<Kind> {
    let text = token.text();
    match (NixLanguage::kind_from_raw(token.kind()), parent.kind) {
        (SyntaxKind::TOKEN_IDENT, SyntaxKind::NODE_IDENT) => Some(Kind::Word),
        (SyntaxKind::TOKEN_INTEGER, _) => Some(Kind::Word),
        (SyntaxKind::TOKEN_PATH_REL, _) => (parent.green.children().len() == 1).then_some(Kind::Path),
        (SyntaxKind::TOKEN_STRING_CONTENT, _) => {
            let open = parent.green.children().next().and_then(NodeOrToken::into_token);
            let is_quoted = open.is_some_and(|open| open.text() == "\"");
            (is_quoted && !text.contains('\n')).then_some(Kind::Word)
        }
        // What is white at its end goes.
        (SyntaxKind::TOKEN_COMMENT, _) => (text.trim_end().len() == text.len()).then_some(Kind::Comment),
        _ => None,
    }
}

/// What stands at `column` as the only one of a set or list. Where all of its lines are indented at least as far, the
/// text is the same wherever it stands, so that one that moved is recognised.
fn alone(piece: &str, column: Option<usize>, frame: (&str, &str)) -> String {
    let mut text = String::with_capacity(2 * piece.len() + 24);
    text.push_str(frame.0);
    let begin = text.len();
    if !column.is_some_and(|column| move_into(&mut text, piece, column)) {
        text.truncate(begin);
        text.push_str(piece);
    }
    text.push_str(frame.1);
    text
}

/// Appends a text whose lines behind the first have `columns` spaces, with two instead. Whether all of them have as many,
/// and something else.
fn move_into(result: &mut String, text: &str, columns: usize) -> bool {
    let mut lines = lines(text);
    result.extend(lines.next());
    lines.all(|line| {
        result.push('\n');
        let (margin, rest) = line.split_at_checked(columns).unwrap_or_default();
        let is_margin = !rest.is_empty() && margin.bytes().all(|byte| byte == b' ');
        if is_margin {
            result.push_str("  ");
            result.push_str(rest);
        }
        is_margin || line.is_empty()
    })
}

/// The lines of a text, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.scan(0, move |start, end| {
        let line = &text[*start..end];
        *start = end + 1;
        Some(line)
    })
}

/// What a node has a line each of, wherever it stands.
fn vertical(green: &GreenNodeData, kind: SyntaxKind) -> Option<Kind> {
    let kind = match kind {
        SyntaxKind::NODE_ATTR_SET | SyntaxKind::NODE_LET_IN => Kind::Binding,
        SyntaxKind::NODE_LIST => Kind::Element,
        _ => return None,
    };
    let breaks = green.children().any(|child| match child {
        NodeOrToken::Token(token) => {
            NixLanguage::kind_from_raw(token.kind()) == SyntaxKind::TOKEN_WHITESPACE && token.text().contains('\n')
        }
        NodeOrToken::Node(_) => false,
    });
    breaks.then_some(kind)
}

/// Appends a text whose first line's indentation is there already, with the others indented by `columns` more.
fn indent_into(result: &mut String, text: &str, columns: usize) {
    for (number, line) in lines(text).enumerate() {
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
    use super::*;
    use crate::syntax::Source;

    #[test]
    fn strings_that_depend_on_their_column_are_found() {
        let found = |text: &str| {
            let root = Source::new("x.nix", text).root();
            let cutter = Cutter {
                text,
                known: FxHashMap::default(),
            };
            let whole = Visit {
                green: root.green(),
                kind: SyntaxKind::NODE_ROOT,
                start: 0,
            };
            cutter.content(whole).placed
        };
        assert!(!found("[ \"a\" \"b${c}\" ''d'' ''\n  e\n'' ''  \n  ${f}\n  g\n'' ]"));
        assert!(found("\"a\nb\nc\""));
        assert!(found("\"${a}\n\""));
        assert!(found("''a\n  b\n''"));
        assert!(found("''${a}\n  b\n''"));
        assert!(found("''\n ${\"b\nc\"} d\n''"));
        assert!(found("''\n  ${''a\n''}\n''"));
    }
}
