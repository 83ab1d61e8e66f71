//! Partial evaluation: what an expression's value is, as far as the code alone says it.
//!
//! A value is known, or unknown because of something that has a place. An unknown value never becomes an edit.

use std::path::Path;

use super::model::Model;
use super::module::Module;
use super::value::{Known, UnknownReason, Value, normalize};
use crate::syntax::{self, AstNode, InterpolPart, ast};

mod names;
mod options;
mod parts;

pub use options::rank;

/// How deep definitions may lead to each other before the evaluator gives up (a configuration may be recursive).
const DEPTH: usize = 64;

/// Evaluates expressions of one module in its model.
#[derive(Clone, Copy)]
pub struct Eval<'a> {
    /// The configuration that the module is a part of; `None` where only the module is known.
    model: Option<&'a Model>,
    module: &'a Module,
    depth: usize,
}

impl<'a> Eval<'a> {
    /// An evaluator for expressions that stand in `module`.
    pub fn new(model: &'a Model, module: &'a Module) -> Eval<'a> {
        Eval {
            model: Some(model),
            module,
            depth: 0,
        }
    }

    /// An evaluator that knows nothing besides the module: what is read from the configuration is unknown.
    pub fn alone(module: &'a Module) -> Eval<'a> {
        Eval {
            model: None,
            module,
            depth: 0,
        }
    }

    fn unknown(&self, node: &syntax::SyntaxNode, reason: impl Into<String>) -> Value {
        Value::Unknown(UnknownReason {
            reason: reason.into(),
            place: self.module.source.place_of(node),
        })
    }

    /// The value, with options followed to their definitions.
    pub fn force(&self, expr: &ast::Expr) -> Value {
        match self.eval(expr) {
            Value::Option(path) => self.option(&path, expr.syntax()),
            value => value,
        }
    }

    /// The value as a string, or why it is not known to be one.
    pub fn string(&self, expr: &ast::Expr) -> Result<String, UnknownReason> {
        match self.force(expr) {
            Value::Known(Known::Str(text)) => Ok(text),
            Value::Unknown(why) => Err(why),
            _ => Err(UnknownReason {
                reason: "it is no string".into(),
                place: self.module.source.place_of(expr.syntax()),
            }),
        }
    }

    /// Nix source of the text that an expression is, for people: what it evaluates to where that is known, else as it stands.
    pub fn text_as_source(&self, expr: &ast::Expr) -> String {
        match self.string(expr) {
            Ok(text) => syntax::string_text(&text),
            Err(_) => syntax::text_of(expr.syntax()),
        }
    }

    /// The option path that the expression reads, if it is `config.<path>` however it is bound.
    pub fn option_path(&self, expr: &ast::Expr) -> Option<Vec<String>> {
        match self.eval(expr) {
            Value::Option(path) => Some(path),
            _ => None,
        }
    }

    /// The value; an option that is read stays `Value::Option`.
    pub fn eval(&self, expr: &ast::Expr) -> Value {
        if self.depth > DEPTH {
            return self.unknown(expr.syntax(), "its definitions lead to each other without end");
        }
        let deeper = Eval {
            depth: self.depth + 1,
            ..*self
        };
        match expr {
            ast::Expr::Paren(paren) => paren
                .expr()
                .map_or_else(|| self.unknown(expr.syntax(), "it is incomplete"), |e| deeper.eval(&e)),
            ast::Expr::Literal(literal) => match literal.kind() {
                ast::LiteralKind::Integer(number) => number.value().map_or_else(
                    |_| self.unknown(expr.syntax(), "the number is too large"),
                    |n| Value::Known(Known::Int(n)),
                ),
                _ => self.unknown(expr.syntax(), "it is a number with a fraction or a bare URL"),
            },
            ast::Expr::Str(string) => deeper.interpolated(string),
            ast::Expr::PathRel(path) => deeper.path(path, expr),
            ast::Expr::List(list) => Value::List(list.items().collect()),
            ast::Expr::AttrSet(set) => Value::Set(set.clone()),
            ast::Expr::Ident(ident) => deeper.name(ident.syntax(), &syntax::ident_text(ident)),
            ast::Expr::Select(select) => deeper.select(select),
            ast::Expr::LetIn(let_in) => let_in
                .body()
                .map_or_else(|| self.unknown(expr.syntax(), "it is incomplete"), |e| deeper.eval(&e)),
            ast::Expr::With(with) => with
                .body()
                .map_or_else(|| self.unknown(expr.syntax(), "it is incomplete"), |e| deeper.eval(&e)),
            ast::Expr::IfElse(choice) => deeper.choice(choice),
            ast::Expr::BinOp(op) => deeper.operation(op),
            ast::Expr::UnaryOp(op) => match (op.operator(), op.expr().map(|e| deeper.force(&e))) {
                (Some(ast::UnaryOpKind::Invert), Some(Value::Known(Known::Bool(b)))) => Value::Known(Known::Bool(!b)),
                (Some(ast::UnaryOpKind::Negate), Some(Value::Known(Known::Int(n)))) => Value::Known(Known::Int(-n)),
                _ => self.unknown(expr.syntax(), "it is computed"),
            },
            ast::Expr::Apply(_) => deeper.application(expr),
            _ => self.unknown(expr.syntax(), "it is computed when the configuration is evaluated"),
        }
    }

    fn interpolated(&self, string: &ast::Str) -> Value {
        let mut text = String::new();
        for part in syntax::string_parts_of(string) {
            match part {
                InterpolPart::Literal(literal) => text.push_str(&literal),
                InterpolPart::Interpolation(interpol) => {
                    let Some(inner) = interpol.expr() else {
                        return self.unknown(string.syntax(), "it is incomplete");
                    };
                    match self.force(&inner) {
                        Value::Known(Known::Str(part)) => text.push_str(&part),
                        Value::Unknown(why) => return Value::Unknown(why),
                        _ => return self.unknown(inner.syntax(), "it is no string"),
                    }
                }
            }
        }
        Value::Known(Known::Str(text))
    }

    fn path(&self, path: &ast::PathRel, expr: &ast::Expr) -> Value {
        if path
            .parts()
            .iter()
            .any(|part| matches!(part, InterpolPart::Interpolation(_)))
        {
            return self.unknown(expr.syntax(), "the path is computed");
        }
        let base = self.module.source.path().parent().unwrap_or(Path::new(""));
        match normalize(&base.join(syntax::text_of(path.syntax()))) {
            Some(path) => Value::Known(Known::Path(path)),
            None => self.unknown(expr.syntax(), "the path leaves the repository"),
        }
    }

    fn choice(&self, choice: &ast::IfElse) -> Value {
        let condition = choice.condition().map(|c| self.force(&c));
        let branch = match condition {
            Some(Value::Known(Known::Bool(true))) => choice.body(),
            Some(Value::Known(Known::Bool(false))) => choice.else_body(),
            Some(Value::Unknown(why)) => return Value::Unknown(why),
            _ => None,
        };
        branch.map_or_else(
            || self.unknown(choice.syntax(), "its condition is computed"),
            |b| self.eval(&b),
        )
    }

    fn operation(&self, op: &ast::BinOp) -> Value {
        let (Some(left), Some(right)) = (op.lhs(), op.rhs()) else {
            return self.unknown(op.syntax(), "it is incomplete");
        };
        match (op.operator(), self.force(&left), self.force(&right)) {
            (_, Value::Unknown(why), _) | (_, _, Value::Unknown(why)) => Value::Unknown(why),
            (Some(ast::BinOpKind::Add), Value::Known(Known::Str(a)), Value::Known(Known::Str(b))) => {
                Value::Known(Known::Str(a + &b))
            }
            (Some(ast::BinOpKind::Add), Value::Known(Known::Int(a)), Value::Known(Known::Int(b))) => {
                match a.checked_add(b) {
                    Some(sum) => Value::Known(Known::Int(sum)),
                    None => self.unknown(op.syntax(), "the sum is too large"),
                }
            }
            (Some(ast::BinOpKind::And), Value::Known(Known::Bool(a)), Value::Known(Known::Bool(b))) => {
                Value::Known(Known::Bool(a && b))
            }
            (Some(ast::BinOpKind::Or), Value::Known(Known::Bool(a)), Value::Known(Known::Bool(b))) => {
                Value::Known(Known::Bool(a || b))
            }
            (Some(ast::BinOpKind::Equal), Value::Known(a), Value::Known(b)) => Value::Known(Known::Bool(a == b)),
            (Some(ast::BinOpKind::NotEqual), Value::Known(a), Value::Known(b)) => Value::Known(Known::Bool(a != b)),
            (Some(ast::BinOpKind::Concat), Value::List(mut a), Value::List(b)) => {
                a.extend(b);
                Value::List(a)
            }
            _ => self.unknown(op.syntax(), "it is computed"),
        }
    }

    fn application(&self, expr: &ast::Expr) -> Value {
        let (function, arguments) = syntax::call(expr);
        match (syntax::function_name(&function).as_deref(), arguments.as_slice()) {
            (Some("toString"), [argument]) => match self.force(argument) {
                Value::Known(known) => known.text().map_or_else(
                    || self.unknown(expr.syntax(), "it is computed"),
                    |text| Value::Known(Known::Str(text)),
                ),
                Value::Unknown(why) => Value::Unknown(why),
                _ => self.unknown(expr.syntax(), "it is computed"),
            },
            (Some("mkDefault" | "mkForce" | "mkAfter" | "mkBefore"), [argument]) => self.eval(argument),
            _ => self.unknown(expr.syntax(), "it is the result of a function"),
        }
    }
}
