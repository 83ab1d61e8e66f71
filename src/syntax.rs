//! Lossless Nix syntax: parsing, positions, and the questions about trees that the rest of the crate asks.
//!
//! This is the only module that names `rnix` and `rowan`; the others use the types re-exported here.
//! A tree prints back to exactly the text it was parsed from. Offsets are byte offsets into that text.

mod pieces;
mod reparse;
mod search;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use rnix::ast;
pub use rnix::ast::{HasEntry, InterpolPart};
use rnix::{NodeOrToken, TextRange};
pub use rnix::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, tokenize};
pub use rowan::ast::AstNode;
pub use search::{
    PathRel, Use, binders, comments, comments_at, is_param, is_recursive, nodes, paths, text_of, uses, uses_of,
};

use rowan::GreenNode;

use crate::error::{Error, Place, Result};
use pieces::{Beside, Piece};

/// One parsed file. Cheap to clone and to send between threads; trees are made on demand from shared green nodes.
#[derive(Clone)]
pub struct Source {
    path: Arc<Path>,
    text: Arc<str>,
    green: GreenNode,
    errors: Arc<[rnix::ParseError]>,
}

/// The pieces of a file that are laid out one by one; none where it can't be cut into such. Cheap to clone.
#[derive(Clone)]
pub struct Layout(Option<Arc<Piece>>);

/// What [`Source::laid_out`] makes of a file.
pub enum LaidOut {
    /// It is laid out already.
    Same(Layout),
    /// Its text, laid out.
    New(String),
}

/// Its path and length: the text is long, and the tree says nothing more.
impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source({}, {} bytes)", self.path.display(), self.text.len())
    }
}

impl Source {
    /// Parses `text`, the content of the file at `path` (relative to the repository's root).
    pub fn new(path: impl AsRef<Path>, text: impl Into<Arc<str>>) -> Source {
        let text = text.into();
        let parse = rnix::Root::parse(&text);
        Source {
            path: path.as_ref().into(),
            text,
            green: parse.syntax().green().to_owned(),
            errors: parse.errors().into(),
        }
    }

    /// The file with another text: this one's with others in the place of some ranges of it, `changes`, which are sorted and
    /// disjoint.
    pub fn edited(&self, text: impl Into<Arc<str>>, changes: &[(Range<usize>, &str)]) -> Source {
        let text = text.into();
        let correct = self.errors.is_empty();
        match correct
            .then(|| reparse::reparse(&self.root(), &self.text, changes))
            .flatten()
        {
            Some(green) => Source {
                text,
                green,
                ..self.clone()
            },
            None => Source::new(&self.path, text),
        }
    }

    /// The same file at another path.
    pub fn at(&self, path: &Path) -> Source {
        Source {
            path: path.into(),
            ..self.clone()
        }
    }

    /// Path relative to the repository's root.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text as found.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The first syntax error, if there is one.
    pub fn syntax_error(&self) -> Option<Error> {
        let error = self.errors.first()?;
        Some(crate::error::syntax::does_not_parse(
            self.place(error_span(error, self.text.len())),
            &error_text(error),
        ))
    }

    /// The file's expression.
    ///
    /// # Errors
    /// `does-not-parse`, with the place of the first syntax error.
    pub fn expr(&self) -> Result<ast::Expr> {
        if let Some(error) = self.syntax_error() {
            return Err(error);
        }
        let root = rnix::Root::cast(self.root());
        root.and_then(|root| root.expr())
            .ok_or_else(|| crate::error::syntax::does_not_parse(self.place(0..0), "the file is empty"))
    }

    /// The whole file as alejandra formats it; `None` if it does not parse.
    pub fn formatted(&self) -> Option<String> {
        let correct = self.errors.is_empty();
        let in_pieces = correct.then(|| pieces::format(&self.root(), &self.text, alejandra));
        in_pieces.flatten().or_else(|| alejandra(&self.text))
    }

