//! The contract's fields as the repository's own `options.nix` declares them.

use std::path::PathBuf;

use crate::error::{self, Place, Result};
use crate::plan::install::places;
use crate::plan::install::schema::options_below;
use crate::plan::model::Context;
use crate::resolve::module::attribute;
use crate::resolve::scope::{self, Binding};
use crate::rules::parts;
use crate::syntax::{self, AstNode, Source, SyntaxNode, ast};

/// The fields that the installed schema requires.
pub const REQUIRED: [&str; 3] = ["enable", "domain", "dataDir"];

/// The schema of a service.
pub struct Schema<'a> {
    /// The file that declares it.
    pub source: &'a Source,
    /// Every field with the binding that declares it, in source order.
    pub fields: Vec<(String, ast::AttrpathValue)>,
    /// The set that the fields stand in.
    pub set: ast::AttrSet,
}

impl<'a> Schema<'a> {
    /// Reads the schema.
    ///
    /// # Errors
    /// `contract-needed` where there is none; `schema-unreadable` where its type is no submodule that stands there.
    pub fn read(context: &Context<'a>) -> Result<Schema<'a>> {
        let namespace = parts(&context.rules().namespaces.contract);
        let Some((module, declaration)) = context.model.declaration(&namespace) else {
            return Err(error::evolve::contract_absent());
        };
        let source = &module.source;
        let unreadable = || error::evolve::schema_unreadable(source.place_of(declaration.entry.syntax()));
        let option = option_of(&declaration.value).ok_or_else(unreadable)?;
        let kind = attribute(&option, "type").ok_or_else(unreadable)?;
        let service = service_type(&kind);
        let fields = options_below(&service);
        let set = fields
            .first()
            .and_then(|(_, binding)| ast::AttrSet::cast(binding.syntax().parent()?))
            .ok_or_else(unreadable)?;
        let source = context.repo.source(source.path()).ok_or_else(unreadable)?;
        Ok(Schema { source, fields, set })
    }

    /// Whether the field is declared.
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(name, _)| name == field)
    }

    /// The binding that declares a field.
    pub fn binding(&self, field: &str) -> Option<&ast::AttrpathValue> {
        self.fields
            .iter()
            .find(|(name, _)| name == field)
            .map(|(_, binding)| binding)
    }

    /// The names of all fields.
    pub fn names(&self) -> Vec<String> {
        self.fields.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Where the fields are declared.
    pub fn place(&self) -> Place {
        let first = self.fields.first().map(|(_, binding)| binding.syntax().clone());
        self.source.place_of(&first.unwrap_or_else(|| self.source.root()))
    }

    /// Where a field is declared, or else where the fields are.
    pub fn place_of(&self, field: &str) -> Place {
        match self.binding(field) {
            Some(binding) => self.source.place_of(binding.syntax()),
            None => self.place(),
        }
    }

    /// The default of a field as it is written.
    pub fn default(&self, field: &str) -> Option<ast::Expr> {
        attribute(&option_of(&self.binding(field)?.value()?)?, "default")
    }

    /// The fields that have no usable default.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required = |name: &&str| match self.default(name) {
            None => true,
            Some(default) => {
                let (function, arguments) = syntax::call(&default);
                !arguments.is_empty() && syntax::function_name(&function).as_deref() == Some("missing")
            }
        };
        let names = self.fields.iter().map(|(name, _)| name.as_str());
        names.filter(required)
    }

    /// The set of messages for required fields, and how a message is made there (`say`).
    pub fn messages(&self) -> Option<ast::AttrSet> {
        let bindings = self.source.root().descendants().filter_map(ast::AttrpathValue::cast);
        let mut options = bindings.filter(|binding| scope::first_name(binding).as_deref() == Some("requiredFields"));
        let option = option_of(&options.next()?.value()?)?;
        let default = attribute(&option, "default")?;
        let sets = default.syntax().descendants().filter_map(ast::AttrSet::cast);
        let mut sets = sets.filter(|set| attribute(set, "dataDir").is_some());
        sets.next()
    }

    /// The value that the repository's template gives a field, as source.
    pub fn template_value(&self, context: &Context, field: &str) -> Option<String> {
        let source = context.repo.source(&template(context))?;
        let bindings = source.root().descendants().filter_map(ast::AttrpathValue::cast);
        let mut own = bindings
            .filter(|binding| scope::first_name(binding).as_deref() == Some(field))
            .filter(|binding| {
                let set = binding.syntax().parent().and_then(ast::AttrSet::cast);
                set.is_some_and(|set| attribute(&set, "dataDir").is_some())
            });
        Some(syntax::text_of(own.next()?.value()?.syntax()))
    }
}

/// The template's file.
pub fn template(context: &Context) -> PathBuf {
    context.rules().paths.server.join(places::TEMPLATE)
}

/// The argument set of `mkOption`, below `let` and parentheses.
pub fn option_of(value: &ast::Expr) -> Option<ast::AttrSet> {
    let mut expr = syntax::unparen(value.clone());
    while let ast::Expr::LetIn(let_in) = &expr {
        expr = syntax::unparen(let_in.body()?);
    }
    match syntax::call_of(&expr, "mkOption", 1)?.pop().map(syntax::unparen)? {
        ast::Expr::AttrSet(set) => Some(set),
        _ => None,
    }
}

/// The node in which a service's submodule is written: the type itself, or the value of the name that it is given by.
pub fn service_type(kind: &ast::Expr) -> SyntaxNode {
    let inner = syntax::call_of(kind, "attrsOf", 1).and_then(|mut arguments| arguments.pop());
    let inner = syntax::unparen(inner.unwrap_or_else(|| kind.clone()));
    if let ast::Expr::Ident(ident) = &inner
        && let Binding::Value(binding) = scope::lookup(ident.syntax(), &syntax::ident_text(ident))
        && let Some(value) = binding.value()
    {
        return value.syntax().clone();
    }
    inner.syntax().clone()
}
