//! A NixOS module as written: its arguments, imports, option declarations, and every definition with its origin.
//!
//! Definitions are found through attribute sets however they are split (`a.b.c = x`, `a = { b.c = x; }`),
//! through `mkIf`, `mkMerge`, priorities, `let … in`, `with`, parentheses and `//` (NixOS manual, "Writing NixOS Modules").

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::list::{List, list_elements};
use super::priority::Priority;
use super::value::UnknownReason;
use crate::error::Place;
use crate::syntax::{self, AstNode, HasEntry, Source, SyntaxNode, ast};

/// Attributes of a module that are not configuration (nixpkgs `lib/modules.nix`, `unifyModuleSyntax`).
pub const STRUCTURAL: [&str; 8] = [
    "imports",
    "options",
    "disabledModules",
    "config",
    "_file",
    "key",
    "_class",
    "freeformType",
];

/// What stands between a module's configuration and a definition.
#[derive(Clone, Debug, Default)]
pub struct DefinitionContext {
    /// Conditions of `mkIf` and `optionalAttrs`, outermost first.
    pub conditions: Vec<ast::Expr>,
    /// What gives it a priority or a place among others (`mkDefault`, `mkOrder` …), outermost first.
    pub priorities: Vec<Priority>,
    /// Whether a `//` or a function whose effect is not known stands in between.
    pub opaque: bool,
}

/// One part of an option path.
pub type Segment = Option<Rc<str>>;

/// One definition: a binding at whatever depth, with the option path it stands for.
#[derive(Clone, Debug)]
pub struct Def {
    /// The option path; `None` for a dynamic part.
    pub path: Vec<Segment>,
    /// How many parts of `path` the binding's own attrpath gives.
    pub own: usize,
    /// The binding.
    pub entry: ast::Entry,
    /// The value, without priorities and conditions at its head; `None` for `inherit`.
    pub value: Option<ast::Expr>,
    /// Conditions and priorities, those at the value's head included.
    pub context: Rc<DefinitionContext>,
}

impl Def {
    /// Whether the path is exactly `path`.
    pub fn is(&self, path: &[&str]) -> bool {
        self.path.len() == path.len() && self.under(path)
    }

    /// Whether the path is `prefix` or below it.
    pub fn under(&self, prefix: &[&str]) -> bool {
        self.goes_on(prefix, 0)
    }

    /// As [`Def::under`], where the first `known` names are known to be the same.
    pub(super) fn goes_on(&self, prefix: &[&str], known: usize) -> bool {
        let mut rest = self.path.iter().zip(prefix).skip(known);
        self.path.len() >= prefix.len() && rest.all(|(a, b)| a.as_deref() == Some(*b))
    }

    /// Whether the path is one that ends with these names.
    pub fn ends_with(&self, names: &[&str]) -> bool {
        let last = self.path.iter().rev().zip(names.iter().rev());
        self.path.len() >= names.len() && last.into_iter().all(|(a, b)| a.as_deref() == Some(*b))
    }

    /// The `i`th part of the path, if it is static.
    pub fn name(&self, i: usize) -> Option<&str> {
        self.path.get(i)?.as_deref()
    }

    /// The path for people: `a.b.<dynamic>`.
    pub fn path_text(&self) -> String {
        path_text(&self.path)
    }
}

/// An option path for people and for source text.
pub fn path_text(path: &[Option<impl AsRef<str>>]) -> String {
    let parts: Vec<String> = path
        .iter()
        .map(|part| {
            part.as_ref()
                .map_or("${…}".to_owned(), |name| syntax::attr_text(name.as_ref()))
        })
        .collect();
    parts.join(".")
}

/// An option declaration.
#[derive(Clone, Debug)]
pub struct OptionDecl {
    /// The option path.
    pub path: Vec<Segment>,
    /// The binding that declares it.
    pub entry: ast::AttrpathValue,
    /// The whole value: `lib.mkOption { … }`, `mkEnableOption "…"`, or something else.
    pub value: ast::Expr,
}

impl OptionDecl {
    /// The argument set of `mkOption`.
    pub fn arguments(&self) -> Option<ast::AttrSet> {
        match syntax::call_of(&self.value, "mkOption", 1)?
            .pop()
            .map(syntax::unparen)?
        {
            ast::Expr::AttrSet(set) => Some(set),
            _ => None,
        }
    }

    /// Whether it is `mkEnableOption …`.
    pub fn is_enable(&self) -> bool {
        syntax::call_of(&self.value, "mkEnableOption", 1).is_some()
    }

