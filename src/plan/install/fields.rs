//! The fields of the repository's own options, read from their types: `attrsOf` a submodule, however the submodule is named,
//! and in whichever file it stands.

use crate::error::{self, Error, Result};
use crate::plan::model::Context;
use crate::resolve::scope::{self, Binding};
use crate::resolve::{Eval, Known, Value};
use crate::resolve::{Module, OptionDecl, module};
use crate::syntax::{self, AstNode, HasEntry, SyntaxNode, ast};

/// How many names and imports may lead on to each other.
const DEPTH: usize = 32;

/// The fields that an option's attributes have, in source order; none where the repository does not declare the option.
///
/// # Errors
/// `legacy-schema-unreadable` where the type has a form that does not tell them.
pub fn of(context: &Context, namespace: &[&str]) -> Result<Vec<String>> {
    let mut reading = Reading {
        context,
        namespace: namespace.join("."),
        fields: Vec::new(),
    };
    let Some((module, declaration)) = context.model.declaration(namespace) else {
        return match above(context, namespace) {
            Some((module, declaration)) => {
                let at = At { module, depth: 0 };
                let why = "it is declared in something that is not written out";
                Err(reading.unreadable(at, declaration.value.syntax(), why))
            }
            None => Ok(Vec::new()),
        };
    };
    let at = At { module, depth: 0 };
    let Some(kind) = option_type(&declaration.value) else {
        return Err(reading.unreadable(at, declaration.value.syntax(), "it has no type"));
    };
    reading.kind(at, &kind)?;
    Ok(reading.fields)
}

/// A declaration of something above the option that is no set of declarations.
fn above<'m>(context: &Context<'m>, namespace: &[&str]) -> Option<(&'m Module, &'m OptionDecl)> {
    let is_above = |declaration: &&OptionDecl| {
        let mut parts = declaration.path.iter().zip(namespace);
        declaration.path.len() < namespace.len() && parts.all(|(own, part)| own.as_deref() == Some(*part))
    };
    let mut modules = context.model.modules();
    modules.find_map(|module| Some((module, module.options.iter().find(is_above)?)))
}

/// The `type` of an option.
fn option_type(value: &ast::Expr) -> Option<ast::Expr> {
    let argument = syntax::call_of(&body(value), "mkOption", 1)?.pop()?;
    match body(&argument) {
        ast::Expr::AttrSet(set) => module::attribute(&set, "type"),
        _ => None,
    }
}

/// An expression without parentheses, `let`, `with` and `assert` around it.
fn body(expr: &ast::Expr) -> ast::Expr {
    let expr = syntax::unparen(expr.clone());
    let inner = match &expr {
        ast::Expr::LetIn(let_in) => let_in.body(),
        ast::Expr::With(with) => with.body(),
        ast::Expr::Assert(assert) => assert.body(),
        _ => None,
    };
    inner.map_or(expr, |inner| body(&inner))
}

/// The module that an expression stands in, and how many names and imports led to it.
#[derive(Clone, Copy)]
struct At<'m> {
    module: &'m Module,
    depth: usize,
}

impl At<'_> {
    fn deeper(self) -> Self {
        At {
            depth: self.depth + 1,
            ..self
        }
    }
}

struct Reading<'c, 'a> {
    context: &'c Context<'a>,
    namespace: String,
    fields: Vec<String>,
}

impl Reading<'_, '_> {
    fn unreadable(&self, at: At, node: &SyntaxNode, why: &str) -> Error {
        error::plan::legacy_schema_unreadable(at.module.source.place_of(node), &self.namespace, why)
    }

    /// Reads the type of the option, or of its attributes.
    fn kind(&mut self, at: At, expr: &ast::Expr) -> Result<()> {
        let expr = body(expr);
        let (function, arguments) = syntax::call(&expr);
        match (syntax::function_name(&function).as_deref(), arguments.as_slice()) {
            (Some("attrsOf" | "lazyAttrsOf"), [inner]) => self.kind(at, inner),
            (Some("submodule"), [inner]) => self.submodule(at, inner),
            _ => match self.named(at, &expr)? {
                Some(value) => self.kind(at.deeper(), &value),
                None => Err(self.unreadable(at, expr.syntax(), "its type is no submodule")),
            },
        }
    }