    /// The file as it should be laid out, which has come by changes from one with the layout `before`: formatted where that
    /// was formatted, and otherwise as it is.
    ///
    /// `was_formatted` is asked where a file cannot be formatted in pieces: whether all of it was formatted before.
    pub fn laid_out(&self, before: &Layout, was_formatted: impl FnOnce() -> bool) -> LaidOut {
        let in_pieces = |known: &Arc<Piece>| pieces::format_beside(&self.root(), &self.text, known, alejandra);
        let formatted = match before.0.as_ref().map_or(Beside::Whole, in_pieces) {
            Beside::Same(pieces) => return LaidOut::Same(Layout(Some(Arc::new(pieces)))),
            Beside::Formatted(text) => Some(text),
            Beside::Whole if was_formatted() => self.formatted(),
            Beside::Whole => None,
        };
        match formatted.filter(|text| **text != *self.text) {
            Some(text) => LaidOut::New(text),
            None => LaidOut::Same(self.layout()),
        }
    }

    /// The file's pieces, for [`Source::laid_out`].
    pub fn layout(&self) -> Layout {
        Layout(Piece::of(&self.root(), &self.text, None).map(Arc::new))
    }

    /// The root node, errors or not.
    pub fn root(&self) -> SyntaxNode {
        SyntaxNode::new_root(self.green.clone())
    }

    /// The place of a byte range.
    pub fn place(&self, span: Range<usize>) -> Place {
        Place::new(&self.path, &self.text, span)
    }

    /// The place of a node.
    pub fn place_of(&self, node: &SyntaxNode) -> Place {
        self.place(span(node))
    }
}

fn error_span(error: &rnix::ParseError, end: usize) -> Range<usize> {
    use rnix::ParseError as E;
    match error {
        E::Unexpected(range)
        | E::UnexpectedExtra(range)
        | E::UnexpectedWanted(_, range, _)
        | E::UnexpectedDoubleBind(range)
        | E::DuplicatedArgs(range, _) => to_range(*range),
        _ => end..end,
    }
}

fn error_text(error: &rnix::ParseError) -> String {
    use rnix::ParseError as E;
    match error {
        E::UnexpectedWanted(_, _, wanted) | E::UnexpectedEOFWanted(wanted) => {
            let names: Vec<&str> = wanted.iter().map(|kind| kind_text(*kind)).collect();
            format!("expected {}", names.join(" or "))
        }
        E::UnexpectedEOF => "the file ends in the middle of an expression".into(),
        E::UnexpectedDoubleBind(_) => "the pattern is bound twice".into(),
        E::DuplicatedArgs(_, name) => format!("the argument '{name}' is declared twice"),
        E::RecursionLimitExceeded => "the expression is nested too deeply".into(),
        _ => "unexpected here".into(),
    }
}

fn kind_text(kind: SyntaxKind) -> &'static str {
    match kind {
        SyntaxKind::TOKEN_SEMICOLON => "';'",
        SyntaxKind::TOKEN_R_BRACE => "'}'",
        SyntaxKind::TOKEN_R_BRACK => "']'",
        SyntaxKind::TOKEN_R_PAREN => "')'",
        SyntaxKind::TOKEN_ASSIGN => "'='",
        SyntaxKind::TOKEN_COLON => "':'",
        SyntaxKind::TOKEN_COMMA => "','",
        SyntaxKind::TOKEN_IN => "'in'",
        SyntaxKind::TOKEN_THEN => "'then'",
        SyntaxKind::TOKEN_ELSE => "'else'",
        SyntaxKind::TOKEN_IDENT => "a name",
        SyntaxKind::TOKEN_STRING_END => "the end of the string",
        _ => "something else",
    }
}

fn to_range(range: TextRange) -> Range<usize> {
    range.start().into()..range.end().into()
}

/// The byte range of a node.
pub fn span(node: &SyntaxNode) -> Range<usize> {
    to_range(node.text_range())
}

/// Whether all of `inner` lies in `outer`.
pub fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The byte range of a token.
pub fn token_span(token: &SyntaxToken) -> Range<usize> {
    to_range(token.text_range())
}

/// Whether `text` is one Nix file without syntax errors.
pub fn parses(text: &str) -> bool {
    let parse = rnix::Root::parse(text);
    parse.errors().is_empty() && parse.tree().expr().is_some()
}

