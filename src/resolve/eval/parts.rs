//! Which names the computed parts of a configuration may have, and what they may define.

use crate::resolve::Model;
use crate::resolve::eval::Eval;
use crate::resolve::module::{Computed, Module, What};
use crate::resolve::value::Value;
use crate::syntax::ast;

impl Computed {
    /// The names of which it may define the attributes, each maybe more than once; `None` where they are not known.
    pub fn names(&self, module: &Module) -> Option<&[String]> {
        self.names_found_by(|| {
            let eval = Eval::alone(module);
            match (&self.what, self.path.last()) {
                (What::Value(expr), _) => eval.attribute_names(expr),
                (What::Inherited(inherit), Some(Some(name))) => match eval.inherited(inherit, name) {
                    Value::Set(set) => eval.attribute_names(&ast::Expr::AttrSet(set)),
                    _ => None,
                },
                _ => None,
            }
        })
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

impl Model {
    /// The first computed part that may define the option `path` or something above it.
    pub fn may_define(&self, path: &[&str]) -> Option<(&Module, &Computed)> {
        let mut parts = self.computed(path).into_iter();
        parts.find(|(module, part)| part.may_define(module, path))
    }

    /// Whether nothing in the repository declares or defines `path`, anything above it as a whole, or anything below it.
    pub fn is_silent_on(&self, path: &[String]) -> bool {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        self.declaration(&names).is_none() && self.under(&names).is_empty() && self.may_define(&names).is_none()
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::resolve::module::path_text;
    use crate::syntax::Source;

    fn module(text: &str) -> Module {
        let text = format!("{{config, lib, given, ...}}: {text}");
        Module::read(&Source::new("m.nix", text)).expect("a module")
    }

    /// The paths of what is computed, with the names there.
    fn parts(text: &str) -> Vec<String> {
        let module = module(text);
        let part = |part: &Computed| {
            let path = path_text(&part.path);
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
