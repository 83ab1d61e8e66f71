//! The contract's schema as the repository declares it: fields, types, what is required.
//!
//! It is read from the option's declaration, so that a field that somebody added or renamed counts. What cannot be
//! taken apart is no fault: the schema is then open, and accepts every field.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use super::statics::{Static, StaticReader};
use super::types::{Field, Required, Submodule, Type};
use crate::resolve::module::{self, Module};
use crate::resolve::scope::{self, Binding};
use crate::resolve::{Model, OptionDecl};
use crate::syntax::{self, AstNode, HasEntry, Source, ast};

/// How deep bindings are followed for a type.
const DEPTH: usize = 12;

/// The schema that the tool installs, for a repository that declares none.
static EMBEDDED: LazyLock<Submodule> = LazyLock::new(|| {
    let source = Source::new("options.nix", include_str!("../../nix/options.nix"));
    let model = Model::new(
        Module::read(&source).map(Rc::new).into_iter().collect(),
        Default::default(),
    );
    of_option(&model, &["qgroget", "serviceModules"]).unwrap_or_default()
});

/// The schema of the contract: the repository's own, or the one that the tool installs.
pub fn of_contract(model: &Model, namespace: &[&str]) -> Submodule {
    of_option(model, namespace).unwrap_or_else(|| EMBEDDED.clone())
}

/// The fields of the submodules in the option `path`, an `attrsOf (submodule …)`; `None` if it is not declared.
pub fn of_option(model: &Model, path: &[&str]) -> Option<Submodule> {
    let (module, declaration) = model.declaration(path)?;
    let parser = Parser {
        reader: StaticReader::new(model),
        module,
    };
    let open = Submodule {
        open: true,
        ..Submodule::default()
    };
    Some(match parser.option_type(declaration) {
        Some(Type::AttrsOf(inner)) => match *inner {
            Type::Submodule(schema) => *schema,
            _ => open,
        },
        _ => open,
    })
}

/// What a type expects, where it does not take a value; both as source. `None` where it does, or where that is not known.
pub fn misfit(kind: &str, value: &str) -> Option<String> {
    let text = format!(
        "{{lib, ...}}: let inherit (lib) types; in {{options.of = lib.mkOption {{type = types.attrsOf (types.submodule {{options.field = lib.mkOption {{type = {kind}; default = {value};}};}});}};}}"
    );
    let source = Source::new("field.nix", text);
    let module = Module::read(&source).map(Rc::new);
    let model = Model::new(module.into_iter().collect(), Default::default());
    let schema = of_option(&model, &["of"])?;
    let field = schema.fields.get("field")?;
    let fits = field.ty.takes(field.default.as_ref()?);
    (fits == Some(false)).then(|| field.ty.description())
}

struct Parser<'a> {
    reader: StaticReader<'a>,
    module: &'a Module,
}

