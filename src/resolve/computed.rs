//! Parts of a configuration that are no set literals: which names they have may be known all the same, what they say is not.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use super::Model;
use super::module::{Context, Module, Segment};
use super::value::{Eval, UnknownReason, Value};
use crate::error::Place;
use crate::syntax::{self, AstNode, SyntaxNode, ast};

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
    pub context: Rc<Context>,
    names: OnceCell<Option<Vec<String>>>,
}

impl Computed {
    pub(super) fn new(path: Vec<Segment>, own: usize, entry: ast::Entry, what: What, context: Rc<Context>) -> Computed {
        Computed {
            path,
            own,
            entry,
            what,
            context,
            names: OnceCell::new(),
        }
    }

    /// The names of which it may define the attributes, each maybe more than once; `None` where they are not known.
    pub fn names(&self, module: &Module) -> Option<&[String]> {
        let names = self.names.get_or_init(|| {
            let eval = Eval::alone(module);
            match (&self.what, self.path.last()) {
                (What::Value(expr), _) => eval.attribute_names(expr),
                (What::Inherited(inherit), Some(Some(name))) => match eval.inherited(inherit, name) {
                    Value::Set(set) => eval.attribute_names(&ast::Expr::AttrSet(set)),
                    _ => None,
                },
                _ => None,
            }
        });
        names.as_deref()
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
    fn is_above(&self, path: &[&str]) -> bool {
        let mut parts = self.path.iter().zip(path);
        self.path.len() <= path.len() && parts.all(|(own, part)| own.as_deref().is_none_or(|own| own == *part))
    }

    /// Whether it may define the option `path`, which is below its own.
    fn may_define(&self, module: &Module, path: &[&str]) -> bool {
        let next = path.get(self.path.len());
        next.is_some_and(|next| {
            self.names(module)
                .is_none_or(|names| names.iter().any(|name| name == next))
        })
    }
}

/// The computed parts of all modules, by the first name of their paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    by_name: HashMap<Rc<str>, Vec<(usize, usize)>>,
    /// Those whose first name is computed, or that are a module's whole configuration.
    anywhere: Vec<(usize, usize)>,
}

impl Index {
    /// The parts of `modules`, without those of the modules at `known`.
    pub(super) fn of(modules: &[Rc<Module>], known: &[PathBuf]) -> Index {
        let mut index = Index::default();
        for (m, module) in modules.iter().enumerate() {
            if known.iter().any(|path| path == module.source.path()) {
                continue;
            }
            for (c, part) in module.computed.iter().enumerate() {
                let list = match part.path.first() {
                    Some(Some(name)) => index.by_name.entry(Rc::clone(name)).or_default(),
                    _ => &mut index.anywhere,
                };
                list.push((m, c));
            }
        }
        index
    }
}

impl Model {
    /// The computed parts that may define something at or below `prefix`: those at it or above it. Of modules whose
    /// configuration is computed as a whole, those that mention the prefix's first name.
    pub fn computed(&self, prefix: &[&str]) -> Vec<(&Module, &Computed)> {
        let (modules, index) = self.computed_parts();
        let named = prefix.first().and_then(|first| index.by_name.get(*first));
        let all = named.into_iter().flatten().chain(&index.anywhere);
        let parts = all.map(|(m, c)| (&*modules[*m], &modules[*m].computed[*c]));
        let found = parts.filter(|(module, part)| {
            let mentioned = || prefix.first().is_some_and(|first| module.source.text().contains(first));
            part.is_above(prefix) && (matches!(part.path.first(), Some(Some(_))) || mentioned())
        });
        found.collect()
    }

    /// The first computed part that may define the option `path` or something above it.
    pub fn may_define(&self, path: &[&str]) -> Option<(&Module, &Computed)> {
        let mut parts = self.computed(path).into_iter();
        parts.find(|(module, part)| part.may_define(module, path))
    }
}