/// A comment token, `#` or `/* */`.
pub fn is_comment(token: &SyntaxToken) -> bool {
    token.kind() == SyntaxKind::TOKEN_COMMENT
}

/// A white space token.
pub fn is_whitespace(token: &SyntaxToken) -> bool {
    token.kind() == SyntaxKind::TOKEN_WHITESPACE
}

/// Every token below `node`, in order.
pub fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.descendants_with_tokens().filter_map(NodeOrToken::into_token)
}

/// The value of a string without interpolations (escapes and indentation resolved), or `None`.
pub fn string_value(string: &ast::Str) -> Option<String> {
    let mut value = String::new();
    for part in string.normalized_parts() {
        match part {
            InterpolPart::Literal(text) => value.push_str(&text),
            InterpolPart::Interpolation(_) => return None,
        }
    }
    Some(value)
}

/// The text of a literal part of a string, as it stands in the source.
pub fn literal_text(part: &ast::StrContent) -> String {
    use rnix::ast::AstToken as _;
    part.syntax().text().to_owned()
}

/// The byte range of a literal part of a string.
pub fn literal_span(part: &ast::StrContent) -> Range<usize> {
    use rnix::ast::AstToken as _;
    token_span(part.syntax())
}

/// The names of an attrpath whose parts are all static; `None` at the place of a dynamic part.
pub fn attrpath_names(path: &ast::Attrpath) -> Vec<Option<String>> {
    path.attrs().map(|attr| attr_name(&attr)).collect()
}

/// The static name of an attribute: an identifier, or a string without interpolation.
pub fn attr_name(attr: &ast::Attr) -> Option<String> {
    match attr {
        ast::Attr::Ident(ident) => Some(ident_text(ident)),
        ast::Attr::Str(string) => string_value(string),
        ast::Attr::Dynamic(dynamic) => match dynamic.expr() {
            Some(ast::Expr::Str(string)) => string_value(&string),
            _ => None,
        },
    }
}

/// An identifier's text.
pub fn ident_text(ident: &ast::Ident) -> String {
    ident
        .ident_token()
        .map_or_else(String::new, |token| token.text().to_owned())
}

/// An attribute name as Nix source: quoted where it is no identifier.
pub fn attr_text(name: &str) -> String {
    const KEYWORDS: [&str; 9] = ["if", "then", "else", "assert", "with", "let", "in", "rec", "inherit"];
    let mut chars = name.chars();
    let identifier = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || "_-'".contains(c))
        && !KEYWORDS.contains(&name);
    if identifier { name.to_owned() } else { string_text(name) }
}

