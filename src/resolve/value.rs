//! Partial evaluation: what an expression's value is, as far as the code alone says it.
//!
//! A value is known, or unknown because of something that has a place. An unknown value never becomes an edit.

use std::fmt;
use std::path::{Path, PathBuf};

use super::model::Model;
use super::module::{Def, Module};
use super::scope::{self, Binding};
use crate::error::Place;
use crate::syntax::{self, AstNode, HasEntry, InterpolPart, ast};

/// A value that the code alone determines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    /// A path in the repository, relative to its root.
    Path(PathBuf),
}

impl Known {
    /// As text where Nix's string interpolation or `toString` would give text; paths as they are relative to the root.
    pub fn text(&self) -> Option<String> {
        match self {
            Known::Str(text) => Some(text.clone()),
            Known::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// Why a value is not known.
#[derive(Clone, Debug)]
pub struct UnknownReason {
    /// The reason, as the end of "not known statically: …".
    pub reason: String,
    /// Where it lies.
    pub place: Place,
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.reason, self.place)
    }
}

/// The result of partial evaluation.
#[derive(Clone, Debug)]
pub enum Value {
    /// A plain value.
    Known(Known),
    /// A list, as the expressions of its elements.
    List(Vec<ast::Expr>),
    /// A set literal.
    Set(ast::AttrSet),
    /// `config.<path>`: an option's value.
    Option(Vec<String>),
    /// Not known.
    Unknown(UnknownReason),
}

/// How deep definitions may lead to each other before the evaluator gives up (a configuration may be recursive).
const DEPTH: usize = 64;

/// Evaluates expressions of one module in its model.
#[derive(Clone, Copy)]
pub struct Eval<'a> {
    model: &'a Model,
    module: &'a Module,
    depth: usize,
}

impl<'a> Eval<'a> {
    /// An evaluator for expressions that stand in `module`.
    pub fn new(model: &'a Model, module: &'a Module) -> Eval<'a> {
        Eval {
            model,
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
        match self.depth {
            0 => self.model.string(self.module, expr, || self.string_anew(expr)),
            _ => self.string_anew(expr),
        }
    }