/// Whether an expression may be a set that is written somewhere else, or made.
pub(super) fn may_be_set(expr: &ast::Expr) -> bool {
    match expr {
        ast::Expr::Ident(ident) => !matches!(&*syntax::ident_text(ident), "true" | "false" | "null"),
        ast::Expr::Select(_) | ast::Expr::Apply(_) | ast::Expr::IfElse(_) | ast::Expr::LegacyLet(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::Source;

    fn module(text: &str) -> Module {
        let text = format!("{{config, lib, given, ...}}: {text}");
        Module::read(&Source::new("m.nix", text)).expect("a module")
    }

    /// The paths of what is computed, with the names there.
    fn parts(text: &str) -> Vec<String> {
        let module = module(text);
        let part = |part: &Computed| {
            let path = super::super::module::path_text(&part.path);
            match part.names(&module) {
                Some(names) => format!("{path}: {}", names.join(" ")),
                None => format!("{path}: ?"),
            }
        };
        module.computed.iter().map(part).collect()
    }

    #[test]
    fn what_cannot_be_looked_into_is_noted_with_its_path() {
        assert_eq!(parts("{ a.b = 1; c = \"x\"; d = { e = [given]; }; }"), [""; 0]);
        assert_eq!(parts("{ a.b = lib.genAttrs [\"x\"] (n: {}); }"), ["a.b: x"]);
        assert_eq!(
            parts("let s.x = 1; in { a = { inherit s; b = given; }; }"),
            ["a.s: ?", "a.b: ?"]
        );
        assert_eq!(parts("let s = { x = 1; }; in { a = { inherit s; }; }"), ["a.s: x"]);
        assert_eq!(parts("{ a.${given}.b = 1; }"), ["a: ?"]);
        assert_eq!(
            parts("{ config = lib.mkIf given (import ./b.nix); options = {}; }"),
            [": ?"]
        );
        assert_eq!(
            parts("{ a = lib.mkMerge ([{ b = 1; }] ++ lib.optional given { c = given; } ++ given); }"),
            ["a.c: ?", "a: ?"]
        );
        assert_eq!(parts("{ a = { b = 1; } // given; }"), ["a: ?"]);
    }

    #[test]
    fn a_computed_part_may_define_what_its_names_are() {
        let modules = vec![
            Rc::new(module("{ a.b = lib.genAttrs [\"x\"] (n: {}); }")),
            Rc::new(module("{ store.d = given; }")),
            Rc::new(module("{ ${given}.e = 1; }")),
        ];
        let model = Model::new(modules, Default::default());
        let may = |path: &[&str]| model.may_define(path).is_some();
        assert!(may(&["a", "b", "x", "url"]) && may(&["a", "b", "x"]));
        assert!(!may(&["a", "b", "y"]) && !may(&["a", "b"]));
        assert!(may(&["store", "d", "anything"]) && !may(&["store", "e"]));
        // A module whose own names are computed may define what it mentions.
        assert!(may(&["given", "x"]) && !may(&["elsewhere", "x"]));
    }

    #[test]
    fn an_option_that_something_computed_may_define_is_not_known() {
        let text = "{ options.a.on = lib.mkEnableOption \"a\"; config = { x = config.a.on; REST }; }";
        let value = |rest: &str| {
            let module = Rc::new(module(&text.replace("REST", rest)));
            let model = Model::new(vec![Rc::clone(&module)], Default::default());
            let def = module.defs.iter().find(|def| def.is(&["x"])).expect("a definition");
            Eval::new(&model, &module).definition(def)
        };
        assert!(matches!(value(""), Value::Known(crate::resolve::Known::Bool(false))));
        assert!(matches!(value("a = given;"), Value::Unknown(why) if why.reason.contains("computed")));
        assert!(matches!(
            value("a = lib.genAttrs [\"on\"] (n: true);"),
            Value::Unknown(_)
        ));
        assert!(matches!(
            value("a = lib.genAttrs [\"off\"] (n: true);"),
            Value::Known(_)
        ));
    }
}