impl Parser<'_> {
    fn option_type(&self, declaration: &OptionDecl) -> Option<Type> {
        let arguments = mk_option(&below_scopes(declaration.value.clone()))?;
        Some(self.ty(&module::attribute(&arguments, "type")?, 0))
    }

    fn ty(&self, expr: &ast::Expr, depth: usize) -> Type {
        if depth > DEPTH {
            return Type::Other;
        }
        let expr = syntax::unparen(expr.clone());
        let (function, arguments) = syntax::call(&expr);
        let bound = match &function {
            ast::Expr::Ident(ident) => match scope::lookup(ident.syntax(), &syntax::ident_text(ident)) {
                Binding::Value(value) => Some(value),
                _ => None,
            },
            _ => None,
        };
        if let Some(binding) = bound {
            return match (binding.value(), arguments.is_empty()) {
                (Some(value), true) => self.ty(&value, depth + 1),
                _ => Type::Other,
            };
        }
        let inner = |i: usize| Box::new(self.ty(&arguments[i], depth + 1));
        match (syntax::function_name(&function).as_deref(), arguments.len()) {
            (Some(name), 0) => plain(name),
            (Some("nullOr"), 1) => Type::NullOr(inner(0)),
            (Some("listOf"), 1) => Type::ListOf(inner(0)),
            (Some("attrsOf"), 1) => Type::AttrsOf(inner(0)),
            (Some("uniq" | "unique"), _) => self.ty(&arguments[arguments.len() - 1], depth + 1),
            (Some("either"), 2) => Type::Either(inner(0), inner(1)),
            (Some("oneOf"), 1) => self.one_of(&arguments[0], depth),
            (Some("enum"), 1) => match self.reader.read(self.module, &arguments[0]) {
                Static::List(values) if values.iter().all(|v| v.show().is_some()) => Type::Enum(values),
                _ => Type::Other,
            },
            (Some("submodule"), 1) => match fields_of(&arguments[0]) {
                Some(set) => Type::Submodule(Box::new(self.schema(&set, depth + 1))),
                None => Type::Other,
            },
            _ => Type::Other,
        }
    }

    fn one_of(&self, list: &ast::Expr, depth: usize) -> Type {
        let ast::Expr::List(list) = syntax::unparen(list.clone()) else {
            return Type::Other;
        };
        list.items()
            .map(|item| self.ty(&item, depth + 1))
            .reduce(|a, b| Type::Either(Box::new(a), Box::new(b)))
            .unwrap_or(Type::Other)
    }

    /// The schema of a submodule's set, which has `options`.
    fn schema(&self, set: &ast::AttrSet, depth: usize) -> Submodule {
        let mut schema = Submodule::default();
        for entry in set.entries() {
            let names = module::entry_names(&entry);
            let value = match &entry {
                ast::Entry::AttrpathValue(binding) => binding.value(),
                ast::Entry::Inherit(_) => None,
            };
            match (names.first().and_then(|n| n.as_deref()), value) {
                (Some("options"), Some(value)) if names.len() == 1 => {
                    let ast::Expr::AttrSet(options) = below_scopes(value) else {
                        schema.open = true;
                        continue;
                    };
                    for option in options.entries() {
                        let names = module::entry_names(&option);
                        self.option(&option, &names, &mut schema, depth);
                    }
                }
                (Some("options"), Some(_)) => self.option(&entry, &names[1..], &mut schema, depth),
                (Some("freeformType"), Some(value)) if names.len() == 1 => {
                    schema.open = true;
                    schema.freeform = Some(self.ty(&value, depth).description());
                }
                (Some("config" | "_file" | "key"), _) => {}
                _ => schema.open = true,
            }
        }
        other_names(&mut schema, set);
        schema
    }

    fn option(&self, entry: &ast::Entry, names: &[Option<String>], schema: &mut Submodule, depth: usize) {
        let value = match entry {
            ast::Entry::AttrpathValue(binding) => binding.value(),
            ast::Entry::Inherit(_) => None,
        };
        match (names, value) {
            ([Some(name)], Some(value)) => {
                let field = self.field(name, &below_scopes(value), depth);
                schema.fields.insert(name.clone(), field);
            }
            // A group of options below one name.
            ([Some(name), ..], _) => {
                schema.fields.insert(name.clone(), unknown_field());
            }
            _ => schema.open = true,
        }
    }

    fn field(&self, name: &str, value: &ast::Expr, depth: usize) -> Field {
        let mut field = unknown_field();
        if syntax::call_of(value, "mkEnableOption", 1).is_some() {
            field.ty = Type::Bool;
            field.default = Some(Static::Bool(false));
            return field;
        }
        let Some(arguments) = mk_option(value) else {
            return field;
        };
        let argument = |name: &str| module::attribute(&arguments, name);
        if let Some(ty) = argument("type") {
            field.ty = self.ty(&ty, depth + 1);
        }
        let default = argument("default").map(below_scopes);
        field.required = required(default.as_ref());
        field.other_name_of = default.as_ref().and_then(config_field).filter(|of| of != name);
        field.default = default
            .map(|d| self.reader.read(self.module, &d))
            .filter(|d| d.show().is_some());
        field.read_only =
            argument("readOnly").is_some_and(|e| self.reader.read(self.module, &e).as_bool() == Some(true));
        field.example = argument("example").and_then(|e| self.example(&e));
        field.description = argument("description").and_then(|e| match below_scopes(e) {
            ast::Expr::Str(string) => syntax::string_value(&string),
            other => match syntax::call(&other).1.pop() {
                Some(ast::Expr::Str(string)) => syntax::string_value(&string),
                _ => None,
            },
        });
        field
    }

    fn example(&self, expr: &ast::Expr) -> Option<String> {
        let (_, arguments) = syntax::call(expr);
        match arguments.as_slice() {
            [] => self.reader.read(self.module, expr).show(),
            [ast::Expr::Str(string)] => syntax::string_value(string),
            _ => None,
        }
    }
}

