//! Values down to their leaves, as far as the code alone says them, and how Nix prints them.

use std::collections::BTreeMap;

use crate::resolve::module::{self, Module};
use crate::resolve::scope::{self, Binding};
use crate::resolve::{Def, Model};
use crate::resolve::{Eval, Known, UnknownReason, Value};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// How deep sets and lists are followed.
const DEPTH: usize = 16;

/// A value as far as the code says it. Where only its kind is plain, it is one of the kinds.
#[derive(Clone, Debug)]
pub enum Static {
    Null,
    Bool(bool),
    Int(i64),
    /// A number with a fraction, as written.
    Float(String),
    Str(String),
    /// A path, as written.
    Path(String),
    List(Vec<Static>),
    Set(BTreeMap<String, Static>),
    /// A string with parts that are not known.
    Text,
    /// A list whose elements are not all to be seen.
    SomeList,
    /// A set whose attributes are not all to be seen.
    SomeSet,
    Function,
    Unknown(UnknownReason),
}

impl Static {
    /// The value as Nix prints it on one line (`lib.generators.toPretty`); `None` where a part is not known.
    pub fn show(&self) -> Option<String> {
        Some(match self {
            Static::Null => "null".into(),
            Static::Bool(value) => value.to_string(),
            Static::Int(number) => number.to_string(),
            Static::Float(text) | Static::Path(text) => text.clone(),
            Static::Str(text) => syntax::string_text(text),
            Static::Function => "<function>".into(),
            Static::List(items) if items.is_empty() => "[ ]".into(),
            Static::List(items) => {
                let items: Option<Vec<String>> = items.iter().map(Static::show).collect();
                format!("[ {} ]", items?.join(" "))
            }
            Static::Set(set) if set.is_empty() => "{ }".into(),
            Static::Set(set) => {
                let show = |(name, value): (&String, &Static)| {
                    Some(format!("{} = {};", syntax::attr_text(name), value.show()?))
                };
                let entries: Option<Vec<String>> = set.iter().map(show).collect();
                format!("{{ {} }}", entries?.join(" "))
            }
            Static::Text | Static::SomeList | Static::SomeSet | Static::Unknown(_) => return None,
        })
    }

    /// The string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Static::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Static::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Static::Unknown(_))
    }
}

/// Reads values of a model's modules.
#[derive(Clone, Copy)]
pub struct StaticReader<'a> {
    model: &'a Model,
}

/// An expression and the module it stands in.
#[derive(Clone)]
pub struct Item<'a> {
    pub module: &'a Module,
    pub expr: ast::Expr,
}

impl Item<'_> {
    /// Where it stands.
    pub fn place(&self) -> crate::error::Place {
        self.module.source.place_of(self.expr.syntax())
    }
}