    /// The value of an attribute of `mkOption`'s argument.
    pub fn argument(&self, name: &str) -> Option<ast::Expr> {
        attribute(&self.arguments()?, name)
    }
}

/// The value of the attribute `name`, bound by itself in `set`.
pub fn attribute(set: &ast::AttrSet, name: &str) -> Option<ast::Expr> {
    set.attrpath_values().find_map(|value| {
        let names = syntax::attrpath_names(&value.attrpath()?);
        (names.len() == 1 && names[0].as_deref() == Some(name))
            .then(|| value.value())
            .flatten()
    })
}

/// What is computed of a definition.
#[derive(Clone, Debug)]
pub enum What {
    /// The value: a name, a function's result, a choice.
    Value(ast::Expr),
    /// The value that `inherit` gives the path's last name.
    Inherited(ast::Inherit),
    /// The next name of the path.
    Name(ast::Attr),
}

/// A definition, or a part of one, below which nothing is written out.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The option path that it defines something at or below.
    pub path: Vec<Segment>,
    /// How many parts of `path` the binding's own attrpath gives.
    pub own: usize,
    /// The binding that it stands in.
    pub entry: ast::Entry,
    pub what: What,
    /// Conditions and priorities.
    pub context: Rc<DefinitionContext>,
    names: OnceCell<Option<Vec<String>>>,
}

impl Computed {
    pub(super) fn new(
        path: Vec<Segment>,
        own: usize,
        entry: ast::Entry,
        what: What,
        context: Rc<DefinitionContext>,
    ) -> Computed {
        Computed {
            path,
            own,
            entry,
            what,
            context,
            names: OnceCell::new(),
        }
    }

    /// The names that it may define attributes of, which `find` finds out the first time.
    pub(super) fn names_found_by(&self, find: impl FnOnce() -> Option<Vec<String>>) -> Option<&[String]> {
        self.names.get_or_init(find).as_deref()
    }

    /// The code that is not known.
    pub fn node(&self) -> &SyntaxNode {
        match &self.what {
            What::Value(expr) => expr.syntax(),
            What::Inherited(inherit) => inherit.syntax(),
            What::Name(attr) => attr.syntax(),
        }
    }

    /// Where it stands in its module.
    pub fn place(&self, module: &Module) -> Place {
        module.source.place_of(self.node())
    }

    /// Why what it says is not known.
    pub fn why(&self, module: &Module) -> UnknownReason {
        let reason = match self.what {
            What::Value(_) => "a part of the configuration is computed here",
            What::Inherited(_) => "a part of the configuration is inherited here",
            What::Name(_) => "an attribute's name is computed here",
        };
        UnknownReason {
            reason: reason.into(),
            place: self.place(module),
        }
    }

    /// Whether its path is `path` or above it; a computed part of a path may be any.
    pub(super) fn is_above(&self, path: &[&str]) -> bool {
        let mut parts = self.path.iter().zip(path);
        self.path.len() <= path.len() && parts.all(|(own, part)| own.as_deref().is_none_or(|own| own == *part))
    }
}

/// A module file.
#[derive(Clone)]
pub struct Module {
    /// The file.
    pub source: Source,
    /// The function that the module is, outermost; `None` for a plain set.
    pub lambda: Option<ast::Lambda>,
    /// The set that the function returns.
    pub body: ast::AttrSet,
    /// Whether configuration stands under `config` (the module has `config` or `options`).
    pub explicit: bool,
    /// Every definition, at every depth, in source order.
    pub defs: Vec<Def>,
    /// Every option declaration, in source order.
    pub options: Vec<OptionDecl>,
    /// What of the configuration is computed, in source order.
    pub computed: Vec<Computed>,
    /// The definitions by [`keys`] of their paths: indices, in source order.
    by_key: HashMap<String, Vec<usize>>,
}

impl Module {
    /// Reads a module without its definitions and declarations, as it takes to see what it imports.
    pub fn head(source: &Source) -> Option<Module> {
        let expr = source.expr().ok()?;
        let (lambda, body) = module_body(expr)?;
        Some(Module {
            lambda,
            ..Module::shell(source, body)
        })
    }

    /// A module without its definitions and declarations.
    pub(super) fn shell(source: &Source, body: ast::AttrSet) -> Module {
        Module {
            source: source.clone(),
            lambda: None,
            explicit: is_explicit(&body),
            body,
            defs: Vec::new(),
            options: Vec::new(),
            computed: Vec::new(),
            by_key: HashMap::default(),
        }
    }