    /// Reads a submodule: a set, a function to one, a list of them, a file.
    fn submodule(&mut self, at: At, expr: &ast::Expr) -> Result<()> {
        let expr = body(expr);
        match &expr {
            ast::Expr::AttrSet(set) => return self.module(at, set),
            ast::Expr::Lambda(function) => {
                if let Some(inner) = function.body() {
                    return self.submodule(at, &inner);
                }
            }
            ast::Expr::List(list) => return list.items().try_for_each(|item| self.submodule(at, &item)),
            ast::Expr::PathRel(_) => return self.file(at, &expr),
            _ => {}
        }
        // `import ./service.nix { … }`: what the function is given changes none of the names.
        let (function, arguments) = syntax::call(&expr);
        if let (Some("import"), Some(path)) = (syntax::function_name(&function).as_deref(), arguments.first()) {
            return self.file(at, path);
        }
        match self.named(at, &expr)? {
            Some(value) => self.submodule(at.deeper(), &value),
            None => Err(self.unreadable(at, expr.syntax(), "its submodule is made by a function")),
        }
    }

    /// Reads the file that a path names.
    fn file(&mut self, at: At, path: &ast::Expr) -> Result<()> {
        let target = match Eval::alone(at.module).eval(path) {
            Value::Known(Known::Path(target)) => self.context.repo.import_target(&target),
            _ => None,
        };
        let source = target.and_then(|target| self.context.repo.source(&target));
        let module = source.and_then(Module::head);
        let Some(module) = module.filter(|_| at.depth < DEPTH) else {
            return Err(self.unreadable(at, path.syntax(), "its file is no submodule that can be read"));
        };
        let at = At {
            module: &module,
            depth: at.depth + 1,
        };
        self.module(at, &module.body)
    }

    /// Reads the options of a submodule's set, and of the modules that it imports.
    fn module(&mut self, at: At, set: &ast::AttrSet) -> Result<()> {
        let eval = Eval::alone(at.module);
        for entry in set.entries() {
            let ast::Entry::AttrpathValue(binding) = &entry else {
                self.inherited(at, &entry)?;
                continue;
            };
            let (names, value) = (eval.entry_names(&entry), binding.value());
            match (names.as_slice(), value) {
                ([Some(first), Some(field), ..], _) if first == "options" => self.add(field),
                ([Some(first)], Some(options)) if first == "options" => self.options(at, &options)?,
                ([Some(first)], Some(imports)) if first == "imports" => {
                    let mut modules = Vec::new();
                    crate::resolve::list::list_elements(&imports, &mut modules);
                    modules.iter().try_for_each(|module| self.submodule(at, module))?;
                }
                ([Some(first), None, ..], _) if first == "options" => {
                    return Err(self.unreadable(at, entry.syntax(), "a field's name is computed"));
                }
                ([None, ..], _) => return Err(self.unreadable(at, entry.syntax(), "a name in it is computed")),
                _ => {}
            }
        }
        Ok(())
    }

    /// Reads `inherit options;` in a submodule.
    fn inherited(&mut self, at: At, entry: &ast::Entry) -> Result<()> {
        let ast::Entry::Inherit(inherit) = entry else {
            return Ok(());
        };
        let is_options = |attr: ast::Attr| syntax::attr_name(&attr).as_deref() == Some("options");
        if !inherit.attrs().any(is_options) {
            return Ok(());
        }
        match Eval::alone(at.module).inherited(inherit, "options") {
            Value::Set(set) => self.options(at, &ast::Expr::AttrSet(set)),
            _ => Err(self.unreadable(at, entry.syntax(), "its options are inherited")),
        }
    }

    /// Reads a set of options.
    fn options(&mut self, at: At, expr: &ast::Expr) -> Result<()> {
        match Eval::alone(at.module).attribute_names(expr) {
            Some(names) => names.iter().for_each(|name| self.add(name)),
            None => return Err(self.unreadable(at, expr.syntax(), "its options are no attribute set literal")),
        }
        Ok(())
    }

    fn add(&mut self, field: &str) {
        if !self.fields.iter().any(|known| known == field) {
            self.fields.push(field.to_owned());
        }
    }

    /// What a name is bound to, or a selection from a set; `None` for any other expression.
    fn named(&self, at: At, expr: &ast::Expr) -> Result<Option<ast::Expr>> {
        if at.depth >= DEPTH {
            return Err(self.unreadable(at, expr.syntax(), "its names lead to each other without end"));
        }
        if let ast::Expr::Ident(ident) = expr
            && let Binding::Value(binding) = scope::lookup(ident.syntax(), &syntax::ident_text(ident))
            && binding.attrpath().is_some_and(|path| path.attrs().count() == 1)
        {
            return Ok(binding.value());
        }
        Ok(match Eval::alone(at.module).eval(expr) {
            Value::Set(set) if !matches!(expr, ast::Expr::AttrSet(_)) => Some(ast::Expr::AttrSet(set)),
            _ => None,
        })
    }
}
