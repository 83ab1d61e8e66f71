//! The literals that say a field of a database: what a module can read from its contract in their place.

use std::ops::Range;

use super::own::ServiceDefs;
use crate::plan::published;
use crate::resolve::scope::{self, Binding};
use crate::resolve::value::{Known, UnknownReason};
use crate::syntax::{self, AstNode, InterpolPart, SyntaxNode, ast};

/// A field of a contract's `databaseConfig`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Name,
    User,
    Host,
    Port,
}

impl Field {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Field::Name => "name",
            Field::User => "user",
            Field::Host => "host",
            Field::Port => "port",
        }
    }
}

/// A field, and where in a text it stands.
pub type Spot = (Field, Range<usize>);

/// A literal, or a part of one, that says a field.
#[derive(Clone, Debug)]
pub struct ConnectionLiteral {
    pub field: Field,
    /// What it says.
    pub value: String,
    /// The bytes of the source that say it: the whole literal, or a part of a string.
    pub range: Range<usize>,
    literal: ast::Expr,
}

/// An option that is set.
pub struct Found<'p> {
    pub path: Vec<&'p str>,
    pub known: Known,
}

/// A field of a database: its value, or nothing and perhaps why.
pub type Part<T> = Result<T, Option<UnknownReason>>;

/// The first of several options that is set.
///
/// # Errors
/// Why it is not known; `None` where none is set.
pub fn first<'p>(own: &ServiceDefs, paths: Vec<Vec<&'p str>>) -> Part<Found<'p>> {
    for path in paths {
        match own.known(&path) {
            Ok(None) | Ok(Some(Known::Null)) => {}
            Ok(Some(known)) => return Ok(Found { path, known }),
            Err(why) => return Err(Some(why)),
        }
    }
    Err(None)
}

/// The first of several options that is set, as text.
pub fn first_text(own: &ServiceDefs, paths: Vec<Vec<&str>>) -> Part<String> {
    first(own, paths)?.known.text().ok_or(None)
}

impl ConnectionLiteral {
    /// What the option at `path` says of `field`, if its value is a literal.
    pub fn whole(own: &ServiceDefs, field: Field, path: &[&str]) -> Option<ConnectionLiteral> {
        ConnectionLiteral::of(own, field, &own.written(path)?)
    }

    /// What an expression says of `field`, if it is a literal of the module.
    pub fn of(own: &ServiceDefs, field: Field, expr: &ast::Expr) -> Option<ConnectionLiteral> {
        let literal = own_literal(own, expr)?;
        let value = match &literal {
            ast::Expr::Str(string) => syntax::string_value(string)?,
            ast::Expr::Literal(number) => match number.kind() {
                ast::LiteralKind::Integer(number) => number.value().ok()?.to_string(),
                _ => return None,
            },
            _ => return None,
        };
        Some(ConnectionLiteral {
            field,
            value,
            range: syntax::span(literal.syntax()),
            literal,
        })
    }

    /// What the string at `path` says in `spots`, places in its value `value`: those that stand in the source as they are.
    pub fn parts(own: &ServiceDefs, path: &[&str], value: &str, spots: Vec<Spot>) -> Vec<ConnectionLiteral> {
        let literal = own.written(path).and_then(|expr| own_literal(own, &expr));
        let Some(ast::Expr::Str(string)) = literal else {
            return Vec::new();
        };
        let Some(declarations) = declarations(own, &string, value) else {
            return Vec::new();
        };
        let said = |(field, spot): Spot| {
            let inside =
                |(at, declaration): &&(usize, Range<usize>)| *at <= spot.start && spot.end <= at + declaration.len();
            let (at, declaration) = declarations.iter().find(inside)?;
            let start = declaration.start + (spot.start - at);
            Some(ConnectionLiteral {
                field,
                value: value[spot.clone()].to_owned(),
                range: start..start + spot.len(),
                literal: ast::Expr::Str(string.clone()),
            })
        };
        spots.into_iter().filter_map(said).collect()
    }

    /// The mappings of published ports in the service's code whose port of the host is `port`.
    pub fn published(own: &ServiceDefs, port: u16) -> Vec<ConnectionLiteral> {
        let strings = syntax::nodes::<ast::Str>(own.module.body.syntax()).into_iter();
        let mappings = strings.filter_map(|string| {
            Some(ConnectionLiteral {
                field: Field::Port,
                value: port.to_string(),
                range: published::host_port(string.syntax(), port)?,
                literal: own_literal(own, &ast::Expr::Str(string))?,
            })
        });
        mappings.collect()
    }