impl<'a> StaticReader<'a> {
    /// A reader of the modules of `model`.
    pub fn new(model: &'a Model) -> StaticReader<'a> {
        StaticReader { model }
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// The value of an expression of `module`.
    pub fn read(&self, module: &'a Module, expr: &ast::Expr) -> Static {
        self.at_depth(module, expr, 0)
    }

    /// The value of a definition.
    pub fn definition(&self, module: &'a Module, def: &Def) -> Static {
        match (&def.value, &def.entry) {
            (Some(value), _) => self.read(module, value),
            (None, ast::Entry::Inherit(inherit)) => match def.path.last() {
                Some(Some(name)) => {
                    let value = Eval::new(self.model, module).inherited(inherit, name);
                    self.value(module, inherit.syntax(), None, value, 0)
                }
                _ => Static::SomeSet,
            },
            (None, ast::Entry::AttrpathValue(_)) => Static::SomeSet,
        }
    }

    /// The elements of a list, if all are to be seen.
    pub fn items(&self, module: &'a Module, expr: &ast::Expr) -> Option<Vec<Item<'a>>> {
        match Eval::new(self.model, module).force(expr) {
            Value::List(items) => Some(
                items
                    .into_iter()
                    .map(|expr| Item {
                        module: self.owner(module, expr.syntax()),
                        expr,
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    /// The value of an option.
    pub fn option(&self, module: &'a Module, path: &[&str]) -> Static {
        let node = module.body.syntax();
        let value = Eval::new(self.model, module).option_value(path, node);
        self.value(module, node, None, value, 0)
    }

    /// The module that `node` stands in: values of options come from other modules than the one that reads them.
    fn owner(&self, module: &'a Module, node: &SyntaxNode) -> &'a Module {
        let root = node.ancestors().last();
        let is_in = |module: &Module| module.body.syntax().ancestors().last() == root;
        if is_in(module) {
            return module;
        }
        self.model.modules().find(|m| is_in(m)).unwrap_or(module)
    }

    fn at_depth(&self, module: &'a Module, expr: &ast::Expr, depth: usize) -> Static {
        let expr = syntax::unparen(expr.clone());
        match &expr {
            ast::Expr::Lambda(_) => return Static::Function,
            ast::Expr::PathAbs(_) | ast::Expr::PathHome(_) | ast::Expr::PathSearch(_) => {
                return Static::Path(syntax::text_of(expr.syntax()));
            }
            ast::Expr::Literal(literal) if matches!(literal.kind(), ast::LiteralKind::Float(_)) => {
                return Static::Float(syntax::text_of(expr.syntax()));
            }
            _ => {}
        }
        let value = Eval::new(self.model, module).force(&expr);
        self.value(module, expr.syntax(), Some(&expr), value, depth)
    }

    fn value(
        &self,
        module: &'a Module,
        node: &SyntaxNode,
        expr: Option<&ast::Expr>,
        value: Value,
        depth: usize,
    ) -> Static {
        match value {
            Value::Known(Known::Null) => Static::Null,
            Value::Known(Known::Bool(value)) => Static::Bool(value),
            Value::Known(Known::Int(number)) => Static::Int(number),
            Value::Known(Known::Str(text)) => Static::Str(text),
            Value::Known(Known::Path(path)) => Static::Path(format!("./{}", path.display())),
            Value::List(_) if depth > DEPTH => Static::SomeList,
            Value::List(items) => Static::List(
                items
                    .iter()
                    .map(|item| self.at_depth(self.owner(module, item.syntax()), item, depth + 1))
                    .collect(),
            ),
            Value::Set(_) if depth > DEPTH => Static::SomeSet,
            Value::Set(set) => self.set(self.owner(module, set.syntax()), &set, depth),
            Value::Option(path) => Static::Unknown(UnknownReason {
                reason: format!("it is the value of '{}'", path.join(".")),
                place: module.source.place_of(node),
            }),
            Value::Unknown(why) => expr.and_then(kind).unwrap_or(Static::Unknown(why)),
        }
    }

    fn set(&self, module: &'a Module, set: &ast::AttrSet, depth: usize) -> Static {
        let mut found: BTreeMap<String, Static> = BTreeMap::new();
        for entry in set.entries() {
            match &entry {
                ast::Entry::AttrpathValue(binding) => {
                    let names: Option<Vec<String>> = module::entry_names(&entry).into_iter().collect();
                    let (Some(names), Some(value)) = (names, binding.value()) else {
                        return Static::SomeSet;
                    };
                    match names.as_slice() {
                        [name] => found.insert(name.clone(), self.at_depth(module, &value, depth + 1)),
                        [name, ..] => found.insert(name.clone(), Static::SomeSet),
                        [] => return Static::SomeSet,
                    };
                }
                ast::Entry::Inherit(inherit) => {
                    for attr in inherit.attrs() {
                        let Some(name) = syntax::attr_name(&attr) else {
                            return Static::SomeSet;
                        };
                        let value = Eval::new(self.model, module).inherited(inherit, &name);
                        let value = self.value(module, inherit.syntax(), None, value, depth + 1);
                        found.insert(name, value);
                    }
                }
            }
        }
        Static::Set(found)
    }
}

/// The kind of an expression whose value is not known.
fn kind(expr: &ast::Expr) -> Option<Static> {
    match expr {
        ast::Expr::Str(_) => Some(Static::Text),
        ast::Expr::BinOp(op) => match op.operator() {
            Some(ast::BinOpKind::Concat) => Some(Static::SomeList),
            Some(ast::BinOpKind::Update) => Some(Static::SomeSet),
            _ => None,
        },
        ast::Expr::Ident(ident) => match scope::lookup(ident.syntax(), &syntax::ident_text(ident)) {
            Binding::Split(_) => Some(Static::SomeSet),
            _ => None,
        },
        _ => None,
    }
}

/// An expression's source on one line, shortened where it is long.
pub fn source_text(expr: &ast::Expr) -> String {
    const LONGEST: usize = 60;
    let text = syntax::text_of(expr.syntax());
    let line = syntax::in_one_line(&text);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
