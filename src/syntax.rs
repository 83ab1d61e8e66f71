//! Lossless Nix syntax: parsing, positions, and the questions about trees that the rest of the crate asks.
//!
//! This is the only module that names `rnix` and `rowan`; the others use the types re-exported here.
//! A tree prints back to exactly the text it was parsed from. Offsets are byte offsets into that text.

mod effort;
mod layout;
mod pieces;
mod said;
pub mod screen;
mod search;
mod strings;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use layout::format;
pub use rnix::ast;
pub use rnix::ast::{HasEntry, InterpolPart};
use rnix::{NodeOrToken, TextRange};
pub use rnix::{SyntaxElement, SyntaxKind, SyntaxNode, SyntaxToken, tokenize};
pub use rowan::ast::AstNode;
pub use search::{
    PathRel, Use, binders, comments, comments_at, is_param, is_recursive, nodes, paths, text_of, uses, uses_of,
    whole_path,
};

pub(crate) use strings::string_parts;
pub use strings::{attr_text, in_one_line, literal_span, literal_text, string_parts_of, string_text, string_value};

use layout::alejandra;
use rowan::GreenNode;

use crate::error::{self, Error, Place, Result};
use pieces::Beside;

/// One parsed file. Cheap to clone and to send between threads; trees are made on demand from shared green nodes.
#[derive(Clone)]
pub struct Source {
    path: Arc<Path>,
    text: Arc<str>,
    green: GreenNode,
    fault: Option<Arc<Fault>>,
}

/// Why a text is not edited.
enum Fault {
    /// It was not parsed.
    Screened(screen::ScreenReason, Range<usize>),
    /// It has a syntax error, the first of which this is.
    Syntax(rnix::ParseError),
    /// It is not what stands on the disk.
    Unread(Unread),
}

/// Why what is known of a file's text is not what stands on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// The file is no UTF-8 from this byte on; what is none is replaced by U+FFFD.
    NotUtf8(usize),
    /// A sparse checkout leaves the file out; the text is what git has staged.
    NotCheckedOut,
    /// The file is a symbolic link, or stands in a directory that is one; the text is that of the file it leads to.
    Link,
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
        let (green, fault) = parsed(&text);
        Source {
            path: path.as_ref().into(),
            text,
            green,
            fault: fault.map(Arc::new),
        }
    }

    /// A file of which `text` is known, but which cannot be edited.
    pub fn unread(path: impl AsRef<Path>, text: impl Into<Arc<str>>, why: Unread) -> Source {
        let text = text.into();
        Source {
            path: path.as_ref().into(),
            green: unparsed(&text),
            text,
            fault: Some(Arc::new(Fault::Unread(why))),
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

    /// Why nothing can be read of the file, if so: its first syntax error, or what it was not even parsed for.
    pub fn syntax_error(&self) -> Option<Error> {
        Some(match &**self.fault.as_ref()? {
            Fault::Syntax(error) => {
                let (what, span) = said::error(error, &self.text);
                error::syntax::does_not_parse(self.place(span), &what)
            }
            Fault::Screened(why, span) => why.refusal(self.place(span.clone())),
            Fault::Unread(Unread::NotUtf8(at)) => {
                error::syntax::not_utf8(self.place(*at..*at + '\u{fffd}'.len_utf8()), *at)
            }
            Fault::Unread(Unread::Link) => error::syntax::behind_a_link(self.place(0..0)),
            Fault::Unread(Unread::NotCheckedOut) => error::syntax::not_checked_out(self.place(0..0)),
        })
    }

    /// Whether there is such an error.
    pub fn is_faulty(&self) -> bool {
        self.fault.is_some()
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
            .ok_or_else(|| error::syntax::does_not_parse(self.place(0..0), "there is no expression in the file"))
    }

    /// The whole file as alejandra formats it; `None` if it does not parse.
    pub fn formatted(&self) -> Option<String> {
        if self.fault.is_some() {
            return None;
        }
        pieces::format(self, alejandra).or_else(|| alejandra(&self.text))
    }

    /// The text of the file with all formatted that it did not have as it came by changes from `before`, where that was
    /// formatted; `None` where that is its text.
    pub fn laid_out(&self, before: &Source) -> Option<String> {
        let formatted = match pieces::format_beside(self, before, alejandra) {
            Beside::Same => None,
            Beside::Formatted(text) => Some(text),
            Beside::Whole => {
                let was_formatted = before.formatted().as_deref() == Some(&*before.text);
                was_formatted.then(|| self.formatted()).flatten()
            }
        };
        formatted.filter(|text| **text != *self.text)
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

/// A tree of a single token, of which nothing can be read by accident.
fn unparsed(text: &str) -> GreenNode {
    let kind = |kind| <rnix::NixLanguage as rowan::Language>::kind_to_raw(kind);
    let token = rowan::GreenToken::new(kind(SyntaxKind::TOKEN_ERROR), text);
    GreenNode::new(kind(SyntaxKind::NODE_ROOT), [NodeOrToken::Token(token)])
}

/// The tree of a text, and why it is not to be relied on. A text that is not parsed is a single token.
fn parsed(text: &str) -> (GreenNode, Option<Fault>) {
    if let Some((why, span)) = screen::screen(text) {
        return (unparsed(text), Some(Fault::Screened(why, span)));
    }
    let parse = rnix::Root::parse(text);
    let is_deep = parse.errors().contains(&rnix::ParseError::RecursionLimitExceeded);
    let fault = match is_deep {
        true => Some(Fault::Screened(screen::ScreenReason::Nested, screen::deepest(text))),
        false => parse.errors().first().cloned().map(Fault::Syntax),
    };
    (parse.syntax().green().to_owned(), fault)
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
    Source::new("", text).expr().is_ok()
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

/// The text of a relative path literal, piece by piece; `None` for a piece that is computed.
pub fn path_pieces(path: &ast::PathRel) -> Vec<Option<String>> {
    use rnix::ast::AstToken as _;
    let piece = |part| match part {
        InterpolPart::Literal(literal) => Some(ast::PathContent::syntax(&literal).text().to_owned()),
        InterpolPart::Interpolation(_) => None,
    };
    path.parts().into_iter().map(piece).collect()
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

/// An expression as source, without parentheses around it.
pub fn bare_text(expr: &ast::Expr) -> String {
    text_of(unparen(expr.clone()).syntax())
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

/// The node with all the parentheses that stand directly around it.
pub fn parenthesised(node: &SyntaxNode) -> SyntaxNode {
    let around = std::iter::successors(Some(node.clone()), SyntaxNode::parent);
    let is_own = |outer: &SyntaxNode| outer == node || ast::Paren::can_cast(outer.kind());
    around.take_while(is_own).last().unwrap_or_else(|| node.clone())
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
    fn the_first_syntax_error_has_a_place() {
        let error = Source::new("a.nix", "{\n  a = 1\n}\n")
            .syntax_error()
            .expect("an error");
        let place = error.place().expect("a place");
        assert_eq!((place.line, place.column), (3, 1), "{error}");
        assert!(Source::new("a.nix", "{a = 1;}").syntax_error().is_none());
    }
}