    /// The literal's node.
    pub fn node(&self) -> &SyntaxNode {
        self.literal.syntax()
    }

    /// What stands in its place: the field of the contract that the expression `contract` is.
    pub fn read(&self, contract: &str) -> String {
        let field = format!("{contract}.databaseConfig.{}", self.field.name());
        let in_string = self.range != syntax::span(self.node());
        reading(&field, self.node(), in_string, self.is_text())
    }

    /// Whether it is a number as text.
    fn is_text(&self) -> bool {
        self.field == Field::Port && matches!(self.literal, ast::Expr::Str(_))
    }

    /// Whether every one of `names` means the same at the literal as outside `around`, and `toString` what it always does.
    pub fn sees(&self, around: &SyntaxNode, names: &[&str]) -> bool {
        sees(self.node(), around, names, self.is_text())
    }
}

/// What reads the contract's `field` in the place of the literal `node`, or of a part of it where it stands `in_string`; a
/// number that is said as text `converts`.
pub fn reading(field: &str, node: &SyntaxNode, in_string: bool, converts: bool) -> String {
    let text = match converts {
        true => format!("toString {field}"),
        false => field.to_owned(),
    };
    // A call is no argument and no element without parentheses.
    let alone = node
        .parent()
        .is_some_and(|parent| ast::AttrpathValue::can_cast(parent.kind()) || ast::Paren::can_cast(parent.kind()));
    match (in_string, alone || !converts) {
        (true, _) => format!("${{{text}}}"),
        (false, true) => text,
        (false, false) => format!("({text})"),
    }
}

/// Whether every one of `names` means the same at `node` as outside `around`, and `toString`, where it `converts`, what it
/// always does.
pub fn sees(node: &SyntaxNode, around: &SyntaxNode, names: &[&str], converts: bool) -> bool {
    let hidden = |name: &&str| {
        let site = match scope::lookup(node, name) {
            Binding::Value(value) => value.syntax().clone(),
            Binding::Split(values) => values[0].syntax().clone(),
            Binding::Inherited(inherit) => inherit.syntax().clone(),
            Binding::Param(lambda) => lambda.syntax().clone(),
            // What the module's arguments and its `let` bind wins over a `with`.
            Binding::With(_) | Binding::Global | Binding::Unbound => return false,
        };
        syntax::covers(&syntax::span(around), &syntax::span(&site))
    };
    let means = !converts || matches!(scope::lookup(node, "toString"), Binding::Global);
    means && !names.iter().any(hidden)
}

/// `expr` without parentheses, if it stands in the service's own definitions, and in no `let` binding, from which others
/// may take it.
fn own_literal(own: &ServiceDefs, expr: &ast::Expr) -> Option<ast::Expr> {
    let expr = syntax::unparen(expr.clone());
    (!is_bound(expr.syntax()) && own.holds_node(expr.syntax())).then_some(expr)
}

/// Whether a node stands in a `let` binding.
pub fn is_bound(node: &SyntaxNode) -> bool {
    node.ancestors().any(|node| {
        let binding = ast::AttrpathValue::can_cast(node.kind()) || ast::Inherit::can_cast(node.kind());
        let in_let =
            |parent: SyntaxNode| ast::LetIn::can_cast(parent.kind()) || ast::LegacyLet::can_cast(parent.kind());
        binding && node.parent().is_some_and(in_let)
    })
}

/// The literal pieces of a string: where each begins in the value, and where it stands in the source. `None` where the
/// source is not the value, as with escapes and indentation.
fn declarations(own: &ServiceDefs, string: &ast::Str, value: &str) -> Option<Vec<(usize, Range<usize>)>> {
    let eval = own.context.eval(own.module);
    let (mut found, mut text) = (Vec::new(), String::new());
    for part in string.parts() {
        match part {
            InterpolPart::Literal(literal) => {
                found.push((text.len(), syntax::literal_span(&literal)));
                text.push_str(&syntax::literal_text(&literal));
            }
            InterpolPart::Interpolation(interpolation) => text.push_str(&eval.string(&interpolation.expr()?).ok()?),
        }
    }
    (text == value).then_some(found)
}