    fn string_anew(&self, expr: &ast::Expr) -> Result<String, UnknownReason> {
        match self.force(expr) {
            Value::Known(Known::Str(text)) => Ok(text),
            Value::Unknown(why) => Err(why),
            _ => Err(UnknownReason {
                reason: "it is no string".into(),
                place: self.module.source.place_of(expr.syntax()),
            }),
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

    fn name(&self, node: &syntax::SyntaxNode, name: &str) -> Value {
        match name {
            "true" => return Value::Known(Known::Bool(true)),
            "false" => return Value::Known(Known::Bool(false)),
            "null" => return Value::Known(Known::Null),
            _ => {}
        }
        match scope::lookup(node, name) {
            Binding::Value(value) if value.attrpath().is_some_and(|p| p.attrs().count() == 1) => match value.value() {
                Some(expr) => self.eval(&expr),
                None => self.unknown(node, "it is incomplete"),
            },
            Binding::Inherited(inherit) => self.inherit(&inherit, name),
            Binding::Param(_) if name == "config" => Value::Option(Vec::new()),
            Binding::Param(_) => self.unknown(node, format!("'{name}' is an argument of the module")),
            Binding::With(withs) => withs
                .iter()
                .filter_map(|with| with.namespace())
                .map(|namespace| self.step(self.eval(&namespace), &[name.to_owned()], node))
                .find(|value| !matches!(value, Value::Unknown(_) | Value::Option(_)))
                .unwrap_or_else(|| self.unknown(node, format!("'{name}' comes from a 'with'"))),
            _ => self.unknown(node, format!("'{name}' is computed")),
        }
    }

    fn inherit(&self, inherit: &ast::Inherit, name: &str) -> Value {
        match inherit.from().and_then(|from| from.expr()) {
            Some(from) => self.step(self.eval(&from), &[name.to_owned()], inherit.syntax()),
            None => inherit.syntax().parent().map_or_else(
                || self.unknown(inherit.syntax(), "it is bound nowhere"),
                |set| self.name(&set, name),
            ),
        }
    }

    /// What `inherit` binds `name` to, with options followed to their definitions.
    pub fn inherited(&self, inherit: &ast::Inherit, name: &str) -> Value {
        match self.inherit(inherit, name) {
            Value::Option(path) => self.option(&path, inherit.syntax()),
            value => value,
        }
    }

    /// The value of the option `path` as code at `reader` would read it.
    pub fn option_value(&self, path: &[&str], reader: &syntax::SyntaxNode) -> Value {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        self.option(&path, reader)
    }

    fn select(&self, select: &ast::Select) -> Value {
        let (Some(base), Some(path)) = (select.expr(), select.attrpath()) else {
            return self.unknown(select.syntax(), "it is incomplete");
        };
        let names: Option<Vec<String>> = path.attrs().map(|attr| self.attr(&attr)).collect();
        let Some(names) = names else {
            return self.unknown(path.syntax(), "an attribute's name is computed");
        };
        if let ast::Expr::Ident(ident) = &base
            && let Binding::Split(values) = scope::lookup(ident.syntax(), &syntax::ident_text(ident))
        {
            return self.select_bindings(values.into_iter(), 1, &names, select.syntax());
        }
        let value = self.step(self.eval(&base), &names, select.syntax());
        match (&value, select.default_expr()) {
            // The default stands in only where the attribute is missing, which an unknown value does not tell.
            (Value::Option(path), Some(default)) if self.model.is_silent_on(path) => self.eval(&default),
            _ => value,
        }
    }

    /// An attribute's name, also where it is `${name}` or `"…${name}"` with a known value.
    pub fn attr(&self, attr: &ast::Attr) -> Option<String> {
        syntax::attr_name(attr).or_else(|| match attr {
            ast::Attr::Dynamic(dynamic) => self.string(&dynamic.expr()?).ok(),
            ast::Attr::Str(string) => self.string(&ast::Expr::Str(string.clone())).ok(),
            ast::Attr::Ident(_) => None,
        })
    }

    fn step(&self, base: Value, names: &[String], node: &syntax::SyntaxNode) -> Value {
        if names.is_empty() {
            return base;
        }
        match base {
            Value::Option(mut path) => {
                path.extend(names.iter().cloned());
                Value::Option(path)
            }
            Value::Set(set) => {
                let named = |inherit: &ast::Inherit| {
                    inherit
                        .attrs()
                        .any(|attr| syntax::attr_name(&attr).as_deref() == Some(&names[0]))
                };
                match set.inherits().find(named) {
                    Some(inherit) => self.step(self.inherit(&inherit, &names[0]), &names[1..], node),
                    None => self.select_bindings(set.attrpath_values(), 0, names, node),
                }
            }
            Value::Unknown(why) => Value::Unknown(why),
            _ => self.unknown(node, "it selects from something that is no set"),
        }
    }

    /// Selects `names` among bindings whose attrpaths count from `skip`.
    fn select_bindings(
        &self,
        bindings: impl Iterator<Item = ast::AttrpathValue>,
        skip: usize,
        names: &[String],
        node: &syntax::SyntaxNode,
    ) -> Value {
        for binding in bindings {
            let Some(path) = binding.attrpath() else { continue };
            let own: Option<Vec<String>> = path.attrs().skip(skip).map(|attr| self.attr(&attr)).collect();
            let Some(own) = own else { continue };
            if own.len() <= names.len() && own.iter().zip(names).all(|(a, b)| a == b) {
                let Some(value) = binding.value() else { break };
                return self.step(self.eval(&value), &names[own.len()..], node);
            }
        }
        self.unknown(node, format!("'{}' is not bound there", names.join(".")))
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

    /// The value of an option from the one definition that counts, or its declared default.
    fn option(&self, path: &[String], reader: &syntax::SyntaxNode) -> Value {
        if self.depth > DEPTH {
            return self.unknown(reader, "its definitions lead to each other without end");
        }
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        let mut candidates: Vec<(u8, &Module, &Def)> = Vec::new();
        for (module, def) in self.model.definitions(&names) {
            let at = Eval {
                module,
                depth: self.depth + 1,
                ..*self
            };
            match at.holds(&def.context.conditions) {
                Ok(true) => candidates.push((rank(def), module, def)),
                Ok(false) => {}
                Err(why) => return Value::Unknown(why),
            }
        }
        let best = candidates.iter().map(|c| c.0).min();
        let mut values: Vec<(&Module, ast::Expr)> = candidates
            .iter()
            .filter(|c| Some(c.0) == best)
            .filter_map(|(_, module, def)| Some((*module, def.value.clone()?)))
            .collect();
        match values.len() {
            0 if candidates.is_empty() => self.default(&names, reader),
            1 => {
                let (module, value) = values.remove(0);
                Eval {
                    module,
                    depth: self.depth + 1,
                    ..*self
                }
                .force(&value)
            }
            _ => self.unknown(reader, format!("'{}' has several definitions", path.join("."))),
        }
    }

    fn default(&self, names: &[&str], reader: &syntax::SyntaxNode) -> Value {
        let Some((module, declaration)) = self.model.declaration(names) else {
            return self.unknown(
                reader,
                format!("'{}' is defined outside this repository", names.join(".")),
            );
        };
        if declaration.is_enable() {
            return Value::Known(Known::Bool(false));
        }
        match declaration.argument("default") {
            Some(default) => Eval {
                module,
                depth: self.depth + 1,
                ..*self
            }
            .force(&default),
            None => self.unknown(
                reader,
                format!("'{}' has no definition and no default", names.join(".")),
            ),
        }
    }

    /// Whether all conditions are true; why it is not known otherwise.
    ///
    /// # Errors
    /// The first reason for which a condition's value is not known.
    pub fn holds(&self, conditions: &[ast::Expr]) -> Result<bool, UnknownReason> {
        for condition in conditions {
            match self.force(condition) {
                Value::Known(Known::Bool(true)) => {}
                Value::Known(Known::Bool(false)) => return Ok(false),
                Value::Unknown(why) => return Err(why),
                _ => {
                    return Err(UnknownReason {
                        reason: "the condition is computed".into(),
                        place: self.module.source.place_of(condition.syntax()),
                    });
                }
            }
        }
        Ok(true)
    }
}

/// Priority of a definition as nixpkgs orders them: the smaller wins.
pub fn rank(def: &Def) -> u8 {
    match def
        .context
        .priorities
        .iter()
        .find(|p| !matches!(p.as_str(), "mkBefore" | "mkAfter" | "mkOrder"))
        .map(String::as_str)
    {
        Some("mkForce" | "mkVMOverride" | "mkOverride") => 0,
        Some("mkDefault") => 2,
        Some("mkOptionDefault") => 3,
        _ => 1,
    }
}

/// A relative path without `.` and `..`; `None` if it leaves its root.
pub fn normalize(path: &Path) -> Option<PathBuf> {
    let mut result = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::Normal(name) => result.push(name),
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => {
                if !result.pop() {
                    return None;
                }
            }
            _ => return None,
        }
    }
    Some(result)
}