/// A string as Nix source in double quotes.
pub fn string_text(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '$' if chars.peek() == Some(&'{') => text.push_str("\\$"),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// Takes parentheses off.
pub fn unparen(expr: ast::Expr) -> ast::Expr {
    let mut expr = expr;
    while let ast::Expr::Paren(paren) = &expr {
        match paren.expr() {
            Some(inner) => expr = inner,
            None => break,
        }
    }
    expr
}

/// Takes parentheses off that have no comments in them.
pub fn bare(expr: ast::Expr) -> ast::Expr {
    let mut expr = expr;
    while let ast::Expr::Paren(paren) = &expr {
        let mut parts = paren
            .syntax()
            .children_with_tokens()
            .filter_map(NodeOrToken::into_token);
        match paren.expr() {
            Some(inner) if !parts.any(|token| is_comment(&token)) => expr = inner,
            _ => break,
        }
    }
    expr
}

/// A call `f a b` as its function and arguments; any other expression as itself without arguments.
pub fn call(expr: &ast::Expr) -> (ast::Expr, Vec<ast::Expr>) {
    let mut arguments = Vec::new();
    let mut head = expr.clone();
    while let ast::Expr::Apply(apply) = &head {
        let (Some(function), Some(argument)) = (apply.lambda(), apply.argument()) else {
            break;
        };
        arguments.push(argument);
        head = function;
    }
    arguments.reverse();
    (unparen(head), arguments)
}

/// The last name of a function as it is called: `mkIf` for `lib.mkIf`, `mkIf` and `lib.modules.mkIf`.
pub fn function_name(function: &ast::Expr) -> Option<String> {
    match function {
        ast::Expr::Ident(ident) => Some(ident_text(ident)),
        ast::Expr::Select(select) => {
            if select.or_token().is_some() {
                return None;
            }
            attrpath_names(&select.attrpath()?).pop().flatten()
        }
        _ => None,
    }
}

/// A call of the function `name` (of `lib`, however it is reached) with `count` arguments.
pub fn call_of(expr: &ast::Expr, name: &str, count: usize) -> Option<Vec<ast::Expr>> {
    let (function, arguments) = call(expr);
    (arguments.len() == count && function_name(&function).as_deref() == Some(name)).then_some(arguments)
}

/// Formats a whole Nix file as alejandra does; `None` if it does not parse.
pub fn format(text: &str) -> Option<String> {
    Source::new("", text).formatted()
}

/// The text as alejandra formats it; as it is where that would change what a string says. `None` if it does not parse.
fn alejandra(text: &str) -> Option<String> {
    let formatted = alejandra_alone(text)?;
    // alejandra 3.1 takes blanks away that stand at the end of a line in a string between `''`.
    let is_doubtful = text.contains("''") && text.lines().any(|line| line.ends_with([' ', '\t']));
    match is_doubtful && string_parts(text) != string_parts(&formatted) {
        true => Some(text.to_owned()),
        false => Some(formatted),
    }
}

fn alejandra_alone(text: &str) -> Option<String> {
    match alejandra::format::in_memory("<text>".to_owned(), text.to_owned()) {
        (alejandra::format::Status::Error(_), _) => None,
        (alejandra::format::Status::Changed(_), formatted) => Some(formatted),
    }
}

/// The literal parts of all strings of a file, in order.
pub(crate) fn string_parts(text: &str) -> Vec<String> {
    let root = Source::new("", text).root();
    let parts = nodes::<ast::Str>(&root)
        .into_iter()
        .flat_map(|string| string.normalized_parts());
    let literal = |part| match part {
        InterpolPart::Literal(text) => Some(text),
        InterpolPart::Interpolation(_) => None,
    };
    parts.filter_map(literal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_prints_back_to_its_text() {
        for text in [
            "{ a = 1; } # x\r\n",
            "\u{feff}{a=1;}",
            "let\n\tx = ''\n  a ${b}\n''; in x",
            "{ a = ",
            "",
        ] {
            assert_eq!(Source::new("x.nix", text).root().text().to_string(), text);
        }
    }

    #[test]
    fn formatting_never_changes_what_a_string_says() {
        let text = "{b=1;\n a = ''\n    one  \n       \n    two\n  '';\n}\n";
        let formatted = format(text).expect("parses");
        assert_eq!(string_parts(&formatted), string_parts(text));
        assert!(formatted.starts_with("{\n  b = 1;\n  a = ''\n"), "{formatted}");
        let formatted = format("{\n a = ''\n    one\n\n    two\n  '';  \n}\n");
        assert_eq!(
            formatted.as_deref(),
            Some("{\n  a = ''\n    one\n\n    two\n  '';\n}\n")
        );
    }

    #[test]
    fn names_that_are_no_identifiers_are_quoted() {
        assert_eq!(attr_text("sonarr-anime"), "sonarr-anime");
        assert_eq!(attr_text("server/x"), "\"server/x\"");
        assert_eq!(attr_text("in"), "\"in\"");
        assert_eq!(attr_text("9p"), "\"9p\"");
        assert_eq!(string_text("a${b}\"$c"), "\"a\\${b}\\\"$c\"");
    }

    #[test]
    fn the_first_syntax_error_has_a_place() {
        let error = Source::new("a.nix", "{\n  a = 1\n}\n")
            .syntax_error()
            .expect("an error");
        let place = error.place().expect("a place");
        assert_eq!((place.line, place.column), (3, 1), "{error}");
        assert!(Source::new("a.nix", "{a = 1;}").syntax_error().is_none());
    }
}
