//! A NixOS module as written: its arguments, imports, option declarations, and every definition with its origin.
//!
//! Definitions are found through attribute sets however they are split (`a.b.c = x`, `a = { b.c = x; }`),
//! through `mkIf`, `mkMerge`, priorities, `let … in`, `with`, parentheses and `//` (NixOS manual, "Writing NixOS Modules").

use std::collections::HashMap;
use std::rc::Rc;

use super::computed::Computed;
use super::scope::Binding;
use super::value::Eval;
use crate::syntax::{self, AstNode, HasEntry, Source, ast};

mod walk;

use walk::Walk;

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
pub struct Context {
    /// Conditions of `mkIf` and `optionalAttrs`, outermost first.
    pub conditions: Vec<ast::Expr>,
    /// Priority functions by name (`mkDefault`, `mkForce` …), outermost first.
    pub priorities: Vec<String>,
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
    pub context: Rc<Context>,
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
    /// Reads a module; `None` where the file does not parse or is no module (no function to a set, no set).
    pub fn read(source: &Source) -> Option<Module> {
        let mut module = Module::head(source)?;
        module.collect();
        Some(module)
    }

    /// Reads a module without its definitions and declarations, as it takes to see what it imports.
    pub fn head(source: &Source) -> Option<Module> {
        let expr = source.expr().ok()?;
        let (lambda, body) = module_body(expr)?;
        Some(Module {
            lambda,
            ..Module::shell(source, body)
        })
    }

    /// A module that is written inside another file, such as a machine of a test: a set literal, read as a module.
    pub fn within(source: &Source, body: ast::AttrSet) -> Module {
        let mut module = Module::shell(source, body);
        module.collect();
        module
    }

    fn shell(source: &Source, body: ast::AttrSet) -> Module {
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

    fn collect(&mut self) {
        // Computed attribute names that the file's own `let` bindings tell are names like any other.
        let probe = self.clone();
        let mut walk = Walk {
            defs: &mut self.defs,
            computed: &mut self.computed,
            eval: Eval::alone(&probe),
        };
        for entry in self.body.clone().entries() {
            let names = entry_names(&entry);
            match names.first().and_then(|n| n.as_deref()) {
                Some("options") => {
                    if let ast::Entry::AttrpathValue(value) = &entry {
                        declarations(value, &segments(value)[1..], &mut self.options);
                    }
                }
                Some("config") if self.explicit => walk.entry(&entry, &[], 1, &Rc::default()),
                Some(name) if !self.explicit && STRUCTURAL.contains(&name) => {}
                _ if self.explicit => {}
                _ => walk.entry(&entry, &[], 0, &Rc::default()),
            }
        }
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

/// The elements of every list literal in `expr` through `++`, `concatLists`, `flatten`, `optionals` and parentheses.
pub fn list_elements(expr: &ast::Expr, found: &mut Vec<ast::Expr>) {
    match syntax::unparen(expr.clone()) {
        ast::Expr::List(list) => found.extend(list.items()),
        ast::Expr::BinOp(op) => [op.lhs(), op.rhs()]
            .into_iter()
            .flatten()
            .for_each(|side| list_elements(&side, found)),
        ast::Expr::LetIn(let_in) => let_in.body().iter().for_each(|body| list_elements(body, found)),
        ast::Expr::With(with) => with.body().iter().for_each(|body| list_elements(body, found)),
        other => {
            let (function, arguments) = syntax::call(&other);
            match (syntax::function_name(&function).as_deref(), arguments.as_slice()) {
                (Some("mkAfter" | "mkBefore" | "mkForce" | "mkDefault"), [list])
                | (Some("optionals" | "mkIf" | "mkOrder"), [_, list]) => {
                    list_elements(list, found);
                }
                (Some("concatLists" | "flatten" | "mkMerge"), [lists]) => {
                    if let ast::Expr::List(list) = syntax::unparen(lists.clone()) {
                        list.items().for_each(|inner| list_elements(&inner, found));
                    }
                }
                _ => {}
            }
        }
    }
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
fn segments(value: &ast::AttrpathValue) -> Vec<Segment> {
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

/// Whether a condition is the word `true`, which conditions nothing.
pub fn is_true(condition: &ast::Expr) -> bool {
    let condition = syntax::unparen(condition.clone());
    condition.syntax().text() == "true" && matches!(super::scope::lookup(condition.syntax(), "true"), Binding::Global)
}

fn declarations(value: &ast::AttrpathValue, path: &[Segment], found: &mut Vec<OptionDecl>) {
    let Some(expr) = value.value().map(syntax::unparen) else {
        return;
    };
    let mut set = expr.clone();
    while let ast::Expr::LetIn(_) | ast::Expr::With(_) = &set {
        let inner = match &set {
            ast::Expr::LetIn(let_in) => let_in.body(),
            ast::Expr::With(with) => with.body(),
            _ => None,
        };
        let Some(inner) = inner else { return };
        set = syntax::unparen(inner);
    }
    if let ast::Expr::AttrSet(set) = &set {
        for inner in set.attrpath_values() {
            let mut path = path.to_vec();
            path.extend(segments(&inner));
            declarations(&inner, &path, found);
        }
    } else {
        found.push(OptionDecl {
            path: path.to_vec(),
            entry: value.clone(),
            value: expr,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let module = Module::read(&Source::new("m.nix", text)).expect("a module");
        module
            .defs
            .iter()
            .map(|def| format!("{}{}", def.path_text(), "?".repeat(def.context.conditions.len())))
            .collect()
    }

    #[test]
    fn definitions_are_found_however_they_are_split() {
        assert_eq!(
            paths("{...}: { a.b.c = 1; a = { b.d = 2; }; }"),
            ["a.b.c", "a", "a.b.d"]
        );
        assert_eq!(
            paths("{lib, ...}: { config = lib.mkIf c { a = lib.mkDefault 1; }; }"),
            ["a?"]
        );
        assert_eq!(
            paths("{ options.x = 1; config = mkMerge [(mkIf c { a = 1; }) { b = 2; }]; }"),
            ["a?", "b"]
        );
        assert_eq!(
            paths("{ imports = []; a = let q = 1; in { inherit q; ${w} = 2; }; }"),
            ["a", "a.q", "a.${…}"]
        );
        assert_eq!(
            paths("{lib, ...}: { config = lib.mkIf (true) { a = lib.mkIf true 1; }; }"),
            ["a"]
        );
        assert_eq!(
            paths("with lib; let in { config.a = mkIf c (mkIf d { b = 1; } // { e = 2; }); }"),
            ["a?", "a.b??", "a.e?"]
        );
    }

    #[test]
    fn options_and_imports_are_found() {
        let text = "{lib, ...}: { options.q.s = { enable = lib.mkEnableOption \"x\"; port = lib.mkOption { default = 1; }; }; imports = [./a] ++ [./b]; }";
        let module = Module::read(&Source::new("m.nix", text)).expect("a module");
        let names: Vec<String> = module.options.iter().map(|o| path_text(&o.path)).collect();
        assert_eq!(names, ["q.s.enable", "q.s.port"]);
        assert!(module.options[0].is_enable());
        assert_eq!(
            module.options[1].argument("default").expect("a default").to_string(),
            "1"
        );
        assert_eq!(module.imports().len(), 2);
    }
}