    /// Has definitions found by the [`key`]s of their paths, once all of them are there.
    pub(super) fn index_definitions(&mut self) {
        let mut found = String::new();
        for (i, def) in self.defs.iter().enumerate() {
            found.clear();
            for name in def.path.iter().take(KEY_NAMES).map_while(Option::as_deref) {
                add_to_key(&mut found, name);
                match self.by_key.get_mut(&found) {
                    Some(defs) => defs.push(i),
                    None => drop(self.by_key.insert(found.clone(), vec![i])),
                }
            }
        }
    }

    /// The keys that definitions are found by.
    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.by_key.keys()
    }

    /// The `imports` list's element expressions, in order; nested `++` and conditions are looked through.
    pub fn imports(&self) -> Vec<ast::Expr> {
        let Some(value) = attribute(&self.body, "imports") else {
            return Vec::new();
        };
        let mut found = Vec::new();
        list_elements(&value, &mut found);
        found
    }

    /// The parts of `imports` that are no list literals, and its elements that are put together: `map f …`, a name,
    /// `dir + "/x.nix"`.
    pub fn computed_imports(&self) -> Vec<ast::Expr> {
        let Some(value) = attribute(&self.body, "imports") else {
            return Vec::new();
        };
        let List { items, mut computed } = List::of(&value);
        let is_sum = |expr: &ast::Expr| matches!(syntax::unparen(expr.clone()), ast::Expr::BinOp(_));
        computed.extend(items.into_iter().map(|item| item.element).filter(is_sum));
        computed
    }

    /// The definitions at or below `prefix`.
    pub fn under<'a>(&'a self, prefix: &[&str]) -> impl Iterator<Item = &'a Def> {
        self.candidates(key(prefix).as_deref())
            .filter(move |def| def.goes_on(prefix, KEY_NAMES))
    }

    /// The definitions with a [`key`]; all of them without one.
    pub(super) fn candidates<'a>(&'a self, key: Option<&str>) -> impl Iterator<Item = &'a Def> + use<'a> {
        let all = key.is_none().then(|| self.defs.iter());
        let some = key.and_then(|key| self.by_key.get(key)).into_iter().flatten();
        all.into_iter().flatten().chain(some.map(|i| &self.defs[*i]))
    }
}

/// How many names of a path a [`key`] tells; an empty prefix, which has none, asks for no name.
pub(super) const KEY_NAMES: usize = 3;

/// What the definitions below `prefix` are found by: its first three names, of which the third is a service's; `None` for everything.
pub(super) fn key(prefix: &[&str]) -> Option<String> {
    let mut key = String::new();
    prefix
        .iter()
        .take(KEY_NAMES)
        .for_each(|name| add_to_key(&mut key, name));
    (!prefix.is_empty()).then_some(key)
}

/// Names in Nix have no NUL in them.
fn add_to_key(key: &mut String, name: &str) {
    key.push_str(name);
    key.push('\0');
}

fn is_explicit(body: &ast::AttrSet) -> bool {
    body.attrpath_values()
        .filter_map(|value| super::scope::first_name(&value))
        .any(|name| name == "config" || name == "options")
}

fn module_body(expr: ast::Expr) -> Option<(Option<ast::Lambda>, ast::AttrSet)> {
    let mut lambda = None;
    let mut expr = expr;
    loop {
        expr = match expr {
            ast::Expr::Lambda(function) => {
                let body = function.body()?;
                lambda.get_or_insert(function);
                body
            }
            ast::Expr::LetIn(let_in) => let_in.body()?,
            ast::Expr::With(with) => with.body()?,
            ast::Expr::Assert(assert) => assert.body()?,
            ast::Expr::Paren(paren) => paren.expr()?,
            ast::Expr::AttrSet(set) => return Some((lambda, set)),
            _ => return None,
        };
    }
}

/// The static parts of a binding's attrpath.
pub(super) fn segments(value: &ast::AttrpathValue) -> Vec<Segment> {
    let names = value.attrpath().map(|path| syntax::attrpath_names(&path));
    names.into_iter().flatten().map(|name| name.map(Rc::from)).collect()
}

/// The static names of an entry's attrpath; for `inherit`, nothing.
pub fn entry_names(entry: &ast::Entry) -> Vec<Option<String>> {
    match entry {
        ast::Entry::AttrpathValue(value) => value.attrpath().map(|p| syntax::attrpath_names(&p)).unwrap_or_default(),
        ast::Entry::Inherit(_) => Vec::new(),
    }
}