fn unknown_field() -> Field {
    Field {
        ty: Type::Other,
        required: Required::No,
        other_name_of: None,
        read_only: false,
        default: None,
        example: None,
        description: None,
    }
}

/// A field whose default is another field of the same type is another name of it, if the submodule passes it on.
fn other_names(schema: &mut Submodule, set: &ast::AttrSet) {
    let config = module::attribute(set, "config").map(|c| syntax::text_of(c.syntax()));
    let kinds: BTreeMap<String, String> = schema
        .fields
        .iter()
        .map(|(name, field)| (name.clone(), field.ty.description()))
        .collect();
    for (name, field) in &mut schema.fields {
        let passed_on = |of: &String| {
            kinds.get(of) == kinds.get(name)
                && config
                    .as_ref()
                    .is_some_and(|text| text.contains(&format!("options.{name}")))
        };
        field.other_name_of = field.other_name_of.take().filter(passed_on);
    }
}

/// The set that has a submodule's `options`: the argument itself, or what a function returns.
fn fields_of(argument: &ast::Expr) -> Option<ast::AttrSet> {
    let mut expr = below_scopes(argument.clone());
    while let ast::Expr::Lambda(lambda) = &expr {
        expr = below_scopes(lambda.body()?);
    }
    match expr {
        ast::Expr::AttrSet(set) => Some(set),
        _ => None,
    }
}

fn mk_option(value: &ast::Expr) -> Option<ast::AttrSet> {
    match syntax::call_of(value, "mkOption", 1)?.pop().map(syntax::unparen)? {
        ast::Expr::AttrSet(set) => Some(set),
        _ => None,
    }
}

/// Takes parentheses, `let … in` and `with` off.
pub fn below_scopes(expr: ast::Expr) -> ast::Expr {
    let mut expr = syntax::unparen(expr);
    loop {
        let inner = match &expr {
            ast::Expr::LetIn(let_in) => let_in.body(),
            ast::Expr::With(with) => with.body(),
            _ => return expr,
        };
        match inner {
            Some(inner) => expr = syntax::unparen(inner),
            None => return expr,
        }
    }
}

/// A field is required where its default does not exist, or is an error.
fn required(default: Option<&ast::Expr>) -> Required {
    let throws = |expr: &ast::Expr| {
        let (function, arguments) = syntax::call(expr);
        !arguments.is_empty()
            && matches!(
                syntax::function_name(&function).as_deref(),
                Some("missing" | "throw" | "abort")
            )
    };
    match default {
        None => Required::Always,
        Some(default) if throws(default) => Required::Always,
        Some(ast::Expr::IfElse(choice)) => {
            let strict = choice
                .condition()
                .is_some_and(|c| syntax::text_of(c.syntax()).contains("strict"));
            match choice.body() {
                Some(body) if strict && throws(&syntax::unparen(body.clone())) => Required::Strict,
                _ => Required::No,
            }
        }
        Some(_) => Required::No,
    }
}

/// The `x` of `config.x`.
fn config_field(default: &ast::Expr) -> Option<String> {
    let ast::Expr::Select(select) = default else {
        return None;
    };
    let is_config = matches!(select.expr()?, ast::Expr::Ident(ident) if syntax::ident_text(&ident) == "config");
    match syntax::attrpath_names(&select.attrpath()?).as_slice() {
        [Some(name)] if is_config => Some(name.clone()),
        _ => None,
    }
}

fn plain(name: &str) -> Type {
    match name {
        "bool" => Type::Bool,
        "str" => Type::Str,
        "lines" => Type::Joined("\"\\n\""),
        "commas" => Type::Joined("\",\""),
        "int" => Type::Int,
        "port" | "u16" => Type::Between(
            0,
            65535,
            "16 bit unsigned integer; between 0 and 65535 (both inclusive)",
        ),
        "positive" => Type::Between(1, i64::MAX, "positive integer, meaning >0"),
        "unsigned" => Type::Between(0, i64::MAX, "unsigned integer, meaning >=0"),
        "float" => Type::Float,
        "path" => Type::Path,
        "anything" => Type::Any("anything"),
        "raw" => Type::Any("raw value"),
        "unspecified" => Type::Any("unspecified value"),
        "attrs" => Type::AttrsOf(Box::new(Type::Any("anything"))),
        _ => Type::Other,
    }
}
